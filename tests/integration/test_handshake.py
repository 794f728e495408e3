"""What surrounds the opening handshake (its table is test_opening_handshake.py), and frames that are
refused: how, and that nobody else minds."""
import socket
import struct
import time

import msgpack

from harness import (ACCEPT, BINARY, CLOSE, CONTINUATION, PATIENCE, PING, TEXT, Connection, Late,
                     attempts, both, frame, handshake, main)

GOOD = handshake()
REQUEST = msgpack.packb({"streams": ["AAPL/1Min/OHLCV"]})


@both
class Handshakes:
    def test_c1_the_upgrade_is_answered(self):
        for path in "/ws", "/ws?", "/ws?a=b&c":
            head = self.connect(path).response.lower()
            self.assertIn(b"\r\nupgrade: websocket\r\n", head)
            self.assertIn(b"\r\nconnection: upgrade\r\n", head)
            self.assertIn(b"\r\nsec-websocket-accept: " + ACCEPT.lower() + b"\r\n", head)
            self.assertNotIn(b"sec-websocket-protocol", head)
            self.assertNotIn(b"sec-websocket-extensions", head)

    def test_c1_nothing_is_selected_unless_it_is_known(self):
        head = self.connect(headers=["Sec-WebSocket-Protocol: chat, superchat",
                                     "Sec-WebSocket-Extensions: permessage-deflate",
                                     "Origin: http://elsewhere.example"]).response.lower()
        self.assertNotIn(b"sec-websocket-protocol", head)
        self.assertNotIn(b"sec-websocket-extensions", head)

    def test_c1_requests_may_follow_in_the_same_segment(self):
        connection = self.connect(None)
        connection.send(GOOD + frame(BINARY, REQUEST) + frame(PING, b"x"))
        self.assertTrue(connection.read_head().startswith(b"HTTP/1.1 101 "))
        self.assertEqual(connection.message(), REQUEST)
        self.assertEqual(connection.frame(), (0x8A, b"x"))

    def test_plain_text_to_the_TLS_port_harms_nobody(self):
        with socket.create_connection(("127.0.0.1", self.broker.ports["wss"]), PATIENCE) as peer:
            peer.sendall(GOOD)
            try:
                self.assertNotIn(b"101", peer.recv(1000))
            except ConnectionResetError:
                pass
        self.connect().subscribe("AAPL/1Min/OHLCV")


@both
class Unfinished:
    settings = {"handshake_timeout": "500ms"}

    @attempts
    def test_a_handshake_that_is_not_finished_in_time_is_ended(self):
        for begun in b"", GOOD[:40]:
            try:
                connection = self.connect(None)
                connection.send(begun)
            except OSError as end:
                raise Late("it ended before it had begun") from end
            answer = connection.read_all()
            self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_a_TLS_handshake_that_is_not_finished_in_time_is_ended(self):
        with socket.create_connection(("127.0.0.1", self.broker.ports["wss"]), PATIENCE) as peer:
            peer.sendall(b"\x16\x03\x01")
            self.assertEqual(peer.recv(100), b"")


@both
class Frames:
    settings = {"max_message": "4KiB"}

    def assertCloses(self, data, *codes):
        """`data` closes the connection; a good request before it is answered first."""
        connection = self.connect()
        connection.send(frame(BINARY, REQUEST) + data)
        self.assertEqual(connection.message(), REQUEST, data)
        self.assertIn(connection.close_frame()[0], codes, data)

    def test_1002_a_violation_of_the_protocol(self):
        for bad in [frame(BINARY, REQUEST, mask=None), frame(BINARY, b"x", reserved=0x40),
                    frame(3, b""), frame(11, b""), frame(PING, b"x" * 126), frame(PING, b"", fin=False),
                    frame(CONTINUATION, b"x"), frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
                    frame(CLOSE, b"\x03"), frame(CLOSE, struct.pack(">H", 1005)),
                    frame(CLOSE, struct.pack(">H", 999)), b"\x82\xfe\x00\x05mask12345",
                    b"\x82\xff" + struct.pack(">Q", 5) + b"mask12345"]:
            with self.subTest(bad=bad[:10]):
                self.assertCloses(bad, 1002)

    def test_1007_a_reason_that_is_not_UTF_8(self):
        self.assertCloses(frame(CLOSE, b"\x03\xe8\xff"), 1007)

    def test_1009_a_message_that_is_too_big(self):
        self.assertCloses(frame(BINARY, b"x" * 4097), 1009)
        self.assertCloses(frame(BINARY, b"x" * 4000, fin=False) + frame(CONTINUATION, b"x" * 97), 1009)
        self.assertCloses(b"\x82\xff" + struct.pack(">Q", 1 << 40) + b"mask", 1009)

    def test_1009_is_not_for_the_longest_message(self):
        request = REQUEST + b"x" * (4096 - len(REQUEST))
        connection = self.connect()
        connection.send_message(request)
        self.assertEqual(connection.message(), request)

    def test_a_length_with_the_top_bit_is_refused(self):
        self.assertCloses(b"\x82\xff" + struct.pack(">Q", (1 << 63) + 5) + b"mask", 1002, 1009)

    def test_a_peer_that_vanishes_in_a_frame_harms_nobody(self):
        other = self.connect()
        for cut in range(1, 12):
            with Connection(self.broker, self.transport) as connection:
                connection.send(frame(BINARY, REQUEST)[:cut])
        other.subscribe("AAPL/1Min/OHLCV")


@both
class StrictText:
    settings = {"strict_utf8": "true"}

    def test_1007_TEXT_that_is_not_UTF_8(self):
        connection = self.connect()
        connection.send(frame(TEXT, REQUEST))
        self.assertEqual(connection.close_frame()[0], 1007)

    def test_BINARY_is_not_looked_at(self):
        connection = self.connect()
        connection.send_message(REQUEST)
        self.assertEqual(connection.message(), REQUEST)


@both
class Limits:
    settings = {"workers": 1, "max_connections": 3}

    def try_once(self):
        """A connection, or what it was refused with. Over TLS it ends before HTTP begins."""
        try:
            connection = Connection(self.broker, self.transport)
        except (OSError, EOFError) as refused:
            self.assertEqual(self.transport, "wss", refused)
            return None, b"HTTP/1.1 503 "
        self.addCleanup(connection.socket.close)
        return connection, connection.response

    def test_503_above_max_connections_until_one_goes(self):
        held = [self.connect() for _ in range(3)]
        self.assertTrue(self.try_once()[1].startswith(b"HTTP/1.1 503 "))
        held[0].send_message(b"", CLOSE)
        held[0].close_frame()
        deadline = time.monotonic() + PATIENCE
        connection, response = self.try_once()
        while not response.startswith(b"HTTP/1.1 101 "):
            self.assertLess(time.monotonic(), deadline, response)
            connection, response = self.try_once()
        for each in *held[1:], connection:
            each.subscribe("AAPL/1Min/OHLCV")


if __name__ == "__main__":
    main()
