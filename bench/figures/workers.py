"""What a second worker brings."""

import json
import statistics
import subprocess


def workers(bench):
    """Both have cores of their own; `apart` is what two of them do that share nothing: where the
    machine's cores are not whole ones, no more can be had."""
    output = subprocess.run([bench.program("workers"), "12" if bench.options.quick else "60"],
                            capture_output=True, text=True, check=True).stdout
    rounds = json.loads(output)
    for name, what, limit in (("two_ns", "two workers", 1 / 1.8),
                              ("apart_ns", "  two that share nothing", None)):
        low, middle, high = statistics.quantiles((r[name] / r["one_ns"] for r in rounds), n=4)
        bench.row(f"{what}: wall time of one to match and append to 1000 sets", middle, limit,
                  f"x ({low:.3f} to {high:.3f})", 3)
