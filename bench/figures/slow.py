"""Readers beside frozen ones."""

import os
import statistics

from figures.bench import SETS


def slow_run(bench, sets, reading, frozen, seconds):
    """p99 of `reading` readers beside `frozen` ones, measured from when these are full, until after
    they were evicted."""
    arguments = ["--connections", reading + frozen, "--frozen", frozen, "--data", 500,
                 "--rate", 300, *SETS[sets]]
    with bench.host("-t", "2000") as host, bench.meter(host, *arguments) as meter:
        bench.run(meter, 16, batches=150)
        result = bench.run(meter, 4, seconds=seconds)
        stats = host.ask("stats")
    if stats["ended_slow"] + stats["ended_outbound"] != frozen:
        bench.progress(f"NOTE: {stats['evicted']} of {frozen} evicted")
    return result["p99_us"]


def slow(bench):
    rounds, seconds = (1, 2.5) if bench.options.quick else (3, 4)
    try:  # of the tail of latencies, what else runs here is the greater part
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        bench.progress("NOTE: not allowed to raise the priority, latencies are rough")
    kinds = (("shared", "one shared set"), ("distinct", "own sets"))
    for sets, name in kinds[1:] if bench.options.quick else kinds:
        runs = [[slow_run(bench, sets, *shape, seconds) for shape in ((100, 900), (1000, 0), (100, 0))]
                for _ in range(rounds)]
        for other, what, limit in ((1, "against 1000 that read", 1.5), (2, "against 100 alone", None)):
            bench.row(f"p99 of 100 readers beside 900 frozen ones, {what}, {name}",
                      statistics.median(run[0] / run[other] for run in runs), limit,
                      "x (" + ", ".join(f"{run[0]:.0f} / {run[other]:.0f}" for run in runs) + " us)")
    os.setpriority(os.PRIO_PROCESS, 0, 0)
