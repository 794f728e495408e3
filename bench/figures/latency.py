"""Latency at a part of what the broker can do, against the yardstick at the same rate."""

import statistics

from figures.bench import SETS


def latency(bench):
    pairs, seconds, share = 6 if bench.options.quick else bench.options.pairs, 0.5, 0.3
    with bench.host() as host, bench.send_loop() as bare:
        with bench.meter(host, "--connections", 1000, *SETS["shared"]) as meter:
            bench.run(meter, 1, batches=50)
            result = bench.run(meter, 1, seconds=1)
            rate = int(share * result["batches"] / result["seconds"])
        with bench.meter(host, "--connections", 1000, "--rate", rate, *SETS["shared"]) as broker, \
                bench.meter(bare, "--connections", 1000, "--rate", rate, "--raw") as yardstick:
            slices = {broker: [], yardstick: []}
            for pair in range(pairs):
                for meter in (broker, yardstick) if pair % 2 else (yardstick, broker):
                    slices[meter].append(bench.run(meter, 1, seconds=seconds))
    for name, limit in (("p50", 1.25), ("p99", 1.25), ("p99.9", None), ("max", None)):
        ours, least = ([s[f"{name}_us"] for s in slices[meter]] for meter in (broker, yardstick))
        low, middle, high = statistics.quantiles((a / b for a, b in zip(ours, least)), n=4)
        bench.row(f"latency at {share:.0%} of saturation ({rate} messages a second to 1000), {name}, "
                  f"against the yardstick", middle, limit,
                  f"x ({low:.3f} to {high:.3f}; {statistics.median(ours):.0f} / "
                  f"{statistics.median(least):.0f} us)", 3)
