"""Connections behind a balancer: a PROXY header says whose they are, in front of TLS and HTTP."""
import socket
import ssl
import struct
import time

from harness import PATIENCE, Case, Connection, certs, handshake, main

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL = SIGNATURE + b"\x20\0\0\0"
UNKNOWN = SIGNATURE + b"\x21\0\0\0"


def header(source, tlvs=b""):
    """Of a connection of `source`, an address of either family, to this broker."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    target = "2001:db8::99" if ":" in source else "203.0.113.9"
    body = (socket.inet_pton(family, source) + socket.inet_pton(family, target) +
            struct.pack(">HH", 40000, 5993) + tlvs)
    code = b"\x21" if ":" in source else b"\x11"
    return SIGNATURE + b"\x21" + code + struct.pack(">H", len(body)) + body


class Proxied(Connection):
    """A connection that begins with `first`, cut into pieces of `piece` bytes."""

    def __init__(self, broker, transport, first, piece=None):
        if transport == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(broker.unix)
        else:
            self.socket = socket.create_connection(("127.0.0.1", broker.ports[transport]))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(PATIENCE)
        self.buffer = bytearray()
        for at in range(0, len(first), piece or len(first) or 1):
            if at > 0:
                time.sleep(0.001)  # so that most pieces come alone; none has to
            self.send(first[at:at + (piece or len(first))])
        if transport == "wss":
            context = ssl.create_default_context(cafile=certs() / "ca.pem")
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def ask(self, path="/ws", headers=()):
        self.send(handshake(path, headers))
        return self.read_head()


class ProxyCase(Case):
    settings = {"workers": 1, "proxy_from": "127.0.0.0/8,unix", "log_level": "debug"}

    def proxied(self, first, transport=None, **more):
        connection = Proxied(self.broker, transport or self.transport, first, **more)
        self.addCleanup(connection.socket.close)
        return connection

    def logged(self, text):
        """Waits for a line of the log."""
        deadline = time.monotonic() + PATIENCE
        while not any(text in line for line in self.broker.lines):
            self.assertLess(time.monotonic(), deadline, "".join(self.broker.lines[-20:]))
            time.sleep(0.01)


class Headers(ProxyCase):
    def check(self, transport):
        for source in "192.0.2.1", "2001:db8::1":
            connection = self.proxied(header(source), transport)
            self.assertIn(b" 101 ", connection.ask())
            connection.subscribe("a/b/c")

    def test_whoever_a_balancer_passes_on_is_served_on_every_listener(self):
        for transport in "ws", "wss", "unix":
            self.check(transport)

    def test_a_header_may_come_in_pieces_and_with_tlvs(self):
        tlvs = b"\x04\x0b\xb8" + b"x" * 3000  # NOOP, 3000 bytes
        for transport in "ws", "wss":
            for first, piece in ((header("192.0.2.1"), 1), (header("2001:db8::1", b"\x04\0\0"), 7),
                                 (header("192.0.2.1", tlvs), 997)):
                connection = self.proxied(first, transport, piece=piece)
                self.assertIn(b" 101 ", connection.ask(), (transport, piece))

    def test_what_follows_in_the_same_segment_is_not_lost(self):
        connection = self.proxied(header("192.0.2.1") + handshake())
        self.assertIn(b" 101 ", connection.read_head())

    def test_a_tls_hello_may_follow_in_the_same_segment(self):
        context = ssl.create_default_context(cafile=certs() / "ca.pem")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", self.broker.ports["wss"])) as raw:
            raw.settimeout(PATIENCE)
            first = header("192.0.2.1")
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    raw.sendall(first + outgoing.read())
                    first = b""
                    incoming.write(raw.recv(1 << 16))
            tls.write(handshake())
            raw.sendall(outgoing.read())
            incoming.write(raw.recv(1 << 16))
            answer = b""
            while b"\r\n\r\n" not in answer:
                try:
                    answer += tls.read(1 << 16)
                except ssl.SSLWantReadError:
                    incoming.write(raw.recv(1 << 16))
            self.assertIn(b" 101 ", answer)

    def test_its_address_is_the_peers_in_the_log(self):
        self.proxied(header("192.0.2.77")).ask("/nowhere")
        self.logged("192.0.2.77:40000: no such service")
        self.proxied(header("2001:db8::77")).ask("/nowhere")
        self.logged("[2001:db8::77]:40000: no such service")

    def test_what_is_no_header_is_closed_and_told(self):
        for first, reason in ((handshake(), "not a PROXY header of version 2"),
                              (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "not a PROXY header"),
                              (SIGNATURE + b"\x21\x12\0\x0c" + b"x" * 12, "its family"),
                              (SIGNATURE + b"\x31", "its version"),
                              (header("192.0.2.1", b"x"), "a TLV is cut short")):
            connection = self.proxied(first)
            self.assertEqual(connection.read_all(), b"", first)
            self.logged("127.0.0.1:")
            self.logged(f"no good PROXY header: {reason}")

    def test_who_leaves_before_the_end_of_it_is_gone(self):
        self.proxied(header("192.0.2.1")[:20]).socket.close()
        self.logged("left before its handshake was done")


class Rules(ProxyCase):
    def test_a_balancers_client_is_never_local(self):
        """Also one that says it is: whoever may connect to the balancer could publish."""
        for source in "192.0.2.1", "127.0.0.1", "::1", "::ffff:127.0.0.1":
            for transport in "ws", "unix":
                answer = self.proxied(header(source), transport).ask("/publish")
                self.assertIn(b" 403 ", answer, (source, transport))
        for transport in "ws", "unix":
            self.assertIn(b" 403 ", self.proxied(UNKNOWN, transport).ask("/publish"))
            self.assertIn(b" 101 ", self.proxied(UNKNOWN, transport).ask())

    def test_the_balancers_own_connections_keep_their_address(self):
        for transport in "ws", "unix":
            self.assertIn(b" 101 ", self.proxied(LOCAL, transport).ask("/publish"))

    def test_subscribers_from_loopback_is_for_no_balancers_client(self):
        broker = self.start(proxy_from="127.0.0.1", subscribers_from="loopback")
        for first, status in (header("127.0.0.1"), b" 403 "), (LOCAL, b" 101 "):
            with Proxied(broker, "ws", first) as connection:
                self.assertIn(status, connection.ask())
        broker.stop()

    def test_only_listed_addresses_may_begin_with_it(self):
        broker = self.start(proxy_from="192.0.2.0/24,unix")
        with Connection(broker, "ws") as plain:
            self.assertIn(b" 101 ", plain.response)
        with Proxied(broker, "ws", header("192.0.2.1")) as connection:
            self.assertIn(b" 400 ", connection.read_head())
        with Proxied(broker, "unix", header("192.0.2.1")) as connection:
            self.assertIn(b" 101 ", connection.ask())
        broker.stop()


class Rates(ProxyCase):
    def check(self, setting, transport, refused):
        """The rate is that of the address in the header; a balancer's own connections have none."""
        broker = self.start(proxy_from="127.0.0.0/8,unix", limit_loopback="true", **{setting: 2})

        def status(source):
            try:
                with Proxied(broker, transport, header(source)) as connection:
                    return connection.ask().split(b" ")[1]
            except (EOFError, OSError):
                return None

        end, statuses = time.monotonic() + PATIENCE, []
        while statuses.count(refused) < 10:
            statuses.append(status("192.0.2.1"))
            self.assertLess(time.monotonic(), end, statuses)
        self.assertEqual(statuses[:2], [b"101"] * 2)
        self.assertEqual(set(statuses), {b"101", refused})
        for source in "192.0.2.2", "2001:db8::1":
            self.assertEqual(status(source), b"101")
        for _ in range(10 if setting == "connection_rate" else 0):
            with Proxied(broker, transport, LOCAL) as connection:
                self.assertIn(b" 101 ", connection.ask())
        broker.stop()

    def test_connections_of_the_address_in_the_header(self):
        self.check("connection_rate", "ws", b"429")

    def test_connections_of_the_address_in_the_header_with_tls(self):
        self.check("connection_rate", "wss", None)

    def test_handshakes_of_the_address_in_the_header(self):
        self.check("handshake_rate", "ws", b"429")

    def test_handshakes_of_the_address_in_the_header_with_tls(self):
        self.check("handshake_rate", "wss", None)


class NoHeader(ProxyCase):
    settings = {**ProxyCase.settings, "handshake_timeout": "300ms"}

    def test_a_header_that_does_not_come_ends_at_handshake_timeout(self):
        begun = time.monotonic()
        connection = self.proxied(header("192.0.2.1")[:5])
        self.assertEqual(connection.read_all(), b"")
        self.assertGreaterEqual(time.monotonic() - begun, 0.3)
        self.logged("handshake not done in time")


if __name__ == "__main__":
    main()
