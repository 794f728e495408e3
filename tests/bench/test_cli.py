#!/usr/bin/python3
"""tickcast-bench as a program, where no load comes about: wrong command lines and files, limits of the
host, results of other versions. It runs in a network namespace of its own, whose limits it may set."""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "readme"))
import stage
from stage import BUILD, PATIENCE, ROOT

BENCH = BUILD / "bin/tickcast-bench"
SYSCTL = pathlib.Path("/proc/sys/net")
RESULT = ROOT / "tests/bench/result_tick.json"
GOOD, FAILED, USAGE = 0, 1, 2


class Case(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)

    def bench(self, *arguments, code=GOOD, files=None, environment=None):
        """What it prints: standard output and error. `files`: its limit of open files."""
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, files)) if files else None
        done = subprocess.run([BENCH, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                              cwd=self.folder, preexec_fn=limit, env=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name


class CommandLine(Case):
    def refused(self, *arguments):
        """What a run is told that does not take place; its verdict comes first."""
        out, err = self.bench("run", *arguments, code=USAGE)
        self.assertRegex(out, r"\AINVALID: nothing was run: .+\n\Z")
        return err

    def test_help_and_version(self):
        for arguments in ["--help"], ["-h"], ["help"]:
            self.assertIn("\ncommands\n  run ", self.bench(*arguments)[0])
        self.assertEqual(self.bench("help", "run"), self.bench("run", "--help"))
        self.assertRegex(self.bench("--version")[0], r"\Atickcast-bench \d+\.\d+\.\d+\n\Z")

    def test_wrong_command_lines(self):
        for arguments, told in {
            (): "a command is missing: tickcast-bench COMMAND, see tickcast-bench --help",
            ("rnu",): "rnu is not a command; did you mean run?",
            ("scenarios", "a", "b"): "too many arguments: tickcast-bench scenarios [OPTION...] [NAME]",
            ("report", "a.json"): "--report FILE is missing: tickcast-bench report [OPTION...] RESULT...",
        }.items():
            self.assertEqual(self.bench(*arguments, code=USAGE), ("", f"tickcast-bench: {told}\n"))
        self.assertEqual(self.refused("--conections", "5"), "tickcast-bench: --conections is not an "
                         "option of run; did you mean --connections?\n")

    def test_wrong_settings_are_told_all_at_once(self):
        err = self.refused("--url", "ws://127.0.0.1", "--duration", "5sec", "--size", "1", "--sets", "al")
        self.assertEqual([line.split(": ")[1] for line in err.splitlines()],
                         ["--duration", "--size", "--sets"])
        self.assertIn("did you mean '5s'?", err)

    def test_wrong_urls(self):
        self.assertIn("--url: is needed: SCHEME://HOST[:PORT][/PATH]", self.refused())
        for url in "http://a", "127.0.0.1:5993", "", "//a":
            self.assertIn(f"--url: value '{url}': allowed is ", self.refused("--url", url))
        for url, flaw in {"ws://": "the host is missing", "redis://": "the host is missing",
                          "ws:///ws": "the host is missing",
                          "mqtt+ws://a:0": "the port must be a number from 1 to 65535"}.items():
            self.assertIn(f"--url: value '{url}': {flaw}\n", self.refused("--url", url))
        self.assertIn("--against 'x': allowed are URLS as for --url".lower(),
                      self.refused("--url", "ws://a", "--against", "x").lower())

    def test_wrong_assertions(self):
        err = self.refused("--url", "ws://127.0.0.1", "--assert", "p98<2ms")
        self.assertIn("assertion 'p98<2ms': there is no figure of that name", err)

    def test_results_that_could_not_be_written_are_told_before(self):
        for path in "nowhere/a.json", ".":
            out, err = self.bench("run", "--url", "ws://127.0.0.1", "--json", path, code=FAILED)
            self.assertEqual(out, "INVALID: nothing was run: the result cannot be written\n")
            self.assertIn(f"tickcast-bench: {path} cannot be written: ", err)


class Scenarios(Case):
    def test_they_are_listed_and_shown(self):
        listed = self.bench("scenarios")[0]
        for path in sorted((ROOT / "bench/scenarios").glob("*.yaml")):
            self.assertRegex(listed, rf"(?m)^  {path.stem} +\w")
            self.assertEqual(self.bench("scenarios", path.stem)[0], path.read_text())

    def test_an_unknown_one_lists_all(self):
        for arguments in ["run", "--url", "ws://127.0.0.1", "--scenario", "tock"], ["scenarios", "tock"]:
            err = self.bench(*arguments, code=USAGE)[1]
            self.assertIn("'tock': allowed is churn, globs, minute, open, slow, storm, sweep, tick, tls, "
                          "watchlists or zipf, or the path of a file; did you mean 'tick'?", err)

    def test_a_wrong_file_is_told_by_its_lines_and_nothing_is_run(self):
        self.write("a.yaml", "description: wrong\nrate: fast\nrrate: 1\nburst: 0\n")
        out, err = self.bench("run", "--url", "ws://127.0.0.1", "--scenario", "a.yaml", code=USAGE)
        self.assertEqual(out, "INVALID: nothing was run: a setting is wrong\n")
        self.assertRegex(err, r"\Aa.yaml:2: rate: value 'fast': allowed is a number .*\n"
                              r"a.yaml:3: rrate: unknown name; did you mean 'rate'\?\n\Z")
        self.write("a.yaml", "burst: 0\n")
        err = self.bench("run", "--url", "ws://127.0.0.1", "--scenario", "./a.yaml", code=USAGE)[1]
        self.assertEqual(err, "./a.yaml:1: burst: 0 is one message of each symbol, for keys all\n")

    def test_the_real_data_of_open_is_asked_for(self):
        without = {name: value for name, value in os.environ.items() if name != "TICKCAST_TEST_DATA"}
        arguments = "run", "--url", "ws://127.0.0.1", "--scenario", "open"
        err = self.bench(*arguments, code=USAGE, environment=without)[1]
        self.assertIn("replay: is needed: a CSV file whose rows have times; or set TICKCAST_TEST_DATA to "
                      "the folder that holds quotes-2013-10-07-open.csv.gz", err)
        err = self.bench(*arguments, code=USAGE, environment=dict(without, TICKCAST_TEST_DATA="nowhere"))[1]
        self.assertIn("nowhere/quotes-2013-10-07-open.csv.gz cannot be read", err)


class Preflight(Case):
    def set(self, name, value):
        """Sets a number of the namespace for one test."""
        file = SYSCTL / name
        self.addCleanup(file.write_text, file.read_text())
        file.write_text(value)

    def check(self, name, *arguments, state, code=GOOD, **how):
        """The sentence and the command of a check."""
        lines = self.bench("preflight", *arguments, code=code, **how)[0].splitlines()
        [number] = [number for number, line in enumerate(lines)
                    if line.startswith(f"{state:<8} {name}: ")]
        sentence = lines[number].split(": ", 1)[1]
        return sentence, lines[number + 1].strip() if sentence.endswith("; run:") else None

    def test_a_host_that_is_good(self):
        for name in "files", "ports", "somaxconn", "pid":
            self.check(name, "--connections", "10", state="good")

    def test_the_file_limit(self):
        self.check("files", "--connections", "100", state="good", files=(64, 4096)) # it raises it itself
        sentence, command = self.check("files", "--connections", "100", state="refused", code=FAILED,
                                       files=(64, 64))
        self.assertIn("101 connections need 169 open files, the limit is 64", sentence)
        if command is None: # root that may not, as in a container
            self.assertIn("root may not raise the file limit here", sentence)
        else:
            self.assertRegex(command, r"(prlimit --pid \$\$ --nofile=1024:1024|ulimit -n 1024)$")
        out, err = self.bench("run", "--url", "ws://127.0.0.1", "--connections", "100", code=FAILED,
                              files=(64, 64))
        self.assertEqual(out, "INVALID: nothing was run: a limit of this host stands in the way\n")
        self.assertIn("refused  files: 101 connections need 169 open files", err)

    def test_the_ports(self):
        self.set("ipv4/ip_local_port_range", "40000 40099")
        self.check("ports", "--connections", "99", state="good")
        sentence, command = self.check("ports", "--connections", "100", state="refused", code=FAILED)
        self.assertIn("101 connections from each of 1 source addresses, but there are 100 ports", sentence)
        self.assertIn("or --sources 2 for", sentence)
        self.check("ports", "--connections", "100", "--sources", "2", state="good")
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        self.check("ports", "--connections", "100", state="good")

    def test_somaxconn(self):
        self.set("core/somaxconn", "128")
        self.check("somaxconn", "--connections", "100", state="good")
        sentence, command = self.check("somaxconn", "--connections", "200", state="warning")
        self.assertIn("lets 128 connections wait to be accepted (net.core.somaxconn)", sentence)
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        self.check("somaxconn", "--connections", "200", state="good")

    def test_cores_and_the_server(self):
        self.assertIn("core 1023: this host has", self.check("cores", "--core", "1023", state="refused",
                                                             code=FAILED)[0])
        self.assertIn("cpu 1023 is not one", self.check("cores", "--cpu", "1023", state="refused",
                                                        code=FAILED)[0])
        child = subprocess.Popen(["sleep", "60"], preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (100, 100)))
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.check("pid", "--pid", str(child.pid), state="good")
        self.assertIn("may open 100 files", self.check(
            "server files", "--pid", str(child.pid), "--connections", "200", state="warning")[0])
        child.kill()
        child.wait()
        sentence = self.check("pid", "--pid", str(child.pid), state="refused", code=FAILED)[0]
        self.assertEqual(sentence, f"there is no process {child.pid}")


class Results(Case):
    """Files of results, of which none is taken that is not whole or of another version."""

    def other(self, **members):
        return self.write("other.json", json.dumps({**json.loads(RESULT.read_text()), **members}))

    def refused(self, name):
        told = set()
        for arguments in (["compare", RESULT, name], ["merge", RESULT, name, "--json", "new.json"],
                          ["report", name, "--report", "new.html"]):
            out, err = self.bench(*arguments, code=FAILED)
            self.assertEqual(out, "")
            told.add(err)
        self.assertEqual(len(told), 1, told)
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith("new")], [])
        self.assertTrue(err.startswith(f"tickcast-bench: {name}"), err)
        return err

    def test_another_version(self):
        for version in 0, 2, 99:
            self.assertIn("format", self.refused(self.other(tickcast_bench=version)))

    def test_what_is_no_result(self):
        self.assertIn("No such file", self.refused("nowhere.json"))
        for text in "", "{", "[]", "{}", "5", "\0", "<html></html>", RESULT.read_text()[:-200]:
            self.refused(self.write("other.json", text))
        self.assertIn("received", self.refused(self.other(received="many")))

    def test_they_are_compared_merged_and_reported(self):
        out = self.bench("compare", RESULT, RESULT, "--json", "new.json", "--report", "new.html")[0]
        self.assertIn("p99", out)
        json.loads((self.folder / "new.json").read_text())
        self.assertIn("<svg", (self.folder / "new.html").read_text())
        out, _ = self.bench("compare", RESULT, "--json", "-")
        json.loads(out)
        self.bench("report", "new.html", "--report", "again.html") # a page is a result too
        self.assertIn("<svg", (self.folder / "again.html").read_text())

    def test_a_file_is_replaced_whole_or_not_at_all(self):
        self.write("new.html", "old")
        self.bench("report", self.other(tickcast_bench=2), "--report", "new.html", code=FAILED)
        self.assertEqual((self.folder / "new.html").read_text(), "old")
        self.bench("report", RESULT, "--report", "new.html")
        self.assertIn("<svg", (self.folder / "new.html").read_text())
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"new.html", "other.json"})
        self.bench("report", RESULT, "--report", "/dev/full", code=FAILED)


if __name__ == "__main__":
    stage.enter_namespace()
    unittest.main(verbosity=2)
