"""`tickcast sub` against a server on the libraries of MarketStore, and that server as a yardstick of the
contract: where the tests of the broker look at bytes, it must send the same ones."""
import subprocess
import unittest

import msgpack

from harness import PATIENCE, BUILD, TEXT, Connection, certs, go_build, main, payload


class Stock:
    """The server, with what a Connection needs of a broker."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([go_build("marketstore"), *arguments], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        self.ports = {"ws": port, "wss": port}

    def push(self, *lines):
        for line in lines:
            self.process.stdin.write(line + "\n")

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(PATIENCE)


class MarketStore(unittest.TestCase):
    def sub(self, stock, url, *arguments):
        """Runs `tickcast sub` for two messages. Another subscriber shows that pushes go out; pushing
        ends when the command does."""
        command = subprocess.Popen([BUILD / "bin/tickcast", "sub", "--url", url, "--count", "2", *arguments],
                                   stdout=subprocess.PIPE, text=True)
        lines = []
        while command.poll() is None:
            stock.push('AAPL/1Min/OHLCV {"Open": 1.5}', 'MSFT/1D/OHLCV {"Open": 2}')
            try:
                command.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
        with command.stdout:
            lines = command.stdout.read().splitlines()
        self.assertEqual(command.returncode, 0)
        return lines

    def test_sub_over_ws(self):
        stock = Stock()
        self.addCleanup(stock.end)
        lines = self.sub(stock, f"ws://127.0.0.1:{stock.ports['ws']}", "AAPL/*/OHLCV")
        self.assertEqual(lines, ['AAPL/1Min/OHLCV  {"Open":1.5}'] * 2)

    def test_sub_over_wss(self):
        stock = Stock(certs() / "server.pem", certs() / "server.key")
        self.addCleanup(stock.end)
        lines = self.sub(stock, f"wss://localhost:{stock.ports['wss']}", "--ca", certs() / "ca.pem",
                         "AAPL/*/OHLCV")
        self.assertEqual(lines, ['AAPL/1Min/OHLCV  {"Open":1.5}'] * 2)

    def test_sub_is_told_of_an_invalid_stream(self):
        stock = Stock()
        self.addCleanup(stock.end)
        url = f"ws://127.0.0.1:{stock.ports['ws']}"
        done = subprocess.run([BUILD / "bin/tickcast", "sub", "--url", url, "AAPL/1Min"],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("AAPL/1Min is an invalid stream", done.stderr)

    def test_the_server_keeps_the_contract_that_the_broker_keeps(self):
        stock = Stock()
        self.addCleanup(stock.end)
        with Connection(stock, "ws") as reader:
            request = b"\x82\xa1x\x01\xa7streams\x91\xc4\x05a/b/*trailing"
            reader.send_message(request, TEXT)
            self.assertEqual(reader.message(), request)
            reader.send_message(b"nonsense")
            reader.send_message(msgpack.packb({"streams": ["a/b/c", "AAPL/1Min"]}))
            self.assertEqual(reader.message(), bytes.fromhex(
                "81a56572726f72be4141504c2f314d696e20697320616e20696e76616c69642073747265616d"))
            stock.push("x/b/c 1", 'a/b/d {"k": "v"}')
            self.assertEqual(reader.message(), payload("a/b/d", {"k": "v"}))


if __name__ == "__main__":
    main()
