#!/usr/bin/python3
"""tickcast-bench against servers: tickcastd, and ones that refuse, close or say nothing. What is shown
while it runs, what a signal does, and which files it leaves. It runs in a network namespace of its own,
where no name server is asked."""
import asyncio
import contextlib
import http
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import msgpack
import websockets

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "readme"))
import stage
from stage import BUILD, PATIENCE, Program

BIN = BUILD / "bin"
VERDICTS = {"VALID": 0, "NOISY": 3, "INVALID": 4}
SMALL = ["--connections", "20", "--rate", "500", "--warmup", "200ms", "--floor", "false"]
A_SECOND = ["--count", "500", "--duration", "5min"]  # of messages, however long that takes
RUN_PATIENCE = 420  # seconds, above that duration


class Server:
    """Speaks WebSocket; `handler` gets a connection, `refuse` the status of every answer instead."""

    def __init__(self, handler=None, refuse=None):
        self.handler, self.refuse = handler, refuse
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(PATIENCE)

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        ready.set()
        self.loop.run_forever()

    async def _serve(self):
        async def request(path, headers):
            return (self.refuse, [], b"not here\n") if self.refuse else None

        self.server = await websockets.serve(self._handle, "127.0.0.1", 0, process_request=request)
        self.url = f"ws://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def _handle(self, ws):
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.handler(ws)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()

    async def _close(self):
        self.server.close()
        await self.server.wait_closed()


async def echo(ws):
    """In the way of the contract, but nothing is ever delivered."""
    async for message in ws:
        if ws.path != "/publish":
            await ws.send(message)


async def silent(ws):
    async for _ in ws:
        pass


async def tireless(ws):
    """Goes on with messages of its own, so that nobody who waits for the last one is soon done."""
    async for message in ws:
        if ws.path != "/publish":
            await ws.send(message)
            while True:
                await ws.send(msgpack.packb({"key": "a/b/c", "data": None}))
                await asyncio.sleep(0.5)


async def closing(ws):
    """Closes readers a second after they have subscribed."""
    async for message in ws:
        if ws.path != "/publish":
            await ws.send(message)
            await asyncio.sleep(1)
            await ws.close(1001, "going away")


class Case(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)

    def run_bench(self, url, *arguments):
        return subprocess.run([BIN / "tickcast-bench", "run", "--url", url, *SMALL, *arguments],
                              capture_output=True, text=True, timeout=RUN_PATIENCE, cwd=self.folder)

    def start(self, url, *arguments, terminal=False):
        program = Program([BIN / "tickcast-bench", "run", "--url", url, *SMALL, *arguments],
                          self.folder, dict(os.environ, TERM="xterm-256color"), terminal)
        self.addCleanup(program.end)
        return program


class Faults(Case):
    """The verdict comes first, the reason is told, and nothing looks like a figure."""

    def no_run(self, url, reason):
        done = self.run_bench(url, "--json", "a.json", "--report", "a.html", "--duration", "2")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, rf"\AINVALID: .*{reason}.*\n\Z")
        result = json.loads((self.folder / "a.json").read_text())
        self.assertEqual((result["verdict"], result["received"]), ("INVALID", 0))
        self.assertRegex(result["reasons"][0]["text"], reason)
        for name in "expected", "lost", "latency_us", "skew_us", "cpu_ns_per_delivery":
            self.assertIsNone(result[name], name)
        self.assertFalse((self.folder / "a.html").exists())

    def served(self, **how):
        server = Server(**how)
        self.addCleanup(server.stop)
        return server.url

    def test_a_server_that_is_not_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0)) # does not listen
            self.no_run(f"ws://127.0.0.1:{taken.getsockname()[1]}", "refused")
        self.no_run(f"unix://{self.folder}/nothing.sock", "No such file")
        self.no_run("ws://nowhere.invalid", "nowhere.invalid")

    def test_a_handshake_that_is_refused(self):
        self.no_run(self.served(refuse=http.HTTPStatus.FORBIDDEN), "403")
        self.no_run(self.served(refuse=http.HTTPStatus.NOT_FOUND), "404")

    def test_what_is_no_websocket(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def answer():
                with contextlib.suppress(OSError):
                    while True:
                        peer, _ = listener.accept()
                        peer.sendall(b"220 mail.example.com\r\n\r\n")
                        peer.close()

            threading.Thread(target=answer, daemon=True).start()
            self.no_run(f"ws://127.0.0.1:{listener.getsockname()[1]}", "answer|handshake|closed")

    def test_a_server_that_says_nothing_to_the_handshake(self):
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            self.no_run(f"ws://127.0.0.1:{listener.getsockname()[1]}", "10 s|handshake|answer")

    def test_a_server_that_does_not_answer_a_subscribe(self):
        self.no_run(self.served(handler=silent), "10 s|subscribe|answer")

    def test_a_server_that_delivers_nothing(self):
        done = self.run_bench(self.served(handler=echo), *A_SECOND, "--json", "a.json")
        self.assertRegex(done.stdout, r"\AINVALID: nothing was received")
        result = json.loads((self.folder / "a.json").read_text())
        self.assertEqual((result["received"], result["latency_us"]), (0, None))
        self.assertIn(done.returncode, (1, 4))

    def test_a_server_that_closes(self):
        done = self.run_bench(self.served(handler=closing), "--duration", "4", "--json", "a.json")
        self.assertRegex(done.stdout, r"\AINVALID: ")
        self.assertIn("closed", done.stdout)
        self.assertIn(done.returncode, (1, 4))


class Runs(Case):
    @classmethod
    def setUpClass(cls):
        made = tempfile.TemporaryDirectory()
        cls.addClassCleanup(made.cleanup)
        cls.url = f"unix://{made.name}/broker"
        cls.daemon = subprocess.Popen([BIN / "tickcastd", "--listen-unix", f"{made.name}/broker"],
                                      stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        cls.addClassCleanup(cls.daemon.stderr.close)
        cls.addClassCleanup(cls.daemon.wait)
        cls.addClassCleanup(cls.daemon.kill)
        while "ready" not in (line := cls.daemon.stderr.readline()):
            assert line, "tickcastd did not start"

    def judged(self, done):
        """The verdict, which the exit code goes with: how quiet this machine is, no test can say."""
        verdict = re.match(r"(VALID|NOISY|INVALID)\b", done.stdout)
        self.assertTrue(verdict, done.stdout + done.stderr)
        self.assertEqual(done.returncode, VERDICTS[verdict[1]], done.stdout)
        return verdict[1]

    def test_every_file_that_is_asked_for_is_written(self):
        names = ["a.json", "a.html", "a.csv", "s.csv", "a.hgrm", "a.hlog", "a.xml"]
        options = ["--json", "--report", "--csv", "--csv-series", "--hgrm", "--hlog", "--junit"]
        asked = [word for pair in zip(options, names) for word in pair]
        verdict = self.judged(self.run_bench(self.url, *A_SECOND, "--pid", str(self.daemon.pid),
                                             "--assert", "lost=0", *asked))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), sorted(names))
        result = json.loads((self.folder / "a.json").read_text())
        self.assertEqual((result["verdict"], result["lost"], result["duplicated"]), (verdict, 0, 0))
        self.assertEqual(result["expected"], result["received"])
        self.assertEqual(result["expected"], 20 * result["published"])
        self.assertEqual(result["config"]["rate"], 500)
        self.assertEqual(result["assertions"], [{"text": "lost=0", "value": 0, "passed": True}])
        self.assertIn(f"--pid {self.daemon.pid} ", result["command"])
        self.assertGreater(result["cpu_ns_per_delivery"], 0)
        self.assertEqual(len((self.folder / "a.csv").read_text().splitlines()), 2)
        self.assertGreater(len((self.folder / "s.csv").read_text().splitlines()), 1)
        self.assertIn("#[Mean", (self.folder / "a.hgrm").read_text())
        self.assertIn("HIST", (self.folder / "a.hlog").read_text())
        self.assertIn("<testsuite", (self.folder / "a.xml").read_text())
        self.assertIn("<svg", (self.folder / "a.html").read_text())
        shown = subprocess.run([BIN / "tickcast-bench", "compare", "a.json", "a.html"], text=True,
                               capture_output=True, cwd=self.folder)
        self.assertEqual(shown.returncode, 0, shown.stderr)

    def test_json_has_standard_output_for_itself(self):
        done = self.run_bench(self.url, *A_SECOND, "--json", "-", "--quiet")
        result = json.loads(done.stdout)
        self.assertRegex(done.stderr, rf"\A{result['verdict']}\b")

    def test_a_failed_assertion(self):
        done = self.run_bench(self.url, *A_SECOND, "--assert", "received=1", "--junit", "a.xml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("<failure", (self.folder / "a.xml").read_text())

    def test_two_servers_alternate(self):
        done = self.run_bench(self.url, *A_SECOND, "--repeat", "2", "--against", self.url,
                              "--json", "a.json")
        runs = re.findall(r"^run (\d) of 4: .*: (?:VALID|NOISY|INVALID), p99 ", done.stderr, re.M)
        self.assertEqual(runs, ["1", "2", "3", "4"], done.stderr)
        result = json.loads((self.folder / "a.json").read_text())
        self.assertEqual(len(result["runs"]), 4)
        self.assertEqual(result["verdict"], self.judged(done))

    def test_the_first_signal_ends_the_run_with_a_result(self):
        run = self.start(self.url, "--duration", "10min", "--json", "a.json")
        run.until(r"^run \d+ s of 600 s: 20 connections, .* received, p50 \d")
        run.interrupt()
        code = run.wait()
        run.until("^stopping; what was measured is the result")
        verdict = run.until("^(VALID|NOISY|INVALID)")[1]
        self.assertEqual(code, VERDICTS[verdict], run.text)
        result = json.loads((self.folder / "a.json").read_text())
        self.assertGreater(result["received"], 0)
        self.assertLess(result["duration_s"], 590)

    def test_the_second_signal_ends_the_program(self):
        server = Server(handler=tireless)
        self.addCleanup(server.stop)
        run = self.start(server.url, "--duration", "10min", "--json", "a.json")
        run.until(r"^run \d+ s of 600 s")
        run.interrupt()
        run.until("^stopping")
        run.interrupt()
        self.assertEqual(run.wait(), 1)
        self.assertFalse((self.folder / "a.json").exists())

    def test_on_a_terminal_a_block_changes_in_place(self):
        run = self.start(self.url, "--duration", "10", terminal=True)
        for line in ("connections  20", r"published    \S+ /s", "received", r"p50 \S+ [mµu]?s", "skew",
                     r"lost      0"):
            run.until(line)
        run.until("\x1b\\[6A") # the cursor goes up again
        self.assertIn(run.wait(), VERDICTS.values())
        self.assertLess(run.text.rindex("\x1b[?25l"), run.text.rindex("\x1b[?25h")) # and is shown again
        self.assertRegex(run.text, r"\x1b\[\?25h(VALID|NOISY|INVALID)\b")

    def test_quiet_says_nothing_but_the_result(self):
        done = self.run_bench(self.url, *A_SECOND, "--quiet")
        self.judged(done)
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    stage.enter_namespace()
    unittest.main(verbosity=2)
