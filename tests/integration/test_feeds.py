"""Feeds inside the daemon: each publishes on its own, and one that fails harms nobody."""
import subprocess
import threading
import time

import msgpack

from harness import PATIENCE, Case, folder, main

ROWS = "symbol,epoch,price,size\nAIG,1,49.18,300\nBAC,2,13.94,1000\n"


class Feeds(Case):
    def subscriber(self, broker, *streams):
        return self.connect(broker=broker).subscribe(*streams)

    def next(self, connection):
        payload = msgpack.unpackb(connection.message())
        return payload["key"], payload["data"]

    def wait_for_line(self, broker, *parts):
        """A log line that holds all `parts`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in list(broker.lines):
                if all(part in line for part in parts):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line with {parts} in:\n" + "".join(broker.lines))

    def test_a_simulated_market_goes_to_every_subscriber(self):
        broker = self.start(feed="sim,symbols=AAPL IBM,rate=200")
        self.assertRegex(self.next(self.subscriber(broker, "AAPL/Tick/TRADE"))[0], "^AAPL/Tick/TRADE$")
        key, data = self.next(self.subscriber(broker, "IBM/1Min/OHLCV"))
        self.assertEqual(key, "IBM/1Min/OHLCV")
        self.assertLessEqual(data["Low"], data["High"])
        self.assertEqual(data["Epoch"] % 60, 0)
        broker.stop()

    def test_standard_input_is_published_line_by_line(self):
        broker = self.start(stdin=subprocess.PIPE, feed="stdin")
        subscriber = self.subscriber(broker, "*/*/*")
        said = broker.process.stdin
        said.write('{"key": "A/B/C", "data": {"x": [1, null]}}\nnonsense\n{"key": "D/E/F", "data": 2}\n')
        said.flush()
        self.assertEqual(self.next(subscriber), ("A/B/C", {"x": [1, None]}))
        self.assertEqual(self.next(subscriber), ("D/E/F", 2))
        self.wait_for_line(broker, "feed stdin: standard input:2: ")
        said.write('{"key": "G/H/I", "data": 3}')  # the end of the input ends the line
        said.close()
        self.assertEqual(self.next(subscriber), ("G/H/I", 3))
        self.wait_for_line(broker, "feed stdin: done, 3 messages")
        broker.stop()

    def test_a_feed_that_fails_comes_back_and_leaves_the_rest_running(self):
        path = folder() / "later.csv"
        key = "{symbol}/Tick/TRADE"
        broker = self.start(feed=["sim,symbols=SPY,rate=100",
                                  f"replay,name=late,file={path},key={key},columns=Price=price"])
        line = self.wait_for_line(broker, "error feed late: failed: ", str(path), "again in")
        self.assertIn("No such file or directory", line)
        simulated = self.subscriber(broker, "SPY/Tick/QUOTE")
        replayed = self.subscriber(broker, "{AIG,BAC}/Tick/TRADE")
        self.assertEqual(self.next(simulated)[0], "SPY/Tick/QUOTE")
        whole = folder() / "whole.csv"
        whole.write_text(ROWS)
        whole.rename(path)
        self.assertEqual(self.next(replayed), ("AIG/Tick/TRADE", {"Price": 49.18}))
        self.assertEqual(self.next(replayed), ("BAC/Tick/TRADE", {"Price": 13.94}))
        self.wait_for_line(broker, "feed late: done, 2 messages")
        self.assertEqual(self.next(simulated)[0], "SPY/Tick/QUOTE")
        broker.stop()

    def test_a_stop_finds_feeds_in_every_state(self):
        path = folder() / "gap.csv"
        path.write_text("symbol,epoch\nA,0\nA,86400\n")
        broker = self.start(stdin=subprocess.PIPE, feed=[
            "stdin", "sim,rate=1", "sim,name=busy,rate=1000000", "replay,name=gone,file=none,key=a/b/c",
            f"replay,name=gap,file={path},key=" + "{symbol}/b/c,time=epoch,time_unit=s"])
        subscriber = self.subscriber(broker, "*/1Sec/OHLCV")
        self.assertIn("/1Sec/OHLCV", self.next(subscriber)[0])
        self.wait_for_line(broker, "feed gone: failed: none: ")
        drain = threading.Thread(target=subscriber.read_all)
        drain.start()
        broker.stop()
        drain.join()
        broker.process.stdin.close()


if __name__ == "__main__":
    main()
