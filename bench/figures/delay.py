"""What flush_delay_us gives and takes: single messages at a fixed rate, in an open loop."""

from figures.bench import SETS

DELAYS = (0, 50, 100, 200, 500, 1000)
CASES = ((5000, 20), (20000, 200))  # messages a second, readers


def delay(bench):
    seconds = 0.5 if bench.options.quick else 2
    for rate, readers in CASES:
        for microseconds in DELAYS:
            arguments = ["--connections", readers, "--rate", rate, "--open", "--read-each", readers // 5,
                         *SETS["shared"]]
            with bench.host("-d", str(microseconds)) as host, \
                    bench.meter(host, *arguments) as meter:
                bench.run(meter, 1, seconds=0.2)
                before = host.ask("stats")
                result = bench.run(meter, 1, seconds=seconds)
                after = host.ask("stats")
            sends = (after["sends"] - before["sends"]) / result["deliveries"]
            busy = result["broker_ns"] * result["deliveries"] / result["seconds"] / 1e7
            bench.row(f"CPU a delivery, {rate} messages a second to {readers} readers, "
                      f"delay {microseconds} us", result["broker_ns"], None,
                      f"ns ({busy:.0f} % of the core, {sends:.3f} sends a delivery, latency p50 "
                      f"{result['p50_us']:.0f} us, p99 {result['p99_us']:.0f} us)", 0)
