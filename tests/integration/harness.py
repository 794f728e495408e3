"""What the integration tests share: a broker that runs, connections to it down to single bytes, and
the rule that every test class runs on both transports.

    @both
    class Things:                       # becomes Things_ws and Things_wss
        settings = {"workers": 2}       # of tickcastd, by their names in a configuration
        def test_...(self): ...

One broker serves a class; stopping it must end with exit code 0."""
import atexit
import functools
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import msgpack

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
SANITIZED = "TICKCAST_SANITIZE" in os.environ
# Before a daemon: what gives it the system calls of its unit and no other (see confined/main.c).
CONFINED = [os.environ["TICKCAST_CONFINED"], ROOT / "src/package/tickcastd.service.in"] \
    if "TICKCAST_CONFINED" in os.environ else []
BOUND = ["setpriv", "--pdeathsig", "KILL"]  # before what must not outlive the test
PATIENCE = 60  # seconds until something that must happen is given up
ATTEMPTS = 8   # of a test that a busy machine may spoil

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

_folder = None


def folder():
    """A folder for this run, removed at its end."""
    global _folder
    if _folder is None:
        _folder = pathlib.Path(tempfile.mkdtemp(prefix="tickcast-"))
        atexit.register(shutil.rmtree, _folder, True)
        subprocess.run([ROOT / "scripts/gen-certs", _folder / "certs"], check=True)
    return _folder


def certs():
    return folder() / "certs"


@functools.cache
def go_build(source):
    """Builds tests/<source> with Debian's Go libraries; returns the program, which is this run's own: two
    tests at a time would write it under each other's feet."""
    program = folder() / source.replace("/", "_")
    environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOFLAGS="",
                       GOCACHE=str(BUILD / "go-cache"))
    subprocess.run(["go", "build", "-o", program, "."], cwd=ROOT / "tests" / source, check=True,
                   env=environment)
    return program


class Broker:
    """tickcastd (or another `program` of its kind) on a free port for ws, one for wss and a Unix
    socket, run by the command `within`. A setting that is a list is a flag for each of its values;
    `stdin` is that of subprocess.Popen. Unless the test says otherwise it sends no pings by itself
    (none in the first half of ping_interval), since most tests look at each frame, and hurries nobody, since a busy
    machine holds any of these processes up for seconds."""

    def __init__(self, stdin=subprocess.DEVNULL, program="tickcastd", within=(), **settings):
        self.unix = tempfile.mktemp(prefix="s", dir=folder())
        settings = {"ping_interval": "1h", "dead_time": "2h", "handshake_timeout": "10min",
                    "slow_time": "1h", **settings}
        flags = [text for name, value in settings.items()
                 for each in (value if isinstance(value, list) else [value])
                 for text in ("--" + name.replace("_", "-"), str(each))]
        self.process = subprocess.Popen(
            [*within, *BOUND, *CONFINED, BUILD / "bin" / program, "--listen", "127.0.0.1:0",
             "--listen-tls", "127.0.0.1:0",
             "--cert", certs() / "server.pem", "--key", certs() / "server.key",
             "--listen-unix", self.unix, *flags],
            stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            if line == "ready\n":
                break
        else:
            raise AssertionError("tickcastd did not start: " + "".join(self.lines))
        said = "".join(self.lines)
        self.ports = {scheme: int(re.search(rf"listening on {scheme}://127.0.0.1:(\d+)/ws", said)[1])
                      for scheme in ("ws", "wss")}
        # The pipe must be read or the broker would wait for its log.
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr))
        self.reader.start()

    def url(self, transport):
        return f"{transport}://127.0.0.1:{self.ports[transport]}"

    def where(self, transport):
        """The same for the command line, with the authority of the certificate."""
        if transport == "wss":
            return ["--url", f"wss://localhost:{self.ports['wss']}", "--ca", certs() / "ca.pem"]
        return ["--url", self.url(transport)]

    def wait(self):
        """Its exit code, and everything it wrote is in `lines`."""
        code = self.process.wait(PATIENCE)
        self.reader.join()
        self.process.stderr.close()
        forbidden = [line for line in self.lines if line.startswith("confined: ")]
        if forbidden:
            raise AssertionError("".join(forbidden))
        return code

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        if code != 0:
            raise AssertionError(f"tickcastd ended with {code}:\n" + "".join(self.lines[-100:]))

    def kill(self):
        """The way out of a test that failed."""
        if self.process.poll() is None:
            self.process.kill()
            self.wait()


class Connection:
    """A WebSocket client that hides nothing: `transport` is ws, wss or unix."""

    def __init__(self, broker, transport, path="/ws", headers=(), receive_buffer=None):
        if transport == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(PATIENCE)
            self.socket.connect(broker.unix)
        else:
            self.socket = socket.socket()
            self.socket.settimeout(PATIENCE)
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.connect(("127.0.0.1", broker.ports[transport]))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if transport == "wss":
            self.socket = self.secure(self.socket)
        self.buffer = bytearray()
        self.response = None
        if path is not None:
            self.send(handshake(path, headers))
            self.response = self.read_head()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def secure(self, plain):
        """TLS over the socket."""
        context = ssl.create_default_context(cafile=certs() / "ca.pem")
        return context.wrap_socket(plain, server_hostname="localhost")

    def send(self, data):
        self.socket.sendall(data)

    def read(self):
        """More bytes into the buffer; False at the end of the connection."""
        try:
            more = self.socket.recv(1 << 18)
        except (ConnectionResetError, ssl.SSLEOFError, BrokenPipeError):
            more = b""
        self.buffer += more
        return bool(more)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.read():
                raise EOFError(f"ended after {bytes(self.buffer)!r}")
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def read_head(self):
        """Status line and headers of the response."""
        while b"\r\n\r\n" not in self.buffer:
            if not self.read():
                raise EOFError(f"ended after {bytes(self.buffer)!r}")
        return self.take(self.buffer.index(b"\r\n\r\n") + 4)

    def read_all(self):
        while self.read():
            pass
        return self.take(len(self.buffer))

    def send_message(self, data, opcode=BINARY):
        self.send(frame(opcode, data))

    def frame(self):
        """The next frame: its first byte, its payload. Servers never mask."""
        first, length = self.take(2)
        if length == 126:
            length = struct.unpack(">H", self.take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self.take(8))[0]
        assert length < 1 << 32, "a masked or gigantic frame"
        return first, self.take(length)

    def message(self):
        """The next data frame, which must be whole and BINARY."""
        first, payload = self.frame()
        while first == 0x80 | PING:
            first, payload = self.frame()
        assert first == 0x80 | BINARY, (hex(first), payload)
        return payload

    def subscribe(self, *streams):
        request = msgpack.packb({"streams": list(streams)})
        self.send_message(request)
        answer = self.message()
        assert answer == request, answer
        return self

    def publish(self, key, data, id=True):
        """Publishes and waits for the acknowledgement, which says that it is on every ring."""
        self.send_message(msgpack.packb({"key": key, "data": data, "id": id}))
        answer = msgpack.unpackb(self.message())
        assert answer == {"ack": id}, answer

    def close_frame(self):
        """Reads up to the close frame and to the end, and closes: its code and reason; code None if
        empty."""
        first, payload = self.frame()
        while first != 0x80 | CLOSE:
            first, payload = self.frame()
        try:
            self.send_message(payload[:2], CLOSE)
        except OSError:
            pass  # it has closed already
        self.read_all()
        self.socket.close()
        return (struct.unpack(">H", payload[:2])[0] if payload else None), payload[2:].decode()


def handshake(path="/ws", headers=()):
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
             "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + KEY.decode(), *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def frame(opcode, data, fin=True, mask=b"\x37\xfa\x21\x3d", reserved=0):
    """One client frame; `mask` None leaves it unmasked."""
    first = bytes([(0x80 if fin else 0) | reserved | opcode])
    bit = 0x80 if mask else 0
    if len(data) < 126:
        head = first + bytes([bit | len(data)])
    elif len(data) < 1 << 16:
        head = first + struct.pack(">BH", bit | 126, len(data))
    else:
        head = first + struct.pack(">BQ", bit | 127, len(data))
    if not mask:
        return head + data
    repeated = (mask * (len(data) // 4 + 1))[:len(data)]
    masked = (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")
    return head + mask + masked


def payload(key, data):
    """What a subscriber receives for a publication."""
    return msgpack.packb({"key": key, "data": data})


class Late(AssertionError):
    """What had to come came too late: by the program's fault, or by that of a busy machine."""


def attempts(test):
    """A test that may be Late is judged by its best attempt: what is slow by itself is so each time."""
    @functools.wraps(test)
    def run(self):
        for _ in range(ATTEMPTS - 1):
            try:
                return test(self)
            except Late as late:
                print(f"once more: {late}", file=sys.stderr)
            self.doCleanups()
            self.setUp()
        return test(self)
    return run


class Case(unittest.TestCase):
    """One broker for the tests of a class."""
    settings = {}
    transport = "ws"
    broker = None

    @classmethod
    def setUpClass(cls):
        # nobody of these tests is connected any more when it stops, so no close holds that up
        cls.broker = Broker(**{"workers": 2, "close_timeout": "60s", **cls.settings})
        cls.addClassCleanup(cls.broker.kill)

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def connect(self, path="/ws", headers=(), transport=None, broker=None, **more):
        connection = Connection(broker or self.broker, transport or self.transport, path, headers,
                                **more)
        self.addCleanup(connection.socket.close)
        if path is not None:
            self.assertTrue(connection.response.startswith(b"HTTP/1.1 101 "), connection.response)
        return connection

    def publisher(self, **more):
        return self.connect("/publish", **more)

    def request(self, data):
        """The whole answer to the bytes of a request that is not an upgrade."""
        connection = self.connect(None)
        connection.send(data)
        return connection.read_all()

    def start(self, **settings):
        """Another broker, for this test alone."""
        broker = Broker(**{"workers": 1, **settings})
        self.addCleanup(broker.kill)
        return broker


def both(template):
    """Makes the test classes NAME_ws and NAME_wss of the class NAME."""
    module = sys.modules[template.__module__]
    for transport in ("ws", "wss"):
        name = f"{template.__name__}_{transport}"
        made = type(name, (template, Case), {"transport": transport, "__module__": module.__name__})
        setattr(module, name, made)
    return template


def main():
    unittest.main(module="__main__", verbosity=2)
