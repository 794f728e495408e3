"""A listener that cannot be bound: the message names who or what is in the way and holds commands
that work as pasted. Usage: obstacles.py"""

import re
import signal
import subprocess

import started
from started import OUTSIDE, Case


class Obstacles(Case):
    def taken(self, host="127.0.0.1", port=0):
        """A port that a program of this test has, and the program."""
        code = ("import socket, sys, time; s = socket.create_server((sys.argv[1], int(sys.argv[2])), "
                "family=socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET); "
                "print(s.getsockname()[1], flush=True); time.sleep(600)")
        process = subprocess.Popen(["/usr/bin/python3", "-c", code, host, str(port)],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return int(process.stdout.readline()), process

    def starts(self, command, said=r"^ready$"):
        """The command starts a daemon; what it prints."""
        daemon = self.shell("exec " + command)
        daemon.until(said)
        daemon.interrupt()
        self.assertEqual(daemon.wait(), 0, daemon.text)
        return daemon.text

    def kills(self, command, process):
        self.assertEqual(command, f"kill {process.pid}")
        self.paste(command)
        self.assertEqual(process.wait(started.PATIENCE), -signal.SIGTERM)

    def test_a_port_in_use(self):
        for host, there in ("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("0.0.0.0", "127.0.0.1"):
            with self.subTest(host):
                port, process = self.taken(there)
                args = ["--listen", f"{host}:{port}", "--workers", "1"]
                err = self.fails(*args)
                self.assertIn(f"cannot listen on ws://{host}:{port}/ws: Address already in use by "
                              f"python3 (pid {process.pid}); to end it run: kill {process.pid}; ", err)
                elsewhere = self.cure(err, "listen elsewhere")
                self.assertRegex(elsewhere, r"^tickcastd --listen \S+ --workers 1$")
                self.assertIn(f"listening on ws://{host}:", self.starts(elsewhere))
                self.kills(self.cure(err, "end it"), process)
                self.starts("tickcastd " + " ".join(f"'{arg}'" for arg in args))

    def test_a_port_in_use_before_that_of_another_listener(self):
        self.taken("127.0.0.1", 5993)
        err = self.fails("--listen", "127.0.0.1:5993", "--listen", "127.0.0.1:5994")
        elsewhere = self.cure(err, "listen elsewhere")
        self.assertEqual(elsewhere, "tickcastd --listen 127.0.0.1:5995 --listen 127.0.0.1:5994")
        self.starts(elsewhere)

    def test_the_default_port_in_use_does_not_open_the_broker_to_others(self):
        _, process = self.taken("0.0.0.0", 5993)
        self.taken("127.0.0.1", 5994)
        err = self.fails("--demo")
        elsewhere = self.cure(err, "listen elsewhere")
        self.assertEqual(elsewhere, "tickcastd --demo --listen 127.0.0.1:5995")
        self.starts(elsewhere)
        self.kills(self.cure(err, "end it"), process)

    def test_another_address_with_the_same_port_is_not_in_the_way(self):
        port, process = self.taken(OUTSIDE)
        _, other = self.taken("127.0.0.1", port)
        self.assertIn(f"in use by python3 (pid {other.pid})", self.fails("--listen", f"127.0.0.1:{port}"))
        self.assertIn(f"in use by python3 (pid {process.pid})", self.fails("--listen", f"{OUTSIDE}:{port}"))

    def test_a_second_daemon_is_told_of_the_first(self):
        first = self.start("--listen", "127.0.0.1:0")
        port = re.search(r"listening on ws://127\.0\.0\.1:(\d+)", first.err)[1]
        self.assertIn(f"in use by tickcastd (pid {first.process.pid})", self.fails(f"--listen=127.0.0.1:{port}"))
        err = self.fails(f"--listen=127.0.0.1:{port}")
        self.assertRegex(self.cure(err, "listen elsewhere"), r"^tickcastd --listen 127\.0\.0\.1:\d+$")

    def test_a_program_of_another_user_is_shown_by_ss(self):
        port, process = self.taken()
        err = self.fails("--listen", f"127.0.0.1:{port}", program=self.public_program(),
                         preexec_fn=started.become_nobody, cwd="/")
        self.assertIn("Address already in use by a process of user root; ", err)
        command = self.cure(err, "see which")
        self.assertTrue(command.startswith("sudo "), command)
        self.assertIn(f"pid={process.pid},", self.paste(command[5:]))

    def test_one_of_several_listeners_of_a_file(self):
        port, _ = self.taken()
        (self.folder / "t.yml").write_text(f"listen:\n  - 127.0.0.1:0\n  - 127.0.0.1:{port}\n")
        self.assertRegex(self.fails("-c", "t.yml"),
                         r"; to listen elsewhere, as at 127\.0\.0\.1:\d+, change t\.yml:3\n")

    def test_the_only_listener_of_a_file(self):
        port, _ = self.taken()
        subprocess.run([started.ROOT / "scripts/gen-certs", self.folder / "certs"], check=True)
        (self.folder / "t.yml").write_text(
            f"listen: [{{address: 127.0.0.1:{port}, cert: certs/server.pem, key: certs/server.key}}]\n")
        elsewhere = self.cure(self.fails("-c", "t.yml"), "listen elsewhere")
        self.assertIn("listening on wss://127.0.0.1:", self.starts(elsewhere))

    def test_a_unix_socket_in_use(self):
        first = self.start("--listen-unix", "a b.sock")
        for flag in ["--listen-unix", "a b.sock"], ["--listen-unix=a b.sock"], ["--listen", "unix:a b.sock"]:
            with self.subTest(flag):
                err = self.fails(*flag)
                self.assertIn(f"in use by tickcastd (pid {first.process.pid})", err)
                self.assertIn("listening on unix:a b.sock.2", self.starts(self.cure(err, "listen elsewhere")))
        self.paste(self.cure(err, "end it"))
        self.assertEqual(first.wait(), 0)
        self.starts("tickcastd --listen-unix 'a b.sock'")

    def test_a_file_where_the_socket_should_be_is_left_alone(self):
        (self.folder / "t.sock").write_text("kept")
        err = self.fails("--listen-unix", "t.sock")
        self.assertIn("Address already in use: it is a file, not a socket", err)
        self.starts(self.cure(err, "listen elsewhere"))
        self.assertEqual((self.folder / "t.sock").read_text(), "kept")

    def test_a_folder_that_is_missing(self):
        err = self.fails("--listen-unix", "run/it's/t.sock")
        self.paste(self.cure(err, "make its folder"))
        self.starts("""tickcastd --listen-unix "run/it's/t.sock" """)

    def test_a_folder_that_may_not_be_written(self):
        program = self.public_program()
        (self.folder / "closed").mkdir(mode=0o755)
        err = self.fails("--listen-unix", "closed/t.sock", program=program,
                         preexec_fn=started.become_nobody)
        self.assertIn("root", self.paste(self.cure(err, "see who may write there")))

    def test_a_privileged_port(self):
        program = self.public_program()
        err = self.fails("--listen", "127.0.0.1:80", program=program,
                         preexec_fn=started.become_nobody, cwd="/")
        self.assertIn("Permission denied: ports below 1024 need a privilege", err)
        self.assertRegex(self.cure(err, "listen elsewhere"), r"tickcastd --listen 127\.0\.0\.1:5993$")
        command = self.cure(err, "give it to tickcastd")
        self.assertEqual(command, f"sudo setcap cap_net_bind_service=+ep {program}")
        self.paste(command[5:])
        daemon = self.start("--listen", "127.0.0.1:80", program=program,
                            preexec_fn=started.become_nobody, cwd="/")
        self.assertEqual(daemon.stop(), 0)

    def test_an_address_that_this_host_has_not(self):
        err = self.fails("--listen", "203.0.113.9:5993")
        self.assertIn("no interface of this host has this address", err)
        self.assertIn(OUTSIDE, self.paste(self.cure(err, "see those that it has")))
        self.starts(self.cure(err, "listen elsewhere"))

    def test_a_host_that_there_is_not(self):
        err = self.fails("--listen", "no-such-host.invalid:5993")
        self.assertIn("there is no host 'no-such-host.invalid'", err)
        self.assertEqual(self.cure(err, "see what the name stands for"), "getent ahosts no-such-host.invalid")
        self.starts(self.cure(err, "listen elsewhere"))


if __name__ == "__main__":
    started.main()
