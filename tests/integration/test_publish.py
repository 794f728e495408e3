"""Publishing over the network: what is taken, what is answered, who may."""
import json
import struct

import msgpack

from harness import BINARY, CLOSE, PING, PONG, TEXT, both, frame, handshake, main, payload

BAR = "AAPL/1Min/OHLCV"


@both
class Messages:
    def setUp(self):
        self.reader = self.connect().subscribe("*/*/*")
        self.pub = self.publisher()

    def delivered(self):
        return self.reader.message()

    def assertNothingDelivered(self):
        """What comes next is a marker."""
        marker = self.publisher()
        marker.publish("mark/er/x", 0)
        self.assertEqual(self.delivered(), payload("mark/er/x", 0))

    def answer(self, message, opcode):
        """What `message` is answered with, and that nothing of it is delivered."""
        self.pub.send_message(message, opcode)
        first, answer = self.pub.frame()
        self.assertEqual(first, 0x80 | opcode)
        return json.loads(answer) if opcode == TEXT else msgpack.unpackb(answer)

    def assertBad(self, message, opcode, **more):
        answer = self.answer(message, opcode)
        self.assertEqual(set(answer), {"error", *more}, message)
        self.assertIsInstance(answer["error"], str)
        self.assertNotEqual(answer["error"], "")
        for name, value in more.items():
            self.assertEqual(answer[name], value)
        self.assertNothingDelivered()

    def test_msgpack_is_delivered(self):
        self.pub.send_message(msgpack.packb({"key": BAR, "data": {"Open": 1.5}}))
        self.assertEqual(self.delivered(), payload(BAR, {"Open": 1.5}))

    def test_field_order_and_unknown_fields_do_not_matter(self):
        self.pub.send_message(msgpack.packb({"x": [1, {}], "data": 7, "y": None, "key": BAR}))
        self.assertEqual(self.delivered(), payload(BAR, 7))
        self.pub.send_message(b'{"x": [1, {}], "data": 7, "y": null, "key": "a/b/c"}', TEXT)
        self.assertEqual(self.delivered(), payload("a/b/c", 7))

    def test_JSON_becomes_msgpack(self):
        self.pub.send_message(
            b'{"key": "a/b/c", "data": [1, -1, 300, 9223372036854775807, -9223372036854775808, 1.0,'
            b' 1e2, "\\u00e9\\u0000", true, false, null, {"b": [], "a": {}}]}', TEXT)
        self.assertEqual(self.delivered(), payload("a/b/c", [
            1, -1, 300, 2**63 - 1, -2**63, 1.0, 100.0, "\u00e9\x00", True, False, None,
            {"b": [], "a": {}}]))

    def test_an_id_is_acknowledged_in_the_encoding_of_the_message(self):
        for number, id in enumerate([0, -5, 2**40, "x", "\u00e9", 1.5, True, False]):
            self.assertEqual(self.answer(msgpack.packb({"key": BAR, "data": 0, "id": id}), BINARY),
                             {"ack": id})
            self.assertEqual(self.answer(json.dumps({"key": BAR, "data": 1, "id": id}).encode(), TEXT),
                             {"ack": id})
            self.assertEqual([self.delivered(), self.delivered()], [payload(BAR, 0), payload(BAR, 1)])

    def test_without_an_id_or_with_nil_nothing_is_answered(self):
        self.pub.send_message(msgpack.packb({"key": BAR, "data": 0}))
        self.pub.send_message(msgpack.packb({"key": BAR, "data": 1, "id": None}))
        self.pub.send_message(b'{"key": "a/b/c", "data": 1, "id": null}', TEXT)
        self.assertEqual(self.answer(msgpack.packb({"key": BAR, "data": 2, "id": 9}), BINARY), {"ack": 9})

    def test_an_id_of_another_type_is_an_error(self):
        for id in [], {}, b"bin":
            self.assertBad(msgpack.packb({"key": BAR, "data": 0, "id": id}), BINARY)
        self.assertBad(b'{"key": "a/b/c", "data": 0, "id": [1]}', TEXT)

    def test_answers_keep_the_order_of_the_messages(self):
        messages = []
        for number in range(200):
            key = "bad key" if number % 3 == 0 else BAR
            messages.append(frame(BINARY, msgpack.packb({"key": key, "data": 0, "id": number})))
        self.pub.send(b"".join(messages))
        for number in range(200):
            answer = msgpack.unpackb(self.pub.message())
            self.assertEqual(answer.get("ack", answer.get("id")), number)
            self.assertEqual("error" in answer, number % 3 == 0)

    def one_segment(self, *last):
        """Sends a message, a ping, a message and `last` at once; the answers to the first three."""
        self.pub.send(b"".join((
            frame(BINARY, msgpack.packb({"key": BAR, "data": 1, "id": 1})), frame(PING, b"between"),
            frame(TEXT, b'{"key": "a/b/c", "data": 2, "id": 2}'), *last)))
        return [self.pub.frame() for _ in range(3)]

    ANSWERS = [(0x80 | BINARY, msgpack.packb({"ack": 1})), (0x80 | PONG, b"between"),
               (0x80 | TEXT, b'{"ack":2}')]

    def test_a_ping_is_answered_in_its_turn(self):
        self.assertEqual(self.one_segment(), self.ANSWERS)

    def test_good_messages_before_a_close_are_answered_first(self):
        self.assertEqual(self.one_segment(frame(CLOSE, b"\x03\xe8")), self.ANSWERS)
        self.assertEqual(self.pub.close_frame()[0], 1000)
        self.assertEqual(self.delivered(), payload(BAR, 1))

    def test_good_messages_before_a_bad_frame_are_answered_first(self):
        self.assertEqual(self.one_segment(frame(3, b"")), self.ANSWERS)
        self.assertEqual(self.pub.close_frame()[0], 1002)

    def test_a_bad_msgpack_message_is_told_and_not_delivered(self):
        good = {"key": BAR, "data": 0, "id": 1}
        for bad in [b"", b"\x81", b"\x05", b"\x90", b"text", b"\x83\xa3key\xa5a/b/c\xa4data\xc1\xa2id\x01"]:
            self.assertBad(bad, BINARY)
        self.assertBad(msgpack.packb(good) + b"\x00", BINARY, id=1)
        for bad in [{"key": BAR}, {"data": 1}, {"key": 5, "data": 1}, {"key": BAR.encode(), "data": 1}]:
            self.assertBad(msgpack.packb({"id": 1, **bad}), BINARY, id=1)
        self.assertBad(b"\x82\xa3key\xa5a/b/c\x01\x02", BINARY)
        self.assertBad(b"\x83\xa3key\xa5a/b/c\xa3key\xa5a/b/c\xa4data\x01", BINARY)

    def test_a_bad_JSON_message_is_told_and_not_delivered(self):
        for bad in [b"", b"{", b"[]", b"1", b'{"key": "a/b/c", "data": 1} x', b'{"key": "a/b/c"}',
                    b'{"key": "a/b/c", "data": 9223372036854775808}',
                    b'{"key": "a/b/c", "data": {"a": 1, "a": 2}}',
                    b'{"key": "a/b/c", "key": "a/b/c", "data": 1}',
                    b'{"key": "a/b/c", "data": "\\ud800"}', b'{"key": "a/b/c", "data": "\xff"}']:
            with self.subTest(bad=bad):
                self.assertBad(bad, TEXT)

    def test_a_bad_key_is_told(self):
        for key in ["", "a/b", "a/b/c/d", "/b/c", "a//c", "a/b/", "a/b/:c", "a/b/c\n", "a/b/\x7f", "*/b/c",
                    "a/b/?", "a/[/c", "a/b/]", "a/{/c", "a/}/c", "a\\/b/c", "a/b/" + "c" * 253]:
            with self.subTest(key=key):
                self.assertBad(msgpack.packb({"key": key, "data": 0, "id": "i"}), BINARY, id="i")
        self.assertBad(b"\x82\xa3key\xa5a/b/\xff\xa4data\x00", BINARY)

    def test_data_is_exactly_one_object_of_a_bounded_depth(self):
        for depth, good in (64, True), (65, False):
            data = b"\x91" * (depth - 1) + b"\x90"
            message = b"\x83\xa3key\xa5a/b/c\xa2id\x01\xa4data" + data
            if good:
                self.assertEqual(self.answer(message, BINARY), {"ack": 1})
                self.assertEqual(self.delivered(), b"\x82\xa3key\xa5a/b/c\xa4data" + data)
            else:
                self.assertBad(message, BINARY, id=1)

    def test_the_largest_data_is_1_MiB(self):
        mib = 1 << 20
        good = b"x" * (mib - 5)
        self.pub.publish("a/b/c", good)
        self.assertEqual(self.delivered(), payload("a/b/c", good))
        self.assertBad(msgpack.packb({"id": 1, "key": "a/b/c", "data": good + b"x"}), BINARY, id=1)

    def test_1009_a_longer_message(self):
        self.pub.send(b"\x82\xff" + struct.pack(">Q", (1 << 20) + 1024 + 1) + b"mask")
        self.assertEqual(self.pub.close_frame()[0], 1009)

    def test_what_one_connection_sends_arrives_in_its_order_over_all_keys(self):
        count = 3000
        self.pub.send(b"".join(frame(BINARY, msgpack.packb({"key": f"k{n * 7 % 13}/b/c", "data": n}))
                               for n in range(count)))
        self.assertEqual([msgpack.unpackb(self.delivered())["data"] for _ in range(count)],
                         list(range(count)))

    def test_order_is_kept_from_TEXT_to_BINARY_too(self):
        for number in range(50):
            if number % 2:
                self.pub.send_message(json.dumps({"key": BAR, "data": number}).encode(), TEXT)
            else:
                self.pub.send_message(msgpack.packb({"key": BAR, "data": number}))
        self.assertEqual([msgpack.unpackb(self.delivered())["data"] for _ in range(50)],
                         list(range(50)))

    def test_a_publisher_is_not_a_subscriber(self):
        self.assertBad(msgpack.packb({"streams": ["*/*/*"]}), BINARY)

    def test_a_unix_socket_publishes_and_subscribes(self):
        reader = self.connect(transport="unix").subscribe(BAR)
        self.publisher(transport="unix").publish(BAR, 1)
        self.assertEqual([reader.message(), self.delivered()], [payload(BAR, 1)] * 2)


@both
class Access:
    HEADERS = ["Origin: http://localhost", "Forwarded: for=10.0.0.1", "X-Forwarded-For: 10.0.0.1"]

    def test_403_with_the_headers_of_a_browser_or_a_proxy_and_the_setting_is_named(self):
        for header in self.HEADERS:
            answer = self.request(handshake("/publish", [header]))
            self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)
            self.assertIn(b"publishers_from", answer)

    def test_403_over_a_unix_socket_too(self):
        connection = self.connect(None, transport="unix")
        connection.send(handshake("/publish", [self.HEADERS[0]]))
        self.assertTrue(connection.read_all().startswith(b"HTTP/1.1 403 "))

    def test_subscribers_may_have_these_headers(self):
        self.connect(headers=self.HEADERS).subscribe(BAR)


@both
class OpenAccess:
    settings = {"publishers_from": "any"}

    def test_publishers_from_any_takes_them(self):
        for header in Access.HEADERS:
            self.publisher(headers=[header]).publish(BAR, 1)


@both
class FullRings:
    settings = {"workers": 2, "ring_slots": 16, "slow_memory": "1GiB"}

    def test_nothing_is_lost_when_publishers_are_parked(self):
        """Four publishers send at full speed through rings of 16 slots."""
        count, publishers = 4000, 4
        readers = [self.connect().subscribe("*/b/c") for _ in range(3)]
        senders = [self.publisher() for _ in range(publishers)]
        for which, sender in enumerate(senders):
            sender.send(b"".join(
                frame(BINARY, msgpack.packb({"key": f"k{which}/b/c", "data": n}))
                for n in range(count)))
        for reader in readers:
            next_of = {f"k{which}/b/c": 0 for which in range(publishers)}
            for _ in range(count * publishers):
                key, number = msgpack.unpackb(reader.message()).values()
                self.assertEqual(number, next_of[key])
                next_of[key] += 1


if __name__ == "__main__":
    main()
