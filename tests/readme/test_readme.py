"""Every code block of README.md is run as it stands there, and does what the README says.

A block is a file, where it is a program or a configuration, or a command of a shell. BLOCKS says what
to do with each; a block that is not in it, or no longer in the README, is a failure.

The README builds what is run here: TICKCAST_BUILD is only where Go keeps what it has compiled.
"""
import gzip
import json
import os
import re
import socket
import ssl
import subprocess
import time
import unittest

import stage
from blocks import blocks
from stage import BUILD, BUILD_PATIENCE, OUTSIDE, PATIENCE, ROOT, Program

README = {block.name: block for block in blocks((ROOT / "README.md").read_text())}
BLOCKS = {} # name of a block: the method that runs it
FIRST_TICK = 10 # seconds from starting the daemon to the first line
STARTS = 5 # of which a busy machine may delay some
BAR = {"Epoch": 1700000040, "Open": 226.0, "Close": 226.25}
TRADES = "epoch_ms,symbol,price,size\n" + "".join(
    f"{1381152600000 + 100 * n},{'SPY' if n % 2 else 'AIG'},{167 + n / 4:.2f},{100 * n + 100}\n"
    for n in range(40))


def runs(*names):
    """The decorated test runs the blocks with these names, which it gets as arguments."""
    def decorate(method):
        for name in names:
            assert name not in BLOCKS, name
            BLOCKS[name] = method

        def test(self):
            method(self, *(self.block(name) for name in names))
        test.__doc__ = None
        return test
    return decorate


class Readme(unittest.TestCase):
    """The blocks, in a copy of the source in which the README's first lines were followed."""

    @classmethod
    def setUpClass(cls):
        cls.source = stage.copy_of_source()
        installed = cls.source.parent / "installed"
        tools = cls.source.parent / "tools"
        tools.mkdir()
        # Root or not: what is installed goes below DESTDIR, so the system's linker is told of nothing.
        (tools / "sudo").write_text('#!/bin/sh\n[ "$1" = ldconfig ] || exec "$@"\n')
        (tools / "sudo").chmod(0o755)
        (cls.source / "node_modules").symlink_to("tests/clients/node/node_modules")
        with gzip.open(cls.source / "trades.csv.gz", "wt") as out:
            out.write(TRADES)
        local = installed / "usr/local"
        cls.environment = dict(
            os.environ, DESTDIR=str(installed), PYTHONUNBUFFERED="1", TERM="xterm-256color",
            PATH=f"{tools}:{local / 'bin'}:/usr/bin:{os.environ['PATH']}",
            LD_LIBRARY_PATH=str(local / "lib"), PKG_CONFIG_PATH=str(local / "lib/pkgconfig"),
            CMAKE_PREFIX_PATH=str(local), CMAKE_BUILD_PARALLEL_LEVEL="2",
            GOCACHE=str(BUILD / "go-cache"))
        for name in "CFLAGS", "LDFLAGS", "NO_COLOR":
            cls.environment.pop(name, None)
        cls.shell(cls, README["The first ten minutes: sh"].text).finish(BUILD_PATIENCE)
        for program in "tickcastd", "tickcast", "tickcast-bench":
            assert (local / "bin" / program).is_file(), f"{program} was not installed"

    def block(self, name):
        return README[name].text

    # Programs.

    def shell(self, text, terminal=False, **environment):
        """Runs a block as pasted into a shell."""
        program = Pasted(["bash", "-euo", "pipefail", "-c", text], self.source,
                         dict(self.environment, **environment), terminal)
        if isinstance(self, unittest.TestCase):
            self.addCleanup(program.end)
        return program

    def program(self, name, text, terminal=False):
        """Writes a program under `name` and runs the command in its first line."""
        (self.source / name).write_text(text)
        command = re.match(r"(?:#|//|/\*) (.+?)(?: \*/)?$", text.split("\n")[0])
        self.assertIsNotNone(command, f"the first line of {name} is not the command that runs it")
        self.assertIn(name, command[1])
        return self.shell(command[1], terminal)

    def daemon(self, text="tickcastd"):
        daemon = self.shell(text)
        daemon.until(r"^ready$")
        return daemon

    def stop(self, daemon):
        daemon.interrupt()
        self.assertEqual(daemon.wait(), 0, daemon.text)

    def configured(self, text):
        """A daemon with this configuration, after --check took it."""
        (self.source / "tickcast.yml").write_text(text)
        self.shell(self.block("Configure: sh")).finish()
        return self.daemon("tickcastd -c tickcast.yml")

    def pub(self, key, data, *more):
        done = subprocess.run(["tickcast", "pub", *more, key, json.dumps(data)], cwd=self.source,
                              env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def pub_until(self, condition, key, data, *more):
        """Publishes again and again: a subscriber need not be there at once, some are compiled first."""
        deadline = time.monotonic() + BUILD_PATIENCE
        while not condition(0.2):
            self.assertLess(time.monotonic(), deadline, "what was published did not arrive")
            self.pub(key, data, *more)

    def sub(self, *arguments):
        """A `tickcast sub --json` of everything that has its subscription."""
        sub = Subscriber(["tickcast", "sub", "--json", *arguments, "*/*/*"], self.source,
                         self.environment)
        self.addCleanup(sub.end)
        more = arguments[:2] if "--url" in arguments else ()
        self.pub_until(lambda seconds: sub.said("THE/TEST/ITSELF", seconds), "THE/TEST/ITSELF", 0, *more)
        return sub

    # What is in README.md.

    def test_every_block_is_run(self):
        unknown = [f"line {block.line}: {name}" for name, block in README.items() if name not in BLOCKS]
        self.assertEqual(unknown, [], "these blocks of README.md are run by no test")
        self.assertEqual([name for name in BLOCKS if name not in README], [])

    @runs("The first ten minutes: sh")
    def test_installing(self, text):
        where = self.shell("command -v tickcastd tickcast && tickcastd --version && tickcast --version")
        where.finish()
        self.assertEqual(where.text.count(self.environment["DESTDIR"]), 2)

    @runs("The first ten minutes: sh 2", "The first ten minutes: sh 3", "The first ten minutes: sh 4",
          "The first ten minutes: sh 5")
    def test_the_invented_market(self, demo, table, subscribe, publish):
        for _ in range(STARTS):
            began = time.monotonic()
            daemon = self.daemon(demo)
            sub = self.shell(subscribe)
            sub.until("^(AAPL|MSFT)/Tick/(TRADE|QUOTE)  ")
            took = time.monotonic() - began
            if took < FIRST_TICK:
                break
            sub.end()
            self.stop(daemon)
        print(f"the first tick came {took:.2f} s after the start ... ", end="", flush=True)
        self.assertLess(took, FIRST_TICK)
        for key in "AAPL/Tick/TRADE", "MSFT/Tick/TRADE", "AAPL/Tick/QUOTE":
            sub.until(f"^{key}  ")
        table = self.shell(table, terminal=True)
        for symbol in "AAPL", "MSFT":
            table.until(rf"{symbol}\s[^\n]*\d\d:\d\d:00\s[^\n]*\d\.\d\d")
        table.interrupt()
        self.assertEqual(table.wait(), 0, table.text)
        self.shell(publish).finish()
        sub.until(r'^AAPL/Tick/TRADE  \{"Price":226.05,"Size":100\}')
        sub.interrupt()
        self.assertEqual(sub.wait(), 0, sub.text)
        self.stop(daemon)

    @runs("The first ten minutes: sh 6")
    def test_does_a_stream_select_a_key(self, text):
        self.shell(text).finish()

    def subscriber(self, name, text, answer=r"^[^/]*streams.*\*/1Min/OHLCV"):
        daemon = self.daemon()
        program = self.program(name, text)
        self.pub_until(lambda seconds: program.said(r"(?s)AAPL/1Min/OHLCV.*226\.25", seconds),
                       "AAPL/1Min/OHLCV", BAR)
        self.pub("MSFT/Tick/TRADE", {"Price": 999}) # not selected
        self.pub("AAPL/Tick/TRADE", {"Price": 42.5})
        program.until(r"AAPL/Tick/TRADE[^/]*42\.5|42\.5[^/]*AAPL/Tick/TRADE")
        self.assertRegex(program.text, answer)
        self.assertNotIn("999", program.text)
        program.end()
        self.stop(daemon)

    @runs("Subscribe: python")
    def test_a_subscriber_in_python(self, text):
        self.subscriber("subscribe.py", text)

    @runs("Subscribe: js")
    def test_a_subscriber_in_javascript(self, text):
        self.subscriber("subscribe.js", text)

    @runs("Subscribe: go")
    def test_a_subscriber_in_go(self, text):
        self.subscriber("subscribe.go", text)

    @runs("Subscribe: c")
    def test_a_subscriber_in_c(self, text):
        self.subscriber("subscribe.c", text, "^AAPL/1Min/OHLCV ") # its client takes the answer

    @runs("Publish: python")
    def test_a_publisher_in_python(self, text):
        daemon = self.daemon()
        sub = self.sub()
        publisher = self.program("publish.py", text)
        publisher.finish()
        self.assertIn('{"ack":1}', publisher.text.replace(" ", ""))
        self.assertEqual(sub.data("AAPL/1Min/OHLCV")["Close"], 226.25)
        self.stop(daemon)

    @runs("Publish: c")
    def test_a_publisher_in_c(self, text):
        daemon = self.daemon()
        sub = self.sub()
        self.program("publish.c", text).finish()
        self.assertEqual(sub.data("AAPL/1Min/OHLCV"), {"Epoch": 1, "Close": 226})
        self.stop(daemon)

    @runs("Publish: sh")
    def test_a_file_of_rows(self, text):
        daemon = self.daemon()
        sub = self.sub()
        self.shell(text).finish()
        sub.until(r'"size":4000\b')
        self.assertEqual(sub.data("SPY/Tick/TRADE"),
                         {"epoch_ms": 1381152600100, "symbol": "SPY", "price": 167.25, "size": 200})
        self.assertEqual(len(re.findall("/Tick/TRADE", sub.text)), TRADES.count("\n") - 1)
        self.stop(daemon)

    @runs("From MarketStore in five minutes: sh", "From MarketStore in five minutes: sh 2")
    def test_a_relay_of_a_marketstore(self, start, relay):
        stock = subprocess.Popen([self.go_build("marketstore")], text=True, bufsize=1,
                                 env=dict(self.environment, LISTEN="127.0.0.1:5993"),
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with stock.stdin, stock.stdout:
            self.addCleanup(stock.kill)
            stock.stdout.readline()
            daemon = self.daemon(start)
            sub = self.sub("--url", "ws://127.0.0.1:5994")
            relay = self.shell(relay)
            deadline = time.monotonic() + PATIENCE
            while not sub.said("AAPL/1Min/OHLCV", 0.2):
                self.assertLess(time.monotonic(), deadline, relay.text)
                stock.stdin.write("AAPL/1Min/OHLCV " + json.dumps(BAR) + "\n")
            self.assertEqual(sub.data("AAPL/1Min/OHLCV"), BAR)
            relay.end()
            self.stop(daemon)

    @runs("Embed: c")
    def test_a_broker_in_a_program(self, text):
        self.host(self.program("embed.c", text, terminal=True))

    @runs("Embed: cmake")
    def test_a_broker_in_a_program_made_with_cmake(self, text):
        folder = self.source / "embedded"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(text)
        (folder / "embed.c").write_text(self.block("Embed: c"))
        self.shell("cmake -S embedded -B embedded/build && cmake --build embedded/build").finish(BUILD_PATIENCE)
        self.host(self.shell("embedded/build/embed", terminal=True))

    def host(self, host):
        host.until("Return publishes a bar")
        sub = self.sub()
        host.type("\n\n")
        self.assertEqual(sub.data("AAPL/1Min/OHLCV"), {"Epoch": 1, "Close": 226})
        host.type("\x04")
        self.assertEqual(host.wait(), 0, host.text)

    @runs("Install elsewhere: sh", "Install elsewhere: sh 2", "Install elsewhere: sh 3")
    def test_a_prefix_of_ones_own(self, install, compile, examples):
        home = self.source.parent / "home"
        home.mkdir()
        alone = dict.fromkeys(("DESTDIR", "LD_LIBRARY_PATH", "CMAKE_PREFIX_PATH", "PKG_CONFIG_PATH"), "")
        look = "ldd embed\n./subscribe || ldd ./subscribe || true\n"
        done = self.shell(install + compile + look + examples, HOME=str(home), **alone)
        done.finish(BUILD_PATIENCE)
        self.assertIn(f"=> {home}/tickcast/lib/", done.text)
        self.assertIn("usage: subscribe URL", done.text)
        self.assertIn("not a dynamic executable", done.text)
        self.assertEqual(re.findall("^AAPL/Tick/TRADE (.+?)\r?$", done.text, re.M),
                         [f"{226 + n / 4:g}" for n in range(10)])

    @runs("Load tests: sh", "Load tests: sh 2")
    def test_load_tests(self, tick, minute):
        daemon = self.daemon()
        for text in tick, minute:
            run = self.shell(text)
            code = run.wait(BUILD_PATIENCE)
            verdict = run.until(r"^(VALID|NOISY|INVALID)\b")[1]
            # How quiet this machine is, is not for a test to say; what is lost is.
            self.assertEqual(code, {"VALID": 0, "NOISY": 3, "INVALID": 4}[verdict], run.text)
        result = json.loads((self.source / "bench.json").read_text())
        self.assertEqual((result["verdict"], result["lost"]), (verdict, 0))
        self.assertGreater(result["received"], 50 * 1000)
        self.assertIn("<svg", (self.source / "bench.html").read_text())
        self.assertIn("<testsuite", (self.source / "bench.xml").read_text())
        self.stop(daemon)

    def go_build(self, source):
        program = BUILD / "tests" / source.replace("/", "_")
        subprocess.run(["go", "build", "-o", program, "."], cwd=ROOT / "tests" / source, check=True,
                       env=dict(self.environment, GO111MODULE="off", GOPATH="/usr/share/gocode"))
        return program

    @runs("From MarketStore in five minutes: go")
    def test_a_publisher_in_go(self, text):
        daemon = self.daemon()
        sub = self.sub()
        self.program("publish.go", text).finish(BUILD_PATIENCE)
        self.assertEqual(sub.data("AAPL/1Min/OHLCV"), BAR)
        self.stop(daemon)

    # Configurations.

    def status(self, host, path, port=5993):
        """The first line of the answer to a WebSocket handshake at `host` from `host`."""
        with socket.create_connection((host, port), PATIENCE, (host, 0)) as peer:
            peer.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
                         "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
            return peer.recv(4096).decode().split("\r\n")[0].split(" ")[1]

    def test_without_a_configuration_others_are_refused(self):
        daemon = self.daemon()
        self.assertEqual(self.status("127.0.0.1", "/ws"), "101")
        self.assertEqual(self.status(OUTSIDE, "/ws"), "403")
        self.stop(daemon)

    @runs("Configure: yaml", "Configure: sh")
    def test_serving_the_network(self, text, check):
        daemon = self.configured(text)
        self.assertEqual(self.status(OUTSIDE, "/ws"), "101")
        self.assertEqual(self.status(OUTSIDE, "/publish"), "403")
        self.assertEqual(self.status("127.0.0.1", "/publish"), "101")
        self.stop(daemon)

    def receives(self, command):
        """A subscriber gets what is published on the Unix socket."""
        sub = self.shell(command)
        self.pub_until(lambda seconds: sub.said("^AAPL/1Min/OHLCV  ", seconds), "AAPL/1Min/OHLCV", BAR,
                       "--url", f"unix://{self.source}/tickcast.sock")
        sub.interrupt()
        self.assertEqual(sub.wait(), 0)

    @runs("Configure: yaml 2", "Configure: sh 2", "Configure: sh 3")
    def test_tls(self, text, certificate, sub):
        self.shell(certificate).finish()
        daemon = self.configured(text)
        self.receives(sub)
        self.stop(daemon)

    @runs("Secure: yaml")
    def test_facing_the_internet(self, text):
        self.shell("scripts/gen-certs certs").finish()
        daemon = self.configured(text.replace("/etc/tickcast/", "certs/").replace("/var/lib/tickcast/", ""))
        context = ssl.create_default_context(cafile=self.source / "certs/ca.pem")

        def connections(count): # all there before the first is looked at, however slow handshakes are
            return [socket.create_connection((OUTSIDE, 5994), PATIENCE, (OUTSIDE, 0)) for _ in range(count)]

        def served(plain):
            with plain:
                try:
                    context.wrap_socket(plain, server_hostname="localhost").close()
                except OSError:
                    return False
            return True
        self.assertTrue(all([served(plain) for plain in connections(10)]))
        self.assertFalse(all([served(plain) for plain in connections(200)]), "there is no limit")
        self.assertEqual(self.status("127.0.0.1", "/publish"), "101")
        self.stop(daemon)

    @runs("TLS: yaml", "TLS: sh")
    def test_clients_with_certificates(self, text, sub):
        self.shell("scripts/gen-certs certs").finish()
        daemon = self.configured(text.replace("listen:\n", "listen:\n  - unix:tickcast.sock\n"))
        refused = self.shell("tickcast sub --no-reconnect --url wss://localhost:5994 --ca certs/ca.pem '*/*/*'")
        self.assertEqual(refused.wait(), 1)
        refused.until("certificate required")
        self.receives(sub)
        self.stop(daemon)

    @runs("Behind a balancer: yaml")
    def test_a_balancer(self, text):
        daemon = self.configured(text)
        header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([192, 0, 2, 1, 192, 0, 2, 2, 1, 1, 2, 2])
        for first, path, status in (header, "/ws", b"101"), (header, "/publish", b"403"), (b"", "/ws", b""):
            with socket.create_connection(("127.0.0.1", 5993), PATIENCE) as balancer:
                balancer.sendall(first + f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
                try:
                    self.assertEqual(balancer.recv(12)[9:], status)
                except ConnectionResetError:
                    self.assertEqual(status, b"")
        self.stop(daemon)

    @runs("Configure: yaml 3")
    def test_publishers_elsewhere(self, text):
        daemon = self.configured(text)
        self.assertEqual(self.status(OUTSIDE, "/publish"), "101")
        self.stop(daemon)

    @runs("Configure: yaml 4")
    def test_feeds(self, text):
        daemon = self.configured(text)
        sub = self.shell("tickcast sub '*/Tick/*'")
        for symbol in "AAPL", "MSFT", "BRK.B":
            sub.until(f"^{symbol}/Tick/TRADE  ")
        for _ in range(2): # again and again
            sub.until(r'^SPY/Tick/TRADE  \{"Price":167.25,"Size":200\}$(?s:.*)^SPY/Tick/TRADE  '
                      r'\{"Price":167.25,"Size":200\}$')
        sub.end()
        self.stop(daemon)

    @runs("Configure: sh 4")
    def test_a_feed_of_rows_from_a_program(self, text):
        # The rows come once, so the file waits for the subscriber.
        rows = self.source / "trades.csv.gz"
        packed = rows.read_bytes()
        rows.unlink()
        self.addCleanup(rows.write_bytes, packed)
        self.addCleanup(rows.unlink)
        os.mkfifo(rows)
        with open(rows, "r+b", buffering=0) as writer:
            daemon = self.daemon(text)
            sub = self.sub()
            writer.write(packed)
        self.assertEqual(sub.data("SPY/Tick/TRADE"),
                         {"epoch_ms": 1381152600100, "symbol": "SPY", "price": 167.25, "size": 200})
        self.stop(daemon)

    @runs("Configure: yaml 5")
    def test_limits(self, text):
        daemon = self.configured(text)
        streams = [f"A{n}/1Min/OHLCV" for n in range(64)]
        sub = self.shell("tickcast sub " + " ".join(streams) + " ONE/TOO/MANY")
        sub.until("more than 64 streams")
        self.assertEqual(sub.wait(), 1)
        self.stop(daemon)


class Pasted(Program):
    def finish(self, seconds=PATIENCE):
        """It ends by itself and well."""
        code = self.wait(seconds)
        if code != 0:
            raise AssertionError(f"exit code {code} of\n{self.command[-1]}\n{self.text}")


class Subscriber(Program):
    def data(self, key):
        """The data of the first message with this key."""
        line = self.until(rf'^\{{"key":"{re.escape(key)}".*\}}$')[0]
        return json.loads(line)["data"]


if __name__ == "__main__":
    stage.enter_namespace()
    unittest.main(verbosity=2)
