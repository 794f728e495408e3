"""The MarketStore stream contract, row by row, byte by byte."""
import itertools
import threading

import msgpack

from harness import BINARY, CLOSE, PING, PONG, TEXT, both, frame, main, payload

BAR = "AAPL/1Min/OHLCV"
STREAMS = b"\xa7streams"
ERROR_1MIN = bytes.fromhex("81a56572726f72be4141504c2f314d696e20697320616e20696e76616c6964"
                           "2073747265616d")


def text(value):
    return msgpack.packb(value)


@both
class Requests:
    """c2 to c8: what a request may look like and what answers it."""
    settings = {"max_streams": 64, "max_crossing_streams": 3, "max_glob_streams": 5}

    def answer(self, request, opcode=BINARY, connection=None):
        """The first message after `request`: a marker is sent behind it."""
        connection = connection or self.connect()
        connection.send_message(request, opcode)
        connection.send_message(msgpack.packb({"marker": next(self.markers)}))
        return connection.message()

    def setUp(self):
        self.markers = itertools.count(1000)

    def assertEchoed(self, request, opcode=BINARY):
        self.assertEqual(self.answer(request, opcode), request)

    def assertIgnored(self, request):
        answer = msgpack.unpackb(self.answer(request))
        self.assertIn("marker", answer)

    def assertSelects(self, request, key):
        """`request` is echoed and selects `key`."""
        reader, publisher = self.connect(), self.publisher()
        reader.send_message(request)
        self.assertEqual(reader.message(), request)
        publisher.publish(key, 7)
        self.assertEqual(reader.message(), payload(key, 7))

    def assertRefused(self, streams, error):
        self.assertEqual(msgpack.unpackb(self.answer(msgpack.packb({"streams": streams}))),
                         {"error": error})

    def test_c2_a_request_may_be_TEXT_or_BINARY(self):
        for opcode in TEXT, BINARY:
            self.assertEchoed(msgpack.packb({"streams": [BAR]}), opcode)

    def test_c2_a_request_may_come_in_fragments_with_a_ping_between(self):
        request = msgpack.packb({"streams": [BAR]})
        reader = self.connect()
        reader.send(frame(TEXT, request[:3], fin=False) + frame(PING, b"between") +
                    frame(0, request[3:]))
        self.assertEqual(reader.frame(), (0x80 | PONG, b"between"))
        self.assertEqual(reader.message(), request)

    def test_c3_the_reply_is_the_request_verbatim(self):
        self.assertEchoed(b"\x83\xa1zz" + STREAMS + b"\xdc\x00\x01" + text(BAR) + b"\xa1a\xc0" +
                          b"\xc1trailing")

    def test_c4_keys_and_names_may_be_bin(self):
        self.assertSelects(b"\x81\xc4\x07streams\x91" + text(BAR), BAR)
        self.assertSelects(b"\x81" + STREAMS + b"\x91" + msgpack.packb(BAR.encode()), BAR)

    def test_c4_the_positional_form_is_accepted(self):
        self.assertSelects(b"\x91\x91" + text(BAR), BAR)
        self.assertSelects(b"\x92\x91" + text(BAR) + b"\x07", BAR)

    def test_c4_the_last_streams_wins_and_a_later_nil_keeps_it(self):
        self.assertSelects(b"\x82" + STREAMS + b"\x91" + text("a/b/c") + STREAMS + b"\x91" + text(BAR),
                           BAR)
        self.assertSelects(b"\x82" + STREAMS + b"\x91" + text(BAR) + STREAMS + b"\xc0", BAR)

    def test_c4_keys_are_case_sensitive(self):
        self.assertEchoed(b"\x81\xa7STREAMS\x91" + text("not a stream"))

    def test_c4_a_nil_name_is_the_invalid_empty_stream(self):
        self.assertRefused([None], " is an invalid stream")

    def test_c5_no_streams_is_echoed_and_changes_nothing(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe(BAR)
        empty = [b"\xc0", b"\x80", b"\x90", b"\x91\xc0", b"\x91\x90", b"\x81" + STREAMS + b"\xc0",
                 b"\x81" + STREAMS + b"\x90"]
        for number, request in enumerate(empty):
            reader.send_message(request)
            self.assertEqual(reader.message(), request)
            publisher.publish(BAR, number)
            self.assertEqual(reader.message(), payload(BAR, number))

    def test_c5_a_list_replaces_the_whole_set_and_duplicates_collapse(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe("old/1D/OHLCV").subscribe(BAR, "*/1Min/*", BAR)
        publisher.publish("old/1D/OHLCV", 1)
        publisher.publish(BAR, 2)
        publisher.publish("end/1Min/OHLCV", 3)
        self.assertEqual(reader.message(), payload(BAR, 2))
        self.assertEqual(reader.message(), payload("end/1Min/OHLCV", 3))

    def test_c6_an_undecodable_message_is_ignored(self):
        for request in [b"", b'{"streams":["a/b/c"]}', b"\x81\x01\x91" + text(BAR),
                        b"\x81" + STREAMS + b"\x91\x01", b"\x81" + STREAMS + text(BAR),
                        b"\x81" + STREAMS + b"\x92" + text(BAR), b"\x05", b"\xa1a", b"\xd4\x00\x00",
                        b"\xdd\xff\xff\xff\xff", b"\x81" + STREAMS + b"\xdd\x02\xfa\xf0\x80",
                        b"\x81\xa1x" + b"\x91" * 9 + b"\x01"]:
            with self.subTest(request=request):
                self.assertIgnored(request)

    def test_c6_the_subscription_stays_as_it_was(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe(BAR)
        reader.send_message(b"nonsense")
        reader.send_message(b"\xc0")
        self.assertEqual(reader.message(), b"\xc0")
        publisher.publish(BAR, 1)
        self.assertEqual(reader.message(), payload(BAR, 1))

    def test_c7_an_invalid_stream_is_answered_with_these_bytes(self):
        self.assertEqual(self.answer(msgpack.packb({"streams": ["AAPL/1Min"]})), ERROR_1MIN)

    def test_c7_all_or_nothing_and_the_first_bad_one_is_named(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe(BAR)
        reader.send_message(msgpack.packb({"streams": ["new/1D/OHLCV", "bad", "worse/"]}))
        self.assertEqual(msgpack.unpackb(reader.message()), {"error": "bad is an invalid stream"})
        publisher.publish("new/1D/OHLCV", 1)
        publisher.publish(BAR, 2)
        self.assertEqual(reader.message(), payload(BAR, 2))

    def test_c8_two_slashes_make_a_stream_valid(self):
        for stream in ["//", "**/1Min/OHLCV", "[/a/b", "a\n/b/c", "a b/ /c", "*/*/*", "{a,b}/1Min/c"]:
            with self.subTest(stream=stream):
                self.assertEchoed(msgpack.packb({"streams": [stream]}))
        for stream in ["", "/", "///", "AAPL/1Min", "a/b/c/d", "*", "**",
                       "{AAPL/1Min,NVDA/1D}/OHLCV"]:
            with self.subTest(stream=stream):
                self.assertRefused([stream], stream + " is an invalid stream")

    def test_c8_our_limits_are_told(self):
        self.assertEchoed(msgpack.packb({"streams": ["a/b/" + "c" * 252]}))
        self.assertRefused(["a/b/" + "c" * 253], "stream longer than 256 bytes")
        self.assertEchoed(msgpack.packb({"streams": ["a/b/c"] * 64}))
        self.assertRefused(["a/b/c"] * 65, "more than 64 streams")

    def test_c8_costly_streams_are_limited(self):
        self.assertRefused([f"{{a/{i},b}}/c" for i in range(4)],
                           "more than 3 streams with a / inside braces or brackets")
        self.assertRefused([f"a*/{i}/c" for i in range(6)],
                           "more than 5 streams with a wildcard inside an element")
        self.assertEchoed(msgpack.packb({"streams": [f"*/{i}/*" for i in range(60)]}))

    def test_c8_the_count_is_looked_at_before_the_streams(self):
        self.assertRefused(["bad"] * 65, "more than 64 streams")
        self.assertRefused(["x" * 257, "bad"], "stream longer than 256 bytes")


@both
class Payloads:
    """c9 to c12: what a subscriber receives."""

    def test_c9_a_payload_is_one_BINARY_frame_with_the_key_first(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe("AAPL/5Min/*")
        publisher.publish("AAPL/5Min/OHLCV", {"Epoch": 0})
        self.assertEqual(reader.frame(), (0x82, bytes.fromhex(
            "82a36b6579af4141504c2f354d696e2f4f484c4356a46461746181a545706f636800")))

    def test_c9_data_passes_through_untouched(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe(BAR)
        odd = bytes.fromhex("83 a161 d30000000000000001 c40162 ca3f800000 d9017a d40501")
        publisher.send_message(b"\x83\xa2id\x01\xa4data" + odd + b"\xa3key" + text(BAR))
        self.assertEqual(reader.message(), b"\x82\xa3key" + text(BAR) + b"\xa4data" + odd)

    def test_c9_one_copy_however_many_streams_match(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe(BAR, "*/1Min/OHLCV", "AAPL/*/*", "*/*/*")
        for number in range(3):
            publisher.publish(BAR, number)
        self.assertEqual([reader.message() for _ in range(3)], [payload(BAR, n) for n in range(3)])

    def test_c9_the_category_of_a_key_is_cut_off(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe(BAR)
        publisher.publish(BAR + ":Symbol/Timeframe/AttributeGroup", 1)
        self.assertEqual(reader.message(), payload(BAR, 1))

    def test_c9_large_payloads_are_one_frame_too(self):
        reader, publisher = self.connect(), self.publisher()
        reader.subscribe(BAR)
        for size in 60, 125, 126, 4000, 4096, 5000, 65535, 65536, 1 << 19, (1 << 20) - 5:
            publisher.publish(BAR, b"x" * size)
            self.assertEqual(reader.message(), payload(BAR, b"x" * size))

    def test_c10_nothing_comes_between_the_sets(self):
        """Under constant publishing: payloads of the old set, the echo, payloads of the new one; a
        stream of both is neither lost nor doubled."""
        keys = ["one/1Min/OHLCV", "two/1Min/OHLCV", "all/1Min/OHLCV"]
        stop = threading.Event()

        def publish():
            for number in itertools.count():
                for key in keys:
                    publisher.send_message(msgpack.packb({"key": key, "data": number}))
                publisher.publish("no/such/key", 0)
                if stop.is_set():
                    return

        publisher, reader = self.publisher(), self.connect()
        thread = threading.Thread(target=publish)
        thread.start()
        self.addCleanup(thread.join)  # cleaned up in reverse: stop, join, close
        self.addCleanup(stop.set)
        current, seen = None, None
        for turn in range(100):
            wanted = [keys[turn % 2], keys[2]]
            request = msgpack.packb({"streams": wanted, "turn": turn})
            reader.send_message(request)
            while (message := reader.message()) != request:
                key, number = msgpack.unpackb(message).values()
                self.assertIsNotNone(current, "a payload before the first echo")
                self.assertIn(key, current)
                if key == keys[2]:
                    self.assertIn(number, (seen + 1,) if seen is not None else (number,))
                    seen = number
            current = wanted

    def test_c10_the_echo_waits_for_what_the_old_set_has_left(self):
        """Megabytes are still on their way to the reader when it asks for another set."""
        broker = self.start(workers=1)
        publisher = self.connect("/publish", broker=broker)
        # The witness is of the same group: what it has read is in the log of the reader.
        reader = self.connect(broker=broker, receive_buffer=65536).subscribe("old/1Min/OHLCV")
        witness = self.connect(broker=broker).subscribe("old/1Min/OHLCV")
        data = b"x" * 3000
        for number in range(3000):
            publisher.send_message(msgpack.packb({"key": "old/1Min/OHLCV", "data": [number, data]}))
            self.assertEqual(witness.message(), payload("old/1Min/OHLCV", [number, data]))
        request = msgpack.packb({"streams": ["new/1Min/OHLCV"]})
        reader.send_message(request)
        for number in range(3000):
            self.assertEqual(reader.message(), payload("old/1Min/OHLCV", [number, data]))
        self.assertEqual(reader.message(), request)
        publisher.publish("new/1Min/OHLCV", 1)
        self.assertEqual(reader.message(), payload("new/1Min/OHLCV", 1))
        broker.stop()

    def test_c11_a_ping_is_answered_with_its_payload_each_in_turn(self):
        reader = self.connect()
        pings = [bytes([i]) * (i * 12) for i in range(10)]
        reader.send(b"".join(frame(PING, ping) for ping in pings))
        self.assertEqual([reader.frame() for _ in pings], [(0x80 | PONG, ping) for ping in pings])

    def test_c11_a_close_is_answered_with_the_same_code(self):
        for body, code in [(b"\x03\xe8bye", 1000), (b"\x0b\xb8", 3000), (b"", None)]:
            reader = self.connect()
            reader.subscribe(BAR)
            reader.send_message(body, CLOSE)
            self.assertEqual(reader.close_frame()[0], code)

    def test_c11_a_pong_nobody_asked_for_is_ignored(self):
        reader = self.connect()
        reader.send_message(b"unasked", PONG)
        reader.subscribe(BAR)


@both
class Pings:
    settings = {"ping_interval": "100ms", "dead_time": "300ms"}

    def test_c11_pings_carry_nothing_and_who_never_answers_but_lives_stays(self):
        reader = self.connect()
        for _ in range(12):  # four times dead_time
            self.assertEqual(reader.frame(), (0x80 | PING, b""))
        reader.subscribe(BAR)


@both
class Eviction:
    settings = {"slow_memory": "256KiB"}

    def test_c11_a_slow_reader_is_told_why(self):
        reader, fast = self.connect(receive_buffer=65536), self.connect()
        reader.subscribe(BAR)
        fast.subscribe(BAR)
        publisher = self.publisher()
        number = 0
        while not any("bytes pending" in line for line in self.broker.lines):
            publisher.publish(BAR, [number, b"x" * 30000])
            self.assertEqual(fast.message(), payload(BAR, [number, b"x" * 30000]))
            number += 1
            self.assertLess(number, 2000, "nobody was evicted")
        code, reason = reader.close_frame()
        self.assertEqual(code, 1008)
        self.assertRegex(reason, r"^slow: \d+ bytes pending, \d+\.\d s without progress$")


if __name__ == "__main__":
    main()
