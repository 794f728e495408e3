"""tickcastd as a program: exit codes, `ready`, ports, signals. Usage: daemon.py TICKCASTD"""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TICKCASTD = None
PATIENCE = 30  # seconds until something that must happen is given up

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def run(*args):
    done = subprocess.run([TICKCASTD, *args], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


class Daemon:
    """A daemon that runs; `lines` are those of its stderr up to `ready`."""

    def __init__(self, *args, closed=()):
        self.process = subprocess.Popen(
            [TICKCASTD, *args],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: [os.close(fd) for fd in closed],
        )
        self.lines, self.buffer = [], b""
        while not self.lines or self.lines[-1] != "ready":
            self.lines.append(self.read_line())

    def read_line(self):
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stderr], [], [], left)[0]:
                raise AssertionError("no line after " + repr(self.lines))
            more = os.read(self.process.stderr.fileno(), 65536)
            if not more:
                raise AssertionError("ended after " + repr(self.lines))
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def port(self):
        return next(int(m[1]) for m in (re.search(r":(\d+)/ws$", l) for l in self.lines) if m)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        code = self.process.wait(PATIENCE)
        self.process.stderr.close()
        return code


class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def start(self, *args, **more):
        daemon = Daemon(*args, **more)
        self.addCleanup(lambda: daemon.process.poll() is None and daemon.process.kill())
        return daemon

    def connect(self, port):
        peer = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.addCleanup(peer.close)
        peer.sendall(HANDSHAKE)
        self.assertTrue(peer.recv(4096).startswith(b"HTTP/1.1 101 "))
        return peer

    def test_version_and_help_are_printed(self):
        code, out, err = run("--version")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^tickcastd \d+\.\d+\.\d+\n$")
        code, out, err = run("--help")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("--slow-memory SIZE ", out)
        self.assertLessEqual(max(map(len, out.split("\n"))), 100)
        self.assertEqual(run("help"), (0, out, ""))

    def test_wrong_usage_is_2_and_told_on_stderr(self):
        for wrong, meant in [(["--wrkers", "2", "--slow-time", "5"], ["--workers", "5s"]),
                             (["chek"], ["--check"]), (["-lisen", "x:1"], ["--listen"]),
                             (["--log-level=notise"], ["notice"]), (["--feed", "simm"], ["sim"]),
                             (["--feed=replay,loop=ture,sped=ful"], ["true", "speed"]),
                             (["--feed", "replay,speed=ful"], ["full"])]:
            code, out, err = run(*wrong)
            self.assertEqual((code, out), (2, ""))
            for word in meant:
                self.assertIn(f"did you mean '{word}'?", err)

    def test_a_wrong_configuration_is_78_with_file_and_line(self):
        path = self.write("t.yaml", "workers: 64\nslow_memroy: 1MiB\n")
        for more in [], ["--check"]:
            code, out, err = run("-c", path, *more)
            self.assertEqual((code, out), (78, ""))
            self.assertEqual(
                err,
                f"{path}:1: workers: value '64': allowed is a whole number from 0 to 63\n"
                f"{path}:2: slow_memroy: unknown name; did you mean 'slow_memory'?\n",
            )
        self.assertEqual(run("-c", os.path.join(self.folder, "none"))[0], 78)

    def test_a_certificate_that_cannot_be_used_is_78(self):
        path = self.write("cert.pem", "nonsense\n")
        code, _, err = run("--listen-tls", "127.0.0.1:0", "--cert", path, "--key", path)
        self.assertEqual(code, 78)
        self.assertIn("certificate " + path, err)

    def test_check_prints_and_ends(self):
        path = self.write("t.yaml", "workers: 2\n")
        code, out, err = run("-c", path, "--check", "--json", "--slow-time", "3s")
        self.assertEqual((code, err), (0, ""))
        settings = {row["name"]: row for row in json.loads(out)["settings"]}
        self.assertEqual(settings["workers"]["from"], path + ":1")
        self.assertEqual(settings["slow_time"]["from"], "command line")
        self.assertEqual(settings["slow_time"]["number"], 3000)

    def test_an_address_in_use_is_1_and_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, _, err = run("--listen", f"127.0.0.1:{port}")
        self.assertEqual(code, 1)
        self.assertIn(f"cannot listen on ws://127.0.0.1:{port}/ws: Address already in use", err)

    def test_ready_comes_after_the_real_ports_and_it_serves_then(self):
        path = os.path.join(self.folder, "t.sock")
        daemon = self.start("--listen", "127.0.0.1:0", "--listen-unix", path, "--workers", "1")
        self.assertRegex(
            daemon.lines[0],
            r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z notice listening on ws://127\.0\.0\.1:[1-9]",
        )
        self.assertIn("listening on unix:" + path, daemon.lines[1])
        self.connect(daemon.port())
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(path)
        self.assertEqual(daemon.stop(), 0)

    def test_both_signals_stop_it(self):
        for number in signal.SIGTERM, signal.SIGINT:
            self.assertEqual(self.start("--listen", "127.0.0.1:0").stop(number), 0)

    def test_closed_standard_descriptors_are_nobody_elses(self):
        daemon = self.start("--listen", "127.0.0.1:0", "--feed", "stdin", closed=(0, 1))
        while not any("feed stdin: done, 0 messages" in line for line in daemon.lines):
            daemon.lines.append(daemon.read_line())
        for fd in 0, 1:
            self.assertEqual(os.readlink(f"/proc/{daemon.process.pid}/fd/{fd}"), "/dev/null")
        self.assertEqual(daemon.stop(), 0)

    def test_two_signals_at_once_are_one(self):
        daemon = self.start("--listen", "127.0.0.1:0")
        for number in signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT:
            daemon.process.send_signal(number)
        self.assertEqual(daemon.wait(), 0)

    def test_a_second_signal_ends_it_at_once(self):
        daemon = self.start(
            "--listen", "127.0.0.1:0", "--stop-timeout", "10min", "--close-timeout", "60s"
        )
        self.connect(daemon.port())  # it never answers the close frame
        daemon.process.send_signal(signal.SIGTERM)
        self.assertIn("stopping: SIGTERM", daemon.read_line())
        self.assertIsNone(daemon.process.poll())
        self.assertEqual(daemon.stop(signal.SIGINT), 1)

    def test_the_file_limit_is_raised(self):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        lower = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
        process = subprocess.Popen(
            [TICKCASTD, "--check", "--json"], stdout=subprocess.PIPE, preexec_fn=lower
        )
        out = json.loads(process.communicate(timeout=PATIENCE)[0])
        settings = {row["name"]: row for row in out["settings"]}
        self.assertEqual(settings["max_connections"]["now"], hard - 64)


if __name__ == "__main__":
    TICKCASTD = sys.argv.pop(1)
    unittest.main()
