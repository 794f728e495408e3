"""CPU time of the broker against the yardstick: short slices of both in turn."""

import os
import statistics
import subprocess

from figures.bench import ROOT, SETS, WINDOWS
from figures.memory import memory_each


def run_pairs(bench, broker, yardstick, window, limit, pairs, seconds, name):
    for meter in (broker, yardstick):
        bench.run(meter, window, batches=20)
    slices = {broker: [], yardstick: []}
    for pair in range(pairs):
        for meter in (broker, yardstick) if pair % 2 else (yardstick, broker):
            slices[meter].append(bench.run(meter, window, seconds=seconds))
    ratios = [a["broker_ns"] / b["broker_ns"] for a, b in zip(slices[broker], slices[yardstick])]
    low, middle, high = statistics.quantiles(ratios, n=4)
    bench.row(f"{name} against the yardstick: median of {pairs} pairs, W = {window}", middle, limit,
              f"x ({low:.3f} to {high:.3f})", 3)
    busy = sum(s["core_ns"] * s["deliveries"] for s in slices[broker]) / \
        sum(s["deliveries"] for s in slices[broker])
    bare = sum(s["core_ns"] * s["deliveries"] for s in slices[yardstick]) / \
        sum(s["deliveries"] for s in slices[yardstick])
    bench.row(f"  the same by the busy time of the core, W = {window}", busy / bare, None, "x", 3)
    median = {key: statistics.median(s[key] for s in slices[broker])
              for key in ("broker_ns", "client_ns", "p50_us", "p99_us", "p99.9_us", "max_us",
                          "per_second")}
    bench.progress(f"  broker W = {window}: {median}")
    own = statistics.median(s["broker_ns"] for s in slices[yardstick])
    bench.row(f"  {name} a delivery, W = {window} (yardstick {own:.1f})",
              median["broker_ns"], None, "ns", 1)
    bench.row(f"  latency p99 of a batch, W = {window}", median["p99_us"], None,
              "us", 0)


def against_yardstick(bench, host, bare, limits, scheme, name, connections=1000):
    pairs, seconds = (10, 0.15) if bench.options.quick else (bench.options.pairs, 0.5)
    name = f"{name}, {connections} subscribers,"
    with bench.meter(host, "--connections", connections, *SETS["shared"], scheme=scheme) as broker, \
            bench.meter(bare, "--connections", connections, "--raw", scheme=scheme) as yardstick:
        for window, limit in zip(WINDOWS, limits):
            run_pairs(bench, broker, yardstick, window, limit, pairs, seconds, name)


def cpu(bench, connections=1000):
    with bench.host() as host, bench.send_loop() as bare:
        against_yardstick(bench, host, bare, (1.05, 1.10, 1.20), "ws", "CPU", connections)


def cpu_many(bench):
    cpu(bench, 10000)


def backlog(bench):
    """100,000 messages written at once, against batches of 256."""
    count, rounds = 100000, 2 if bench.options.quick else 7
    ratios, costs = [], []
    with bench.host() as host, bench.meter(host, "--connections", 1000, *SETS["shared"]) as meter:
        bench.run(meter, 256, batches=20)
        for _ in range(rounds):
            batches = bench.run(meter, 256, seconds=1)["broker_ns"]
            at_once = bench.run(meter, count, batches=1)["broker_ns"]
            ratios.append(at_once / batches)
            costs.append(f"{at_once:.1f} / {batches:.1f}")
    bench.row(f"CPU a delivery of {count} messages at once, against W = 256, median of {rounds}",
              statistics.median(ratios), 1.2, "x (" + ", ".join(costs) + " ns)", 3)


def tls(bench):
    certs = os.path.join(bench.scratch, "certs")
    subprocess.run([os.path.join(ROOT, "scripts/gen-certs"), certs], check=True)
    files = [os.path.join(certs, "server.pem"), os.path.join(certs, "server.key")]
    with bench.host("-c", files[0], "-k", files[1]) as host, \
            bench.send_loop("--tls", *files) as bare:
        against_yardstick(bench, host, bare, (1.05, 1.15, 1.15), "wss", "CPU with TLS")
    count = 2000
    with bench.host("-c", files[0], "-k", files[1]) as host:
        each, _ = memory_each(bench, host, count, *SETS["shared"], scheme="wss")
    bench.row(f"user memory of an idle connection with TLS, {count} of them", each, 16384, "B", 0)
    with bench.send_loop("--tls", *files) as bare:
        each, _ = memory_each(bench, bare, count, "--raw", scheme="wss")
    bench.row("  a bare object of OpenSSL (the yardstick)", each, None, "B", 0)
