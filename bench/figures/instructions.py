"""Instructions, counted by callgrind between two moments of a warm broker, and microbenchmarks."""

import glob
import os
import re
import subprocess

from figures.bench import BROKER_CORE, SETS, WINDOWS

OUTERMOST = "PROGRAM TOTALS|:clone|:start_thread|libc.start|below main|ld-linux"


def counted(callgrind, name):
    """Total of the dump that `name` triggered, and its file."""
    for path in glob.glob(callgrind + "*"):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if f"Client Request: {name}\n" in text:
            return int(re.search(r"^totals: (\d+)", text, re.M).group(1)), path
    raise RuntimeError(f"callgrind wrote no dump {name}")


def profile(bench, path, title):
    """Self cost by function. The outermost ones are left out: their cost is what was left to count
    when the dump interrupted them."""
    output = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", path],
                            capture_output=True, text=True, check=False).stdout
    lines = re.findall(r"^ *[\d,]+ \( *[\d.]+%\) .*$", output, re.M)
    lines = [re.sub(r"\S*/(\S+/\S+:\S+).*", r"\1", line) for line in lines
             if not re.search(OUTERMOST, line)]
    bench.profiles.append((title, lines[:bench.options.top]))


def instructions_of(bench, sets, connections, window, batches):
    callgrind = os.path.join(bench.scratch, f"callgrind.{sets}.{connections}.{window}")
    with bench.host(callgrind=callgrind) as host, \
            bench.meter(host, "--connections", connections, *SETS[sets]) as meter:
        bench.run(meter, window, batches=2)
        host.ask("dump warm")
        result = bench.run(meter, window, batches=batches)
        host.ask("dump steady")
    total, path = counted(callgrind, "steady")
    profile(bench, path, f"{sets} sets, {connections} connections, W = {window}: "
                         f"{total / result['deliveries']:.1f} instructions a delivery")
    return total / result["deliveries"], total / result["messages"]


def instructions(bench):
    limits = {"shared": (70, 6, 1.5), "distinct": (130, 50, 50), "drawn": (130, 50, 50)}
    names = {"shared": "1000 members of one set", "distinct": "1000 sets, all want the key",
             "drawn": "1000 sets, 10 want the key"}
    for sets in ("shared", "distinct") if bench.options.quick else ("shared", "distinct", "drawn"):
        for window, limit in zip(WINDOWS, limits[sets]):
            batches = (300 if sets == "drawn" else 20) if window < 256 else bench.long_batches
            each, _ = instructions_of(bench, sets, 1000, window, batches)
            bench.row(f"user instructions a delivery, {names[sets]}, W = {window}", each, limit)


def pushes(bench, name, meter, work):
    """Instructions of a push in each (command, pushes, keys) of `work`, and the (pattern, group) pairs
    that one reached. Each is done twice, and the second time counted."""
    callgrind = os.path.join(bench.scratch, f"callgrind.{name}")
    each, reached = [], []
    with bench.host(callgrind=callgrind) as host, bench.meter(host, *meter):
        for command, count, keys in work:
            host.ask(f"{command} {count} {keys}")
            host.ask("dump warm")
            before = host.ask("stats")["appends"]
            host.ask(f"{command} {count} {keys}")
            host.ask(f"dump {command}")
            reached.append((host.ask("stats")["appends"] - before) / count)
    for command, count, keys in work:
        total, path = counted(callgrind, command)
        profile(bench, path, f"{name}: {command} {count} messages under {keys} keys")
        each.append(total / count)
    return each, reached


def push(bench):
    (alone,), _ = pushes(bench, "one subscriber", ["--connections", 1, *SETS["shared"]],
                         [("push", 20000, 1000)])
    bench.row("instructions of a push that interests nobody", alone, 400)
    many = "1,000,000 subscriptions"
    (nobody, some), (_, reached) = pushes(
        bench, many, ["--connections", 250, "--streams", 4000, "--symbols", 100000,
                      "--sets", "distinct", "--keys", "mixed"],
        [("push", 40000, 20000), ("publish", 20000, 20000)])
    bench.row(f"the same beside {many} to 100,000 patterns, 20,000 keys", nobody, 400)
    bench.row(f"  above 400 for each of {reached:.1f} (pattern, group) that a push reaches there",
              (some - 400) / reached, 100)
    # Members of one group each, W = 256: what a further group adds, its send spread over 256.
    few, more = (instructions_of(bench, "distinct", n, 256, bench.long_batches)[1]
                 for n in (200, 600))
    bench.row("instructions of a push for each further (pattern, group)", (more - few) / 400, 100)


def micro(bench):
    for path in sorted(glob.glob(bench.program("micro_*"))):
        name = os.path.basename(path)
        output = subprocess.run(["taskset", "-c", BROKER_CORE, path], capture_output=True,
                                text=True, check=True).stdout
        counts = {} if bench.options.quick or name == "micro_ring" else micro_counts(bench, path)
        for line in output.splitlines():
            match = re.match(r"(.*?)\s{2,}([\d.]+) ns", line)
            if not match:
                bench.progress(f"{name}: {line}")
                continue
            extra = f", {counts[match[1]]:.0f} instructions" if match[1] in counts else ""
            bench.row(match[1], float(match[2]), None, "ns" + extra, 1)


def micro_counts(bench, path):
    callgrind = os.path.join(bench.scratch, "callgrind." + os.path.basename(path))
    output = subprocess.run(["valgrind", "-q", "--tool=callgrind",
                             f"--callgrind-out-file={callgrind}", path],
                            capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^counted (\d+) (.*)$", output, re.M)
    return {name: counted(callgrind, name)[0] / int(count) for count, name in rows}
