"""A day of trades and minute bars from files through `tickcast pub` at full speed to many subscribers
on four shards: each receives exactly what its streams select, in order, to the byte.

TICKCAST_TEST_DATA names the folder with the files of real trades; without it they are generated."""
import csv
import gzip
import os
import pathlib
import random
import re
import subprocess
import sys
import threading

from harness import BINARY, BUILD, PING, PONG, both, folder, frame, main, payload

DATA = os.environ.get("TICKCAST_TEST_DATA")
REAL_TRADES, GENERATED_TRADES = 377302, 100000
END = "end/of/test"
CONNECTIONS = 2  # with each set
# Streams, and what they select said in another way.
SETS = [
    (["*/*/*"], r".*"),
    (["*/Tick/TRADE"], r".*/Tick/TRADE"),
    (["SPY/Tick/TRADE"], r"SPY/Tick/TRADE"),
    (["{AIG,IBM}/*/*"], r"(AIG|IBM)/.*"),
    (["[!S]*/T?ck/TRADE", "S*/1Min/OHLCV"], r"[^S]\w*/Tick/TRADE|S\w*/1Min/OHLCV"),
    (["BAC/Tick/TRADE", "BAC/*/TRADE", "SPY/1Min/*"], r"BAC/Tick/TRADE|SPY/1Min/OHLCV"),
    (["*/1Min/OHLCV"], r".*/1Min/OHLCV"),
    (["NONE/Tick/TRADE", "spy/*/*"], r"$^"),
]


def generate():
    """Files of the same form as the real ones."""
    source = random.Random(20131007)
    price = {"AIG": 49.0, "BAC": 13.9, "IBM": 182.0, "SPY": 167.4}
    trades, bars = folder() / "trades.csv", folder() / "bars.csv"
    with open(trades, "w", encoding="ascii") as out:
        out.write("epoch_ms,symbol,price,size,exchange\n")
        for number in range(GENERATED_TRADES):
            symbol = source.choice(list(price))
            price[symbol] += source.randint(-5, 5) / 100
            out.write(f"{1381152600000 + number},{symbol},{price[symbol]:.4f},"
                      f"{source.randint(1, 5000)},{source.choice('QPZK')}\n")
    with open(bars, "w", encoding="ascii") as out:
        out.write("epoch_ms,symbol,open,high,low,close,volume\n")
        for minute in range(390):
            for symbol in price:
                out.write(f"{1381152600000 + minute * 60000},{symbol},1.5,2.0,0.25,1.75,{minute}\n")
    return trades, bars


def files():
    """The two files as plain text."""
    if not DATA:
        return generate()
    trades = folder() / "trades.csv"
    with gzip.open(pathlib.Path(DATA) / "trades-2013-10-07.csv.gz") as packed:
        trades.write_bytes(packed.read())
    return trades, pathlib.Path(DATA) / "bars-1min-2013-10-07.csv"


def number(text):
    """A field as `tickcast pub` reads it."""
    if re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text


def messages(path, key):
    """(key, frame that a subscriber receives) for each row."""
    with open(path, newline="", encoding="ascii") as rows:
        for row in csv.DictReader(rows):
            name = key.format(**row)
            yield name, frame(BINARY, payload(name, {k: number(v) for k, v in row.items()}), mask=None)


class Reader(threading.Thread):
    """Compares what a connection receives with what it must receive."""

    def __init__(self, connection, expected):
        super().__init__()
        self.connection, self.expected, self.wrong = connection, expected, None

    def run(self):
        at, expected = 0, memoryview(self.expected)
        try:
            while at < len(expected):
                if not self.connection.read():
                    raise EOFError("the connection ended")
                got = self.without_pings(at, self.connection.take(len(self.connection.buffer)))
                if got != expected[at:at + len(got)]:
                    self.wrong = f"in the {len(got)} bytes from {at}: {self.difference(at, got)}"
                    return
                at += len(got)
            self.connection.send_message(b"last", PING)
            answer = self.connection.frame()
            while answer == (0x80 | PING, b""):
                answer = self.connection.frame()
            if answer != (0x80 | PONG, b"last"):
                self.wrong = f"more than expected: {answer}"
        except (OSError, EOFError) as problem:
            self.wrong = f"{problem!r} after {at} of {len(expected)} bytes"

    def without_pings(self, at, got):
        """The broker's pings may stand between any two frames."""
        while got != self.expected[at:at + len(got)]:
            first = self.first_difference(at, got)
            if got[first] != 0x80 | PING:
                break
            if first + 1 == len(got):
                got += self.connection.take(1)
                got += self.connection.take(len(self.connection.buffer))
            if got[first + 1] != 0:
                break
            got = got[:first] + got[first + 2:]
        return got

    def first_difference(self, at, got):
        expected = self.expected[at:at + len(got)]
        return next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), len(expected))

    def difference(self, at, got):
        first = self.first_difference(at, got)
        span = slice(max(0, first - 120), first + 40)
        return f"{got[span]!r} instead of {bytes(self.expected[at:at + len(got)][span])!r}"


@both
class RealData:
    settings = {"workers": 4, "slow_memory": "1GiB", "outbound_memory": "8GiB"}

    def publish(self, path, template):
        with open(path, "rb") as rows:
            done = subprocess.run(
                [BUILD / "bin/tickcast", "pub", "--csv", template, *self.broker.where(self.transport)],
                stdin=rows, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_receives_exactly_what_its_streams_select_in_order(self):
        trades, bars = files()
        everything = list(messages(trades, "{symbol}/Tick/TRADE"))
        self.assertEqual(len(everything), REAL_TRADES if DATA else GENERATED_TRADES)
        everything += messages(bars, "{symbol}/1Min/OHLCV")
        last = frame(BINARY, payload(END, None), mask=None)
        readers = []
        for streams, selects in SETS:
            chosen = {key for key in dict(everything) if re.fullmatch(selects, key)}
            expected = b"".join(f for key, f in everything if key in chosen) + last
            for _ in range(CONNECTIONS):
                connection = self.connect().subscribe(*streams, END)
                readers.append(Reader(connection, expected))
        for reader in readers:
            reader.start()
        self.publish(trades, "{symbol}/Tick/TRADE")
        self.publish(bars, "{symbol}/1Min/OHLCV")
        self.publisher().publish(END, None)
        for reader in readers:
            reader.join()
        self.assertEqual([reader.wrong for reader in readers if reader.wrong], [])
        total = sum(len(reader.expected) for reader in readers)
        print(f"{len(everything)} {'real' if DATA else 'generated'} messages, {len(readers)} subscribers, "
              f"{total >> 20} MiB received", file=sys.stderr)


if __name__ == "__main__":
    main()
