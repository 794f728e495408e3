#!/usr/bin/python3
"""The load of tickcast-bench against the real broker, on ws and wss: accounts are exact, and figures
are there or null. What depends on how fast this machine is, is not looked at. It runs in a network
namespace of its own, where no name server is asked and nobody takes a port that was just left."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import unittest

for near in "integration", "readme":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / near))
import stage  # noqa: E402
from harness import BUILD, PATIENCE, Broker, both, certs, main  # noqa: E402

BENCH = BUILD / "bin/tickcast-bench"
QUIET = ["--quiet", "--floor", "false", "--warmup", "0", "--duration", "5min"]
RUN_PATIENCE = 420  # seconds, above that duration
# Seconds of a run whose figures depend on how much it came to: if a stall left too little, a longer one.
SECONDS = (1, 4, 16)


def command(url, *options):
    return [BENCH, "run", "--url", url, "--json", "-", *QUIET, *map(str, options)]


def run(url, *options, code=(0, 3, 4)):
    """The result, and the exit code that must be one of `code`: on a machine that does other things
    as well a run may well be noisy, but it never loses a message."""
    ended = subprocess.run(command(url, *options), capture_output=True, text=True, timeout=RUN_PATIENCE)
    if ended.returncode not in code:
        raise AssertionError(f"exit {ended.returncode}: {ended.stderr}")
    return json.loads(ended.stdout)


@both
class Load:
    settings = {}

    def run_here(self, *options):
        where = [str(text) for text in self.broker.where(self.transport)]
        return run(where[1], *where[2:], "--pid", self.broker.process.pid, *options)

    def check_exact(self, result, expected=None):
        self.assertEqual(result["lost"], 0)
        self.assertEqual(result["duplicated"], 0)
        self.assertEqual(result["reordered"], 0)
        self.assertEqual(result["expected"], result["received"])
        self.assertEqual(result["clients"]["closed"], 0)
        self.assertEqual(result["clients"]["stray"], 0)
        if expected is not None:
            self.assertEqual(result["expected"], expected)

    def run_long(self, enough, *options):
        """A run of which `enough` holds; all are exact."""
        for seconds in SECONDS:
            result = self.run_here(*options, "--duration", f"{seconds}s")
            self.check_exact(result)
            if enough(result):
                return result
        self.fail(result["setup"])

    def test_every_reader_of_one_key_gets_every_message(self):
        result = self.run_here("--connections", 20, "--rate", 500, "--count", 100)
        self.check_exact(result, 2000)
        self.assertEqual(result["published"], 100)
        self.assertEqual(result["latency_us"]["count"], 2000)
        self.assertEqual(result["skew_us"]["count"], 100)
        self.assertLessEqual(result["latency_us"]["p50"], result["latency_us"]["max"])
        self.assertGreater(result["cpu_ns_per_delivery"], 0)
        tls = result["setup"]["tls_us"]
        self.assertEqual(tls is not None, self.transport == "wss")
        self.assertEqual(result["setup"]["echo_us"]["count"], 20)

    def test_only_a_server_that_is_pinned_has_a_core(self):
        options = ["--connections", 20, "--rate", 2000, "--count", 2000] # the core is busy for some ticks
        every = os.sched_getaffinity(self.broker.process.pid)
        self.assertEqual(self.run_here(*options)["server"]["core_ns_per_delivery"] is None, len(every) > 1)
        os.sched_setaffinity(self.broker.process.pid, {min(every)})
        try:
            self.assertGreater(self.run_here(*options)["server"]["core_ns_per_delivery"], 0)
        finally:
            os.sched_setaffinity(self.broker.process.pid, every)

    def test_a_closed_loop_sends_a_window_when_the_last_has_come(self):
        result = self.run_here("--connections", 10, "--window", 16, "--count", 800)
        self.check_exact(result, 8000)
        self.assertEqual(result["load"]["kind"], "closed")

    def test_a_burst_of_every_symbol_to_a_pattern(self):
        result = self.run_here("--connections", 5, "--sets", "pattern", "--pattern", "*/1Min/*",
                               "--symbols", 3000, "--keys", "all", "--burst", 0, "--rate", 6000,
                               "--count", 6000)
        self.check_exact(result, 30000)

    def test_distinct_sets_of_several_publishers_and_threads(self):
        result = self.run_here("--connections", 30, "--sets", "distinct", "--streams", 10,
                               "--symbols", 50, "--keys", "uniform", "--publishers", 3,
                               "--threads", 2, "--rate", 3000, "--count", 1500)
        self.check_exact(result)
        self.assertEqual(result["published"], 1500)
        self.assertGreater(result["received"], 1500)
        self.assertGreater(result["skew_us"]["count"], 0)

    def test_sets_of_globs(self):
        result = self.run_here("--connections", 10, "--sets", "globs", "--streams", 20,
                               "--symbols", 2000, "--keys", "uniform", "--rate", 3000, "--count",
                               1500)
        self.check_exact(result)
        self.assertGreater(result["received"], 0)

    def test_large_messages_come_in_pieces(self):
        result = self.run_here("--connections", 3, "--size", 300000, "--rate", 50, "--count", 20)
        self.check_exact(result, 60)

    def test_subscriptions_change_and_nothing_is_lost(self):
        self.run_long(lambda result: result["setup"]["change_us"]["count"] > 100,
                      "--connections", 20, "--sets", "distinct", "--streams", 5, "--symbols", 30,
                      "--keys", "uniform", "--rate", 4000, "--churn", 1000)

    def test_all_come_again_and_only_what_passed_meanwhile_is_excused(self):
        result = self.run_long(lambda result: result["setup"]["reconnect_us"]["count"] >= 20,
                               "--connections", 20, "--rate", 500, "--storm-every", "0.4s")
        self.assertLessEqual(result["received"] + result["excused"], 20 * result["published"])
        self.assertGreater(result["received"], 0)

    def test_frozen_and_throttled_readers_are_excused(self):
        result = self.run_here("--connections", 10, "--slow-share", 0.2, "--frozen-share", 0.3,
                               "--size", 1000, "--rate", 500, "--count", 200)
        self.check_exact(result, 5 * 200)
        self.assertEqual(result["clients"]["count"], 5)
        self.assertGreater(result["excused"], 0)

    def test_handshakes_beside_it(self):
        def shook(result):
            return result["setup"]["upgrade_us"]["count"] > 20

        def resumed(result):
            resumed = result["setup"]["tls_resumed_us"]
            return shook(result) and resumed is not None and resumed["count"] > 10

        options = ["--connections", 2, "--rate", 100, "--handshakes", 100]
        if self.transport == "wss":
            self.run_long(resumed, *options, "--resume", "ticket")
            full = self.run_long(shook, *options, "--resume", "full")
            self.assertIsNone(full["setup"]["tls_resumed_us"])
        else:
            self.run_long(shook, *options)

    def test_the_warm_up_is_cut_off(self):
        result = self.run_here("--connections", 4, "--rate", 200, "--warmup", "0.5s", "--count", 50)
        self.check_exact(result, 200)
        self.assertEqual(result["latency_us"]["count"], 200)


class Observed(unittest.TestCase):
    def test_what_others_publish_has_no_latency_and_no_loss(self):
        broker = Broker(feed="sim,name=demo,rate=200")
        try:
            result = run(broker.url("ws"), "--publisher", "none", "--connections", 4, "--sets",
                         "pattern", "--pattern", "*/Tick/*", "--duration", "8s")
        finally:
            broker.stop()
        self.assertEqual(result["load"]["kind"], "observed")
        self.assertGreater(result["received"], 0)
        self.assertGreater(result["skew_us"]["count"], 0)
        self.assertGreater(result["clients"]["gap_us"]["count"], 0)
        for name in ("expected", "lost", "duplicated", "published", "latency_us"):
            self.assertIsNone(result[name], name)


class Floor(unittest.TestCase):
    def test_the_bare_loop_has_the_shape_of_the_load(self):
        broker = Broker()
        try:
            for _ in SECONDS: # what is due in a stall at the end of the bare loop's second is not sent
                result = run(broker.url("ws"), "--connections", 10, "--rate", 200, "--count", 20,
                             "--floor", "true")
                bare = result["floor"]["bare"]
                if bare["latency_us"]["count"] == 10 * 200:
                    break
        finally:
            broker.stop()
        self.assertGreater(bare["cpu_ns_per_delivery"], 0)
        self.assertEqual(bare["latency_us"]["count"], 10 * 200)
        self.assertGreater(result["floor"]["noise_us"]["count"], 0)
        self.assertEqual(result["expected"], 200)


class Stopped(unittest.TestCase):
    def running(self, broker, *more):
        """A run of minutes that measures already."""
        process = subprocess.Popen(
            [BENCH, "run", "--url", broker.url("ws"), "--json", "-", "--floor", "false", "--connections", "3",
             "--rate", "200", "--duration", "5min", "--warmup", "0", *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.assertTrue(any(re.match(r"run .*received, p50 \d", line) for line in process.stderr))
        return process

    def test_a_signal_ends_it_with_the_result_so_far(self):
        broker = Broker()
        try:
            process = self.running(broker)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=PATIENCE)
            self.assertIn(process.returncode, (0, 3, 4))
        finally:
            broker.stop()
        result = json.loads(out)
        self.assertGreater(result["received"], 0)
        self.assertEqual(result["lost"], 0)
        self.assertLess(result["duration_s"], 300)

    def test_a_broker_that_ends_makes_it_invalid(self):
        broker = Broker()
        try:
            process = self.running(broker, "--pid", str(broker.process.pid))
            broker.stop()
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            broker.kill()
        result = json.loads(out)
        self.assertEqual(result["verdict"], "INVALID")
        self.assertIn("closed", [reason["code"] for reason in result["reasons"]])


class Server:
    """Answers every connection with `answer`, and keeps it open if `stay`."""

    def __init__(self, answer, stay=False):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.answer, self.stay, self.kept = answer, stay, []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.recv(4096)
            connection.sendall(self.answer)
            if self.stay:
                self.kept.append(connection)
            else:
                connection.close()

    def url(self):
        return f"ws://127.0.0.1:{self.listener.getsockname()[1]}"

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Refused(unittest.TestCase):
    def refused(self, url, *options):
        ended = subprocess.run([BENCH, "run", "--url", url, *QUIET, *map(str, options)],
                               capture_output=True, text=True, timeout=RUN_PATIENCE)
        self.assertEqual(ended.returncode, 1, ended.stdout + ended.stderr)
        self.assertTrue(ended.stdout.startswith("INVALID: "), ended.stdout)
        return " ".join(ended.stdout.split())

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            url = f"ws://127.0.0.1:{gone.getsockname()[1]}"
        said = self.refused(url)
        self.assertIn(url, said)
        self.assertIn("Connection refused", said)

    def test_a_refusal_is_told_with_its_body(self):
        server = Server(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\nnot from you")
        said = self.refused(server.url())
        server.close()
        self.assertIn("HTTP 403: not from you", said)

    def test_a_server_that_closes_at_the_handshake(self):
        server = Server(b"")
        said = self.refused(server.url())
        server.close()
        self.assertIn("closed the connection", said)

    def test_a_server_of_something_else(self):
        server = Server(b"220 mail.example ESMTP\r\n")
        said = self.refused(server.url())
        server.close()
        self.assertIn("not an HTTP/1.1 response", said)

    def test_a_name_that_does_not_exist(self):
        self.assertIn("cannot resolve", self.refused("ws://no-such-host.invalid"))

    def test_a_server_that_asks_for_a_certificate(self):
        broker = Broker(client_ca=certs() / "ca.pem")
        url, ca = f"wss://localhost:{broker.ports['wss']}", ("--ca", certs() / "ca.pem")
        own = ("--cert", certs() / "client.pem", "--key", certs() / "client.key")
        try:
            self.assertIn("certificate required", self.refused(url, *ca))
            few = ("--connections", "4", "--duration", "500ms")
            result = run(url, *few, *ca, *own)
            self.assertEqual(result["lost"], 0)
            self.assertGreater(result["received"], 0)
        finally:
            broker.stop()

    def test_a_certificate_of_nobody_that_is_trusted(self):
        broker = Broker()
        try:
            said = self.refused(f"wss://localhost:{broker.ports['wss']}")
        finally:
            broker.stop()
        self.assertIn("certificate", said)


if __name__ == "__main__":
    stage.enter_namespace()
    main()
