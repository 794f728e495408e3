"""What all figures stand on: the programs of bench/, started on their cores, and the table."""

import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WINDOWS = (1, 16, 256)
BROKER_CORE, CLIENT_CORE = "0", "1"
SETS = {  # name: what the meter subscribes and publishes
    "shared": ["--sets", "shared"],
    "distinct": ["--sets", "distinct", "--keys", "hot"],
    "drawn": ["--sets", "distinct", "--keys", "drawn"],
}


class Child:
    """A program that answers lines of standard input with lines of JSON."""

    def __init__(self, command, first):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        if not line.startswith(first):
            raise RuntimeError(f"{' '.join(command)} did not start: {line!r}")
        self.first = line.split()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"ended at: {line}")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = os.path.join(ROOT, options.build)
        self.rows = []
        self.profiles = []  # (title, lines) of callgrind runs
        self.started = time.monotonic()
        self.long_batches = 2 if options.quick else 8  # of W = 256 under callgrind
        self.scratch = tempfile.mkdtemp(prefix="tickcast-bench-")

    def progress(self, text):
        print(f"[{time.monotonic() - self.started:5.0f} s] {text}", file=sys.stderr, flush=True)

    def program(self, name):
        return os.path.join(self.build, "bench", name)

    def row(self, figure, value, limit=None, unit="", digits=None):
        if digits is None:
            digits = 4 if value < 0.1 else 2 if value < 100 else 0
        verdict = "" if limit is None else "ok" if value <= limit else "OVER"
        bound = "" if limit is None else f"{limit:g}"
        self.rows.append((figure, f"{value:.{digits}f}", bound, unit, verdict))
        self.progress(f"{figure}: {value:.{digits}f} {unit} {verdict}")

    def host(self, *arguments, callgrind=None):
        command = ["taskset", "-c", BROKER_CORE]
        if callgrind:
            command += ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={callgrind}"]
        return Child(command + [self.program("host"), *arguments], "port ")

    def send_loop(self, *arguments):
        return Child(["taskset", "-c", BROKER_CORE, self.program("send_loop"), *arguments], "port ")

    def meter(self, peer, *arguments, scheme="ws"):
        pid = peer.process.pid
        command = ["taskset", "-c", CLIENT_CORE, self.program("fanout"), "--serve",
                   "--url", f"{scheme}://127.0.0.1:{peer.first[1]}", "--pid", str(pid),
                   "--core", BROKER_CORE, *map(str, arguments)]
        return Child(command, "ready")

    def run(self, meter, window, batches=0, seconds=0.0):
        result = meter.ask(f"run {seconds} {batches} {window}")
        if result["lost_bytes"] or result["extra_bytes"] or result["broken"]:
            raise RuntimeError(f"the broker lost or doubled messages: {result}")
        return result

    def report(self):
        width = max(len(row[0]) for row in self.rows)
        lines = [f"{'figure':{width}}  {'measured':>10}  {'at most':>8}"]
        for figure, value, bound, unit, verdict in self.rows:
            lines.append(f"{figure:{width}}  {value:>10}  {bound:>8}  {verdict:4} {unit}".rstrip())
        for title, functions in self.profiles if self.options.top else []:
            lines += ["", f"callgrind: {title}"] + functions
        return "\n".join(lines) + "\n"
