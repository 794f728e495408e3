"""System calls of the broker, counted by perf, or by strace where perf has no tracepoints."""

import os
import re
import shutil
import signal
import subprocess
import time

from figures.bench import SETS, WINDOWS


def perf_works():
    return bool(shutil.which("perf")) and not subprocess.run(
        ["perf", "stat", "-e", "raw_syscalls:sys_enter", "true"], capture_output=True,
        check=False).returncode


def kernel_calls(bench, pid, work):
    """System calls of all threads of `pid` while `work` runs: {name: count}, "" for all."""
    if not perf_works():
        return strace_calls(bench, pid, work)
    names = ("sendto", "sendmsg", "epoll_wait", "read", "recvfrom", "write")
    output = os.path.join(bench.scratch, "perf.csv")
    events = ",".join(["raw_syscalls:sys_enter"] + [f"syscalls:sys_enter_{n}" for n in names])
    perf = subprocess.Popen(["perf", "stat", "-x", ",", "-o", output, "-e", events,
                             "-p", str(pid)])
    time.sleep(0.4)
    work()
    perf.send_signal(signal.SIGINT)
    perf.wait()
    with open(output, encoding="utf-8") as file:
        rows = [line.split(",") for line in file if "sys_enter" in line]
    return {row[2].split("sys_enter")[1].lstrip("_"): int(row[0]) for row in rows}


def strace_calls(bench, pid, work):
    output = os.path.join(bench.scratch, "strace")
    strace = subprocess.Popen(["strace", "-f", "-c", "-o", output, "-p", str(pid)],
                              stderr=subprocess.DEVNULL)
    time.sleep(0.6)
    work()
    strace.send_signal(signal.SIGINT)
    strace.wait()
    calls = {}
    with open(output, encoding="utf-8") as file:
        for fields in map(str.split, file):
            if len(fields) >= 5 and re.fullmatch(r"[\d.]+", fields[0]):
                calls["" if fields[-1] == "total" else fields[-1]] = int(fields[3])
    return calls


def calls(bench):
    send_limits, all_limits = (1.01, 0.0625 * 1.01, 0.0039 * 1.01), (1.03, 0.065, 0.0045)
    with bench.host() as host, bench.meter(host, "--connections", 1000, *SETS["shared"]) as meter:
        for window, send_limit, all_limit in zip(WINDOWS, send_limits, all_limits):
            bench.run(meter, window, batches=5)
            before = host.ask("stats")
            results = []
            kernel = kernel_calls(bench, host.process.pid, lambda w=window: results.append(
                bench.run(meter, w, batches=50 if bench.options.quick else 200)))
            after, deliveries = host.ask("stats"), results[0]["deliveries"]
            counted = after["deliveries"] - before["deliveries"]
            if counted != deliveries:
                bench.progress(f"NOTE: the broker counted {counted} deliveries, "
                               f"the meter {deliveries}")
            bench.row(f"sends a delivery, own counter, W = {window}",
                      (after["sends"] - before["sends"]) / deliveries, send_limit, digits=5)
            bench.row(f"sends a delivery, the kernel's count, W = {window}",
                      (kernel.get("sendto", 0) + kernel.get("sendmsg", 0)) / deliveries,
                      send_limit, digits=5)
            bench.row(f"all system calls a delivery, W = {window}", kernel[""] / deliveries,
                      all_limit, digits=5)
            bench.progress(f"  of {deliveries} deliveries: {kernel}")
        if shutil.which("strace"):
            results = []
            kernel = strace_calls(bench, host.process.pid, lambda: results.append(
                bench.run(meter, 1, batches=10)))
            bench.row("sends a delivery, by strace, W = 1",
                      (kernel.get("sendto", 0) + kernel.get("sendmsg", 0)) /
                      results[0]["deliveries"], 1.01, digits=5)
