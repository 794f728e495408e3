"""Feeds of rows inside tickcastd: a day of trades as a gzip file that is replayed, and as lines on
standard input, at full speed; each subscriber receives exactly what its streams select, in order, to
the byte.

TICKCAST_TEST_DATA names the folder with the files of real trades; without it they are generated."""
import gzip
import os
import shutil
import subprocess
import tempfile
import time

from harness import BINARY, PATIENCE, both, folder, frame, main, payload
from test_real_data import DATA, GENERATED_TRADES, REAL_TRADES, Reader, files, messages

TEMPLATE = "{symbol}/Tick/TRADE"
SETS = [["*/*/*"], ["SPY/Tick/TRADE"], ["{AIG,IBM}/Tick/*", "BAC/*/*"]]
WANTED = [lambda key: True, lambda key: key.startswith("SPY/"),
          lambda key: key[:4] in ("AIG/", "IBM/", "BAC/")]
UNLIMITED = {"slow_memory": "1GiB", "outbound_memory": "8GiB"}  # a slow machine evicts nobody

_trades = None


def trades():
    """The file as text, and (key, frame) for each row."""
    global _trades
    if _trades is None:
        path = files()[0]
        _trades = path, list(messages(path, TEMPLATE))
        assert len(_trades[1]) == (REAL_TRADES if DATA else GENERATED_TRADES)
    return _trades


@both
class RowFeeds:
    def readers(self, broker, everything):
        readers = []
        for streams, wanted in zip(SETS, WANTED):
            connection = self.connect(broker=broker).subscribe(*streams)
            readers.append(Reader(connection, b"".join(f for key, f in everything if wanted(key))))
        for reader in readers:
            reader.start()
        return readers

    def finish(self, broker, readers, said):
        for reader in readers:
            reader.join()
        self.assertEqual([reader.wrong for reader in readers if reader.wrong], [])
        deadline = time.monotonic() + PATIENCE
        while not any(said in line for line in broker.lines):
            self.assertLess(time.monotonic(), deadline, broker.lines[-20:])
            time.sleep(0.01)
        broker.stop()

    def test_a_day_is_replayed_from_gzip_when_its_file_comes(self):
        path, everything = trades()
        file = tempfile.mktemp(suffix=".gz", dir=folder())
        broker = self.start(workers=4, feed=f"replay,name=day,file={file},key={TEMPLATE}", **UNLIMITED)
        readers = self.readers(broker, everything)
        with open(path, "rb") as text, gzip.open(file + ".new", "wb", compresslevel=1) as packed:
            shutil.copyfileobj(text, packed)
        os.rename(file + ".new", file)
        self.finish(broker, readers, f"feed day: done, {len(everything)} messages")
        self.assertTrue(any("feed day: failed: " in line and "No such file or directory" in line
                            for line in broker.lines), broker.lines)

    def test_a_day_comes_from_standard_input(self):
        path, everything = trades()
        broker = self.start(workers=4, feed=f"stdin,format=csv,key={TEMPLATE}",
                            stdin=subprocess.PIPE, **UNLIMITED)
        readers = self.readers(broker, everything)
        with open(path, "rb") as text:
            shutil.copyfileobj(text, broker.process.stdin.buffer)
        broker.process.stdin.close()
        self.finish(broker, readers, f"feed stdin: done, {len(everything)} messages")

    def test_columns_are_mapped_and_bad_rows_told(self):
        file = tempfile.mktemp(suffix=".csv", dir=folder())
        broker = self.start(feed=f"replay,file={file},key={TEMPLATE},"
                                 "columns=Price=price:float Size=size:int")
        connection = self.connect(broker=broker).subscribe("*/*/*")
        with open(file + ".new", "w", encoding="ascii") as out:
            out.write("symbol,price,size\nSPY,167,100\nSPY,167.5,many\nBAC,1e1,7\n")
        os.rename(file + ".new", file)
        expected = [("SPY/Tick/TRADE", {"Price": 167.0, "Size": 100}),
                    ("BAC/Tick/TRADE", {"Price": 10.0, "Size": 7})]
        expected = b"".join(frame(BINARY, payload(*row), mask=None) for row in expected)
        reader = Reader(connection, expected)
        reader.start()
        self.finish(broker, [reader], "1 of 3 rows were bad and left out")
        self.assertTrue(any(".csv:3: column 3 (size) is 'many': allowed are whole numbers" in line
                            for line in broker.lines), broker.lines)


if __name__ == "__main__":
    main()
