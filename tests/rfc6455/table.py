"""The table of what RFC 6455 demands of a server (table.tsv), and the small language of its columns.

A row: number, section of the RFC, who can drive it, where it holds, what is sent, what comes back, the
demand in words. Who: `raw` bytes always, and clients by others where they can make it. Where: `both`
ws_echo and tickcastd, `echo` only the first, `small` a ws_echo that allows messages of 4 KiB in 16
fragments.

What is sent, from left to right in one segment:

    text(hello)            a frame: text binary cont close ping pong, or opN with the opcode in hex
    text.more.rsv1(Hel)    with options: more (FIN is clear), rsv1 rsv2 rsv3, bare (no mask), mask0 (of
                           zeros), len16 and len64 (a length in more bytes than it needs), chop7 (in
                           sends of 7 bytes)
    close(1000,bye)        code and reason; close() has neither
    text(ab*5)             ababa: repeated up to so many bytes
    text(hello)/3          the first 3 bytes of the frame, no more
    ping(a)x10             ten times
    hex:8105               bytes as they are
    |                      what follows is another segment
    eof                    the client sends nothing more (close_notify, FIN)
    upgrade(-Host;Upgrade:x;POST_/ws_HTTP/1.1)   an opening handshake without a field, with another
                           value, or with another first line; _ is a space. Without it the row begins
                           on an open connection.

What comes back, exactly and in this order:

    text(hello) pong(a)    frames, unmasked, whole, lengths in the shortest form
    close(1000,bye)        a close frame with that payload, then the end of the stream without a reset
    fail(1002)             a close frame with that code and any reason, then the same
    eof                    the end of the stream, not reset
    101(Upgrade=websocket;!Sec-WebSocket-Extensions)   a response, fields that it has and has not;
                           another status than 101 is followed by the end of the stream

Where no end is written the connection must live on: a ping is answered and a close echoed.
"""
import pathlib
import re
import struct
from typing import NamedTuple

OPCODES = {"cont": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
MASK = b"\x37\xfa\x21\x3d"
FRAME = re.compile(r"(\w+?)((?:\.\w+)*)\((.*)\)(?:/(\d+))?(?:x(\d+))?")


class Row(NamedTuple):
    number: str
    section: str
    who: list
    where: str
    sends: str
    expects: str
    sentence: str


class Frame(NamedTuple):
    opcode: int
    options: list
    payload: bytes
    cut: int | None

    @property
    def fin(self):
        return "more" not in self.options

    @property
    def rsv(self):
        return sum(4 >> (int(option[3]) - 1) for option in self.options if option.startswith("rsv"))

    @property
    def chop(self):
        return next((int(option[4:]) for option in self.options if option.startswith("chop")), None)

    def bytes(self):
        length, mask = len(self.payload), bytes(4) if "mask0" in self.options else MASK
        first = (0x80 if self.fin else 0) | self.rsv << 4 | self.opcode
        bit = 0 if "bare" in self.options else 0x80
        if "len64" in self.options or length > 0xffff:
            head = struct.pack(">BBQ", first, bit | 127, length)
        elif "len16" in self.options or length > 125:
            head = struct.pack(">BBH", first, bit | 126, length)
        else:
            head = bytes([first, bit | length])
        whole = head + (mask + masked(self.payload, mask) if bit else self.payload)
        return whole[:self.cut]


def masked(data, mask):
    repeated = (mask * (len(data) // 4 + 1))[:len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")


def payload_of(text):
    """`text` as in the table: \\xHH is a byte, \\s a space, a*5 is repeated."""
    repeated = re.fullmatch(r"(.+)\*(\d+)", text)
    if repeated:
        unit, count = payload_of(repeated[1]), int(repeated[2])
        return (unit * (count // len(unit) + 1))[:count]
    parts = re.split(r"\\x([0-9a-f]{2})", text.replace("\\s", " "))
    return b"".join(bytes.fromhex(part) if i % 2 else part.encode() for i, part in enumerate(parts))


def close_payload(text):
    if not text:
        return b""
    code, _, reason = text.partition(",")
    return struct.pack(">H", int(code)) + payload_of(reason)


def frame_of(token):
    """The frames that a token stands for."""
    found = FRAME.fullmatch(token)
    if not found:
        raise ValueError(f"not a frame: {token}")
    name, options, text, cut, times = found.groups()
    opcode = OPCODES[name] if name in OPCODES else int(name.removeprefix("op"), 16)
    payload = close_payload(text) if name == "close" else payload_of(text)
    frame = Frame(opcode, options.split(".")[1:], payload, int(cut) if cut else None)
    return [frame] * int(times or 1)


def steps(sends):
    """What is sent, in order: Frame, bytes, or the words `|` and `eof`; `upgrade` is left out."""
    for token in sends.split():
        if token in ("|", "eof"):
            yield token
        elif token.startswith("hex:"):
            yield bytes.fromhex(token[4:])
        elif not token.startswith("upgrade("):
            yield from frame_of(token)


def sent_bytes(row):
    """How many bytes the row sends, its opening handshake aside."""
    return sum(0 if isinstance(step, str) else len(step) if isinstance(step, bytes)
               else len(step.bytes()) for step in steps(row.sends))


def request(sends):
    """The opening handshake of a row, or None if it begins on an open connection."""
    found = re.match(r"upgrade\((\S*)\)", sends)
    if not found:
        return None
    line = "GET /ws HTTP/1.1"
    fields = {"Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade",
              "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    for change in filter(None, found[1].split(";")):
        change = change.replace("_", " ")
        if change.startswith("-"):
            del fields[change[1:]]
        elif "HTTP/" in change:
            line = change
        else:
            name, _, value = change.partition(":")
            old = next((key for key in fields if key.lower() == name.lower()), name)
            fields.pop(old, None)
            fields[name] = value
    return (line + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            + "\r\n").encode()


def expected(expects):
    """What comes back: (kind, value) pairs; frames have their payload, responses their text."""
    for token in expects.split():
        kind, _, text = token.partition("(")
        text = text.removesuffix(")")
        if kind == "close":
            yield kind, close_payload(text)
        elif kind in ("text", "binary", "pong"):
            yield kind, payload_of(text)
        elif kind == "fail":
            yield kind, int(text)
        else:
            yield kind, text


def rows():
    lines = (pathlib.Path(__file__).parent / "table.tsv").read_text().splitlines()
    for line in lines:
        if not line.startswith("#"):
            number, section, who, where, sends, expects, sentence = line.split("\t")
            yield Row(number, section, who.split(), where, sends, expects, sentence)
