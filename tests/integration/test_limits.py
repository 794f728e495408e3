"""What a peer may do, and how often: messages of a subscriber, origins of pages, rates of
addresses."""
import ssl
import time

import msgpack

from harness import (BINARY, CLOSE, PATIENCE, PING, PONG, Case, Connection, both, frame, handshake, main,
                     payload)


@both
class MessageRate:
    settings = {"workers": 1, "message_rate": 100, "message_burst": 10}

    def setUp(self):
        self.reader = self.connect()

    def test_pings_over_the_burst_are_answered_in_order_at_the_rate(self):
        pings = [b"%d" % i for i in range(60)]
        begun = time.monotonic()
        self.reader.send(b"".join(frame(PING, ping) for ping in pings))
        for ping in pings:
            self.assertEqual(self.reader.frame(), (0x80 | PONG, ping))
        self.assertGreaterEqual(time.monotonic() - begun, (60 - 10 - 1) / 100)

    def test_requests_count_too_and_the_one_that_waits_is_the_last_word(self):
        sets = [[f"K{i}/1Min/OHLCV"] for i in range(30)]
        begun = time.monotonic()
        self.reader.send(b"".join(frame(BINARY, msgpack.packb({"streams": each})) for each in sets))
        for each in sets:
            self.assertEqual(msgpack.unpackb(self.reader.message()), {"streams": each})
        self.assertGreaterEqual(time.monotonic() - begun, (30 - 10 - 1) / 100)
        self.connect("/publish").publish("K29/1Min/OHLCV", 1)
        self.assertEqual(self.reader.message(), payload("K29/1Min/OHLCV", 1))

    def test_pongs_that_nobody_asked_for_count_too(self):
        begun = time.monotonic()
        self.reader.send(frame(PONG, b"x") * 60 + frame(PING, b"last"))
        self.assertEqual(self.reader.frame(), (0x80 | PONG, b"last"))
        self.assertGreaterEqual(time.monotonic() - begun, (61 - 10 - 1) / 100)

    def test_a_request_in_many_frames_counts_once(self):
        """At a rate at which no slow machine could serve it if each of its frames counted."""
        broker = self.start(message_rate=1, message_burst=2)
        reader = self.connect(broker=broker)
        request = msgpack.packb({"streams": ["a/b/c"]})
        pieces = [frame(0, b"", fin=False)] * 1000
        reader.send(frame(BINARY, b"", fin=False) + b"".join(pieces) + frame(0, request))
        self.assertEqual(msgpack.unpackb(reader.message()), {"streams": ["a/b/c"]})
        broker.stop()

    def test_a_request_of_many_streams_counts_as_what_it_costs(self):
        """Once more for each 256 streams, and for each 16 globs."""
        for streams, cost in (([f"K{i}/1Min/OHLCV" for i in range(1024)], 1 + 4),
                              ([f"K{i}*/1Min/OHLCV" for i in range(160)], 1 + 10),
                              ([f"K{i}{{/,x}}1Min/OHLCV" for i in range(16)], 1 + 1)):
            reader = self.connect()
            request = frame(BINARY, msgpack.packb({"streams": streams}))
            begun = time.monotonic()
            reader.send(request * 10)
            for _ in range(10):
                self.assertEqual(msgpack.unpackb(reader.message()), {"streams": streams})
            self.assertGreaterEqual(time.monotonic() - begun, (9 * cost - 10 - 1) / 100, cost)

    def test_who_has_used_its_rate_up_still_receives_and_may_close(self):
        self.reader.subscribe("a/b/c")
        self.reader.send(frame(PING, b"x") * 30)
        publisher = self.connect("/publish")
        for number in range(10):
            publisher.publish("a/b/c", number)
        got = [self.reader.frame() for _ in range(40)]
        self.assertEqual([data for first, data in got if first == 0x80 | BINARY],
                         [payload("a/b/c", number) for number in range(10)])
        self.reader.send(frame(PING, b"y") * 30 + frame(CLOSE, b"\x03\xe8"))
        self.assertEqual(self.reader.close_frame(), (1000, ""))

    def test_answers_that_wait_for_the_socket_and_the_rate_come_all(self):
        """A splice is outstanding and the rate is used up, in either order."""
        reader = self.connect(receive_buffer=4096).subscribe("a/b/c")
        publisher = self.connect("/publish")
        for number in range(300):
            publisher.publish("a/b/c", [number, b"x" * 10000])
        reader.send(b"".join(frame(PING, b"%d" % i) for i in range(40)))
        numbers, pongs = [], []
        while len(numbers) < 300 or len(pongs) < 40:
            first, data = reader.frame()
            if first == 0x80 | PONG:
                pongs.append(int(data))
            else:
                numbers.append(msgpack.unpackb(data)["data"][0])
        self.assertEqual((numbers, pongs), (list(range(300)), list(range(40))))


@both
class UsualRate:
    """As it is by default: 20 a second, 100 at once."""
    settings = {"workers": 1}

    def test_those_behind_a_hundred_at_once_wait_for_their_turn(self):
        reader = self.connect()
        begun = time.monotonic()
        reader.send(frame(PING, b"x") * 130)
        for _ in range(130):
            self.assertEqual(reader.frame(), (0x80 | PONG, b"x"))
        self.assertGreaterEqual(time.monotonic() - begun, (130 - 100 - 1) / 20)


@both
class UsualBurst:
    """At so slow a rate that no slow machine can hide a message that waited."""
    settings = {"workers": 1, "message_rate": 1}

    def test_a_hundred_at_once_wait_for_nothing(self):
        reader = self.connect()
        begun = time.monotonic()
        reader.send(frame(PING, b"x") * 100)
        for _ in range(100):
            self.assertEqual(reader.frame(), (0x80 | PONG, b"x"))
        self.assertLess(time.monotonic() - begun, 100 / 2)

    def test_publishers_are_exempt(self):
        publisher = self.connect("/publish")
        begun = time.monotonic()
        message = frame(BINARY, msgpack.packb({"key": "a/b/c", "data": 1, "id": 1}))
        publisher.send(message * 200)
        for _ in range(200):
            self.assertEqual(msgpack.unpackb(publisher.message()), {"ack": 1})
        self.assertLess(time.monotonic() - begun, (200 - 100) / 2)


@both
class Unlimited:
    settings = {"workers": 1, "message_rate": 0, "message_burst": 1}

    def test_without_a_rate_nobody_waits(self):
        reader = self.connect()
        for _ in range(20):
            reader.send(frame(PING, b"x") * 100)
            for _ in range(100):
                self.assertEqual(reader.frame(), (0x80 | PONG, b"x"))


@both
class Origins:
    settings = {"workers": 1, "origins": "https://a.example, http://localhost:8080"}

    def ask(self, *headers):
        with Connection(self.broker, self.transport, "/ws", headers) as connection:
            return connection.response.split(b"\r\n")[0]

    def test_listed_origins_and_none_at_all_may_subscribe(self):
        for headers in ([], ["Origin: https://A.example:443"], ["Origin: http://localhost:8080"]):
            self.assertEqual(self.ask(*headers), b"HTTP/1.1 101 Switching Protocols", headers)

    def test_others_get_403_with_the_setting_to_change(self):
        for origin in "http://a.example", "null", "", "https://a.example.evil", "https://a.example/x":
            answer = self.request(handshake("/ws", [f"Origin: {origin}"]))
            self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)
            self.assertIn(b"add it to `origins` in the configuration file", answer)

    def test_two_origins_are_400(self):
        self.assertEqual(self.ask("Origin: https://a.example", "Origin: https://a.example"),
                         b"HTTP/1.1 400 Bad Request")

    def test_publishers_have_rules_of_their_own(self):
        answer = self.request(handshake("/publish", ["Origin: https://a.example"]))
        self.assertIn(b"publishers_from", answer)


@both
class AnyOrigin:
    settings = {"workers": 1}

    def test_without_a_list_every_page_may_subscribe(self):
        self.connect(headers=["Origin: https://anything.example"]).subscribe("a/b/c")


class Rates(Case):
    """The table of addresses, by one address: loopback, which has no limits unless told so."""

    def ask(self, broker, transport):
        """The head of the answer, empty for a connection that was closed."""
        try:
            connection = self.connect(None, transport=transport, broker=broker)
        except ssl.SSLError as end:
            self.assertIn("EOF", str(end))  # nothing was said in its place
            return b""
        except OSError:
            return b""  # the same as a reset
        try:
            connection.send(handshake())
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was answered already
        try:
            return connection.read_head()
        except EOFError:
            return b""

    def status(self, head):
        """None for a connection that was closed."""
        return int(head.split(b" ")[1]) if head else None

    def statuses(self, broker, transport, count):
        return [self.status(self.ask(broker, transport)) for _ in range(count)]

    def check(self, setting, transport, refused):
        """The rate of 3 a second lets 3 in at once, then a few more in the time they take, until 30 were
        refused."""
        broker = self.start(**{setting: 3, "limit_loopback": "true", "close_timeout": "100ms"})
        begun, statuses = time.monotonic(), []
        while statuses.count(refused) < 30:
            head = self.ask(broker, transport)
            self.assertEqual(b"\r\nRetry-After: 1\r\n" in head, b" 429 " in head)
            statuses.append(self.status(head))
            self.assertLess(time.monotonic() - begun, PATIENCE, statuses)
        most = 3 + 3 * (time.monotonic() - begun) + 1
        self.assertEqual(statuses[:3], [101] * 3)
        self.assertEqual(set(statuses), {101, refused})
        self.assertLessEqual(statuses.count(101), most)
        deadline = time.monotonic() + PATIENCE
        while self.statuses(broker, transport, 1) != [101]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        broker.stop()
        told = [line for line in broker.lines if f"refused: {setting}" in line]
        self.assertTrue(0 < len(told) <= 10 * (2 + time.monotonic() - begun), told)

    def test_connections_of_one_address(self):
        self.check("connection_rate", "ws", 429)

    def test_connections_of_one_address_with_tls_are_closed(self):
        self.check("connection_rate", "wss", None)

    def test_connections_of_the_unix_socket(self):
        self.check("connection_rate", "unix", 429)

    def test_handshakes_of_one_address(self):
        self.check("handshake_rate", "ws", 429)

    def test_handshakes_of_one_address_with_tls_are_closed_before_it(self):
        self.check("handshake_rate", "wss", None)

    def test_connections_that_ask_nothing_are_no_handshakes(self):
        broker = self.start(handshake_rate=2, limit_loopback="true", close_timeout="100ms")
        idle = [self.connect(None, broker=broker) for _ in range(20)]
        self.assertEqual(self.statuses(broker, "ws", 2), [101, 101])
        self.assertEqual(len(idle), 20)
        broker.stop()

    def test_loopback_is_not_limited_without_limit_loopback(self):
        broker = self.start(handshake_rate=1, connection_rate=1, close_timeout="100ms")
        for transport in "ws", "wss", "unix":
            self.assertEqual(self.statuses(broker, transport, 20), [101] * 20)
        broker.stop()


class MemoryOfWhoWaits(Case):
    """Requests that were read and wait for their rate are inbound memory: the oldest go, and others
    are served."""
    settings = {"workers": 1, "message_rate": 1, "message_burst": 1, "max_message": "4KiB",
                "max_payload": "4KiB", "inbound_memory": "64KiB"}

    def test_the_oldest_go_when_inbound_memory_is_used_up(self):
        flooders = [self.connect() for _ in range(60)]
        for flooder in flooders:
            flooder.send(frame(PING, b"x") * 1000)
        self.assertEqual(flooders[0].close_frame()[0], 1008)
        for number in range(3):
            reader = self.connect()
            reader.subscribe(f"{number}/1Min/OHLCV")


if __name__ == "__main__":
    main()
