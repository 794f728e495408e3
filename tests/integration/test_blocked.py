"""Readers whose socket takes nothing: in the middle of a frame and, with TLS, of a record. What comes
then (pings, requests, evictions) waits for its place, and no byte is lost, doubled or torn."""
import re
import time

import msgpack

from harness import (BINARY, CLOSE, PATIENCE, PING, PONG, Case, Late, attempts, both, frame, main,
                     payload)

PAD = "x" * 1990


def fill(publisher, key, numbers, pad=PAD):
    """Publishes numbered messages of about 2 KB; returns once all are on the rings."""
    publisher.send(b"".join(frame(BINARY, msgpack.packb({"key": key, "data": [n, pad]}))
                            for n in numbers))
    publisher.publish("mark/er/x", 0)


@both
class Blocked:
    settings = {"workers": 1, "slow_memory": "64MiB"}

    def setUp(self):
        self.reader = self.connect(receive_buffer=4096).subscribe("a/b/*")
        self.pub = self.publisher()
        self.witness = self.connect().subscribe("mark/er/x")

    def fill(self, key, numbers):
        """As the function of that name, until the worker has taken them all."""
        fill(self.pub, key, numbers)
        self.assertEqual(self.witness.message(), payload("mark/er/x", 0))

    def test_a_ping_and_a_request_wait_for_their_place_and_nothing_is_torn(self):
        self.fill("a/b/c", range(4000))  # 8 MB that nobody reads
        request = msgpack.packb({"streams": ["d/e/f"]})
        self.reader.send(frame(PING, b"one") + frame(PING, b"two") + frame(BINARY, request))
        self.fill("a/b/c", range(4000, 4100))
        numbers, pongs = [], []
        while True:
            first, data = self.reader.frame()
            if first == 0x80 | PONG:
                pongs.append(data)
            elif first == 0x80 | BINARY and data == request:
                break
            elif first != 0x80 | PING:
                message = msgpack.unpackb(data)
                self.assertEqual(first, 0x80 | BINARY)
                self.assertEqual(message["key"], "a/b/c")
                numbers.append(message["data"][0])
        self.assertEqual(pongs, [b"one", b"two"])
        self.assertEqual(numbers, list(range(4100)))
        self.pub.publish("a/b/c", 1)
        self.pub.publish("d/e/f", 2)
        self.assertEqual(self.reader.message(), payload("d/e/f", 2))

    def test_many_blocked_readers_with_requests_get_exactly_their_streams(self):
        readers = [self.connect(receive_buffer=4096).subscribe("a/b/c") for _ in range(20)]
        self.fill("a/b/c", range(1500))
        request = msgpack.packb({"streams": ["a/b/c", "d/*/*"]})
        for reader in readers:
            reader.send(frame(PING, b"p") + frame(BINARY, request))
        self.fill("a/b/c", range(1500, 1600))
        for reader in readers:
            numbers = []
            while True:
                first, data = reader.frame()
                if first == 0x80 | BINARY:
                    if data == request:
                        break
                    numbers.append(msgpack.unpackb(data)["data"][0])
            self.assertEqual(numbers, list(range(len(numbers))))
            self.assertGreaterEqual(len(numbers), 1500)
            seen = len(numbers)
            for n in range(seen, 1600):  # in both sets: neither lost nor doubled
                self.assertEqual(msgpack.unpackb(reader.message())["data"][0], n)
        self.pub.publish("d/x/y", 5)
        for reader in readers:
            self.assertEqual(reader.message(), payload("d/x/y", 5))


@both
class Lobby:
    settings = {"workers": 1, "slow_memory": "64MiB"}

    def fill_with_answers(self, reader):
        """Asks without reading, until the broker reads no more because its answers find no room."""
        request = frame(BINARY, msgpack.packb({"streams": [], "pad": "x" * 30000}))
        reader.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            while True:
                reader.send(request)

    def test_a_reader_that_closed_is_the_only_one_without_a_subscription_that_takes_bytes(self):
        closed = self.connect(receive_buffer=4096).subscribe("a/b/*")
        other = self.connect().subscribe("d/e/f")
        publisher = self.publisher()
        fill(publisher, "a/b/c", range(4000))
        self.fill_with_answers(self.connect(receive_buffer=4096))
        publisher.send_message(b"", CLOSE)
        publisher.read_all()
        publisher.socket.close()
        other.subscribe("d/e/f")  # after it the publisher's end was seen
        closed.send(frame(CLOSE, b""))
        closed.close_frame()
        self.publisher().publish("d/e/f", 1)
        self.assertEqual(other.message(), payload("d/e/f", 1))


class Backlog(Case):
    settings = {"workers": 1, "notsent_lowat": "64MiB"}  # the kernel takes all at once

    def test_a_message_of_many_records_leaves_without_another_message(self):
        """A visit sends 16 records; the members without TLS have nothing left for a second one."""
        readers = [self.connect(transport=transport).subscribe("g/h/i")
                   for transport in ["ws"] * 5 + ["wss"] + ["ws"] * 5]
        publisher = self.publisher()
        for round in range(5):
            publisher.publish("g/h/i", [round, "y" * 900000])
            for reader in readers:
                self.assertEqual(reader.message(), payload("g/h/i", [round, "y" * 900000]))


@both
class Evicted:
    settings = {"workers": 1, "slow_memory": "256KiB", "slow_time": "2s"}

    def evicted(self, reader):
        """Reads to the end: the numbers received before, the code and the reason of the close."""
        numbers = []
        while True:
            first, data = reader.frame()
            if first == 0x80 | CLOSE:
                return numbers, int.from_bytes(data[:2], "big"), data[2:].decode()
            if first == 0x80 | BINARY:
                numbers.append(msgpack.unpackb(data)["data"][0])

    def assertEvicted(self, reader):
        numbers, code, reason = self.evicted(reader)
        self.assertEqual(code, 1008)
        self.assertRegex(reason, r"^slow: \d+ bytes pending, \d+\.\d s without progress$")
        self.assertEqual(numbers, list(range(len(numbers))), "whole frames, in order, then the end")
        self.assertLess(len(numbers), 4000)

    def wait_for_log(self, count):
        """The evictions are in the log: one line each."""
        pattern = re.compile("slow reader evicted: slow: [0-9]+ bytes pending")
        end = time.monotonic() + PATIENCE
        while sum(bool(pattern.search(line)) for line in self.broker.lines) < count:
            self.assertLess(time.monotonic(), end, self.broker.lines)
            time.sleep(0.01)

    def test_too_many_bytes_and_too_long_without_progress_end_with_1008(self):
        reader = self.connect(receive_buffer=4096).subscribe("a/b/*")
        pinging = self.connect(receive_buffer=4096).subscribe("a/b/*")
        pub = self.publisher()
        fill(pub, "a/b/c", range(200))
        pinging.send(frame(PING, b"x"))
        fill(pub, "a/b/c", range(200, 4000))
        self.wait_for_log(2)
        self.assertEvicted(reader)
        self.assertEvicted(pinging)


@both
class Moved:
    settings = {"workers": 1, "slow_memory": "1MiB"}

    def test_a_reader_that_left_a_set_does_not_hold_its_messages_for_long(self):
        reader = self.connect(receive_buffer=4096).subscribe("a/b/*")
        other = self.connect().subscribe("a/b/*")
        publisher = self.publisher()

        def publish(numbers):
            fill(publisher, "a/b/c", numbers)
            for number in numbers:
                self.assertEqual(other.message(), payload("a/b/c", [number, PAD]))
        for first in range(0, 300, 100):  # pieces, so that the other keeps up
            publish(range(first, first + 100))
        reader.send(frame(BINARY, msgpack.packb({"streams": ["d/e/f"]})))
        self.connect().subscribe("x/y/z")  # whose turn comes after that
        for first in range(300, 1300, 100):
            publish(range(first, first + 100))
        port, end = reader.socket.getsockname()[1], time.monotonic() + PATIENCE
        while not any(f":{port}: slow reader evicted" in line for line in self.broker.lines):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


class Alive(Case):
    settings = {"workers": 1, "slow_memory": "64MiB", "ping_interval": "300ms", "dead_time": "2s"}
    MESSAGES, BYTES = 200, 20_000

    def take_slowly(self, reader):
        """For twice the dead_time, in which it sends nothing. A fifth of all is left then, so the last
        message has been waiting all the time."""
        begun, seconds, most = time.monotonic(), 4, self.MESSAGES * self.BYTES * 4 / 5
        while len(reader.buffer) < most:
            due = most * (time.monotonic() - begun) / seconds
            while len(reader.buffer) < min(due, most):
                if not (taken := reader.socket.recv(4096)):
                    raise EOFError
                reader.buffer += taken
            time.sleep(0.01)

    @attempts
    def test_a_reader_on_a_unix_socket_lives_while_it_takes_bytes(self):
        reader = self.connect(transport="unix").subscribe("a/b/c")
        fill(self.publisher(), "a/b/c", range(self.MESSAGES), "x" * self.BYTES)
        try:
            self.take_slowly(reader)
            numbers = [msgpack.unpackb(reader.message())["data"][0] for _ in range(self.MESSAGES)]
        except (EOFError, ConnectionResetError) as end:
            raise Late("it was dead, or was held up for so long") from end
        self.assertEqual(numbers, list(range(self.MESSAGES)))


if __name__ == "__main__":
    main()
