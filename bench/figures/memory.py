"""Memory of idle connections."""

import os
import re
import time

from figures.bench import SETS


def field(path, pattern):
    with open(path, encoding="ascii") as file:
        return int(re.search(pattern, file.read(), re.M).group(1))


def memory_of(pid):
    """Bytes of the process alone, and of the kernel: its objects, and the buffers of TCP."""
    pages = field("/proc/net/sockstat", r"^TCP:.* mem (\d+)")
    kernel = field("/proc/meminfo", r"^Slab: *(\d+)") * 1024 + pages * os.sysconf("SC_PAGESIZE")
    return field(f"/proc/{pid}/status", r"^RssAnon:\s*(\d+)") * 1024, kernel


def memory_each(bench, peer, count, *arguments, scheme="ws"):
    """Bytes of user and of kernel memory that an idle connection takes."""
    before = memory_of(peer.process.pid)
    with bench.meter(peer, "--connections", count, *arguments, scheme=scheme):
        time.sleep(0.5)
        after = memory_of(peer.process.pid)
    return [(a - b) / count for a, b in zip(after, before)]


def memory(bench):
    shared, own = "one shared set", "own sets of 50 streams"
    for count, sets, name, limit in ((10000, "shared", shared, 1024), (19000, "shared", shared, 1024),
                                     (10000, "distinct", own, 2048 + 24 * 50)):
        with bench.host() as host:
            user, kernel = memory_each(bench, host, count, *SETS[sets])
        bench.row(f"user memory of an idle connection, {count} of them, {name}", user, limit, "B", 0)
        bench.row(f"  kernel memory, both ends, {count} of them, {name}", kernel, None, "B", 0)
