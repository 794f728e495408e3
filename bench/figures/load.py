"""Figures that the load tool measures: how far apart readers get a message, and changes of subscriptions
under load."""

import json
import os
import statistics
import subprocess

from figures import servers
from figures.bench import BROKER_CORE, CLIENT_CORE


def run(bench, *arguments):
    """The result of a run against a broker of its own. What it thinks of its own quality is told."""
    path = os.path.join(bench.scratch, "result.json")
    with servers.start("tickcast", bench.scratch, bench.build, BROKER_CORE) as server:
        done = subprocess.run([os.path.join(bench.build, "bin/tickcast-bench"), "run", "--url", server.url,
                               "--pid", str(server.pid), "--core", BROKER_CORE, "--cpu", CLIENT_CORE,
                               "--json", path, "--quiet", *map(str, arguments)],
                              capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3, 4):
        raise RuntimeError(f"{' '.join(map(str, done.args))}:\n{done.stdout}{done.stderr}")
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    if result["verdict"] != "VALID":
        bench.progress("  " + done.stdout.splitlines()[0])
    return result


def skew(bench):
    """Bursts of 10,000 keys; the bare loop gets them as one piece, which is what it sends at once."""
    rounds, gap = (1, 3) if bench.options.quick else (3, 5)
    results = [run(bench, "--scenario", "minute", "--connections", 1000, "--symbols", 10000,
                   "--rate", 10000 / gap, "--duration", f"{2 * gap}s", "--warmup", f"{gap}s")
               for _ in range(rounds)]
    for name, limit in (("p50", 1.25), ("p99", 1.25), ("max", None)):
        ours = statistics.median(result["skew_us"][name] for result in results)
        least = statistics.median(result["floor"]["bare"]["skew_us"][name] for result in results)
        bench.row(f"first to last of 1000 readers, a tick of 10000 keys, {name} of messages, "
                  f"against the bare loop", ours / least, limit,
                  f"x ({ours / 1e3:.1f} / {least / 1e3:.1f} ms)", 3)


def churn(bench):
    """The same load with and without changes, in turn."""
    rounds, seconds = (1, 2) if bench.options.quick else (5, 4)
    runs = {0: [], 10000: []}
    for number in range(rounds):
        for changes in sorted(runs, reverse=number % 2):
            result = run(bench, "--scenario", "churn", "--connections", 1000, "--churn", changes,
                         "--duration", f"{seconds}s", "--floor", "false")
            runs[changes].append(result["latency_us"]["p99"])
            changed = (result["setup"].get("change_us") or {}).get("count", 0)
            bench.progress(f"  {changes} changes a second, {changed} in all: p99 {runs[changes][-1]:.0f} us")
    ratios = [a / b for a, b in zip(runs[10000], runs[0])]
    bench.row("p99 with 10000 subscription changes a second, against none", statistics.median(ratios), 1.5,
              "x (" + ", ".join(f"{a:.0f} / {b:.0f}" for a, b in zip(runs[10000], runs[0])) + " us)", 3)
