#!/usr/bin/python3
"""Histograms against HdrHistogram's own JavaScript library, in both directions: each count, bucket,
percentile, mean and deviation is equal, and so is each line of the printed distribution.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
FORM = pathlib.Path(os.environ["TICKCAST_BUILD"]) / "tests" / "hdr_form"
NODE = ROOT / "tests" / "clients" / "node" / "hdr.js"
HOUR = 3_600_000_000_000
PERCENTS = [0, 0.01, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 99.9999, 100]


def shapes(draw):
    """Tag -> [(value, count)]: what latencies look like, and what they never do."""
    return {
        "-": [(int(draw.lognormvariate(11, 1.2)), 1) for _ in range(20000)],
        "edges": [(value + off, 1) for bit in range(1, 41) for value in [1 << bit]
                  for off in (-1, 0, 1)],
        "one": [(123_456_789, 1)],
        "zero": [(0, 5), (1, 1)],
        "hour": [(HOUR, 3), (1, 4_000_000_000)],
        "stall": [(50_000 + draw.randrange(1000), 1) for _ in range(5000)] +
                 [(draw.randrange(1_000_000_000), 1) for _ in range(500)],
        "even": [(1000 * i, 1) for i in range(1, 10001)],
    }


def lines(tags):
    return "".join(f"{tag} {value} {count}\n" for tag, rows in tags.items() for value, count in rows)


def run(command, given=""):
    done = subprocess.run([str(part) for part in command], input=given, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, f"{command[0]}: {done.stderr}"
    return done.stdout


def texts(log):
    """The base64 of each interval line, in order."""
    return [line.split(",")[-1] for line in log.read_text().splitlines()
            if "," in line and line[0] not in '#"']


def told(log, percents):
    return [json.loads(line) for line in
            run([FORM, "tell", *percents], "\n".join(texts(log)) + "\n").splitlines()]


def compare(tag, ours, theirs):
    for name in ("count", "max", "percentiles", "buckets", "mean", "deviation"):
        assert ours[name] == theirs[name], f"{tag}: {name}: {ours[name]}, not {theirs[name]}"


def main():
    draw = random.Random(20261126)
    tags = shapes(draw)
    percents = PERCENTS + [round(draw.uniform(0, 100), 4) for _ in range(200)]
    with tempfile.TemporaryDirectory() as folder:
        log, distribution = pathlib.Path(folder, "ours.hlog"), pathlib.Path(folder, "ours.hgrm")
        run([FORM, "write", log, distribution], lines(tags))
        theirs = json.loads(run(["node", NODE, "read", log, *percents]))
        assert [one["tag"] for one in theirs] == list(tags)
        for index, (one, mine) in enumerate(zip(theirs, told(log, percents))):
            assert one["started_ms"] == 1_700_000_000_250 + 1500 * index, one["started_ms"]
            assert one["ended_ms"] == one["started_ms"] + 1500
            assert one["count"] == sum(count for _, count in tags[one["tag"]])
            compare(one["tag"], mine, one)
        assert distribution.read_text() == "".join(one["hgrm"] for one in theirs)

        log = pathlib.Path(folder, "theirs.hlog")
        theirs = json.loads(run(["node", NODE, "write", log, *percents], lines(tags)))
        mine = told(log, percents)
        assert len(mine) == len(theirs) == len(tags)
        for one, other in zip(theirs, mine):
            compare(one["tag"], other, one)
    print(f"{len(tags)} histograms, {len(percents)} percentiles, both ways: equal")


sys.exit(main())
