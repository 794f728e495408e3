"""TLS of a listener: what is spoken, what is refused, and sessions that are resumed."""
import datetime
import re
import signal
import socket
import ssl
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import PATIENCE, ROOT, Case, certs, folder, handshake, main

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
AEAD = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305"]
OTHERS = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-CCM",
          "ECDHE-RSA-AES128-GCM-SHA256", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"]


def client_context(version=None):
    """A client that trusts the authority of the tests and speaks `version` alone, if given."""
    context = ssl.create_default_context(cafile=certs() / "ca.pem")
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


class TlsCase(Case):
    def shake(self, context, port=None, session=None, name="localhost"):
        """A connection after the handshake."""
        plain = socket.create_connection(("127.0.0.1", port or self.broker.ports["wss"]), PATIENCE)
        try:
            made = context.wrap_socket(plain, server_hostname=name, session=session)
        except BaseException:
            plain.close()
            raise
        self.addCleanup(made.close)
        return made

    def refused(self, context, reason):
        with self.assertRaisesRegex(ssl.SSLError, reason):
            self.shake(context)

    def session(self, context, **more):
        """A connection that has got its session ticket: it waits for the answer to a request."""
        made = self.shake(context, **more)
        made.sendall(handshake())
        self.assertTrue(made.recv(1000).startswith(b"HTTP/1.1 101 "))
        return made

    def wait_for_line(self, text, broker=None):
        until = time.monotonic() + PATIENCE
        lines = (broker or self.broker).lines
        while not any(text in line for line in lines):
            self.assertLess(time.monotonic(), until, f"{text!r} is not in " + "".join(lines))
            time.sleep(0.01)


class Protocol(TlsCase):
    def test_TLS_1_2_and_1_3_and_nothing_older(self):
        for version in VERSIONS:
            self.assertEqual(self.shake(client_context(version)).version(), version.name.replace("_", "."))
        for old in "-tls1", "-tls1_1":
            done = subprocess.run(
                ["openssl", "s_client", old, "-cipher", "ALL:@SECLEVEL=0", "-connect",
                 f"127.0.0.1:{self.broker.ports['wss']}"], stdin=subprocess.DEVNULL,
                capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("alert protocol version", done.stderr)

    def test_ECDHE_with_AEAD_and_no_other_cipher_of_TLS_1_2(self):
        for cipher in AEAD:
            context = client_context(ssl.TLSVersion.TLSv1_2)
            context.set_ciphers(cipher)
            self.assertEqual(self.shake(context).cipher()[0], cipher)
        for cipher in OTHERS:
            context = client_context(ssl.TLSVersion.TLSv1_2)
            context.set_ciphers(cipher)
            self.refused(context, "handshake failure|HANDSHAKE_FAILURE")
        self.wait_for_line("TLS handshake failed: no shared cipher")

    def test_ALPN_is_http_1_1_or_there_is_no_connection(self):
        for version in VERSIONS:
            for offered, chosen in ([], None), (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"):
                context = client_context(version)
                if offered:
                    context.set_alpn_protocols(offered)
                self.assertEqual(self.shake(context).selected_alpn_protocol(), chosen)
            context = client_context(version)
            context.set_alpn_protocols(["h2", "acme-tls/1"])
            self.refused(context, "no application protocol")

    def test_a_request_without_TLS_is_told_where_it_is(self):
        with socket.create_connection(("127.0.0.1", self.broker.ports["wss"]), PATIENCE) as plain:
            plain.sendall(handshake())
            answer = b""
            while more := plain.recv(1000):
                answer += more
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
        self.assertTrue(answer.endswith(b"\r\n\r\nthis is a TLS port: use wss or https\n"), answer)
        self.wait_for_line("TLS handshake failed: HTTP without TLS")

    def test_a_client_that_does_not_trust_the_certificate_is_logged(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.shake(ssl.create_default_context())
        self.wait_for_line("TLS handshake failed: tlsv1 alert unknown ca")

    def test_a_handshake_byte_by_byte(self):
        with socket.create_connection(("127.0.0.1", self.broker.ports["wss"])) as out:
            out.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            into, outof = ssl.MemoryBIO(), ssl.MemoryBIO()
            client = client_context().wrap_bio(into, outof, server_hostname="localhost")
            out.settimeout(PATIENCE)
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    pass
                for byte in outof.read():
                    out.sendall(bytes([byte]))
                into.write(out.recv(1 << 16))
            client.write(handshake())
            for byte in outof.read():
                out.sendall(bytes([byte]))
            answer = b""
            while not answer:
                into.write(out.recv(1 << 16))
                try:
                    answer = client.read(1000)
                except ssl.SSLWantReadError:
                    pass
            self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)


class Resumption(TlsCase):
    settings = {"listen_tls": "127.0.0.1:0"}  # a second one

    def test_on_every_shard_and_listener(self):
        ports = [int(port) for port in re.findall(r"wss://127.0.0.1:(\d+)", "".join(self.broker.lines))]
        self.assertEqual(len(ports), 2)
        for version in VERSIONS:
            context = client_context(version)
            last = self.session(context)
            self.assertFalse(last.session_reused)
            for i in range(8):  # all stay open, so they go to both shards
                last = self.session(context, port=ports[i % 2], session=last.session)
                self.assertTrue(last.session_reused, i)

    def test_after_certificates_were_read_again(self):
        context = client_context()
        session = self.session(context).session
        self.broker.process.send_signal(signal.SIGHUP)
        for port in re.findall(r"wss://127.0.0.1:(\d+)", "".join(self.broker.lines)):
            self.wait_for_line(f"port {port}: now served is ")
        self.assertTrue(self.session(context, session=session).session_reused)

    def session_of(self, broker, context, session=None):
        """The session of a connection that is closed again, and whether it resumed `session`."""
        with self.session(context, port=broker.ports["wss"], session=session) as made:
            return made.session, made.session_reused

    def test_after_a_restart_with_the_file_of_keys(self):
        file = folder() / "tickets"
        contexts = [client_context(version) for version in VERSIONS]
        for settings in {"tls_ticket_file": file}, {}:
            first = self.start(**settings)
            sessions = [self.session_of(first, context)[0] for context in contexts]
            first.stop()
            second = self.start(**settings)
            for context, session in zip(contexts, sessions):
                self.assertEqual(self.session_of(second, context, session)[1], bool(settings))
            second.stop()
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_not_with_keys_that_are_too_old(self):
        file = folder() / "old-tickets"
        broker = self.start(tls_ticket_file=file, tls_ticket_time="1s")
        contexts = [client_context(version) for version in VERSIONS]
        sessions = [self.session_of(broker, context)[0] for context in contexts]
        for _ in range(3):
            before, until = file.read_bytes(), time.monotonic() + PATIENCE
            while file.read_bytes() == before:
                self.assertLess(time.monotonic(), until, "the keys do not change")
                time.sleep(0.05)
        for context, session in zip(contexts, sessions):
            self.assertFalse(self.session_of(broker, context, session)[1])
        broker.stop()


def issue(name, names):
    """Another certificate of the authority of the tests; its files."""
    at = certs()
    subprocess.run(
        f"""openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key \\
                -out {name}.csr -subj /CN={name} 2>/dev/null &&
            echo subjectAltName={names} >{name}.ext &&
            openssl x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \\
                -extfile {name}.ext -out {name}.pem 2>/dev/null""", cwd=at, shell=True, check=True)
    return at / f"{name}.pem", at / f"{name}.key"


class Names(TlsCase):
    @classmethod
    def setUpClass(cls):
        pairs = [issue("wild", "DNS:*.tickcast.example"), issue("feed", "DNS:feed.tickcast.example")]
        cls.settings = {"cert": [cert for cert, _ in pairs], "key": [key for _, key in pairs]}
        super().setUpClass()

    def test_each_client_gets_the_certificate_of_the_name_that_it_asks_for(self):
        names = {"localhost": "localhost", "feed.tickcast.example": "feed",
                 "other.tickcast.example": "wild", "unknown.example": "localhost", None: "localhost"}
        for version in VERSIONS:
            for name, subject in names.items():
                context = client_context(version)
                context.check_hostname = False  # also where the default is served
                got = self.shake(context, name=name).getpeercert()
                self.assertEqual(dict(got["subject"][0])["commonName"], subject, name)


class Clients(TlsCase):
    """Whether a client has a certificate is told by its end: the log has its name."""

    def serving(self, auth):
        return self.start(client_ca=certs() / "ca.pem", client_auth=auth, log_level="debug")

    def context_of(self, version, pair=None):
        context = client_context(version)
        if pair:
            context.load_cert_chain(*pair)
        return context

    def of_another_authority(self):
        others = folder() / "others"
        subprocess.run([ROOT / "scripts/gen-certs", others], check=True)
        return others / "client.pem", others / "client.key"

    def refuses(self, broker, context, alert):
        with self.assertRaisesRegex(ssl.SSLError, alert):
            with self.shake(context, port=broker.ports["wss"]) as made:
                made.recv(1)  # a client of TLS 1.3 hears of it now

    def test_the_name_of_a_client_is_in_the_log_also_when_it_comes_back(self):
        broker = self.serving("required")
        for version in VERSIONS:
            pair = issue("client1", f"DNS:{version.name.lower().replace('_', '-')}.example")
            name = f"certificate of DNS:{version.name.lower().replace('_', '-')}.example\n"
            context = self.context_of(version, pair)
            session = self.session(context, port=broker.ports["wss"]).session
            self.wait_for_line(f"{version.name.replace('_', '.')}, {name}", broker)
            self.session(context, port=broker.ports["wss"], session=session)
            self.wait_for_line(f", resumed, {name}", broker)
        broker.stop()

    def test_a_name_that_would_write_to_the_terminal_is_escaped(self):
        """A common name with a line end and an escape sequence, as an authority might sign it."""
        authority = x509.load_pem_x509_certificate((certs() / "ca.pem").read_bytes())
        secret = serialization.load_pem_private_key((certs() / "ca.key").read_bytes(), None)
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.utcnow()
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "x\n\x1b[31mready\n")])
        made = (x509.CertificateBuilder().subject_name(name).issuer_name(authority.subject)
                .public_key(key.public_key()).serial_number(1).not_valid_before(now)
                .not_valid_after(now + datetime.timedelta(1)).sign(secret, hashes.SHA256()))
        pair = certs() / "hostile.pem", certs() / "hostile.key"
        pair[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        pair[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption()))
        broker = self.serving("required")
        self.session(self.context_of(None, pair), port=broker.ports["wss"])
        self.wait_for_line(r"certificate of CN:x\x0a\x1b[31mready\x0a", broker)
        broker.stop()
        self.assertEqual([line for line in broker.lines if "\x1b" in line], [])
        self.assertEqual(broker.lines.count("ready\n"), 1)

    def test_a_required_certificate_that_is_missing_or_bad_ends_the_handshake_with_an_alert(self):
        other = self.of_another_authority()
        broker = self.serving("required")
        for version in VERSIONS:
            missing = "certificate required" if version == ssl.TLSVersion.TLSv1_3 else "handshake failure"
            self.refuses(broker, self.context_of(version), missing)
            self.wait_for_line("TLS handshake failed: peer did not return a certificate", broker)
            self.refuses(broker, self.context_of(version, other), "unknown ca")
            self.wait_for_line("TLS handshake failed: certificate verify failed: ", broker)
        broker.stop()

    def test_an_optional_certificate_may_be_missing_but_not_bad(self):
        broker = self.serving("optional")
        good, bad = issue("client2", "DNS:client2.example"), self.of_another_authority()
        for version in VERSIONS:
            self.session(self.context_of(version), port=broker.ports["wss"])
            self.wait_for_line(f": {version.name.replace('_', '.')}\n", broker)
            self.session(self.context_of(version, good), port=broker.ports["wss"])
            self.wait_for_line(f"{version.name.replace('_', '.')}, certificate of DNS:client2.example", broker)
            self.refuses(broker, self.context_of(version, bad), "unknown ca")
        broker.stop()


class Bound(TlsCase):
    settings = {"workers": 1, "max_handshakes": 16}

    def test_above_max_handshakes_the_oldest_that_waits_for_its_peer_goes(self):
        waiting = []
        for i in range(16):
            waiting.append(socket.create_connection(("127.0.0.1", self.broker.ports["wss"]), PATIENCE))
            self.addCleanup(waiting[-1].close)
            if i % 2:
                waiting[-1].sendall(b"\x16")
        self.session(client_context())
        self.assertEqual(waiting[0].recv(1), b"")
        self.wait_for_line("max_handshakes reached")
        waiting[15].setblocking(False)
        with self.assertRaises(BlockingIOError):
            waiting[15].recv(1)


if __name__ == "__main__":
    main()
