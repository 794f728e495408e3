"""`tickcast sub --table` on a terminal and elsewhere.

    table.py TICKCAST
"""

import os
import re
import signal
import time

import pyte
import stage
from stage import until

BAR = {"Epoch": 1700000040, "Open": 1.55, "High": 2.55, "Low": 1.25, "Close": 2.05, "Volume": 100}
TITLES = "1Min/OHLCV  Epoch UTC  Open  High   Low  Close  Volume"
FIRST = "AAPL         22:14:00  1.55  2.55  1.25   2.05     100"
ESCAPE = b"\x1b"


class Table(stage.Case):
    def bar(self, symbol, **more):
        self.server.send(symbol + "/1Min/OHLCV", {**BAR, **more})

    def test_it_changes_in_place(self):
        terminal = self.terminal("*/*/*")
        self.bar("MSFT", Close=3.0)
        terminal.shows("MSFT")
        self.bar("AAPL")
        self.server.send("AAPL/Tick/TRADE",
                         {"Epoch": 1700000041, "Nanoseconds": 7, "Price": 2.0, "Size": 5})
        terminal.shows("Tick/TRADE")
        for close in range(4, 20):
            self.bar("MSFT", Close=close + 0.25, Volume=close)
        terminal.shows("19.25", "19 messages")
        rows = terminal.rows()
        self.assertIn("unix://", rows[0])
        self.assertIn("connected", rows[0])
        self.assertEqual(rows[1:], [
            "", TITLES, FIRST, "MSFT         22:14:00  1.55  2.55  1.25  19.25      19", "",
            "Tick/TRADE  Epoch UTC  Nanoseconds  Price  Size",
            "AAPL         22:14:01            7    2.0     5"])
        self.assertTrue(terminal.screen.cursor.hidden)
        self.assertEqual((terminal.screen.cursor.y, terminal.screen.cursor.x), (len(rows), 0))

    def ended(self, terminal):
        """The last table stays, the terminal is as before, and the next text comes below."""
        rows = terminal.rows()
        self.assertIn("ended", rows[0])
        self.assertEqual(rows[1:4], ["", TITLES, FIRST])
        self.assertFalse(terminal.screen.cursor.hidden)
        self.assertEqual((terminal.screen.cursor.y, terminal.screen.cursor.x), (len(rows), 0))
        self.assertIn(pyte.modes.DECAWM, terminal.screen.mode)

    def test_ctrl_c_gives_the_terminal_back(self):
        terminal = self.terminal("*/*/*")
        self.bar("AAPL")
        terminal.shows(FIRST)
        self.assertFalse(terminal.echoes())
        terminal.type(b"\x03")
        until("the cursor", lambda: terminal.pump() and not terminal.screen.cursor.hidden)
        until("echo", terminal.echoes)
        self.assertEqual(terminal.wait(), 0)
        self.ended(terminal)

    def test_signals_give_the_terminal_back(self):
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            terminal = self.terminal("*/*/*")
            self.bar("AAPL")
            terminal.shows(FIRST)
            os.kill(terminal.pid, number)
            self.assertEqual(terminal.wait(), 0)
            self.ended(terminal)
            until("its end", lambda: not self.server.connections)

    def test_an_error_comes_below_the_table(self):
        terminal = self.terminal("--no-reconnect", "*/*/*")
        self.bar("AAPL")
        terminal.shows(FIRST)
        self.server.stop()
        self.assertEqual(terminal.wait(), 1)
        rows = terminal.rows()
        self.assertEqual(rows[1:4], ["", TITLES, FIRST])
        self.assertIn("tickcast sub: unix://", rows[4])
        self.assertFalse(terminal.screen.cursor.hidden)

    def test_typing_does_not_move_it(self):
        terminal = self.terminal("*/*/*")
        self.bar("AAPL")
        terminal.shows(FIRST)
        terminal.type(b"what\n\n\n")
        self.bar("MSFT")
        terminal.shows("MSFT")
        self.assertEqual(terminal.rows()[1:4], ["", TITLES, FIRST])

    def test_a_stop_gives_the_terminal_back_for_a_while(self):
        terminal = self.terminal("*/*/*")
        self.bar("AAPL")
        terminal.shows(FIRST)
        terminal.type(b"\x1a")
        until("the stop", lambda: terminal.pump() and
              os.waitpid(terminal.pid, os.WNOHANG | os.WUNTRACED)[0] == terminal.pid)
        self.assertTrue(terminal.echoes())
        until("the cursor", lambda: terminal.pump() and not terminal.screen.cursor.hidden)
        terminal.stream.feed(b"shell$ fg\r\n")
        os.kill(terminal.pid, signal.SIGCONT)
        self.bar("MSFT", Close=7.5)
        terminal.shows("MSFT", "7.50")
        rows = terminal.rows()
        self.assertEqual(rows[:5] + rows[6:9],
                         [rows[0], "", TITLES, FIRST, "shell$ fg", "", TITLES, FIRST])
        self.assertTrue(terminal.screen.cursor.hidden)
        self.assertFalse(terminal.echoes())

    def test_the_size_of_the_terminal_counts(self):
        terminal = self.terminal("*/*/*")
        for number in range(10):
            self.bar(f"S{number}")
        terminal.shows("S9", "10 messages")
        self.assertEqual(len(terminal.rows()), 13)
        terminal.resize(9, 40)
        terminal.shows("6 of 10 rows do not fit", "S3")
        rows = terminal.rows()
        self.assertEqual(len(rows), 8)
        self.assertEqual(rows[2], TITLES[:39])
        self.assertEqual(rows[7], "6 of 10 rows do not fit; 2 columns do n~")
        self.bar("S0", Open=1.75)
        terminal.shows("1.75")
        self.assertEqual(len(terminal.rows()), 8)
        terminal.resize(30, 100)
        terminal.shows("S9")
        self.assertEqual(terminal.rows()[2], TITLES)
        self.assertEqual(len(terminal.rows()), 13)

    def colour(self, terminal, symbol):
        """Of the last digit of Close."""
        y = next(y for y, row in enumerate(terminal.rows()) if row.startswith(symbol))
        return terminal.screen.buffer[y][TITLES.index("Close") + 4].fg

    def test_prices_are_green_and_red(self):
        terminal = self.terminal("*/*/*")
        for symbol in ("UP", "DOWN", "SAME"):
            self.bar(symbol)
        terminal.shows("UP", "DOWN", "SAME")
        for symbol, close in (("UP", 2.25), ("DOWN", 1.75), ("SAME", 2.05)):
            self.bar(symbol, Close=close, Volume=101)
        terminal.shows("2.25", "1.75", "6 messages")
        self.assertEqual([self.colour(terminal, symbol) for symbol in ("UP", "DOWN", "SAME")],
                         ["green", "red", "default"])

    def test_no_color_is_respected(self):
        for value in ("1", ""):
            terminal = self.terminal("*/*/*", NO_COLOR=value)
            self.bar("AAPL")
            terminal.shows("AAPL")
            self.bar("AAPL", Close=2.25)
            terminal.shows("2.25")
            self.assertEqual(self.colour(terminal, "AAPL"), "default" if value else "green")
            self.assertEqual(b"\x1b[1m" in terminal.written, not value)
            terminal.type(b"\x03")
            self.assertEqual(terminal.wait(), 0)
            until("its end", lambda: not self.server.connections)

    def test_it_is_written_at_most_ten_times_a_second_and_only_if_it_changed(self):
        began = time.monotonic()
        terminal = self.terminal("*/*/*")
        for number in range(3000):
            self.bar("AAPL", Volume=number)
            if number % 100 == 0:
                terminal.pump(0)
        terminal.shows("3000 messages", "2999")
        frames = terminal.written.count(b"\x1b[?7l")
        self.assertLessEqual(frames, (time.monotonic() - began) * 10 + 3)
        rates = lambda: terminal.pump() and re.findall(rb"3000 messages  (\d+)/s", terminal.written)
        until("a rate and then none", lambda: set((found := rates())[:-1]) - {b"0"} and
              found[-1] == b"0" and terminal.fed == len(terminal.written) and terminal.whole())
        quiet = len(terminal.written)
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            terminal.pump()
        self.assertEqual(len(terminal.written), quiet)

    def test_a_loss_is_told_above_the_table(self):
        terminal = self.terminal("*/*/*", columns=200)
        self.bar("AAPL")
        terminal.shows(FIRST)
        self.server.stop()
        terminal.shows("lost, again in ", "closed by the server: 1001", FIRST)
        self.server.start()
        self.server.subscribed()
        terminal.shows("connected", FIRST)
        self.bar("MSFT")
        terminal.shows("MSFT", FIRST)
        self.assertEqual(len(terminal.rows()), 5)

    def test_a_loss_is_also_told_on_a_standard_error_that_is_elsewhere(self):
        process = self.start("--table", "*/*/*")
        self.bar("AAPL")
        self.server.drop()
        process.told("connected again after")
        process.child.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        self.assertIn(FIRST, process.lines())

    def test_elsewhere_the_table_is_printed_at_the_end(self):
        process = self.start("--table", "--count", "3", "*/*/*")
        self.bar("AAPL", Close=1.0)
        self.bar("AAPL")
        self.server.send_bytes(b"\xc0")
        self.bar("MSFT")
        self.assertEqual(process.wait(), 0)
        self.assertNotIn(ESCAPE, process.out)
        lines = process.lines()
        self.assertEqual(lines[1:4] + [line[:4] for line in lines[4:5]] + lines[5:],
                         ["", TITLES, FIRST, "MSFT", "1 messages are no payload"])
        self.assertIn("left out a message of 1 bytes", process.err.decode())

    def test_elsewhere_the_table_is_printed_now_and_then(self):
        process = self.start("--table", "*/*/*")
        self.bar("AAPL")
        until("a table", lambda: FIRST in process.lines())
        self.bar("AAPL", Volume=1234)
        process.child.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(process.out.count(b"AAPL"), 2)
        self.assertIn(b"1234\n", process.out)
        self.assertNotIn(ESCAPE, process.out)

    def test_a_dumb_terminal_gets_no_sequences(self):
        terminal = self.terminal("--count", "1", "*/*/*", TERM="dumb")
        self.bar("AAPL")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(FIRST.encode(), terminal.written)
        self.assertNotIn(ESCAPE, terminal.written)

    def test_text_of_the_peer_cannot_command_the_terminal(self):
        terminal = self.terminal("*/*/*")
        self.server.send("\x1b[2JA/B/C\x07", {"x\x1b[31m": "\x1b]0;title\x07"})
        terminal.shows(r"\x1b[2JA", r"\x1b]0;title\x07", r"x\x1b[31m")
        self.assertEqual(terminal.screen.title, "")

    def test_nothing_is_printed_where_nothing_came(self):
        self.server.error = "too many subscriptions"
        terminal = stage.Terminal(stage.arguments(self.server, "--table", "*/*/*"))
        self.addCleanup(terminal.end)
        self.assertEqual(terminal.wait(), 1)
        self.assertEqual(terminal.rows(), ["tickcast sub: too many subscriptions"])


if __name__ == "__main__":
    stage.main()
