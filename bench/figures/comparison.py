"""Which loads scripts/bench-compare puts on all servers, and the table of what came of them."""

import glob
import json
import os
import platform
import re
import statistics

from figures import dots

# Rates are what the slowest of the servers holds on a core of a small machine.
SCENARIOS = {
    "tick": ("single messages to 1000 subscribers, 40 a second",
             ["--scenario", "tick", "--connections", "1000", "--rate", "40"]),
    "minute": ("bursts of 500 keys to 100 subscribers of `*/1Min/*`, one a second",
               ["--scenario", "minute", "--connections", "100", "--symbols", "500", "--rate", "500"]),
    "zipf": ("few keys in most messages: 500 subscribers of 10 of 1000 keys, 2000 messages a second",
             ["--scenario", "zipf", "--connections", "500", "--rate", "2000"]),
    "watchlists": ("1000 subscribers of their own 50 of 5000 keys, 2000 messages a second",
                   ["--scenario", "watchlists", "--connections", "1000", "--rate", "2000"]),
    "slow": ("500 subscribers, of which a tenth is throttled and a tenth frozen; 100 messages a second "
             "of 1 KiB; the other readers count",
             ["--scenario", "slow", "--connections", "500", "--rate", "100", "--size", "1KiB"]),
    "saturation-1": ("closed loop to 1000 subscribers, one message under way",
                     ["--scenario", "tick", "--connections", "1000", "--window", "1"]),
    "saturation-16": ("closed loop to 1000 subscribers, 16 messages under way",
                      ["--scenario", "tick", "--connections", "1000", "--window", "16"]),
    "saturation-256": ("closed loop to 1000 subscribers, 256 messages under way",
                       ["--scenario", "tick", "--connections", "1000", "--window", "256"]),
}
BARE = "bare loop of send()"


def path_of(folder, scenario, server, number):
    """Where a result is kept; pages of plots call it by its file's name."""
    return os.path.join(folder, "results", scenario, f"{server}.{number}.json")


def load(folder, scenario, order):
    """{server: its results, round by round}, as `order` names the servers."""
    found = {}
    for server in order:
        for path in sorted(glob.glob(path_of(folder, scenario, glob.escape(server), "*"))):
            with open(path, encoding="utf-8") as file:
                found.setdefault(server, []).append((path, json.load(file)))
    return found


def at(result, *names):
    for name in names:
        result = result.get(name) if isinstance(result, dict) else None
    return result


def median(results, *names):
    values = [value for value in (at(result, *names) for result in results) if value is not None]
    return statistics.median(values) if values else None


def amount(value, steps):
    """Three digits with the largest unit that fits."""
    if value is None:
        return "–"
    if value <= 0:
        return "0"
    for size, unit in steps:
        if value >= size or size == steps[-1][0]:
            value /= size
            return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}{unit}"
    return ""


def time_text(us):
    return amount(us, ((1e6, " s"), (1e3, " ms"), (1, " µs"), (1e-3, " ns")))


def count_text(value):
    return amount(value, ((1e6, " M"), (1e3, " k"), (1, "")))


def verdicts(results):
    said = [result["verdict"] for result in results]
    return ", ".join(f"{said.count(verdict)} {verdict}" for verdict in ("VALID", "NOISY", "INVALID")
                     if verdict in said)


def row(server, results):
    def time_of(*names):
        return time_text(median(results, *names))

    cpu = median(results, "cpu_ns_per_delivery")
    memory = median(results, "server", "rss_bytes_per_connection")
    lost = sum(result["lost"] or 0 for result in results)
    return [server, time_text(cpu / 1e3) if cpu is not None else "–",
            count_text(median(results, "deliveries_per_s")),
            time_of("latency_us", "p50"), time_of("latency_us", "p99"), time_of("latency_us", "p99.9"),
            time_of("skew_us", "p99"), amount(memory, ((1024, " KiB"),)),
            f"{lost / sum(result['expected'] or 0 for result in results):.1%}" if lost else "0",
            verdicts(results)]


def floors_of(results):
    """What the tool measured before the runs, in the same shape."""
    return [floor for floor in (at(result, "floor", "bare") for result in results) if floor]


def bare_row(results):
    floors = floors_of(results)
    if not floors:
        return None
    cells = row(BARE, [dict(floor, lost=0, expected=0, verdict="") for floor in floors])
    return cells[:-2] + ["", ""]


def scenario_table(folder, scenario, order):
    servers = load(folder, scenario, order)
    if not servers:
        return ""
    everything = [result for results in servers.values() for _, result in results]
    rows = [bare_row(everything)] if bare_row(everything) else []
    rows += [row(server, [result for _, result in results]) for server, results in servers.items()]
    lines = [f"**{scenario}**: {SCENARIOS[scenario][0]}", "",
             "| server | CPU a delivery | deliveries a second | p50 | p99 | p99.9 | skew p99 "
             "| memory a connection | lost | verdicts |", "|---|---|---|---|---|---|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in rows]) + "\n"


def overview(folder, order):
    """CPU and latency of all loads in one plot; "" without any."""
    cpu, latency = {}, {}
    for scenario in SCENARIOS:
        servers = {server: [result for _, result in results]
                   for server, results in load(folder, scenario, order).items()}
        if not servers:
            continue
        servers[BARE] = floors_of(sum(servers.values(), []))
        cpu[scenario] = {name: median(results, "cpu_ns_per_delivery")
                         for name, results in servers.items()}
        latency[scenario] = {name: median(results, "latency_us", "p99")
                             for name, results in servers.items()}
    if not cpu:
        return ""
    measured = [name for name in order if any(name in row for row in cpu.values())]
    return dots.plot([("CPU a delivery", cpu, lambda ns: time_text(ns / 1e3)),
                      ("latency p99", latency, time_text)], measured, BARE)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        cpu = re.search(r"^model name\s*: (.*)", file.read(), re.M)
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(re.search(r"^MemTotal: *(\d+)", file.read()).group(1)) / (1 << 20)
    name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return (f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, {memory:.1f} GiB, "
            f"Linux {platform.release()}, {name}")


def document(folder, about):
    """The whole page in Markdown; `about` is what was kept of the runs: command, versions, settings."""
    versions = ", ".join(f"{name} {text}" for name, text in about["versions"].items() if text)
    lines = ["# Servers side by side", "", f"Machine: {about['machine']}  ",
             f"Command: `{about['command']}`  ",
             f"Versions: {versions}  ",
             f"Each server on core {about['server_core']}, the load on core {about['client_core']}; "
             "medians of the runs of each.", "", "![CPU and latency](comparison.svg)", ""]
    for scenario in SCENARIOS:
        table = scenario_table(folder, scenario, about["versions"])
        if table:
            lines += [table, f"Plots: [{scenario}.html]({scenario}.html)", ""]
    lines += ["## Settings", ""]
    for name, text in about["settings"].items():
        lines += [f"{name}:", "", "```", text, "```", ""]
    return "\n".join(lines)
