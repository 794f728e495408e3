"""Ten thousand connections that want nothing good and have not subscribed: each costs little memory, all
are gone at their deadline, and a good client connects as if they were not there.

Each crowd comes to a broker of its own: memory that one has left would hide what the next one takes."""
import itertools
import os
import pathlib
import resource
import socket
import ssl
import time

import msgpack

from harness import BINARY, PATIENCE, PING, SANITIZED, Case, Connection, frame, handshake, main

MANY = 200 if SANITIZED else 10_000
MOST = 8 << 10        # bytes of the broker for each
MOST_TLS = 64 << 10   # in the middle of a TLS handshake
AT_ONCE = 10          # that come between two good clients
# A good client has its subscription within 50 ms; where the machine is so slow that even without a crowd it
# takes more than a tenth of that, within ten times as long. What makes one late on a busy machine does not
# make all of so many in a row late, which a crowd in their way would; and nobody waits until it leaves.
SOON, TIMES_AS_LONG = 0.05, 10
IN_A_ROW = 50

DEADLINE = 3 if SANITIZED else 15  # seconds; on a slow machine the first are gone before the last come
LATE = 60 if SANITIZED else 20     # that a busy machine may be behind it


def resident(process):
    statm = pathlib.Path(f"/proc/{process.pid}/statm").read_text()
    return int(statm.split()[1]) * resource.getpagesize()


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def client_hello():
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        return out.read()


class Crowd:
    """`count` connections that have sent `data` and read nothing."""

    def __init__(self, case, transport, data):
        self.case, self.port, self.data = case, case.broker.ports[transport], data
        self.sockets, self.times = [], []
        alone = min(case.good_client(transport) for _ in range(IN_A_ROW))  # what is made once is made now
        self.soon = max(SOON, TIMES_AS_LONG * alone)
        self.base = descriptors(case.broker.process)
        before = resident(case.broker.process)
        self.start = time.monotonic()
        for number in range(MANY):
            self.add(f"127.0.0.{2 + number % 8}")
            if number % AT_ONCE == 0:
                self.times.append(case.good_client(transport))
        self.case.good_client(transport)  # whose turn comes after theirs
        self.cost = (resident(case.broker.process) - before) / MANY
        self.grown = time.monotonic()

    def add(self, address):
        each = socket.socket()
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)  # what is not read stays there
        each.bind((address, 0))
        each.settimeout(PATIENCE)
        each.connect(("127.0.0.1", self.port))
        each.setblocking(False)
        self.sockets.append(each)
        try:
            each.send(self.data)
        except BlockingIOError:
            pass

    def close(self):
        for each in self.sockets:
            each.close()

    def check(self, most, meanwhile=lambda: None):
        """What they cost, and that they go."""
        print(f"{self.cost:.0f} B each, {self.grown - self.start:.1f} s; "
              f"a good client within {max(self.times) * 1e3:.1f} ms")
        if not SANITIZED:
            self.case.assertLess(self.cost, most)
            self.case.assertLess(max(self.times), DEADLINE / 2)
            for first in range(0, len(self.times), IN_A_ROW):
                self.case.assertLess(min(self.times[first:first + IN_A_ROW]), self.soon)
        while descriptors(self.case.broker.process) > self.base:
            self.case.assertLess(time.monotonic(), self.grown + DEADLINE + LATE, "they stay")
            meanwhile()
            time.sleep(0.05)
        self.case.broker.stop()


class Crowds(Case):
    settings = {"handshake_timeout": f"{DEADLINE}s", "slow_time": f"{DEADLINE}s", "inbound_memory": "8MiB"}

    @classmethod
    def setUpClass(cls):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    @classmethod
    def tearDownClass(cls):
        pass  # each test has stopped its broker

    def setUp(self):
        self.broker = self.start(workers=2, **self.settings)

    def good_client(self, transport):
        """How long until it is subscribed."""
        begun = time.monotonic()
        with Connection(self.broker, transport) as good:
            good.subscribe("AAPL/1Min/OHLCV")
            return time.monotonic() - begun

    def crowd(self, transport, data):
        crowd = Crowd(self, transport, data)
        self.addCleanup(crowd.close)
        return crowd

    def test_half_a_handshake(self):
        self.crowd("ws", handshake()[:-2]).check(MOST)

    def test_half_a_handshake_of_8_KiB(self):
        """More than inbound_memory holds: the oldest go, and nobody else waits for them."""
        request = handshake()[:-2] + b"X: "
        self.crowd("ws", request + b"x" * (8191 - len(request))).check(MOST)

    def test_half_a_TLS_hello(self):
        self.crowd("wss", client_hello()[:100]).check(MOST_TLS)

    def test_a_TLS_handshake_that_is_not_finished(self):
        self.crowd("wss", client_hello()).check(MOST_TLS)

    def test_a_TLS_hello_that_says_that_it_is_long(self):
        """128 KiB, for which OpenSSL takes memory at once."""
        hello = bytes.fromhex("01 01ffff 0303") + bytes(32)
        self.crowd("wss", b"\x16\x03\x01\x00" + bytes([len(hello)]) + hello).check(MOST_TLS)

    def test_nothing_over_TLS(self):
        self.crowd("wss", b"").check(MOST)

    def test_one_byte_after_another_buys_no_time(self):
        crowd = self.crowd("ws", b"G")
        rest = itertools.chain(handshake()[1:-2], itertools.repeat(ord("x")))

        def trickle():
            byte = bytes([next(rest)])
            for each in crowd.sockets:
                try:
                    each.send(byte)
                except OSError:
                    pass  # has been closed
        crowd.check(MOST, trickle)

    def test_pings_whose_pongs_are_not_read(self):
        pings = frame(PING, b"x" * 125) * 1000
        self.crowd("ws", handshake() + pings).check(MOST)

    def test_requests_whose_answers_are_not_read(self):
        request = frame(BINARY, msgpack.packb({"streams": [], "pad": "x" * 180}))
        self.crowd("ws", handshake() + request * 500).check(MOST)


if __name__ == "__main__":
    main()
