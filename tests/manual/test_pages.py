"""The manual and --help: they hold every row of every table, are clean for their formatters, and
what they show as examples works."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "readme"))
import stage
import tables
from blocks import blocks
from stage import PATIENCE, Program
from tables import PAGES, ROOT

README = [block.text for block in blocks((ROOT / "README.md").read_text())]
SECTIONS = {
    "tickcastd.8": "NAME SYNOPSIS DESCRIPTION OPTIONS FEEDS EXIT_STATUS ENVIRONMENT FILES SIGNALS "
                   "EXAMPLES SEE_ALSO",
    "tickcast.1": "NAME SYNOPSIS DESCRIPTION OPTIONS COMMANDS TOPICS EXIT_STATUS ENVIRONMENT SIGNALS "
                  "EXAMPLES SEE_ALSO",
    "tickcast.yml.5": "NAME SYNOPSIS DESCRIPTION OPTIONS FEEDS EXAMPLES SEE_ALSO",
    "libtickcast.3": "NAME SYNOPSIS EXAMPLES SEE_ALSO",
    "tickcast-bench.1": "NAME SYNOPSIS DESCRIPTION OPTIONS COMMANDS SETTINGS URLS SCENARIOS ASSERTIONS "
                        "EXIT_STATUS ENVIRONMENT SIGNALS EXAMPLES SEE_ALSO",
    "tickcast-bench.7": "NAME DESCRIPTION VERDICT CLOCKS COORDINATED_OMISSION ACCOUNTING LATENCY SKEW "
                        "THE_FLOOR SEE_ALSO",
}


def words(text):
    return " ".join(text.replace("`", "").split())


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = {page: tables.rendered(page) for page in PAGES}

    def has(self, page, *texts):
        for text in texts:
            if words(text) not in self.text[page]:
                self.fail(f"{page} has not: {words(text)}")

    def test_formatters_find_nothing_wrong(self):
        for page in PAGES.values():
            for check in (["mandoc", "-Tlint", "-Wwarning"], ["groff", "-man", "-ww", "-z", "-Tutf8"]):
                done = subprocess.run([*check, page], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), check)

    def test_sections(self):
        for page, wanted in SECTIONS.items():
            titles = re.findall(r"^\.SH (.*)", PAGES[page].read_text(), re.M)
            for title in wanted.split():
                self.assertIn(title.replace("_", " "), titles, page)

    def test_the_daemon_has_its_flags_settings_and_feeds(self):
        self.assertGreater(len(tables.FLAGS) + len(tables.SETTINGS), 40)
        for name, value, sentence in tables.FLAGS + tables.SETTINGS:
            self.has("tickcastd.8", f"{name} {value} {sentence}")
        self.assertGreaterEqual(len(tables.FEEDS), 3)
        for page in "tickcastd.8", "tickcast.yml.5":
            for feed, options in tables.FEEDS.items():
                self.has(page, feed)
                for name, _, sentence in options:
                    sentence, _, standard = sentence.partition(" (default: ")
                    self.has(page, f"{name} {sentence}. Allowed: ")
                    self.has(page, f"Default: {standard[:-1]}" if standard else "")

    def test_the_configuration_has_every_row_of_its_reference(self):
        rows = list(tables.reference())
        self.assertGreater(len(rows), 40)
        for name, *cells in rows:
            if len(cells) == 3: # a setting; the others are options of feeds
                standard, allowed, meaning = cells
                self.has("tickcast.yml.5", f"{name} {meaning}. Allowed: {allowed}.",
                         f"Default: {standard}" if standard else "")

    def test_the_commands_have_their_options_and_topics(self):
        for command, options in tables.OPTIONS.items():
            for name, value, sentence in options:
                self.has("tickcast.1", f"{name} {value} {sentence}")
        for topic in tables.COMMANDS + tables.TOPICS:
            if topic == "help":
                continue
            text = tables.run("tickcast", "help", topic)
            self.has("tickcast.1", *(line for line in text.split("\n\n")[1:]
                                     if not line.startswith(("usage:", "options", "signals"))
                                     and line[0] not in " eo"))

    def test_the_load_tool_has_its_options_settings_and_assertions(self):
        self.assertGreater(len(tables.LOAD), 35)
        for command, options in tables.BENCH_OPTIONS.items():
            for name, value, sentence in options:
                self.has("tickcast-bench.1", f"{name} {value} {sentence}")
        for name, value, sentence in tables.LOAD:
            self.has("tickcast-bench.1", f"{name} {value} {sentence}. Allowed: ")
        figures = (ROOT / "bench/result/values.c").read_text()
        names = re.findall(r'^    (?:LATENCY\(|\{)"([\w.]+)", "[\w./]+",', figures, re.M)
        self.assertGreater(len(names), 40)
        text = PAGES["tickcast-bench.1"].read_text()
        for name in names:
            self.assertIn(f".TP\n\\fB{name}\\fR\n", text)

    def test_every_number_of_a_result_is_defined(self):
        def members(schema, path=""):
            for kind in [schema, schema.get("items", {}), *schema.get("oneOf", [])]:
                for name, member in kind.get("properties", {}).items():
                    yield path + name
                    yield from members(member, f"{path}{name}/")

        text = re.sub(r"\\f[BRI]|\\&", "", PAGES["tickcast-bench.7"].read_text()).replace("\\-", "-")
        words = set(re.findall(r"[\w/.]*\w", text))
        words |= {word[:end.start()] for word in words for end in re.finditer("/", word)}
        names = list(members(json.loads((ROOT / "bench/result/schema.json").read_text())))
        self.assertGreater(len(names), 80)
        # A member of a list is told with the list.
        unknown = [name for name in names if name not in words and not
                   (name.rpartition("/")[0] in words and name.rpartition("/")[2] in words)]
        self.assertEqual(unknown, [])
        codes = set(re.findall(r'add\(result, \w+, "(\w+)"', (ROOT / "bench/load/verdict.c").read_text()))
        self.assertGreater(len(codes), 8)
        self.assertEqual(codes - words, set())

    def test_signals_environment_and_exit_codes(self):
        for page, text in (("tickcastd.8", tables.DAEMON), ("tickcast.1", tables.CLIENT),
                           ("tickcast-bench.1", tables.BENCH)):
            for title in "signals", "environment", "exit codes":
                for name, _, sentence in tables.part(text, title):
                    self.has(page, f"{name} {sentence}")
        for code in "0", "1", "2", "78":
            self.assertIn(code, [name for name, _, _ in tables.part(tables.DAEMON, "exit codes")])

    def test_every_variable_that_the_programs_read_is_told(self):
        for folder, text in (("src/tickcastd", tables.DAEMON), ("src/tickcast", tables.CLIENT),
                             ("bench", tables.BENCH)):
            names = [name for name, _, _ in tables.part(text, "environment")]
            for source in (ROOT / folder).rglob("*.c"):
                for name in re.findall(r'(?:getenv|is_set)\("(\w+)"\)', source.read_text()):
                    self.assertIn(name, names, source)

    def test_the_library_has_everything_that_its_headers_declare(self):
        headers = "".join(path.read_text() for path in (ROOT / "include/tickcast").glob("*.h"))
        code = words(re.sub(r"/\*.*?\*/|^ *#.*?(?<!\\)$", "", headers, flags=re.S | re.M))
        prototypes = re.findall(r"TICKCAST_API ([^;]*;)", code)
        self.assertGreater(len(prototypes), 20)
        self.has("libtickcast.3", *prototypes)
        self.has("libtickcast.3", *re.findall(r"(?:struct|enum) tickcast_\w+(?= \{)", code))
        results = re.search(r"enum tickcast_result \{(.*?)\}", headers, re.S)[1]
        self.has("libtickcast.3", *(" ".join(row) for row in
                                    re.findall(r"(TICKCAST_\w+ = -?\d+).*?/\*\*< (.*?) \*/", results)))
        stats = re.search(r"define TICKCAST_STATS\(X\)(.*?[^\\])\n", headers, re.S)[1]
        rows = re.findall(r'X\((\w+), "(.*?)"\)', stats)
        self.assertGreater(len(rows), 20)
        self.has("libtickcast.3", *(f"uint64_t {name} {sentence}" for name, sentence in rows))
        ends = re.findall(r'X\((\w+), [A-Z_]+, \d+, [A-Z]+, "(.*?)"\)', headers)
        self.assertGreater(len(ends), 20)
        self.has("libtickcast.3", *(f"uint64_t ended_{name} {sentence}" for name, sentence in ends))
        refusals = re.findall(r'X\((\w+), [A-Z_]+, "(.*?)"\)', headers)
        self.assertGreater(len(refusals), 10)
        self.has("libtickcast.3", *(f"uint64_t refused_{name} {sentence}" for name, sentence in refusals))
        readme = (ROOT / "README.md").read_text()
        for name, sentence in ends:
            self.assertRegex(readme, rf"\| `ended_{name}` \| \d+ \| {re.escape(sentence)} \|")
        for name, sentence in refusals:
            self.assertIn(f"| `refused_{name}` | {sentence} |", readme)
        for name, standard, _, meaning in (row for row in tables.reference() if len(row) == 4):
            if re.search(rf"X\(\w+, {name},", headers):
                self.assertRegex(self.text["libtickcast.3"], rf"\w+ {name}(_ms)? {re.escape(meaning)}")

    def test_nothing_is_wider_than_100_columns(self):
        texts = [tables.DAEMON, tables.CLIENT, tables.BENCH]
        texts += [tables.run("tickcast-bench", command, "--help") for command in tables.BENCH_OPTIONS]
        texts += [tables.run("tickcast", "help", topic) for topic in tables.TOPICS]
        texts += [tables.run("tickcast", command, "--help") for command in tables.OPTIONS]
        for line in "\n".join(texts).splitlines():
            self.assertLessEqual(len(line), 100, line)

    def test_defaults_that_topics_name_are_those_of_the_settings(self):
        standard = {name[2:].replace("-", "_"): re.search(r"\(default: (.*)\)$", sentence)[1]
                    for name, _, sentence in tables.SETTINGS}
        text = words("".join(tables.run("tickcast", "help", topic) for topic in tables.TOPICS))
        named = [(name, value) for name, value in re.findall(r"\b(\w+_\w+) \((\w+)[:)]", text)
                 if name in standard]
        self.assertGreater(len(named), 10)
        for name, value in named:
            self.assertEqual(value, standard[name], name)
        for name in re.findall(r"\b(?:max|slow|stop|ring)_\w+", text):
            self.assertIn(name, {*standard, "stop_grace_period"})
        for feed in tables.FEEDS:
            self.assertIn(feed, tables.run("tickcast", "help", "feeds"))


class Examples(unittest.TestCase):
    """Those that do not stand in the README, where its tests run them, are run here."""

    @classmethod
    def setUpClass(cls):
        cls.folder = stage.folder()
        subprocess.run([ROOT / "scripts/gen-certs", cls.folder / "certs"], check=True)
        with gzip.open(cls.folder / "trades.csv.gz", "wt") as out:
            out.write("symbol,price,size\nAIG,47.5,100\nSPY,167,200\n")
        cls.environment = dict(os.environ, TERM="xterm-256color",
                               PATH=f"{tables.BUILD / 'bin'}:{os.environ['PATH']}")

    def start(self, command, terminal=False):
        program = Program(["bash", "-c", command], self.folder, self.environment, terminal)
        self.addCleanup(program.end)
        return program

    def ends(self, program):
        program.interrupt()
        self.assertEqual(program.wait(), 0, program.text)

    def rows(self, command):
        sub = self.start("tickcast sub --json '*/*/*'")
        found = None
        for _ in range(PATIENCE): # until the subscription is there
            pub = self.start(command)
            self.assertEqual(pub.wait(), 0, pub.text)
            found = sub.said(r'"SPY/Tick/TRADE","data":\{"Price":167.0,"Size":200\}', 1)
            if found:
                break
        self.assertTrue(found, sub.text)
        self.ends(sub)

    def table(self, command):
        sub = self.start(command, terminal=True)
        for _ in range(PATIENCE):
            pub = self.start("tickcast pub AAPL/1Min/OHLCV '{\"Epoch\": 60, \"Close\": 226.25}'")
            self.assertEqual(pub.wait(), 0, pub.text)
            if sub.said("226.25", 1):
                break
        sub.until("226.25")
        self.ends(sub)

    def test_commands(self):
        own = {
            "zcat trades.csv.gz | tickcast pub --csv '{symbol}/Tick/TRADE' \\\n"
            "    --columns Price=price:float,Size=size:int\n": self.rows,
            "tickcast sub --table '*/1Min/OHLCV'\n": self.table,
        }
        shown = {example for page in ("tickcastd.8", "tickcast.1")
                 for example in tables.examples(page) if not re.match(r"\w+:", example)}
        self.assertEqual([command for command in own if command not in shown], [])
        daemon = self.start("tickcastd")
        daemon.until("^ready$")
        for command in sorted(shown):
            if command in own:
                own[command](command)
            else:
                self.assertIn(command, README, "is run by no test")
        self.ends(daemon)

    def test_configurations(self):
        for page in "tickcast.yml.5", "tickcast.1":
            for example in tables.examples(page):
                if not re.match(r"\w+:", example):
                    continue
                (self.folder / "tickcast.yml").write_text(example)
                check = self.start("tickcastd -c tickcast.yml --check")
                self.assertEqual(check.wait(), 0, example + check.text)

    def test_the_load_tool(self):
        """Without a server what is a good command line ends with 1, and a wrong one would with 2."""
        daemon = self.start("tickcastd")
        daemon.until("^ready$")
        made = self.start("tickcast-bench run --url ws://127.0.0.1:5993 --connections 9 --duration 1 "
                          "--warmup 0 --floor false --json result.json")
        made.wait() # with whatever verdict
        self.ends(daemon)
        for name in "before", "after", "host1", "host2":
            shutil.copy(self.folder / "result.json", self.folder / f"{name}.json")
        shown = list(tables.examples("tickcast-bench.1"))
        self.assertGreater(len(shown), 9)
        for command in shown:
            if command.startswith("description:"):
                (self.folder / "own.yaml").write_text(command)
                command = "tickcast-bench preflight --scenario own.yaml"
            program = self.start(command)
            run = command.startswith("tickcast-bench run ")
            code = program.wait()
            if run:
                program.until("^INVALID: ")
            # A verdict is as it is, and so are the limits of this host.
            allowed = {"run": (1,), "merge": (0, 3, 4), "preflight": (0, 1)}
            self.assertIn(code, allowed.get(command.split()[1], (0,)), command + program.text)

    def test_the_program_of_the_library_is_the_one_that_is_built(self):
        self.assertEqual(list(tables.examples("libtickcast.3"))[-1],
                         (ROOT / "tests/examples/embed.c").read_text())


if __name__ == "__main__":
    stage.enter_namespace()
    unittest.main(verbosity=2)
