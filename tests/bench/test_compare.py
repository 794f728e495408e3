#!/usr/bin/python3
"""scripts/bench-compare: its table and pages, and that nothing it started outlives it. It runs in a
network namespace of its own, where nobody takes a port that was found to be free."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "readme"))
import stage  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
PATIENCE = 280


class Compare(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def start(self, *arguments):
        cores = sorted(os.sched_getaffinity(0))
        compared = subprocess.Popen(
            [ROOT / "scripts/bench-compare", "--no-build", "--build", BUILD, "--out", self.folder / "out",
             "--server-core", str(cores[0]), "--client-core", str(cores[-1]), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, compared)
        return compared

    def end(self, compared):
        """The way out of a test that failed."""
        if compared.poll() is None:
            compared.send_signal(signal.SIGINT)
            compared.communicate(timeout=PATIENCE)

    def children(self, parent):
        """{process id: name} of those that `parent` started."""
        found = {}
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                name, rest = (process / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            except OSError:  # it has ended
                continue
            if int(rest.split()[1]) == parent:
                found[int(process.name)] = name
        return found

    def wait_for(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, f"no {what}")
            time.sleep(0.02)

    def test_table_and_pages(self):
        compared = self.start("--only", "saturation-16", "--servers", "tickcast,redis", "--rounds", "2",
                              "--seconds", "1")
        said, progress = compared.communicate(timeout=PATIENCE)
        self.assertEqual(compared.returncode, 0, progress)
        rows = [line.split(" | ") for line in said.splitlines() if line.startswith("| ")]
        self.assertEqual([row[0] for row in rows],
                         ["| server", "| bare loop of send()", "| tickcast", "| redis"])
        for row in rows[2:]:
            if re.match(r"2 INVALID\b", row[9]):  # another program had the cores
                self.assertEqual(row[1], "–")
                continue
            self.assertRegex(row[1], r"^[\d.]+ (ns|µs)$")
            self.assertRegex(row[2], r"^[\d.]+ [kM]$")
            self.assertEqual(row[8], "0")
        self.assertIn("redis-server --bind 127.0.0.1", said)
        self.assertIn("tickcastd --listen 127.0.0.1", said)
        page = (self.folder / "out/saturation-16.html").read_text()
        self.assertIn("tickcast.1", page)
        self.assertIn("redis.1", page)
        plot = xml.dom.minidom.parse(str(self.folder / "out/comparison.svg"))
        known = [cell for row in rows[1:] for cell in (row[1], row[4]) if cell != "–"]
        self.assertEqual(len(plot.getElementsByTagName("circle")), 3 + len(known))  # 3 in the legend
        self.assertEqual((self.folder / "out/comparison.md").read_text().strip(), said.strip())

    def test_interrupt_ends_what_was_started(self):
        compared = self.start("--only", "tick", "--servers", "redis", "--seconds", "600")
        self.wait_for(lambda: set(self.children(compared.pid).values()) ==
                      {"tickcast-bench", "redis-server"}, "run")
        started = self.children(compared.pid)
        compared.send_signal(signal.SIGINT)
        compared.communicate(timeout=PATIENCE)
        self.assertEqual(compared.returncode, 130)
        self.assertEqual([pid for pid in started if pathlib.Path(f"/proc/{pid}").exists()], [])

    def test_wrong_arguments(self):
        for arguments, text in ((["--only", "tock"], "tock: allowed are tick, minute"),
                                (["--servers", "kafka"], "kafka: allowed are tickcast"),
                                (["--url", "mine"], "'mine' is not NAME=URL or NAME=URL,PID"),
                                (["--url", "redis=redis://127.0.0.1:1"], "names of --url")):
            compared = self.start(*arguments)
            _, said = compared.communicate(timeout=PATIENCE)
            self.assertEqual(compared.returncode, 2)
            self.assertIn(text, said)


if __name__ == "__main__":
    stage.enter_namespace()
    unittest.main()
