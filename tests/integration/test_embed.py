"""The embedding example, linked with each form of the library, serves `tickcast sub` and stops."""
import json
import subprocess
import unittest

from harness import BUILD, PATIENCE, main


class Embedding(unittest.TestCase):
    def check(self, program):
        host = subprocess.Popen([BUILD / "tests" / program], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        self.addCleanup(host.kill)
        with host.stdin, host.stdout:
            url = host.stdout.readline().strip()
            done = subprocess.run([BUILD / "bin/tickcast", "sub", "--url", url, "--json", "--count", "5",
                                   "AAPL/*/OHLCV"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(host.wait(PATIENCE), 0)
        bars = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([bar["key"] for bar in bars], ["AAPL/1Sec/OHLCV"] * 5)
        first = bars[0]["data"]["Epoch"]
        self.assertEqual([bar["data"] for bar in bars],
                         [{"Epoch": n, "Close": 100.0 + n % 7} for n in range(first, first + 5)])

    def test_the_static_library(self):
        self.check("embed_static")

    def test_the_shared_library(self):
        self.check("embed_shared")


if __name__ == "__main__":
    main()
