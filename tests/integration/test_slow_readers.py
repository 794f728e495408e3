#!/usr/bin/env python3
"""900 of 1000 subscribers stop reading under load: the other 100 lose nothing, each frozen one is
evicted and counted, and the broker stays within the memory that `tickcastd --check` prints.

Usage: test_slow_readers.py [BUILD]    the build folder, else $TICKCAST_BUILD, else build"""

import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("TICKCAST_BUILD", "build"))
CONNECTIONS, FROZEN = 1000, 900
SLOW_SECONDS, CLOSE_SECONDS = 2, 1
DEADLINE = 120  # far above both: the test says that evictions come, not how fast this machine is
SANITIZED = "TICKCAST_SANITIZE" in os.environ  # then most memory is not the broker's own
LIMITS = {
    "workers": "1", "slow_time": f"{SLOW_SECONDS}s", "close_timeout": f"{CLOSE_SECONDS}s",
    "slow_memory": "16MiB", "outbound_memory": "64MiB", "inbound_memory": "4MiB",
    "ring_memory": "8MiB", "max_connections": "1100", "max_subscriptions": "60000",
    "max_cached_keys": "10000",
}


def flags(limits):
    return [text for name, value in limits.items() for text in ("--" + name.replace("_", "-"), value)]


class Asked:
    """A program that answers lines of standard input with lines of JSON."""

    def __init__(self, command, first):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        assert line.startswith(first), f"{command[0]} did not start: {line!r}"
        self.first = line

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class Daemon:
    def __init__(self, limits):
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "bin", "tickcastd"), "--listen", "127.0.0.1:0", *flags(limits)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            if line == "ready\n":
                break
        self.port = re.search(r"ws://127\.0\.0\.1:(\d+)", "".join(self.lines))[1]
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr))
        self.reader.start()

    def highest_rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024

    def end(self):
        """Its exit code and all its lines."""
        self.process.terminate()
        self.reader.join()
        self.process.stderr.close()
        return self.process.wait(), "".join(self.lines)


def budget(limits):
    """The sum of the memory that --check prints."""
    output = subprocess.run([os.path.join(BUILD, "bin", "tickcastd"), "--check", *flags(limits)],
                            capture_output=True, text=True, check=True).stdout
    return int(re.search(r"^ +sum .*?(\d+) bytes", output, re.M)[1])


def sockets():
    with open("/proc/net/sockstat", encoding="ascii") as file:
        return next(line.strip() for line in file if line.startswith("TCP:"))


def meter(port, sets):
    return Asked([os.path.join(BUILD, "bench", "fanout"), "--serve", "--sleep", "--url",
                  f"ws://127.0.0.1:{port}", "--connections", str(CONNECTIONS), "--frozen",
                  str(FROZEN), "--data", "500", "--rate", "200", "--sets", sets], "ready")


class SlowReaders(unittest.TestCase):
    def assert_nothing_lost(self, result, when):
        self.assertEqual((result["lost_bytes"], result["extra_bytes"], result["broken"]), (0, 0, 0),
                         f"{when}: {result}")

    def under_load(self, subscribers, highest):
        """Until they are full, until after their deadline, and once more without them."""
        self.assert_nothing_lost(subscribers.ask("run 1 0 8"), "until they are full")
        kernel = sockets()
        self.assert_nothing_lost(subscribers.ask(f"run {2 * SLOW_SECONDS} 0 8"), "frozen")
        self.all_evicted(subscribers)
        self.assert_nothing_lost(subscribers.ask("run 0 50 8"), "afterwards")
        return highest(), kernel

    def all_evicted(self, subscribers):
        """A slow machine needs more time until they are full."""
        end = time.monotonic() + DEADLINE
        while (evicted := subscribers.ask(f"evicted {FROZEN} {SLOW_SECONDS}")["evicted"]) < FROZEN:
            self.assertLess(time.monotonic(), end, f"{evicted} were evicted")
            self.assert_nothing_lost(subscribers.ask("run 1 0 8"), "until all are evicted")

    def run_frozen(self, sets, **changed):
        limits = {**LIMITS, **changed}
        daemon = Daemon(limits)
        try:
            subscribers = meter(daemon.port, sets)
            self.addCleanup(subscribers.end)
            highest, kernel = self.under_load(subscribers, daemon.highest_rss)
        finally:
            code, lines = daemon.end()
            self.assertEqual(code, 0, lines[-3000:])
        told = re.findall(r".*pending, .*without progress.*", lines)
        self.assertTrue(1 <= len(told) <= FROZEN, f"{len(told)} lines: {lines[:2000]}")
        allowed = budget(limits)
        print(f"{sets}, {changed}: VmHWM {highest >> 20} MiB of {allowed >> 20} MiB; {kernel}; "
              f"{len(told)} lines such as: {told[-1]}")
        if not SANITIZED:
            self.assertLessEqual(highest, allowed)

    def test_readers_of_one_set_without_progress_are_evicted_by_time(self):
        self.run_frozen("shared")

    def test_readers_of_one_set_far_behind_are_evicted_by_bytes(self):
        self.run_frozen("shared", slow_memory="256KiB", slow_time="1min")

    def test_readers_with_own_sets_are_evicted_before_the_budget_is_passed(self):
        self.run_frozen("distinct")

    def test_the_broker_counts_each_evicted_reader_once(self):
        host = Asked([os.path.join(BUILD, "bench", "host"), "-t", str(1000 * SLOW_SECONDS)], "port ")
        subscribers = meter(host.first.split()[1], "shared")
        self.assert_nothing_lost(subscribers.ask(f"run {1 + SLOW_SECONDS} 0 8"), "under load")
        self.all_evicted(subscribers)
        stats = host.ask("stats")
        self.assertEqual((stats["ended_slow"], stats["ended_outbound"]), (FROZEN, 0))
        self.assertEqual(stats["subscribers_now"], CONNECTIONS - FROZEN)
        subscribers.end()
        self.assertEqual(host.end(), 0)


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
