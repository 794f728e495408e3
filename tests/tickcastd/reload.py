"""Certificates of a daemon that runs: read again when their files change and on SIGHUP, and what a
hangup of the terminal means. Usage: reload.py"""

import os
import pty
import shutil
import signal
import socket
import ssl
import subprocess
import time

import started
from started import ROOT, TICKCASTD, WITH_PROGRAMS, Case, wait_for

SETTLE_S = 1 # WATCH_SETTLE_MS: so long a folder must rest before it is read
NOW = "now served is used/server.pem, valid until "


class Reload(Case):
    def make(self, name):
        """A folder of certificates of an authority of its own."""
        folder = self.folder / name
        subprocess.run([ROOT / "scripts/gen-certs", folder], check=True)
        return folder

    def setUp(self):
        super().setUp()
        self.old, self.new = self.make("old"), self.make("new")
        self.used = self.folder / "used"
        self.used.mkdir()
        for name in "server.pem", "server.key", "ca.pem":
            shutil.copy(self.old / name, self.used)

    def serve(self, *args):
        daemon = self.start("--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--cert",
                            "used/server.pem", "--key", "used/server.key", *args)
        address = next(line for line in daemon.err.splitlines() if "listening on wss:" in line)
        self.port = int(address.rpartition(":")[2].partition("/")[0])
        return daemon

    def replace(self, name, source):
        """As tools do it: a new file takes the name."""
        shutil.copy(source / name, self.used / ".new")
        os.replace(self.used / ".new", self.used / name)

    def connect(self, authority, **more):
        context = ssl.create_default_context(cafile=authority / "ca.pem")
        for certificate, key in more.values():
            context.load_cert_chain(certificate, key)
        raw = socket.create_connection(("127.0.0.1", self.port), started.PATIENCE)
        self.addCleanup(raw.close)
        wrapped = context.wrap_socket(raw, server_hostname="localhost")
        self.addCleanup(wrapped.close)
        return wrapped

    def refuses(self, authority, **more):
        with self.assertRaises(ssl.SSLError):
            connection = self.connect(authority, **more)
            connection.recv(1) # with TLS 1.3 a client hears of its own certificate only now

    def said(self, daemon, text, times=1):
        wait_for(f"{text!r} in the log", lambda: daemon.err.count(text) >= times)

    def replace_pair(self, source):
        """A certificate and its key. False if that took so long that somebody may have looked between."""
        began = time.monotonic()
        self.replace("server.pem", source)
        self.replace("server.key", source)
        return time.monotonic() - began < SETTLE_S

    def test_files_that_change_are_read_again(self):
        daemon = self.serve()
        before = self.connect(self.old)
        while not self.replace_pair(self.new):
            self.assertEqual(daemon.stop(), 0)
            self.replace_pair(self.old)
            daemon = self.serve()
            before = self.connect(self.old)
        self.said(daemon, "a file has changed: reading the certificates again")
        self.said(daemon, NOW)
        self.connect(self.new)
        self.refuses(self.old)
        before.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n") # with what it had
        self.assertTrue(before.recv(99).startswith(b"HTTP/1.1 4"))
        self.assertNotIn("error", daemon.err) # the two files were taken together
        self.assertEqual(daemon.stop(), 0)

    def test_a_link_to_another_folder_is_followed(self):
        shutil.rmtree(self.used)
        self.used.symlink_to("old")
        daemon = self.serve()
        os.symlink("new", self.folder / "other")
        os.replace(self.folder / "other", self.used)
        daemon.process.send_signal(signal.SIGHUP) # else at the next look, within a minute
        self.said(daemon, "SIGHUP: reading the certificates again")
        self.said(daemon, NOW)
        self.connect(self.new)
        self.assertEqual(daemon.stop(), 0)

    def test_a_bad_file_keeps_the_old_certificate_and_is_told(self):
        daemon = self.serve()
        (self.used / "server.pem").write_text("nonsense\n")
        self.said(daemon, f" error port {self.port}: certificate used/server.pem: no start line")
        self.said(daemon, f" error port {self.port}: still served is used/server.pem, valid until ")
        self.connect(self.old)
        self.replace("server.pem", self.new) # with the key of another
        self.said(daemon, "private key does not belong to the certificate: used/server.key")
        self.connect(self.old)
        (self.used / "server.key").unlink()
        self.said(daemon, "private key used/server.key: No such file")
        self.connect(self.old)
        self.assertNotIn(NOW, daemon.err)
        self.replace("server.key", self.new)
        self.said(daemon, NOW)
        self.connect(self.new)
        self.assertEqual(daemon.stop(), 0)

    def test_nobody_waits_for_a_pipe_in_place_of_a_file(self):
        daemon = self.serve("--client-ca", "used/ca.pem", "--client-auth", "optional")
        for name in "server.pem", "server.key", "ca.pem":
            (self.used / name).unlink()
            os.mkfifo(self.used / name)
            daemon.process.send_signal(signal.SIGHUP)
            self.said(daemon, f"used/{name}: not a regular file")
            (self.used / name).unlink()
            self.replace(name, self.old)
        self.connect(self.old)

    def test_the_authority_of_clients_is_read_again_too(self):
        daemon = self.serve("--client-ca", "used/ca.pem")
        clients = {folder: (folder / "client.pem", folder / "client.key")
                   for folder in (self.old, self.new)}
        self.refuses(self.old)
        self.refuses(self.old, own=clients[self.new])
        self.connect(self.old, own=clients[self.old])
        self.replace("ca.pem", self.new)
        self.said(daemon, NOW)
        self.connect(self.old, own=clients[self.new])
        self.refuses(self.old, own=clients[self.old])
        self.assertEqual(daemon.stop(), 0)

    def test_a_certificate_that_ends_soon_is_warned_of_when_it_is_read(self):
        daemon = self.serve()
        self.paste("openssl x509 -x509toreq -copy_extensions copyall -in used/server.pem "
                   "-signkey used/server.key | openssl x509 -req -days 9 -CA old/ca.pem -CAkey "
                   "old/ca.key -out used/.new && mv used/.new used/server.pem")
        self.said(daemon, "certificate used/server.pem expires in 8 days")
        self.assertEqual(daemon.stop(), 0)

    def test_sighup_without_certificates_changes_nothing(self):
        daemon = self.start("--listen", "127.0.0.1:0")
        daemon.process.send_signal(signal.SIGHUP)
        self.said(daemon, "SIGHUP: there is no certificate to read again")
        self.assertEqual(daemon.stop(), 0)

    def on_terminal(self, *before):
        """A daemon that was started from a terminal, and the terminal's other end."""
        terminal, end = pty.openpty()
        os.set_inheritable(end, True)
        log = open(self.folder / "log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(["setsid", "--ctty", *before, TICKCASTD, "--listen", "127.0.0.1:0"],
                                   stdin=end, stdout=log, stderr=log, env=WITH_PROGRAMS)
        os.close(end)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        wait_for("ready", lambda: b"ready\n" in (self.folder / "log").read_bytes())
        return process, terminal

    def test_it_stops_when_its_terminal_goes_away(self):
        process, terminal = self.on_terminal()
        os.close(terminal)
        self.assertEqual(process.wait(started.PATIENCE), 0)
        self.assertIn("stopping: SIGHUP, its terminal is gone", (self.folder / "log").read_text())

    def test_with_nohup_it_goes_on(self):
        process, terminal = self.on_terminal("nohup")
        os.close(terminal)
        process.send_signal(signal.SIGHUP)
        wait_for("SIGHUP", lambda: b"SIGHUP: there is no" in (self.folder / "log").read_bytes())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(started.PATIENCE), 0)


if __name__ == "__main__":
    started.main()
