"""The commands of tickcast as programs, against servers made with python3-websockets: one that
speaks MarketStore's stream contract as MarketStore does, and one that takes publications.

    commands.py TICKCAST
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import msgpack
import websockets

TICKCAST = os.path.abspath(sys.argv.pop(1))
WAIT_S = 120
PAYLOADS = [
    {"key": "AAPL/1Min/OHLCV", "data": {"Epoch": 1, "Open": 2.5, "Name": "\u00e9\n"}},
    {"key": "NVDA/Tick/TRADE", "data": [1, None, True]},
]


class Server:
    """One endpoint for both roles; what it was sent is kept."""

    def __init__(self, payload_first=False, silent=False):
        self.payload_first, self.silent = payload_first, silent
        self.closes, self.published = [], []

    async def subscriber(self, ws):
        async for message in ws:
            streams = msgpack.unpackb(message)["streams"]
            bad = [stream for stream in streams if stream.count("/") != 2]
            if self.silent:
                continue
            if bad:
                await ws.send(msgpack.packb({"error": bad[0] + " is an invalid stream"}))
                continue
            replies = [message] + [msgpack.packb(payload) for payload in PAYLOADS]
            if self.payload_first:  # MarketStore's race
                replies = replies[1:2] + replies[:1] + replies[2:]
            for reply in replies:
                await ws.send(reply)
        self.closes.append(ws.close_code)

    async def publisher(self, ws):
        async for message in ws:
            publication = msgpack.unpackb(message)
            if self.silent:
                await ws.close(1001, "stopping \u001b")
                break
            answer = {"ack": publication.get("id")}
            if publication["key"].startswith("BAD"):
                answer = {"error": "key is bad"}
                if "id" in publication:
                    answer["id"] = publication["id"]
            else:
                self.published.append((publication["key"], publication["data"]))
            if "error" in answer or answer["ack"] is not None:
                await ws.send(msgpack.packb(answer))
        self.closes.append(ws.close_code)

    async def handle(self, ws, path):
        await (self.publisher(ws) if path == "/publish" else self.subscriber(ws))


async def communicate(server, arguments, stdin=b"", until=None):
    """Runs tickcast against `server`; with `until`, SIGINT follows that output."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        async with websockets.unix_serve(server.handle, path, max_size=None, compression=None):
            command, *rest = arguments
            process = await asyncio.create_subprocess_exec(
                TICKCAST, command, "--url", "unix://" + path, *rest,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if until:
                head = await asyncio.wait_for(process.stdout.readuntil(until), WAIT_S)
                process.send_signal(signal.SIGINT)
            out, err = await asyncio.wait_for(process.communicate(stdin), WAIT_S)
            return process.returncode, (head if until else b"") + out, err.decode()


def run(server, *arguments, **more):
    return asyncio.run(communicate(server, arguments, **more))


def plain(*arguments):
    done = subprocess.run([TICKCAST, *arguments], capture_output=True, timeout=WAIT_S)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Sub(unittest.TestCase):
    def test_prints_key_and_json(self):
        code, out, err = run(Server(), "sub", "--count", "2", "*/*/*")
        self.assertEqual((code, err), (0, ""))
        lines = out.decode().splitlines()
        self.assertEqual(len(lines), 2)
        for line, payload in zip(lines, PAYLOADS):
            key, data = line.split("  ", 1)
            self.assertEqual((key, json.loads(data)), (payload["key"], payload["data"]))

    def test_json_is_one_object_a_line(self):
        code, out, err = run(Server(), "sub", "--json", "--count", "2", "*/*/*")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([json.loads(line) for line in out.splitlines()], PAYLOADS)

    def test_raw_is_the_bytes_received(self):
        code, out, err = run(Server(), "sub", "--raw", "--count", "2", "*/*/*")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, b"".join(msgpack.packb(payload) for payload in PAYLOADS))

    def test_takes_a_payload_before_the_echo(self):
        code, out, err = run(Server(payload_first=True), "sub", "--json", "--count", "2", "*/*/*")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([json.loads(line) for line in out.splitlines()], PAYLOADS)

    def test_an_error_of_the_server_is_told(self):
        code, out, err = run(Server(), "sub", "a/b/c", "AAPL/1Min")
        self.assertEqual((code, out), (1, b""))
        self.assertIn("AAPL/1Min is an invalid stream", err)

    def test_a_server_that_does_not_answer_is_given_up(self):
        code, out, err = run(Server(silent=True), "sub", "--timeout", "10", "a/b/c")
        self.assertEqual((code, out), (1, b""))
        self.assertIn("did not answer the subscription in time", err)

    def test_an_interrupt_closes_cleanly(self):
        server = Server()
        code, out, err = run(server, "sub", "*/*/*", until=b"NVDA")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(server.closes, [1000])


class Pub(unittest.TestCase):
    def test_one_message(self):
        server = Server()
        code, out, err = run(server, "pub", "A/B/C", '{"x": [1, 2.5, "y"]}')
        self.assertEqual((code, out, err), (0, b"", ""))
        self.assertEqual(server.published, [("A/B/C", {"x": [1, 2.5, "y"]})])
        self.assertEqual(server.closes, [1000])

    def test_one_bad_message(self):
        for key, data, part in [("A/B", "1", "'A/B' cannot be the key"),
                                ("A/B/C", "{", "the data is not JSON"),
                                ("BAD/B/C", "1", "the broker refused: key is bad")]:
            code, out, err = run(Server(), "pub", key, data)
            self.assertEqual((code, out), (1, b""))
            self.assertIn(part, err)

    def test_json_lines_with_bad_ones_among_them(self):
        server = Server()
        lines = [b'{"key": "A/B/C", "data": 1}', b"nonsense", b'{"key": "A/B", "data": 1}', b"",
                 b'{"key": "BAD/B/C", "data": 1}',
                 b'{"data": {"z": null}, "key": "D/E/F", "id": 7}']
        code, out, err = run(server, "pub", "--ack", stdin=b"\n".join(lines))
        self.assertEqual((code, out), (1, b""))
        self.assertEqual(server.published, [("A/B/C", 1), ("D/E/F", {"z": None})])
        told = err.splitlines()
        self.assertEqual(len(told), 4, err)
        for line, part in zip(told, ["standard input:2: ", "standard input:3: 'A/B' cannot",
                                     "standard input:5: the broker refused",
                                     "published 2 messages in "]):
            self.assertIn(part, line)
        self.assertTrue(err.endswith(" s, 2 bad lines left out, 1 refused by the broker\n"), err)

    def test_without_ack_errors_are_counted_all_the_same(self):
        server = Server()
        lines = b'{"key": "A/B/C", "data": 1}\n{"key": "BAD/B/C", "data": 1}\n' * 100
        code, out, err = run(server, "pub", "--json", stdin=lines)
        self.assertEqual(code, 1)
        self.assertEqual(len(server.published), 100)
        summary = json.loads(out)
        self.assertEqual([summary[name] for name in ("published", "errors", "left_out", "refused")],
                         [100, 100, 0, 100])
        self.assertEqual((summary["complete"], summary["answered"]), (True, 200))

    def test_csv_columns_become_fields(self):
        server = Server()
        rows = b'symbol,price,size,note\r\nSPY,167.4100,500,Q\r\nBAC,13.9\r\nAIG,1,2,"a,""b"""\r\n'
        code, out, err = run(server, "pub", "--csv", "{symbol}/Tick/TRADE", stdin=rows)
        self.assertEqual((code, out), (1, b""))
        self.assertIn("standard input:3: column 3 (size) is missing: 2 fields, allowed are 4", err)
        self.assertEqual(server.published, [
            ("SPY/Tick/TRADE", {"symbol": "SPY", "price": 167.41, "size": 500, "note": "Q"}),
            ("AIG/Tick/TRADE", {"symbol": "AIG", "price": 1, "size": 2, "note": 'a,"b"'})])
        self.assertEqual(list(server.published[0][1]), ["symbol", "price", "size", "note"])
        self.assertIsInstance(server.published[0][1]["size"], int)

    def test_columns_are_mapped_and_typed(self):
        server = Server()
        rows = b"symbol,price,size,note\nSPY,167,500,1\nBAC,13.9,many,2\nAIG,1e1,7,3\n"
        code, out, err = run(server, "pub", "--csv", "{symbol}/Tick/TRADE", "--columns",
                             "Size=size:int,Price=price:float,Note=note:text,n=note", stdin=rows)
        self.assertEqual((code, out), (1, b""))
        self.assertIn("standard input:3: column 3 (size) is 'many': allowed are whole numbers", err)
        self.assertEqual(server.published, [
            ("SPY/Tick/TRADE", {"Size": 500, "Price": 167.0, "Note": "1", "n": 1}),
            ("AIG/Tick/TRADE", {"Size": 7, "Price": 10.0, "Note": "3", "n": 3})])
        self.assertEqual(list(server.published[0][1]), ["Size", "Price", "Note", "n"])
        self.assertIsInstance(server.published[0][1]["Price"], float)

    def test_strict_ends_at_the_first_bad_line(self):
        server = Server()
        for arguments, stdin in [
                (["--csv", "{s}/B/C", "--columns", "v=v:int"], b"s,v\nA,1\nA,x\nA,2\n"),
                ([], b'{"key": "A/B/C", "data": {"v": 1}}\n{}\n{"key": "A/B/C", "data": 2}\n')]:
            server.published = []
            code, out, err = run(server, "pub", "--strict", *arguments, stdin=stdin)
            self.assertEqual((code, out), (1, b""))
            self.assertEqual(server.published, [("A/B/C", {"v": 1})])
            self.assertRegex(err, r"(?m)^tickcast pub: standard input:[23]: ")
            self.assertTrue(err.endswith("1 bad lines left out, 0 refused by the broker; "
                                         "ended before the end of the input\n"), err)

    def test_columns_that_cannot_be_mapped_are_told_at_once(self):
        for columns, part, expected in [
                ("Price", "'Price' maps no column; allowed is FIELD=COLUMN", 2),
                ("A=price,A=size", "the field 'A' is there twice", 2),
                ("A=prize", "column 'prize'; the header has symbol, price, size", 1),
                ("A=price:flaot", "'flaot' is no type; allowed are int, float and text; "
                                  "did you mean 'float'?", 1)]:
            code, out, err = run(Server(), "pub", "--csv", "{symbol}/B/C", "--columns", columns,
                                 stdin=b"symbol,price,size\nA,1,2\n")
            self.assertEqual((code, out), (expected, b""), err)
            self.assertIn(part, err)

    def test_many_rows_all_arrive_in_order(self):
        server = Server()
        rows = b"n,v\n" + b"".join(b"%d,%d.5\n" % (i % 7, i) for i in range(20000))
        code, out, err = run(server, "pub", "--csv", "S{n}/Tick/TRADE", stdin=rows)
        self.assertEqual(code, 0, err)
        self.assertEqual([data["v"] for _, data in server.published],
                         [i + 0.5 for i in range(20000)])

    def test_a_message_without_its_acknowledgement_is_a_failure(self):
        for arguments, stdin in [(("pub", "A/B/C", "1"), b""),
                                 (("pub",), b'{"key": "A/B/C", "data": 1}\n')]:
            code, out, err = run(Server(silent=True), *arguments, stdin=stdin)
            self.assertEqual((code, out), (1, b""))
            self.assertIn("closed by the server: 1001 stopping \\x1b\n", err)
            code, out, err = run(Server(silent=True), *arguments, "--json", stdin=stdin)
            summary = json.loads(out)
            self.assertEqual((code, summary["complete"], summary["answered"]), (1, False, 0))

    def test_a_template_for_other_columns_fails(self):
        code, out, err = run(Server(), "pub", "--csv", "{sym}/Tick/TRADE", stdin=b"symbol,p\nA,1\n")
        self.assertEqual((code, out), (1, b""))
        self.assertIn("standard input:1: the template names {sym}, the header has symbol, p", err)


class CheckStream(unittest.TestCase):
    def test_exit_codes(self):
        for pattern, key, code in [("*/1Min/OHLCV", "AAPL/1Min/OHLCV", 0), ("a/b/c", "a/b/d", 1),
                                   ("[/a/b", "x/a/b", 1), ("a/b", "a/b/c", 2)]:
            got, out, err = plain("check-stream", pattern, key)
            self.assertEqual(got, code, (pattern, out, err))
            self.assertEqual(len((out + err).splitlines()), 1, (out, err))


    def test_json_says_the_same(self):
        for pattern, key, code, match, why in [
                ("*/1Min/OHLCV", "AAPL/1Min/OHLCV:x", 0, True, ""),
                ("*/*/*", "A//C", 0, True, "nothing can be published"),
                ("a/b/\"\n", "a/b/d", 1, False, "element 3: "),
                ("a/b/\udcff", "a/b/d", 1, False, "element 3: "), ("a/b", "a/b/c", 2, False, "two /")]:
            got, out, err = plain("check-stream", "--json", pattern, key)
            self.assertEqual((got, err), (code, ""), out)
            answer = json.loads(out)
            self.assertEqual(list(answer), ["match", "pattern", "key", "why"])
            self.assertIs(answer["match"], match)
            self.assertEqual(answer["pattern"], pattern.replace("\udcff", "\ufffd"))
            self.assertEqual(answer["key"], key.split(":")[0])
            self.assertEqual(bool(answer["why"]), bool(why), answer)
            self.assertIn(why, answer["why"])


class CommandLine(unittest.TestCase):
    def test_usage_errors_are_2(self):
        for arguments in [(), ("subb",), ("sub",), ("sub", "--jsn", "a/b/c"), ("pub", "a/b/c"),
                          ("pub", "--csv", "{a"), ("pub", "--columns", "a=b"),
                          ("pub", "--strict", "a/b/c", "1"), ("check-stream", "a/b/c")]:
            code, out, err = plain(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertTrue(err.startswith("tickcast"), err)

    def test_help_and_version(self):
        for arguments in [("--help",), ("help",), ("help", "sub"), ("sub", "--help"),
                          ("--version",)]:
            code, out, err = plain(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("tickcast", out)

    def test_version_as_json(self):
        code, out, err = plain("--version", "--json")
        self.assertEqual((code, err), (0, ""))
        name, version = plain("--version")[1].split()
        self.assertEqual(json.loads(out), {"name": name, "version": version})

    def test_a_refused_connection_names_the_url(self):
        for command in [("sub", "--url", "unix:///nonexistent/s", "a/b/c"),
                        ("pub", "--url", "unix:///nonexistent/s", "a/b/c", "1")]:
            code, out, err = plain(*command)
            self.assertEqual((code, out), (1, ""))
            self.assertIn("unix:///nonexistent/s: cannot connect: No such file", err)


if __name__ == "__main__":
    unittest.main()
