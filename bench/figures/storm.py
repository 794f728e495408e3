"""Subscribers beside a storm of TLS handshakes."""

import os
import statistics
import subprocess

from figures.bench import CLIENT_CORE, SETS

CLIENTS = 16  # each shakes hands again and again
RATE = 500    # messages a second to 100 subscribers: handshakes have most of the worker to ask for


class Storm:
    """Full handshakes, by clients that get what time the meter leaves of its core."""

    def __init__(self, port, seconds):
        command = ["taskset", "-c", CLIENT_CORE, "chrt", "--idle", "0", "openssl", "s_time", "-new",
                   "-time", str(seconds), "-connect", f"127.0.0.1:{port}"]
        self.clients = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                        for _ in range(CLIENTS)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.kill()
            client.wait()


def storm(bench):
    pairs, seconds = (3, 2) if bench.options.quick else (10, 3)
    cert, key = (os.path.join(bench.scratch, name) for name in ("rsa.pem", "rsa.key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-subj", "/CN=localhost"], check=True, capture_output=True)
    calm, stormy, handshakes = [], [], 0
    with bench.host("-c", cert, "-k", key) as host, \
            bench.meter(host, "--connections", 100, "--rate", RATE, *SETS["shared"], scheme="wss") as meter:
        bench.run(meter, 1, seconds=1)
        for _ in range(pairs):
            calm.append(bench.run(meter, 1, seconds=seconds))
            before = host.ask("stats")["tls_handshakes"]
            with Storm(host.first[1], 10 * seconds):
                bench.run(meter, 1, seconds=0.3)
                stormy.append(bench.run(meter, 1, seconds=seconds))
            handshakes += host.ask("stats")["tls_handshakes"] - before
    rate = handshakes / pairs / (seconds + 0.3)
    for name in "p50", "p99":
        ours, least = ([run[f"{name}_us"] for run in runs] for runs in (stormy, calm))
        bench.row(f"latency of {RATE} messages a second to 100 with TLS, {name}, beside {rate:.0f} full RSA "
                  "handshakes a second", statistics.median(ours), None,
                  f"us ({statistics.median(least):.0f} without them)", 0)
