"""What RFC 6455 demands of a server: a test for each row of table.tsv and each way to drive it, named
by its sentence. The rows run on ws_echo, and on tickcastd where they do not hang on the echo; on ws and
wss; as bytes of our own in segments and one by one, and through clients that others wrote."""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

import harness
import large
import raw
import table
import with_autobahn
import with_websockets
import with_ws

SINGLE_BYTES = 1000  # rows that send more are not sent byte by byte

SERVERS = {
    "echo": dict(program="ws_echo", workers=2),
    "small": dict(program="ws_echo", config=HERE / "small.yml"),
    "tickcastd": dict(workers=2, strict_utf8="true"),
}
SERVES = {"echo": ["both", "echo"], "small": ["small"], "tickcastd": ["both"]}
CLIENTS = {"autobahn": with_autobahn, "ws": with_ws, "websockets": with_websockets}
ROWS = list(table.rows())


class Server(unittest.TestCase):
    """One server for the tests of a class."""
    server = transport = None

    @classmethod
    def setUpClass(cls):
        # a client that a busy machine holds up is not reset after the end of its connection
        cls.broker = harness.Broker(close_timeout="60s", **SERVERS[cls.server])
        cls.addClassCleanup(cls.broker.kill)

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()


def raw_test(row, single):
    def test(self):
        raw.run(self.broker, self.transport, row, self.server != "tickcastd", single)
    return test


def client_test(row, name):
    """A client drives all its rows at once, when the first of them is asked for."""
    def test(self):
        if name not in self.results:
            rows = [each for each in ROWS if name in each.who and each.where in SERVES[self.server]]
            self.results[name] = CLIENTS[name].run(self.broker.url(self.transport), rows)
        result = self.results[name][row.number]
        if isinstance(result, BaseException):
            raise result
        CLIENTS[name].check(row, result)
    return test


def large_test(case):
    def test(self):
        large.run(self.broker, self.transport, case)
    return test


def make(server, transport):
    """The class of a server's tests; unittest shows each with the sentence of its row."""
    cls = type(f"{server}_{transport}", (Server,), {"server": server, "transport": transport,
                                                   "results": {}, "__module__": __name__})

    def add(name, sentence, test):
        test.__doc__ = sentence
        setattr(cls, f"test_{name}", test)

    for row in ROWS:
        if row.where not in SERVES[server]:
            continue
        sentence = f"{row.sentence} ({row.section})"
        add(f"{row.number}_bytes", sentence, raw_test(row, single=False))
        if table.sent_bytes(row) <= SINGLE_BYTES:
            add(f"{row.number}_single_bytes", sentence, raw_test(row, single=True))
        for name in row.who[1:] if server != "tickcastd" else []:
            add(f"{row.number}_{name}", sentence, client_test(row, name))
    for number, case in enumerate(large.CASES if server == "echo" else []):
        add(f"large_{number:02}", case.sentence, large_test(case))
    globals()[cls.__name__] = cls


class Table(unittest.TestCase):
    def test_each_row_is_another_demand(self):
        self.assertGreaterEqual(len(ROWS), 250)
        for what in (lambda row: row.number, lambda row: row.sentence,
                     lambda row: (row.where, row.sends, row.expects)):
            self.assertEqual(len({what(row) for row in ROWS}), len(ROWS))

    def test_each_row_can_be_driven(self):
        for row in ROWS:
            self.assertEqual(row.who[0], "raw")
            self.assertLessEqual(set(row.who[1:]), set(CLIENTS))
            self.assertIn(row.where, ("both", "echo", "small"))


for each in SERVERS:
    make(each, "ws")
    make(each, "wss")

if __name__ == "__main__":
    harness.main()
