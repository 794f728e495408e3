"""Who is served from where: two network namespaces with a cable between them, a broker in one and
clients in both. Needs root or user namespaces; without either it fails."""

import ctypes
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tickcastd"))
import started
from harness import handshake
from started import PATIENCE, Case, wait_for

HERE, THERE = "198.51.100.1", "198.51.100.2"
HERE6, THERE6 = "fd00:5993::1", "fd00:5993::2"
CLONE_NEWNET = 0x40000000
SUBSCRIBERS = (b"subscribing is allowed from loopback and Unix sockets only; to allow it set "
               b"`subscribers_from: any` in the configuration file, or start tickcastd with "
               b"--subscribers-from any\n")
PUBLISHERS = (b"publishing is allowed from loopback and Unix sockets only; to allow it set "
              b"`publishers_from: any` in the configuration file, or start tickcastd with "
              b"--publishers-from any\n")


def ip(*args):
    done = subprocess.run(["ip", *args], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"the cable between two network namespaces cannot be made: ip {' '.join(args)}: {done.stderr}")


class Elsewhere:
    """A network namespace that is another host; it lives as long as its process."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["unshare", "-n", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        ours = os.readlink("/proc/self/ns/net")
        self.net = f"/proc/{self.process.pid}/ns/net"
        wait_for("another namespace", lambda: os.readlink(self.net) != ours)
        pid = str(self.process.pid)
        ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", pid)
        for address in f"{HERE}/24", f"{HERE6}/64":
            ip("address", "add", address, "dev", "cable", *["nodad"] * (":" in address))
        ip("link", "set", "cable", "up")
        inside = ["nsenter", "--net=" + self.net, "ip"]
        for args in (["address", "add", f"{THERE}/24", "dev", "cable"],
                     ["address", "add", f"{THERE6}/64", "dev", "cable", "nodad"],
                     ["link", "set", "cable", "up"], ["link", "set", "lo", "up"]):
            subprocess.run([*inside, *args], check=True)

    def socket(self, family):
        """A socket stays in the namespace in which it was made: a thread goes there to make one."""
        made = []

        def make():
            with open(self.net) as net:
                if ctypes.CDLL(None, use_errno=True).setns(net.fileno(), CLONE_NEWNET) == 0:
                    made.append(socket.socket(family))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class Exposure(Case):
    @classmethod
    def setUpClass(cls):
        cls.elsewhere = Elsewhere()
        cls.addClassCleanup(cls.elsewhere.end)

    def ask(self, path, host=HERE, port=5993, local=False):
        """Status and body of the answer to a handshake from the other host, or from this one."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) if local else self.elsewhere.socket(family) as peer:
            peer.settimeout(PATIENCE)
            peer.connect((host, port))
            peer.sendall(handshake(path))
            answer = b""
            while b"\r\n\r\n" not in answer:
                more = peer.recv(4096)
                self.assertTrue(more, answer)
                answer += more
            head, _, body = answer.partition(b"\r\n\r\n")
            status = int(head.split()[1])
            if status != 101:
                while more := peer.recv(4096):
                    body += more
        return status, body

    def served(self, path, **where):
        self.assertEqual(self.ask(path, **where)[0], 101)

    def file(self, text):
        (self.folder / "t.yml").write_text(text)
        return ["-c", "t.yml"]

    def stop(self, daemon):
        self.assertEqual(daemon.stop(), 0, daemon.err)

    def test_without_a_configuration_others_get_the_line_to_set(self):
        daemon = self.start()
        self.assertEqual(self.ask("/ws"), (403, SUBSCRIBERS))
        self.assertEqual(self.ask("/publish"), (403, PUBLISHERS))
        for path in "/ws", "/publish":
            self.served(path, host="127.0.0.1", local=True)
        self.stop(daemon)

    def test_the_menu_says_which_addresses_answer_403(self):
        daemon = self.start()
        self.assertIn(f"ws://{HERE}:5993/ws  (cable)  answers 403, see subscribers\n", daemon.out)
        self.assertEqual(self.ask("/ws", host=HERE, local=True), (403, SUBSCRIBERS))
        self.stop(daemon)

    def test_the_line_and_the_flag_of_the_answer_open_it(self):
        for body, path in (SUBSCRIBERS, "/ws"), (PUBLISHERS, "/publish"):
            line, flag, value = re.search(rb"`(.+)`.* (--\S+) (\S+)\n", body).groups()
            for args in self.file(line.decode() + "\n"), [flag.decode(), value.decode()]:
                with self.subTest(args):
                    daemon = self.start(*args)
                    self.served(path)
                    other = "/publish" if path == "/ws" else "/ws"
                    self.assertEqual(self.ask(other)[0], 403)
                    self.stop(daemon)

    def test_the_commands_of_the_menu_open_it(self):
        for option, path in ("subscribers", "/ws"), ("publishers", "/publish"):
            daemon = self.start()
            command = re.search(rf"tickcastd --{option}-from=any", daemon.out)[0]
            self.stop(daemon)
            again = self.shell("exec " + command)
            again.until(r"^ready$")
            self.served(path)
            again.interrupt()
            self.assertEqual(again.wait(), 0)

    def test_a_configured_listener_serves_everybody(self):
        for args in (["--listen", "0.0.0.0:5993"], self.file("listen: [0.0.0.0:5993]\n"),
                     self.file("listen_port: 5993\n"), ["--listen", f"{HERE}:5993"]):
            with self.subTest(args):
                daemon = self.start(*args)
                self.served("/ws")
                self.assertEqual(self.ask("/publish"), (403, PUBLISHERS))
                self.stop(daemon)

    def test_what_is_published_here_arrives_there(self):
        daemon = self.start("--listen", "0.0.0.0:5993")
        inside = f"nsenter --net={self.elsewhere.net} "
        reader = self.shell(f"exec {inside} tickcast sub --url ws://{HERE}:5993 '*/*/*'")
        published = lambda: self.paste("""tickcast pub AAPL/Tick/TRADE '{"Price": 1}'""") == "" \
            and reader.said("^AAPL/Tick/TRADE  ", 0.3)
        wait_for("a delivery", published)
        reader.interrupt()
        self.assertEqual(reader.wait(), 0, reader.text)
        refused = self.shell(f"{inside} tickcast pub --url ws://{HERE}:5993 AAPL/Tick/TRADE 1")
        refused.until("403: " + PUBLISHERS.decode().strip())
        self.assertEqual(refused.wait(), 1)
        self.stop(daemon)

    def test_the_same_on_ipv6(self):
        daemon = self.start("--listen", "[::]:5993")
        self.served("/ws", host=HERE6)
        self.assertEqual(self.ask("/publish", host=HERE6), (403, PUBLISHERS))
        self.served("/publish", host="::1", local=True)
        self.stop(daemon)
        daemon = self.start("--listen", "[::]:5993", "--subscribers-from", "loopback")
        self.assertEqual(self.ask("/ws", host=HERE6), (403, SUBSCRIBERS))
        self.served("/ws", host="::1", local=True)
        self.stop(daemon)


if __name__ == "__main__":
    started.main()
