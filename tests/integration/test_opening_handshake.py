"""Every row of tests/ws/handshakes.tsv over real sockets, whole and split at every byte.

A refusal must arrive whole and be the last that happens: behind each request that is refused stands
a good one, which nobody may answer. Behind each good one stand a ping and a close frame."""
import bisect
import contextlib
import itertools
import os
import re
import socket
import ssl

from harness import (CLOSE, PATIENCE, PING, ROOT, Connection, both, certs, frame, handshake, main)

TABLE = ROOT / "tests/ws/handshakes.tsv"
PARTS = {"line": b"GET /ws HTTP/1.1\r\n", "Host": b"Host: server.example.com\r\n",
         "Upgrade": b"Upgrade: websocket\r\n", "Connection": b"Connection: Upgrade\r\n",
         "Key": b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
         "Version": b"Sec-WebSocket-Version: 13\r\n", "more": b"", "end": b"\r\n"}
PLAIN = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
REPEATED = re.compile(r"\\\(((?:\\\(.*?\*\d+\)|.)*?)\*(\d+)\)")

SMUGGLED = handshake() + frame(PING, b"smuggled")
FRAMES = frame(PING, b"x") + frame(CLOSE, b"\x03\xe8")
ANSWERED = b"\x8a\x01x" + b"\x88\x02\x03\xe8"
HEADERS = {400: [b"Sec-WebSocket-Version: 13"], 405: [b"Allow: GET"]}
BATCH = 400  # connections at a time


def unescape(text):
    """Undoes the escapes of the table."""
    found = REPEATED.search(text)
    if found:
        return (unescape(text[:found.start()]) + unescape(found[1]) * int(found[2])
                + unescape(text[found.end():]))
    out, at = b"", 0
    while at < len(text):
        if text[at] != "\\":
            out, at = out + text[at].encode(), at + 1
        elif text[at + 1] == "x":
            out, at = out + bytes.fromhex(text[at + 2:at + 4]), at + 4
        else:
            out, at = out + PLAIN[text[at + 1]], at + 2
    return out


class Row:
    def __init__(self, line):
        status, part, text, self.name = line.split("\t")
        self.status = int(status)
        text = unescape(text)
        if part == "all":
            self.request = text
        else:
            assert part in PARTS, line
            self.request = b"".join(text if name == part else standard
                                    for name, standard in PARTS.items())
        self.head = self.request.startswith(b"HEAD ")
        self.bytes = self.request + {0: b"", 101: FRAMES}.get(self.status, SMUGGLED)


def rows():
    with open(TABLE, encoding="utf-8", newline="\n") as table:
        return [Row(line.rstrip("\n")) for line in table if line[0] not in "#\n"]


class Peer:
    """One connection, with one row split at `cut`."""

    def __init__(self, row, cut):
        self.row, self.cut = row, cut

    def connect(self, port, context):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = context is not None
        if self.tls:
            self.socket = context.wrap_socket(self.socket, do_handshake_on_connect=False,
                                              suppress_ragged_eofs=False)
            self.socket.setblocking(False)
            try:
                self.socket.do_handshake()
            except ssl.SSLWantReadError:
                pass  # the hello is out; the answer may take until the others have connected

    def shake_hands(self):
        self.socket.settimeout(PATIENCE)
        if self.tls:
            self.socket.do_handshake()

    def send(self, data):
        if data:
            self.socket.sendall(data)

    def end_input(self):
        socket.socket.shutdown(self.socket, socket.SHUT_WR)  # of TLS no close_notify: as if cut

    def read(self):
        """All that comes to the end, which must be an orderly one."""
        out = b""
        while True:
            try:
                more = self.socket.recv(1 << 16)
            except ssl.SSLError:
                assert self.row.status == 0, "TLS ended without close_notify"
                more = b""
            if not more:
                break
            out += more
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        assert error == 0, f"reset behind the answer: {error}"
        self.socket.close()
        return out


def wrong_with(row, answer):
    """None, or what is wrong with an answer."""
    if row.status == 0:
        return "answered" if answer else None
    head, mark, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if not mark or not lines[0].startswith(b"HTTP/1.1 %d " % row.status):
        return "another status"
    if row.status == 101:
        return None if body == ANSWERED else "frames behind the upgrade are not answered"
    needed = HEADERS.get(row.status, []) + [b"Connection: close", b"Content-Length: %d" % len(body),
                                            b"Content-Type: text/plain; charset=utf-8"]
    if row.head:
        needed[-2:] = []
        if body:
            return "a body for HEAD"
    missing = [line for line in needed if line not in lines[1:]]
    return f"without {missing}" if missing else None


@both
class Table:
    settings = {"workers": 1}  # so that who was answered tells of all before it

    def setUp(self):
        self.rows = rows()
        self.assertGreaterEqual(len(self.rows), 290)
        self.context = None
        if self.transport == "wss":
            self.context = ssl.create_default_context(cafile=certs() / "ca.pem")
            self.context.check_hostname = False

    def run_batch(self, peers):
        """All their first parts are read before any second part is sent."""
        with contextlib.ExitStack() as stack:
            for peer in peers:
                peer.connect(self.broker.ports[self.transport], self.context)
                stack.callback(peer.socket.close)
            for peer in peers:
                peer.shake_hands()
                peer.send(peer.row.bytes[:peer.cut])
            Connection(self.broker, "ws").socket.close()  # whose turn comes after theirs
            for peer in peers:
                peer.send(peer.row.bytes[peer.cut:])
                if peer.row.status == 0:
                    peer.end_input()
            for peer in peers:
                answer = peer.read()
                self.assertIsNone(wrong_with(peer.row, answer), (peer.row.name, peer.cut, answer))

    def run_all(self, peers):
        while batch := list(itertools.islice(peers, BATCH)):
            self.run_batch(batch)

    def answered(self, prefix):
        with socket.create_connection(("127.0.0.1", self.broker.ports["ws"]), PATIENCE) as peer:
            peer.sendall(prefix)
            peer.shutdown(socket.SHUT_WR)
            return peer.recv(1) != b""

    def certain_at(self, row):
        """With how many bytes a refusal is certain: what comes behind them is not looked at."""
        return bisect.bisect_left(range(len(row.request)), True,
                                  key=lambda count: self.answered(row.request[:count]))

    def cuts(self, row):
        """Where to split. Overlong requests are split here and there: the parser's own test does it
        everywhere. A handshake of TLS costs ten times what a test without it does, so there each row
        is split in what differs from the good one, which the first row splits at every byte."""
        last = len(row.bytes) if row.status in (0, 101) else len(row.request)
        if last > 1000:
            return [*range(1, last, 997), 8191, 8192, 8193]
        if self.transport == "ws" or row is self.rows[0]:
            return range(1, last)
        good = self.rows[0].request
        first = len(os.path.commonprefix([row.request, good]))
        last = len(row.request) - len(os.path.commonprefix([row.request[:first:-1], good[::-1]]))
        if row.status > 101:
            last = min(last, self.certain_at(row))
        return range(max(first, 1), last + 1)

    def test_whole(self):
        self.run_all(Peer(row, 0) for row in self.rows)

    def test_split_at_every_byte(self):
        self.run_all(Peer(row, cut) for row in self.rows for cut in self.cuts(row))


if __name__ == "__main__":
    main()
