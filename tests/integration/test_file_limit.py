"""No descriptors left: those who are connected notice nothing, the others are taken as soon as there are
some again. The broker has 256; a thousand connect."""
import os
import pathlib
import selectors
import socket
import time

from harness import PATIENCE, SANITIZED, Case, Connection, Late, attempts, both, handshake, main, payload

FILES = 256
MANY = 1000
MESSAGES = 200
KEY = "AAPL/1Min/OHLCV"
MOST_CPU = 0.5 if SANITIZED else 0.05  # of a core, while full
SOON = 10 if SANITIZED else 1          # seconds until somebody is accepted again
KEPT = 1                               # seconds that who was refused has at least to send its request


def cpu(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


class Crowd:
    """Connections that say nothing."""

    def __init__(self, port):
        self.sockets = []
        for _ in range(MANY):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
            self.sockets.append(each)

    def wait_connected(self):
        """As far as the kernel is concerned."""
        with selectors.DefaultSelector() as waiting:
            for each in self.sockets:
                waiting.register(each, selectors.EVENT_WRITE)
            while waiting.get_map():
                for key, _ in waiting.select(PATIENCE):
                    assert key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
                    waiting.unregister(key.fileobj)

    def close(self):
        for each in self.sockets:
            each.close()


class Full:
    """What is alike with and without a limit of connections."""
    settings = {"within": ["prlimit", f"--nofile={FILES}:{FILES}"]}

    def setUp(self):
        self.old = [self.connect().subscribe(KEY) for _ in range(5)]
        self.pusher = self.publisher(transport="unix")
        self.sent = 0

    def crowd(self):
        crowd = Crowd(self.broker.ports[self.transport])
        self.addCleanup(crowd.close)
        crowd.wait_connected()
        return crowd

    def wait_until(self, true):
        deadline = time.monotonic() + PATIENCE
        while not true():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def said(self, text):
        return any(text in line for line in list(self.broker.lines))

    def cpu_of_a_second(self):
        before, start = cpu(self.broker.process), time.monotonic()
        time.sleep(1)  # it is idleness that is measured
        return (cpu(self.broker.process) - before) / (time.monotonic() - start)

    def check_old(self):
        """Each gets all that is published, in order."""
        first = self.sent
        for self.sent in range(first + 1, first + MESSAGES + 1):
            self.pusher.publish(KEY, self.sent)
        for each in self.old:
            for number in range(first + 1, first + MESSAGES + 1):
                self.assertEqual(each.message(), payload(KEY, number))

    def time_of_a_newcomer(self):
        start = time.monotonic()
        while True:
            try:
                with Connection(self.broker, self.transport) as newcomer:
                    if newcomer.response.startswith(b"HTTP/1.1 101 "):
                        newcomer.subscribe(KEY)
                        return time.monotonic() - start
            except (OSError, EOFError):
                pass  # refused: TLS ends before HTTP begins
            self.assertLess(time.monotonic() - start, PATIENCE)

    def check_all(self, full):
        crowd = self.crowd()
        self.wait_until(full)
        self.check_old()
        used = self.cpu_of_a_second()
        self.assertLessEqual(descriptors(self.broker.process), FILES)
        crowd.close()
        waited = self.time_of_a_newcomer()
        if used > MOST_CPU or waited > SOON:
            raise Late(f"{used:.3f} of a core while full, then {waited:.2f} s until somebody is served")
        self.check_old()


@both
class Without(Full):
    """More connections are allowed than there are descriptors: accept() fails."""
    settings = {**Full.settings, "max_connections": 5000}

    @attempts
    def test_a_thousand_connect_and_go(self):
        for _ in range(2):
            self.check_all(lambda: descriptors(self.broker.process) == FILES)
        self.assertTrue(self.said("cannot accept: Too many open files"))


@both
class With(Full):
    """As it is by default: 64 descriptors fewer than there are."""
    @attempts
    def test_a_thousand_connect_and_go(self):
        self.check_all(lambda: self.said("max_connections (192) reached"))


class Refused(Full, Case):
    """Over TLS nothing can be said before a handshake."""

    def test_who_is_refused_can_read_why(self):
        """Also whose request comes after the answer: no reset follows it."""
        self.crowd()
        self.wait_until(lambda: self.said("max_connections (192) reached"))
        refused = []
        for _ in range(100):  # more than are kept at a time
            begun = time.monotonic()
            late = Connection(self.broker, "ws", None)
            self.addCleanup(late.socket.close)
            late.read()
            late.send(handshake())
            refused.append((late, time.monotonic() - begun))
        for late, took in refused:
            answer = late.read_all()
            self.assertTrue(answer.startswith(b"HTTP/1.1 503 "), answer)
            self.assertTrue(answer.endswith(b"too many connections\n"), answer)
            if took < KEPT:
                self.assertEqual(late.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0)


if __name__ == "__main__":
    main()
