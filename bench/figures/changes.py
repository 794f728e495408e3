"""What a change of subscription costs the broker: instructions, by callgrind."""

import base64
import os
import random
import socket
import struct

from figures.bench import SETS
from figures.instructions import counted, profile

SYMBOLS = 5000
CHANGES = 1000


def key(symbol):
    """The key of a symbol, as bench/kit/plan.c makes it."""
    letters = [65 + symbol // 26 ** place % 26 for place in (3, 2, 1, 0)]
    return bytes(letters) + b"/Tick/TRADE"


def request(streams):
    head = b"\x81\xa7streams\xdc" + struct.pack(">H", len(streams))
    return head + b"".join(bytes([0xa0 | len(stream)]) + stream for stream in streams)


class Subscriber:
    """One connection that asks and waits for the echo; nothing is published meanwhile."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
                            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            f"Sec-WebSocket-Key: {nonce}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.socket.recv(1)
        if not answer.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(f"handshake refused: {answer!r}")

    def subscribe(self, payload):
        long = len(payload) > 125
        length = struct.pack(">BH", 0xfe, len(payload)) if long else bytes([0x80 | len(payload)])
        self.socket.sendall(b"\x82" + length + bytes(4) + payload)  # masked with zeros
        expected = len(payload) + (4 if long else 2)
        echo = b""
        while len(echo) < expected:
            echo += self.socket.recv(expected - len(echo))
        if echo[-len(payload):] != payload:
            raise RuntimeError("an answer that is not the echo")


def changes_of(bench, name, limit, requests):
    callgrind = os.path.join(bench.scratch, "callgrind.changes")
    with bench.host(callgrind=callgrind) as host, \
            bench.meter(host, "--connections", 200, *SETS["drawn"]):
        subscriber = Subscriber(int(host.first[1]))
        for payload in requests[:100]:
            subscriber.subscribe(payload)
        host.ask("dump warm")
        for payload in requests:
            subscriber.subscribe(payload)
        host.ask("dump changes")
        subscriber.socket.close()
    total, path = counted(callgrind, "changes")
    for dump in os.listdir(bench.scratch):
        if dump.startswith("callgrind.changes") and os.path.join(bench.scratch, dump) != path:
            os.remove(os.path.join(bench.scratch, dump))
    profile(bench, path, f"change of subscription: {name}")
    os.remove(path)
    bench.row(f"instructions of a change of subscription, {name}", total / len(requests), limit)


def changes(bench):
    draw = random.Random(1)
    sets = [request([key(s) for s in draw.sample(range(SYMBOLS), 50)]) for _ in range(CHANGES)]
    changes_of(bench, "50 streams that others have too", None, sets)
    single = [request([key(SYMBOLS + i % 100)]) for i in range(CHANGES)]
    changes_of(bench, "a literal that nobody else has", None, single)
    globs = [request([b"?" + key(SYMBOLS + i % 100)[1:]]) for i in range(CHANGES)]
    changes_of(bench, "a glob that nobody else has", None, globs)
