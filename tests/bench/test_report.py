#!/usr/bin/python3
"""What `tickcast-bench run` writes, from a real run: documents keep to the schema, and pages are
well-formed, complete in themselves and hold the documents. Files that are no results are refused
with a sentence and without figures."""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

import html5lib
import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
import harness  # noqa: E402

PROGRAM = harness.BUILD / "bin/tickcast-bench"
SCHEMA = json.loads((harness.ROOT / "bench/result/schema.json").read_text())
FIXTURES = sorted(HERE.glob("result_*.json"))
HTML = "{http://www.w3.org/1999/xhtml}"
MEASURED = (0, 3, 4)  # whatever the verdict on this machine is; 1 would be loss
# Elements and attributes that make a browser load or run something.
LOADING = {"link", "img", "image", "iframe", "object", "embed", "base", "video", "audio", "source",
           "use", "feimage", "a", "form", "foreignobject"}


def bench(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=harness.PATIENCE * 7)


def validate(document):
    jsonschema.Draft7Validator(SCHEMA).validate(document)


def check_page(test, text):
    """A page that any browser shows in the same way, without a network; returns its data."""
    test.assertLess(len(text.encode()), 1 << 20)
    page = html5lib.HTMLParser(strict=True).parse(text)  # raises at any mistake
    scripts = list(page.iter(HTML + "script"))
    test.assertEqual([script.get("type") for script in scripts], ["application/json"])
    for element in page.iter():
        if not isinstance(element.tag, str):
            test.fail("the page has a comment")
        test.assertNotIn(element.tag.split("}")[1].lower(), LOADING)
        for name, value in element.attrib.items():
            test.assertNotRegex(name.lower(), r"^on|src|href|action|data$|^style$", element.tag)
            test.assertNotIn("url(", value)
    for style in page.iter(HTML + "style"):
        test.assertNotRegex(style.text, r"url\(|@import|expression")
    drawings = re.findall(r"<svg.*?</svg>", text, re.S)
    test.assertGreater(len(drawings), 3)
    for drawing in drawings:
        xml.fromstring(drawing)
        test.assertNotRegex(drawing, r'="[^"]*(nan|inf)[^a-z]')
    return json.loads(scripts[0].text)


class Fixtures(unittest.TestCase):
    def test_keep_to_the_schema(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)
        self.assertEqual(len(FIXTURES), 3)
        for path in FIXTURES:
            validate(json.loads(path.read_text()))

    def test_the_schema_refuses_what_is_wrong(self):
        for change in ({"lost": "none"}, {"verdict": "GOOD"}, {"tickcast_bench": 2},
                       {"latency_us": {"p50": 1}}):
            document = json.loads(FIXTURES[-1].read_text()) | change
            self.assertRaises(jsonschema.ValidationError, validate, document)

    def test_pages_of_one_and_of_several(self):
        for chosen in (FIXTURES[:1], FIXTURES[1:2], FIXTURES[2:], FIXTURES, FIXTURES * 2):
            with tempfile.NamedTemporaryFile(suffix=".html") as file:
                done = bench("compare", *chosen, "--report", file.name)
                self.assertEqual(done.returncode, 0, done.stderr)
                documents = check_page(self, pathlib.Path(file.name).read_text())
                self.assertEqual(len(documents), len(chosen))
                for document in documents:
                    validate(document)


class Run(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = harness.folder() / "report"
        cls.folder.mkdir()
        broker = harness.Broker()
        cls.addClassCleanup(broker.kill)
        cls.done = bench("run", "--url", broker.url("ws"), "--scenario", "tick", "--connections", 20,
                         "--rate", 500, "--count", 1000, "--duration", "5min", "--pid", broker.process.pid,
                         "--assert", "lost=0", "--assert", "p99<1ns",
                         *(text for form in ("json", "report", "csv", "csv-series", "junit")
                           for text in (f"--{form}", cls.file(form))))
        broker.stop()

    @classmethod
    def file(cls, form):
        return cls.folder / ("result." + {"report": "html", "junit": "xml"}.get(form, form))

    def text(self, form):
        return self.file(form).read_text()

    def document(self):
        return json.loads(self.text("json"))

    def test_an_assertion_that_fails_is_the_exit_code(self):
        self.assertEqual(self.done.returncode, 1, self.done.stderr)
        self.assertEqual([each["passed"] for each in self.document()["assertions"]], [True, False])

    def test_the_document_keeps_to_the_schema(self):
        document = self.document()
        validate(document)
        self.assertEqual(document["expected"], document["received"])
        self.assertEqual(document["lost"], 0)
        self.assertGreater(document["latency_us"]["p50"], 0)

    def test_the_summary_begins_with_the_verdict(self):
        self.assertRegex(self.done.stdout, f"^{self.document()['verdict']}\\b")

    def test_the_page_holds_the_document(self):
        (held,) = check_page(self, self.text("report"))
        document = self.document()
        validate(held)
        self.assertEqual(held["histograms"], document["histograms"])
        self.assertEqual(held["series"], document["series"])
        for name, number in document["latency_us"].items():
            self.assertAlmostEqual(held["latency_us"][name], number, 3)

    def test_the_page_is_compared_like_the_document(self):
        done = bench("compare", self.file("report"), self.file("json"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("result"), 2)

    def test_the_tables_are_tables(self):
        for form, count in (("csv", 1), ("csv-series", len(self.document()["series"]))):
            with self.file(form).open(newline="") as file:
                rows = list(csv.DictReader(file, strict=True))
            self.assertEqual(len(rows), count)
            self.assertNotIn(None, rows[0])

    def test_junit_tells_what_failed(self):
        suites = xml.parse(self.file("junit")).getroot()
        (suite,) = suites
        cases = {case.get("name"): case for case in suite}
        self.assertEqual(set(cases), {"verdict", "no loss", "lost=0", "p99<1ns"})
        self.assertIsNone(cases["no loss"].find("failure"))
        self.assertIsNotNone(cases["p99<1ns"].find("failure"))
        self.assertEqual(int(suite.get("failures")),
                         sum(case.find("failure") is not None for case in suite))


class Refused(unittest.TestCase):
    def refuse(self, text, why):
        with tempfile.NamedTemporaryFile(suffix=".json", mode="w") as file:
            file.write(text)
            file.flush()
            done = bench("compare", FIXTURES[0], file.name)
            self.assertNotIn(done.returncode, MEASURED)
            self.assertEqual(done.stdout, "")
            self.assertIn(file.name, done.stderr)
            self.assertRegex(done.stderr, why)

    def test_what_is_no_result(self):
        good = FIXTURES[0].read_text()
        self.refuse("", "empty")
        self.refuse("p99 = 2 ms", "not JSON")
        self.refuse('{"p99": 2}', "not a result of tickcast-bench")
        self.refuse(good[:len(good) // 2], "cut off")
        self.refuse(good.replace('"tickcast_bench": 1', '"tickcast_bench": 7'), "format 7.*format 1")
        self.refuse(good.replace('"received": ', '"received": -'), "received is not a whole number")
        self.refuse("<html><p>hello</html>", "not a report")


if __name__ == "__main__":
    unittest.main()
