"""Drives a row with bytes of our own, and looks at every byte that comes back."""
import socket
import ssl
import struct

import table
from harness import Connection, certs

PROBE = b"still there?"


class Tls:
    """TLS over a socket that can end its own side and still read, which an SSLSocket cannot. An end of
    the stream without close_notify is an SSLEOFError."""

    def __init__(self, plain):
        self.plain, self.coming, self.going = plain, ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=certs() / "ca.pem")
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        self.tls = context.wrap_bio(self.coming, self.going, server_hostname="localhost")
        self.call(self.tls.do_handshake)

    def call(self, function, *arguments):
        while True:
            try:
                return function(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                more = self.plain.recv(1 << 18)
                if more:
                    self.coming.write(more)
                else:
                    self.coming.write_eof()
            finally:
                self.flush()

    def flush(self):
        if self.going.pending:
            self.plain.sendall(self.going.read())

    def sendall(self, data):
        if data:
            self.call(self.tls.write, data)

    def recv(self, count):
        try:
            return self.call(self.tls.read, count)
        except ssl.SSLZeroReturnError:
            return b""

    def shutdown(self, how):
        assert not self.coming.pending, "what SSL_shutdown finds there it throws away"
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            self.flush()
        self.plain.shutdown(how)

    def close(self):
        self.plain.close()


class Wire(Connection):
    """A connection on which a reset is an error, and which can end its own side."""

    def secure(self, plain):
        return Tls(plain)

    def read(self):
        more = self.socket.recv(1 << 18)
        self.buffer += more
        return bool(more)

    def frame(self):
        """The next frame; checks what holds for all of a server's frames."""
        first, second = self.take(2)
        assert first & 0xf0 == 0x80, f"first byte {first:02x}: FIN alone must be set"
        assert second < 0x80, "a masked frame from the server"
        length = second
        if second == 126:
            length, = struct.unpack(">H", self.take(2))
            assert length > 125, f"{length} in 16 bits"
        elif second == 127:
            length, = struct.unpack(">Q", self.take(8))
            assert length > 65535, f"{length} in 64 bits"
        return first & 0xf, self.take(length)

    def finish(self):
        """Reads up to the end of the stream, before which nothing may come."""
        rest = bytes(self.buffer)
        assert not rest and not self.read(), f"before the end came {rest or bytes(self.buffer)!r}"


def write(wire, row, single):
    """Sends what the row says, in segments as written or in single bytes."""
    segment = table.request(row.sends) or b""

    def flush():
        nonlocal segment
        if single:
            for i in range(len(segment)):
                wire.send(segment[i:i + 1])
        elif segment:
            wire.send(segment)
        segment = b""

    for step in table.steps(row.sends):
        if step == "eof":
            flush()
            wire.socket.shutdown(socket.SHUT_WR)
        elif step == "|":
            flush()
        elif isinstance(step, bytes):
            segment += step
        elif step.chop:
            flush()
            data = step.bytes()
            for i in range(0, len(data), step.chop):
                wire.send(data[i:i + step.chop])
        else:
            segment += step.bytes()
    flush()


def check_response(wire, status, fields, bodiless):
    """The response to an opening handshake: its status and the fields that it has and has not."""
    head = wire.read_head().decode()
    line, *lines = head.split("\r\n")[:-2]
    assert line.startswith(f"HTTP/1.1 {status} "), line
    has = {name.lower(): value for name, value in (text.split(": ", 1) for text in lines)}
    for field in filter(None, fields.split(";")):
        name, _, value = field.partition("=")
        if name.startswith("!"):
            assert name[1:].lower() not in has, head
        else:
            assert has.get(name.lower(), "").lower() == value.lower(), head
    if status != "101":
        if not bodiless:
            wire.take(int(has["content-length"]))
        wire.finish()


def check_frame(wire, kind, value):
    opcode, payload = wire.frame()
    if kind == "fail":
        assert opcode == 8, (opcode, payload[:100])
        assert payload[:2] == struct.pack(">H", value), (payload[:2], payload[2:])
        payload[2:].decode()
    else:
        assert (opcode, payload) == (table.OPCODES[kind], value), (opcode, len(payload), payload[:100])
    if opcode == 8:
        wire.finish()


def check_alive(wire):
    wire.send(table.Frame(9, [], PROBE, None).bytes())
    check_frame(wire, "pong", PROBE)
    wire.send(table.Frame(8, [], b"\x03\xe8", None).bytes())
    check_frame(wire, "close", b"\x03\xe8")


def answers_of(row, echoes):
    """What the row expects of a server that echoes, or of one that takes messages as requests: these
    are none, and get no answer."""
    for kind, value in table.expected(row.expects):
        if echoes or kind not in ("text", "binary"):
            yield kind, value
        else:
            assert not value or value[0] & 0xe0 != 0x80 and value[0] != 0xc0, "this is a request"


def run(broker, transport, row, echoes, single):
    with Wire(broker, transport, None if table.request(row.sends) else "/ws") as wire:
        write(wire, row, single)
        over = False
        for kind, value in answers_of(row, echoes):
            over = kind in ("close", "fail", "eof") or kind.isdigit() and kind != "101"
            if kind.isdigit():
                check_response(wire, kind, value, row.sends.startswith("upgrade(HEAD_"))
            elif kind == "eof":
                wire.finish()
            else:
                check_frame(wire, kind, value)
        if not over:
            check_alive(wire)
