"""What must not get out of the daemon: keys by a core dump, by its memory or by its command line; and
nothing hostile gets into its log, whatever a peer or a file says."""
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
DAEMON = BUILD / "bin/tickcastd"
SANITIZED = "TICKCAST_SANITIZE" in os.environ
PATIENCE = 60
UNLIMITED = (1 << 64) - 1
HOSTILE = b"\x1b]0;owned\x07\x1b[2J\x9b31m\xff\xc3\r\x08\x7f\xe2\x80"
BAD = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


class Daemon(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tickcast-secrets-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *more, listen="127.0.0.1:0", within=()):
        """A daemon whose limits allow core dumps; it is ready."""
        self.daemon = subprocess.Popen(
            ["prlimit", "--core=unlimited:unlimited", *within, DAEMON, "--listen", listen, "--workers", "1",
             *more], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        self.addCleanup(self.daemon.stderr.close)
        self.addCleanup(self.daemon.wait)
        self.addCleanup(self.daemon.kill)
        self.log = []
        for line in self.daemon.stderr:
            self.log.append(line)
            if line == b"ready\n":
                return int(re.search(rb"//127.0.0.1:(\d+)/", b"".join(self.log))[1])
        self.fail(b"".join(self.log))

    def configured(self, text):
        (self.folder / "tickcast.yml").write_text(text)
        return "-c", "tickcast.yml"

    # Core dumps.

    def aborted(self):
        """How it ends, and its core dumps."""
        self.daemon.send_signal(signal.SIGABRT)
        ended = os.waitid(os.P_PID, self.daemon.pid, os.WEXITED | os.WNOWAIT)
        return ended.si_code, list(self.folder.glob("core*"))

    def memory_is_roots(self):
        """As the kernel shows it: what may not be dumped may not be traced, and root owns it."""
        return os.stat(f"/proc/{self.daemon.pid}/environ").st_uid == 0

    def limit(self):
        text = pathlib.Path(f"/proc/{self.daemon.pid}/limits").read_text()
        return re.search(r"Max core file size +(\S+)", text)[1]

    @unittest.skipIf(SANITIZED, "a sanitizer looks for leaks by tracing")
    def test_no_core_dump_is_left(self):
        self.start()
        self.assertEqual(self.limit(), "0")
        self.assertEqual(self.aborted(), (os.CLD_KILLED, []))

    @unittest.skipIf(SANITIZED, "a sanitizer looks for leaks by tracing")
    def test_it_is_left_if_the_configuration_allows_it(self):
        self.start(*self.configured("core_dumps: true\n"))
        self.assertEqual(self.limit(), "unlimited")
        self.assertEqual(self.aborted()[0], os.CLD_DUMPED)

    @unittest.skipIf(SANITIZED or os.geteuid() != 0, "another user is needed to see it")
    def test_its_user_cannot_read_its_memory(self):
        os.chmod(self.folder, 0o777)
        nobody = ["setpriv", "--reuid=65534", "--clear-groups"]
        self.start(within=nobody)
        self.assertTrue(self.memory_is_roots())
        self.start(*self.configured("core_dumps: true\n"), within=nobody)
        self.assertFalse(self.memory_is_roots())

    def test_what_it_may_be(self):
        done = subprocess.run([DAEMON, *self.configured("core_dumps: perhaps\n"), "--check"],
                              cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 78)
        self.assertIn("tickcast.yml:1: core_dumps: value 'perhaps': allowed is false or true", done.stderr)

    # The command line.

    def test_no_option_takes_a_secret(self):
        for program in "tickcastd", "tickcast", "tickcast-bench":
            commands = ["--help"], ["sub", "--help"], ["pub", "--help"], ["run", "--help"]
            for words in commands:
                said = subprocess.run([BUILD / "bin" / program, *words], capture_output=True, text=True,
                                      timeout=PATIENCE).stdout
                for flag, value in re.findall(r"(--[a-z-]+)(?: ([A-Z]+))?", said):
                    self.assertNotRegex(flag, "passw|secret|passphrase|token|credential", program)
                    if re.search(r"-(key|ticket-file)$", flag) and value:
                        self.assertEqual(value, "FILE", f"{program} {flag}")

    # The log.

    def check_log(self):
        self.daemon.terminate()
        self.log.extend(self.daemon.stderr)
        said = b"".join(self.log)
        self.assertIsNone(BAD.search(said), said)
        said.decode()  # it is UTF-8
        return said

    def wait_for_line(self, text):
        for line in self.daemon.stderr:
            self.log.append(line)
            if text in line:
                return
        self.fail(b"".join(self.log))

    def test_keys_stay_out_of_it(self):
        subprocess.run([ROOT / "scripts/gen-certs", self.folder], check=True)
        key = self.folder / "server.key"
        lines = key.read_bytes().splitlines()[1:-1]
        self.assertGreater(len(lines), 1)
        self.start("--log-level", "debug", "--listen-tls", "127.0.0.1:0", "--cert", "server.pem", "--key", key.name,
                   "--tls-ticket-file", "tickets")
        port = int(re.search(rb"wss://127.0.0.1:(\d+)/", b"".join(self.log))[1])
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as peer, \
                context.wrap_socket(peer, server_hostname="localhost"):
            self.wait_for_line(b"TLSv1")
        key.write_bytes(b"\n".join([b"-----BEGIN PRIVATE KEY-----", *lines]))  # what is left of a bad copy
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_for_line(b"server.key")
        said = self.check_log()
        secret = (self.folder / "tickets").read_bytes()
        for start in range(0, len(secret) - 15, 8):
            self.assertNotIn(secret[start:start + 16].hex().encode(), said)
        for line in lines:
            self.assertNotIn(line, said)

    def exchange(self, port, data):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as peer:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(1 << 16):
                pass

    def test_nothing_that_a_peer_sends_gets_into_the_log_as_it_is(self):
        port = self.start("--log-level", "debug")
        head = (b"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        for request in (b"GET /%s HTTP/1.1\r\n" % HOSTILE + head, b"%s /ws HTTP/1.1\r\n" % HOSTILE + head,
                        b"GET /ws %s\r\n" % HOSTILE + head,
                        b"GET /publish HTTP/1.1\r\nOrigin: http://%s\r\n" % HOSTILE + head,
                        b"GET /publish HTTP/1.1\r\nX-Forwarded-For: %s\r\n" % HOSTILE + head,
                        b"GET /ws HTTP/1.1\r\n%s: x\r\n" % HOSTILE + head,
                        b"GET /ws HTTP/1.1\r\nSec-WebSocket-Protocol: %s\r\n" % HOSTILE + head):
            self.exchange(port, request + b"\r\n")
        mask = b"\0\0\0\0"  # the bytes are sent as they are
        upgrade = b"GET %s HTTP/1.1\r\n" + head + b"\r\n"
        reason = b"\x0f\xa0" + b"\x1b[2Jbye\x07\xff"
        for message in (b"\x82" + bytes([0x80 | len(HOSTILE)]) + mask + HOSTILE,
                        b"\x88" + bytes([0x80 | len(reason)]) + mask + reason):
            self.exchange(port, upgrade % b"/ws" + message)
            self.exchange(port, upgrade % b"/publish" + message)
        self.check_log()

    def test_nothing_that_a_file_holds_gets_into_the_log_as_it_is(self):
        hostile = HOSTILE.replace(b"\r", b"")
        name = "rows\x1b[2J\udcff.csv"
        (self.folder / name).write_bytes(
            b"symbol,%s\nIBM,1\n%s,2\nIBM,%s,3\n" % (hostile, hostile, hostile))
        self.start("--log-level", "debug",
                   "--feed", f"replay,file={name},key={{symbol}}/Tick/TRADE,name=f\x1b[2J\udcff",
                   "--feed", f"replay,file=no{name},key={{symbol}}/Tick/TRADE,name=\x07")
        for line in self.daemon.stderr:
            self.log.append(line)
            if b"feed" in line and b"again" in line:
                break
        self.assertIn(b"\\x1b[2J", self.check_log())

    def test_errors_of_the_configuration_can_be_shown(self):
        raw = b"listen: {address: '127.0.0.1:0', cert: \"a\\x1b[2J\", key: \"b\\a\"}\n\"na\\x1bme\": \"\\x07\"\n"
        (self.folder / "t.yml").write_bytes(raw)
        done = subprocess.run([DAEMON, "-c", "t.yml"], cwd=self.folder, capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 78)
        self.assertIn(b"\\x1b", done.stderr)
        self.assertIsNone(BAD.search(done.stderr), done.stderr)
        done = subprocess.run([DAEMON, "-c", b"no\x1b[2Jsuch\xff.yml"], cwd=self.folder, capture_output=True,
                              timeout=PATIENCE)
        self.assertIsNone(BAD.search(done.stderr), done.stderr)

    def test_what_a_server_says_can_be_shown_by_the_command_line(self):
        head = b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        for answer in (b"HTTP/1.1 403 %s\r\nContent-Length: 100\r\n\r\n%s\n" % (HOSTILE, HOSTILE),
                       head + b"Sec-WebSocket-Accept: %s\r\n\r\n" % HOSTILE, HOSTILE + b"\r\n\r\n"):
            for command in ["sub", "A/B/C"], ["pub", "A/B/C", "1"]:
                with socket.create_server(("127.0.0.1", 0)) as server:
                    url = f"ws://127.0.0.1:{server.getsockname()[1]}"
                    client = subprocess.Popen([BUILD / "bin/tickcast", command[0], "--url", url, *command[1:]],
                                              stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
                    peer, _ = server.accept()
                    with peer:
                        peer.recv(1 << 16)
                        peer.sendall(answer)
                    line = client.stderr.readline()
                    client.kill()
                    said = line + client.communicate()[1]
                self.assertTrue(line)
                self.assertIsNone(BAD.search(said), said)
                said.decode()


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
