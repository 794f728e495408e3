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
    bench.row(f"{name} against the yardstick, median of {pairs} pairs, W = {window}", middle, limit,
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
    bench.row(f"  broker {name} a delivery, W = {window} (yardstick {own:.1f})",
              median["broker_ns"], None, "ns", 1)
    bench.row(f"  latency p99 of a batch to 1000 readers, W = {window}", median["p99_us"], None,
              "us", 0)


def against_yardstick(bench, host, bare, limits, scheme, name):
    pairs, seconds = (10, 0.15) if bench.options.quick else (bench.options.pairs, 0.5)
    with bench.meter(host, "--connections", 1000, *SETS["shared"], scheme=scheme) as broker, \
            bench.meter(bare, "--connections", 1000, "--raw", scheme=scheme) as yardstick:
        for window, limit in zip(WINDOWS, limits):
            run_pairs(bench, broker, yardstick, window, limit, pairs, seconds, name)


def cpu(bench):
    with bench.host() as host, bench.send_loop() as bare:
        against_yardstick(bench, host, bare, (1.15, 1.20, 1.30), "ws", "CPU")


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
