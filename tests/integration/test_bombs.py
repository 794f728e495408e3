"""Small requests that would cost much: each is refused as documented and for little CPU, and thousands
of them leave the broker's memory as it was.

A row of BOMBS says where its bytes go and how they are answered. What a bomb costs is the CPU that the
broker spends on one, which a busy machine does not change."""
import contextlib
import json
import os
import struct
import unittest

import msgpack

from harness import (BINARY, CLOSE, CONTINUATION, PING, PONG, SANITIZED, TEXT, Broker, Connection,
                     frame, handshake, main)

REPEATS = 10_000                              # a sanitizer build has fewer: these and of so many bytes
SANITIZED_REPEATS, SANITIZED_BYTES = 100, 4 << 20
MOST_CPU = 0.2 if SANITIZED else 0.010        # seconds of the broker for one
MOST_GROWTH = 1 << 20                         # of its memory, after some warming up
MEASURES = 3                                  # of the growth: the allocator's pieces may fall worse at
                                              # times, a leak grows with each
AT_ONCE = 64 << 10                            # bytes that are sent before answers are read

LARGE, HUGE = 250_000, 1 << 20  # about the most that a subscriber and a publisher may send


def subscribe(*streams):
    return frame(BINARY, msgpack.packb({"streams": streams}))


def length(length, opcode=BINARY):
    """The header of a frame of that length, and the first bytes of what might follow."""
    return bytes([0x80 | opcode, 0xff]) + struct.pack(">Q", length) + b"mask" + b"x" * 16


def fragments(count, size):
    """The first `count` of a million."""
    return frame(BINARY, b"x" * size, fin=False) + frame(CONTINUATION, b"x" * size, fin=False) * count


def request(lines):
    return b"GET /ws HTTP/1.1\r\nHost: x\r\n" + lines


def publication(data):
    return frame(BINARY, b"\x83\xa2id\x01\xa3key\xa5A/B/C\xa4data" + data)


def published_json(data):
    return frame(TEXT, b'{"id":1,"key":"A/B/C","data":' + data)


def count32(count):
    return struct.pack(">I", count)


# Name, where it goes (a path, or None: it is the opening handshake), bytes, answer: an HTTP status or
# close code, what the error has in it, "echo" of what is good, or None: it is ignored.
BOMBS = [
    ("endless headers", None, request(b"a: b\r\n" * 2000), 431),
    ("an endless header", None, request(b"a: " + b"b" * 9000), 431),
    ("an endless name of a header", None, request(b"a" * 9000), 431),
    ("an endless target", None, b"GET /" + b"a" * 9000, 431),
    ("endless commas", None, request((b"Connection: " + b"," * 80 + b"\r\n") * 100), 431),
    ("endless subprotocols", None, request(b"Sec-WebSocket-Protocol: " + b"a," * 4500), 431),

    ("a length of 64 bits", "/ws", length((1 << 64) - 1), 1002),
    ("a length of 63 bits", "/ws", length((1 << 63) - 1), 1009),
    ("a length of 4 GiB", "/ws", length(1 << 32), 1009),
    ("a ping of 4 GiB", "/ws", length(1 << 32, PING), 1002),
    ("a million fragments of a byte", "/ws", fragments(4200, 1), 1008),
    ("a million empty fragments", "/ws", fragments(4200, 0), 1008),
    ("a million fragments of a kilobyte", "/ws", fragments(300, 1024), 1009),

    ("arrays in arrays", "/ws", frame(BINARY, b"\x91" * LARGE), None),
    ("maps in maps", "/ws", frame(BINARY, b"\x81\xa1a" * (LARGE // 3)), None),
    ("nine containers in one another", "/ws", frame(BINARY, b"\x81\xa1a" + b"\x91" * 8 + b"\0"), None),
    ("an array of 4 G", "/ws", frame(BINARY, b"\xdd" + count32(2**32 - 1)), None),
    ("a map of 4 G", "/ws", frame(BINARY, b"\xdf" + count32(2**32 - 1)), None),
    ("4 G streams", "/ws", frame(BINARY, b"\x81\xa7streams\xdd" + count32(2**32 - 1)), None),
    ("50 M streams", "/ws", frame(BINARY, b"\x81\xa7streams\xdd" + count32(50_000_000)), None),
    ("a stream of 4 GiB", "/ws", frame(BINARY, b"\x81\xa7streams\x91\xdb" + count32(2**32 - 1)), None),
    ("an ext of 4 GiB", "/ws", frame(BINARY, b"\xc9" + count32(2**32 - 1) + b"\x01"), None),
    ("counts in counts", "/ws", frame(BINARY, b"\xdc\xff\xff" * 8), None),
    ("an array short of one", "/ws", frame(BINARY, b"\xdd" + count32(LARGE) + b"\xc0" * (LARGE - 1)),
     None),
    ("a quarter of a million streams", "/ws", frame(
        BINARY, b"\x81\xa7streams\xdd" + count32(LARGE) + b"\xa0" * LARGE), "more than 4096 streams"),
    ("4096 streams, the last invalid", "/ws", subscribe(*(f"a/b/{i}" for i in range(4095)), ""),
     " is an invalid stream"),

    ("a pattern of a megabyte", "/ws", subscribe("*" * HUGE)[:4096], 1009),
    ("a pattern of 250 KB", "/ws", subscribe("*" * LARGE), "stream longer than 256 bytes"),
    ("too many patterns", "/ws", subscribe(*(f"*a{i}/b/c" for i in range(257))),
     "more than 256 streams with a wildcard"),
    ("too many that cross", "/ws", subscribe(*(f"{{a/b,{i}}}/c" for i in range(17))),
     "more than 16 streams with a /"),
    ("braces in braces", "/ws", subscribe("{" * 126 + "}" * 126 + "/a/b"), "echo"),
    ("open braces", "/ws", subscribe("{a," * 84 + "/b/c"), "echo"),
    ("a product of braces", "/ws", subscribe("{a,b,c}" * 35 + "/a/b"), "echo"),
    ("braces across elements", "/ws", subscribe("{a,b/" + "{c,d}" * 45 + "}/e"), "echo"),
    ("stars between letters", "/ws", subscribe("*a" * 120 + "/*a/*b"), "echo"),

    ("data of arrays in arrays", "/publish", publication(b"\x91" * (HUGE - 1) + b"\0"), "too deep"),
    ("data of 65 containers", "/publish", publication(b"\x91" * 65 + b"\0"), "too deep"),
    ("data with a map of 4 G", "/publish", publication(b"\xdf" + count32(2**32 - 1)), "truncated"),
    ("a key of 4 GiB", "/publish", frame(BINARY, b"\x81\xa3key\xdb" + count32(2**32 - 1)), "truncated"),
    ("a key of a megabyte", "/publish", frame(BINARY, msgpack.packb(
        {"key": "a" * 1_000_000, "data": 1})), "key is too long"),
    ("4 G fields", "/publish", frame(BINARY, b"\xdf" + count32(2**32 - 1) + b"\xa0"), "fields; at most"),
    ("a fifth of a million fields", "/publish", frame(BINARY, b"\xdf" + count32(200_000) + b"".join(
        b"\xa3%c%c%c\0" % (i >> 14, i >> 7 & 127, i & 127) for i in range(200_000))), "fields; at most"),
    ("a message above the limit", "/publish", length(3 << 20), 1009),
    ("JSON of arrays in arrays", "/publish", published_json(b"[" * HUGE), "depth"),
    ("JSON of 2049 arrays", "/publish", published_json(b"[" * 2049), "depth"),
    ("JSON of 65 arrays", "/publish", published_json(b"[" * 65 + b"]" * 65 + b"}"), "too deep"),
    ("JSON of half a million numbers", "/publish", published_json(b"[" + b"0," * 520_000),
     "not JSON"),
    ("JSON of a third of a million objects", "/publish", published_json(b"[" + b"{}," * 340_000),
     "not JSON"),
    ("JSON with a name of zeros", "/publish", published_json(b'{"' + b"\\u0000" * 170_000), "not JSON"),
    ("JSON with a number of a megabyte", "/publish", published_json(b"1" * HUGE), "not JSON"),
    ("JSON with a text that does not end", "/publish", published_json(b'"' + b"a" * HUGE), "not JSON"),
    ("JSON of too large a number", "/publish", published_json(b"1e999999999}"), "not JSON"),
]


def cpu(process):
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process):
    with open(f"/proc/{process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Bomb:
    def __init__(self, name, path, data, expected):
        self.name, self.path, self.expected = name, path, expected
        self.data = data + (frame(PING, b"") if expected is None else b"")
        self.closes = isinstance(expected, int)
        self.repeats = max(1, min(SANITIZED_REPEATS, SANITIZED_BYTES // len(data))) if SANITIZED else REPEATS
        self.warming = 100 if self.closes else self.repeats // 20 + 1
        self.at_once = max(1, AT_ONCE // len(self.data))
        self.answer = None  # its bytes, once they were judged

    def judge(self, first, payload):
        """What an answer says, in the terms of BOMBS."""
        if first == 0x80 | PONG:
            return None
        if first == 0x80 | CLOSE:
            return struct.unpack(">H", payload[:2])[0]
        value = json.loads(payload) if first == 0x80 | TEXT else msgpack.unpackb(payload)
        if "streams" in value:
            return "echo" if frame(BINARY, payload) == self.data else payload
        return self.expected if self.expected in value["error"] else value["error"]

    def read_first(self, connection):
        """Judges the first answer, and keeps its bytes for the others."""
        if self.path is None:
            raw = connection.read_all()
            assert raw.startswith(b"HTTP/1.1 %d " % self.expected), (self.name, raw)
        else:
            first, payload = connection.frame()
            said = self.judge(first, payload)
            assert said == self.expected, (self.name, said)
            size = len(payload)
            raw = bytes([first]) + (bytes([size]) if size < 126 else struct.pack(">BH", 126, size))
            raw += payload
        self.answer = raw

    def open(self, broker, transport):
        """A connection to which it may be sent."""
        connection = Connection(broker, transport, self.path)
        assert self.path is None or connection.response.startswith(b"HTTP/1.1 101 ")
        return connection

    def once(self, broker, transport):
        with self.open(broker, transport) as connection:
            connection.send(self.data)
            self.read_first(connection)
            if self.closes and self.path is not None:
                assert connection.read_all() == b"", self.name

    def on_one_connection(self, broker, count):
        with self.open(broker, "ws") as connection:
            while count > 0:
                now = min(count, self.at_once)
                connection.send(self.data * now)
                assert connection.take(len(self.answer) * now) == self.answer * now, self.name
                count -= now

    def on_one_each(self, broker, count):
        """All of a batch are sent before answers are read."""
        upgrade = handshake(self.path) if self.path is not None else b""
        while count > 0:
            with contextlib.ExitStack() as stack:
                some = [stack.enter_context(Connection(broker, "ws", None))
                        for _ in range(min(count, 50))]
                for connection in some:
                    connection.send(upgrade + self.data)
                for connection in some:
                    assert connection.read_all().endswith(self.answer), self.name
                count -= len(some)

    def repeat(self, broker, count):
        (self.on_one_each if self.closes else self.on_one_connection)(broker, count)


class Bombs(unittest.TestCase):
    broker = None

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(workers=1, message_rate=0, close_timeout="60s")
        cls.addClassCleanup(cls.broker.kill)

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()


def measure(broker, bomb):
    """The CPU of one, and by how much all of them have made the broker grow."""
    before, memory = cpu(broker.process), resident(broker.process)
    bomb.repeat(broker, bomb.repeats)
    return (cpu(broker.process) - before) / bomb.repeats, resident(broker.process) - memory


def make_test(row):
    def test(self):
        bomb = Bomb(*row)
        bomb.once(self.broker, "wss")
        bomb.once(self.broker, "ws")
        bomb.repeat(self.broker, bomb.warming)
        each, growth = measure(self.broker, bomb)
        for _ in range(MEASURES - 1):
            if growth < MOST_GROWTH:
                break
            growth = measure(self.broker, bomb)[1]
        print(f"{bomb.repeats} times {each * 1e6:.0f} us of CPU, {growth >> 10:+} KiB")
        self.assertLess(each, MOST_CPU)
        if not SANITIZED:  # they keep what is freed
            self.assertLess(growth, MOST_GROWTH)
    return test


for number, each in enumerate(BOMBS):
    setattr(Bombs, f"test_{number:02}_{each[0].replace(' ', '_')}", make_test(each))


if __name__ == "__main__":
    main()
