"""Memory of idle connections."""

import os
import re
import time

from figures.bench import SETS


def memory_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    with open("/proc/net/sockstat", encoding="ascii") as file:
        pages = int(re.search(r"TCP:.* mem (\d+)", file.read()).group(1))
    return int(fields["RssAnon"].split()[0]) * 1024, pages * os.sysconf("SC_PAGESIZE")


def memory_each(bench, peer, count, *arguments, scheme="ws"):
    """Bytes of user and of kernel memory that an idle connection takes."""
    before = memory_of(peer.process.pid)
    with bench.meter(peer, "--connections", count, *arguments, scheme=scheme):
        time.sleep(0.5)
        after = memory_of(peer.process.pid)
    return [(a - b) / count for a, b in zip(after, before)]


def memory(bench):
    count = 10000
    for sets, name, limit in (("shared", "one shared set", 1024),
                              ("distinct", "own sets of 50 streams", 2048 + 24 * 50)):
        with bench.host() as host:
            user, kernel = memory_each(bench, host, count, *SETS[sets])
        bench.row(f"user memory of an idle connection, {count} of them, {name}", user, limit, "B", 0)
        bench.row(f"  kernel memory (sockstat, both ends), {name}", kernel, None, "B", 0)
