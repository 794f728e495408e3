"""`tickcast sub` and a server that goes away, against real ends of real connections.

    reconnect.py TICKCAST
"""

import json
import os
import pty
import re
import signal
import socket

import stage
from stage import until


class Reconnect(stage.Case):
    def one(self, process, number):
        self.server.send("A/B/C", {"n": number})
        until("the message", lambda: f'"n":{number}' in process.out.decode().replace(" ", ""))

    def test_it_comes_back_and_subscribes_again(self):
        process = self.start("--json", "--count", "3", "A/*/*", "B/*/*")
        self.one(process, 1)
        self.server.stop()
        process.told("again in")
        self.server.start()
        self.server.subscribed()
        self.one(process, 2)
        process.told("connected again after")
        self.server.drop()
        process.told("without a close frame")
        self.server.subscribed()
        self.server.send("A/B/C", {"n": 3})
        self.assertEqual(process.wait(), 0)  # --count goes on
        self.assertEqual(self.server.requests, [["A/*/*", "B/*/*"]] * 3)
        self.assertEqual([json.loads(line)["data"]["n"] for line in process.lines()], [1, 2, 3])
        told = process.err.decode().splitlines()
        url = re.escape("unix://" + self.server.path)
        self.assertRegex(told[0], rf"^tickcast sub: lost: {url}: closed by the server: 1001; "
                                  r"again in [01]\.\d s$")
        self.assertRegex(told[-1], r"^tickcast sub: connected again after \d+\.\d s$")

    def test_no_reconnect_ends_with_1(self):
        process = self.start("--no-reconnect", "*/*/*")
        self.one(process, 1)
        self.server.stop()
        self.assertEqual(process.wait(), 1)
        self.assertIn("closed by the server: 1001", process.err.decode())
        self.assertNotIn("again", process.err.decode())

    def test_waits_grow(self):
        process = self.start("*/*/*")
        self.one(process, 1)
        self.server.stop()
        waits = until("three attempts", lambda: len(found := re.findall(
            r"again in (\d+\.\d) s\n", process.err.decode())) >= 3 and found)
        for wait, whole in zip(waits, (1, 2, 4)):
            self.assertTrue(whole / 2 <= float(wait) <= whole, waits)
        self.assertIn("cannot connect: ", process.err.decode())

    def test_an_interrupt_during_the_wait_ends_with_0(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("*/*/*")
            self.one(process, 1)
            self.server.stop()
            process.told("again in")
            process.child.send_signal(number)
            self.assertEqual(process.wait(), 0)
            self.server.start()

    def test_an_interrupt_during_an_attempt_ends_with_0(self):
        process = self.start("--timeout", "3600", "*/*/*")
        self.one(process, 1)
        self.server.stop()
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(self.server.path)
            silent.listen()
            silent.settimeout(stage.PATIENCE_S)
            with silent.accept()[0] as connection:
                self.assertTrue(connection.recv(65536).startswith(b"GET /ws "))
                process.child.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(), 0)
        os.unlink(self.server.path)

    def test_a_refusal_with_4xx_ends_with_1(self):
        process = self.start("*/*/*")
        self.one(process, 1)
        self.server.refuse = 403
        self.server.drop()
        self.assertEqual(process.wait(), 1)
        self.assertTrue(process.err.decode().endswith("HTTP 403: no room\n"), process.err)

    def test_a_refusal_with_503_does_not(self):
        process = self.start("*/*/*")
        self.one(process, 1)
        self.server.refuse = 503
        self.server.drop()
        process.told("HTTP 503: no room; again in")
        self.server.refuse = None
        self.server.subscribed()
        self.one(process, 2)

    def test_an_error_answer_ends_with_1(self):
        process = self.start("*/*/*")
        self.one(process, 1)
        self.server.error = "too many subscriptions"
        self.server.drop()
        self.assertEqual(process.wait(), 1)
        self.assertTrue(process.err.decode().endswith(": too many subscriptions\n"), process.err)

    def test_a_server_that_answers_no_more_is_left(self):
        process = self.start("--timeout", "10", "*/*/*") # what a slow machine needs for an answer
        self.one(process, 1)
        self.server.mute = True
        self.server.drop()
        process.told("did not answer the subscription in time; again in")
        self.server.mute = False
        self.server.subscribed()
        self.one(process, 2)

    def test_what_was_never_subscribed_is_not_tried_again(self):
        self.server.mute = True
        process = stage.Process(stage.arguments(self.server, "*/*/*"))
        self.addCleanup(process.end)
        until("the request", lambda: self.server.requests)
        self.server.stop()
        self.assertEqual(process.wait(), 1)
        self.assertIn("closed by the server: 1001", process.err.decode())

    def test_a_person_is_told_of_the_connection(self):
        ours, theirs = pty.openpty()
        process = self.start("*/*/*", stderr=theirs)
        os.close(theirs)
        self.one(process, 1)
        said = b""
        while b"\n" not in said:
            said += os.read(ours, 4096)
        self.assertEqual(said.decode().strip(), "tickcast sub: connected to unix://" + self.server.path)
        process.child.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        os.close(ours)


if __name__ == "__main__":
    stage.main()
