"""A bad network between clients and a broker: bytes one by one, delays, stalls, resets, halves of
connections, a cable that is pulled. Whoever is hit gets an end in its deadline, nobody else waits, and
nothing is left of it. A steady subscriber on the same shard, which gets a message each millisecond,
shows whether anybody waits; how long, the broker's side tells (wire/host.c).

A shard lets no message wait for 5 ms of its own work. One that waited for a peer would do so for
seconds; a busy machine may hold it up as long, but not in each attempt."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tickcastd"))
import msgpack
import started
from harness import (BINARY, BUILD, PATIENCE, SANITIZED, Case, Connection, Late, attempts, both, certs,
                     frame, go_build, handshake)
from proxy import Proxy
from started import wait_for
from test_clients import CLIENTS, TALK
from test_exposure import HERE, Elsewhere, ip

SETTINGS = {"ping_interval": 300, "dead_time": 1000, "handshake_timeout": 2000, "slow_time": 1000,
            "close_timeout": 300, "slow_memory": 1 << 20, "notsent_lowat": 16384}  # ms and bytes
PATIENT = {"handshake_timeout": 600_000, "dead_time": 7_200_000, "slow_time": 3_600_000}
LATE = 10 if SANITIZED else 1  # seconds that a busy machine may add to a deadline
BUSIEST_US = 100_000 if SANITIZED else 5_000
WORST_US = 5_000_000 if SANITIZED else 500_000


class Host:
    """wire_host, which obeys."""

    def __init__(self, settings):
        self.process = subprocess.Popen(
            [BUILD / "tests/wire_host", certs() / "server.pem", certs() / "server.key",
             *(f"{name}={value}" for name, value in settings.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ws, wss = self.process.stdout.readline().split()
        self.ports = {"ws": int(ws), "wss": int(wss)}

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline()

    def stats(self):
        return json.loads(self.ask("stats"))

    def push(self, key, size, count):
        assert self.ask("push", key, size, count) == "pushed\n"

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        assert code == 0, code


class Steady:
    """A subscriber that reads, whatever happens to others."""

    def __init__(self, host):
        self.connection = Connection(host, "ws").subscribe("steady/1Ms/x")
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while self.connection.read():
            self.connection.buffer.clear()

    def end(self):
        if self.thread.is_alive():
            self.connection.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.connection.socket.close()


class Over(Connection):
    """On a connected socket."""

    def __init__(self, plain, transport):
        self.socket = self.secure(plain) if transport == "wss" else plain
        self.buffer = bytearray()
        self.send(handshake())
        self.response = self.read_head()


class Wire:
    """The parts of a test; each begins and ends with nobody connected but the steady subscriber. What
    came too late is told at the end, when all is in order again."""
    settings = {}  # others than SETTINGS

    @classmethod
    def setUpClass(cls):
        cls.host = Host({**SETTINGS, **cls.settings})
        cls.addClassCleanup(cls.host.process.kill)

    @classmethod
    def tearDownClass(cls):
        cls.host.stop()

    def setUp(self):
        self.late = []
        self.gone(but=0)
        self.descriptors = self.host.descriptors()
        self.steady = Steady(self.host)
        self.addCleanup(self.steady.end)
        self.closed = self.host.stats()["closed"]
        self.assertEqual(self.host.ask("begin"), "begun\n")

    def target(self):
        return "127.0.0.1", self.host.ports[self.transport]

    def gone(self, but):
        """Everybody but so many."""
        wait_for("the end of all", lambda: self.host.stats()["connections_now"] <= but)

    def gone_within(self, milliseconds, but=1):
        """From now on; the steady subscriber stays."""
        begin = time.monotonic()
        self.gone(but)
        took = time.monotonic() - begin
        if took > milliseconds / 1000 + LATE:
            self.late.append(f"all were gone after {took:.1f} s")

    def all_come(self, gauge, count):
        """A busy machine may be behind the deadline of the first before the last has come."""
        def come():
            stats = self.host.stats()
            if stats["closed"] > self.closed:
                raise Late("some had gone before all had come")
            return stats[gauge] == count
        wait_for(gauge, come)

    def judged(self):
        """Nobody waited, and nothing is left."""
        stalls = self.host.stats()["stalls"]
        self.assertGreater(stalls["pushes"], 0)
        if stalls["worst_us"] > WORST_US or stalls["busiest_us"] > BUSIEST_US:
            self.late.append(f"messages waited: {stalls}")
        self.steady.end()
        gauges = "connections_now", "outbound_now", "inbound_now", "groups_now", "handshakes_now"
        wait_for("nothing left", lambda: not any(self.host.stats()[name] for name in gauges))
        wait_for("descriptors", lambda: self.host.descriptors() == self.descriptors)
        stats = self.host.stats()
        ended = sum(count for name, count in stats.items() if name.startswith("ended_"))
        self.assertEqual(stats["accepted"], ended)
        if self.late:
            raise Late("; ".join(self.late))

    def try_to_subscribe(self, proxy, enough=3000):
        """As far as the network lets it; reads to the end of the connection, or enough."""
        with socket.create_connection(("127.0.0.1", proxy.port)) as plain:
            plain.settimeout(PATIENCE)
            try:
                reader = Over(plain, self.transport)
            except (OSError, EOFError):
                return
            with reader:
                try:
                    reader.send(frame(BINARY, msgpack.packb({"streams": ["steady/1Ms/x", "bulk/*/*"]})))
                    while len(reader.buffer) < enough and reader.read():
                        pass
                except OSError:
                    pass


@both
class Clients(Wire):
    """Who is slow, but not gone."""
    settings = PATIENT

    def talk(self, *command):
        """A real client follows TALK, with each byte of both directions by itself."""
        with Proxy(self.target(), one_byte=True) as proxy:
            arguments = [f"{self.transport}://localhost:{proxy.port}"]
            arguments += [certs() / "ca.pem"] * (self.transport == "wss")
            client = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
            self.addCleanup(client.stdout.close)
            self.addCleanup(client.kill)
            with Connection(self.host, "ws", "/publish") as publisher:
                for step in TALK:
                    if isinstance(step, str):
                        self.assertEqual(client.stdout.readline(), step + "\n")
                    else:
                        for number, key in enumerate(step):
                            publisher.publish(key, {"n": number})
            self.assertEqual(client.wait(PATIENCE), 0)
        self.judged()

    @attempts
    def test_python_websockets_byte_by_byte(self):
        self.talk("/usr/bin/python3", CLIENTS / "python_client.py")

    @attempts
    def test_the_go_client_byte_by_byte(self):
        self.talk(go_build("clients/go"))

    @attempts
    def test_tickcast_sub_through_delays(self):
        with Proxy(self.target(), delay=0.02) as proxy:
            url = [f"{self.transport}://localhost:{proxy.port}"]
            url += ["--ca", certs() / "ca.pem"] * (self.transport == "wss")
            done = subprocess.run(
                [BUILD / "bin/tickcast", "sub", "--count", "20", "--url", *url, "steady/1Ms/x"],
                capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("steady/1Ms/x"), 20, done.stdout)
        self.judged()


@both
class Faults(Wire):
    @property
    def asked(self):
        """About so many bytes go up until a client is subscribed."""
        return 200 if self.transport == "ws" else 900

    def sweep(self, fault, way, offsets):
        for after in offsets:
            with self.subTest(fault=fault, way=way, after=after):
                with Proxy(self.target(), fault=fault, way=way, after=after) as proxy:
                    self.try_to_subscribe(proxy)

    @attempts
    def test_resets_anywhere(self):
        """In the TLS handshake, the opening handshake, the request, its echo, payloads."""
        for way, last in ("up", self.asked), ("down", 2800):
            self.sweep("reset", way, range(0, last, last // 70))
        self.gone_within(0)
        self.judged()

    @attempts
    def test_halves_of_connections(self):
        self.sweep("half-close", "up", range(0, self.asked, self.asked // 50))
        self.gone_within(0)
        self.judged()

    def stalled(self, way, offsets):
        """Clients that go silent after so many bytes, all at once."""
        with contextlib.ExitStack() as ends:
            for after in offsets:
                proxy = ends.enter_context(Proxy(self.target(), fault="stall", way=way, after=after))
                client = threading.Thread(target=self.try_to_subscribe, args=[proxy, 1 << 30])
                client.start()
                self.addCleanup(client.join)
            self.addCleanup(ends.pop_all().close)

    @attempts
    def test_handshakes_that_stop_end_in_their_deadline(self):
        last = 1 if self.transport == "ws" else 400  # bytes of which neither handshake is done
        before = self.host.stats()
        self.stalled("up", [last + 5 * i for i in range(20)])
        self.all_come("handshakes_now", 20)
        self.gone_within(SETTINGS["handshake_timeout"])
        self.assertEqual(self.host.stats()["ended_handshake_late"] - before["ended_handshake_late"], 20)
        self.judged()

    @attempts
    def test_readers_that_stop_are_evicted(self):
        """The proxy takes what its socket holds, and no more."""
        before = self.host.stats()
        self.stalled("down", [4000 + 50 * i for i in range(20)])
        self.all_come("subscribers_now", 21)
        self.host.push("bulk/1Min/x", 60000, 400)  # 24 MB for each
        self.gone_within(SETTINGS["slow_time"] + SETTINGS["close_timeout"])
        self.assertEqual(self.host.stats()["ended_slow"] - before["ended_slow"], 20)
        self.judged()


class Cable(Wire, Case):
    """Half-open connections: packets neither arrive nor are acknowledged, and nobody says so."""
    settings = {"handshake_timeout": 10_000}  # which all but one must have done before

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = Elsewhere()
        cls.addClassCleanup(cls.elsewhere.end)

    def far(self, transport):
        plain = self.elsewhere.socket(socket.AF_INET)
        plain.settimeout(PATIENCE)
        plain.connect((HERE, self.host.ports[transport]))
        reader = Over(plain, transport)
        self.addCleanup(reader.socket.close)
        return reader

    @attempts
    def test_peers_behind_a_pulled_cable_are_gone_in_their_time(self):
        ip("link", "set", "cable", "up")
        readers = [self.far(transport) for transport in ("ws", "wss") * 10]
        for number, reader in enumerate(readers):
            reader.subscribe("quiet/1Min/x" if number % 2 else "other/1Min/x")
        handshaking = self.elsewhere.socket(socket.AF_INET)
        self.addCleanup(handshaking.close)
        handshaking.connect((HERE, self.host.ports["ws"]))
        handshaking.sendall(handshake()[:20])
        self.all_come("connections_now", len(readers) + 2)
        before = self.host.stats()
        ip("link", "set", "cable", "down")
        self.host.push("other/1Min/x", 100, 3)
        within = SETTINGS["dead_time"] + SETTINGS["ping_interval"]
        self.gone_within(within, but=2)
        self.gone_within(self.settings["handshake_timeout"] - within)
        after = self.host.stats()
        self.assertEqual(sum(after[end] - before[end] for end in ("ended_dead", "ended_peer_reset", "ended_slow")),
                         len(readers))
        self.judged()


if __name__ == "__main__":
    started.main()
