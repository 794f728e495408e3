"""What the programs themselves say of their tables, and the files that are made from these."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
SHARE = BUILD / "share"
PAGES = {name: SHARE / "man" / f"man{name[-1]}" / name
         for name in ("tickcastd.8", "tickcast.1", "tickcast.yml.5", "libtickcast.3", "tickcast-bench.1",
                      "tickcast-bench.7")}


def run(program, *arguments):
    done = subprocess.run([BUILD / "bin" / program, *arguments], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


def sections(text):
    """The parts of a help by their titles: lines that are followed by items."""
    found, title = {}, ""
    for line in text.splitlines():
        if line and not line.startswith(" "):
            title = line
        found.setdefault(title, []).append(line)
    return {title: "\n".join(lines[1:]) for title, lines in found.items()}


def items(text):
    """(name, value, sentence) of each item of a help."""
    found = []
    for line in text.splitlines():
        item = re.match(r"  (\S.*?)(?:  +(\S.*)|$)", line)
        if item:
            found.append([item[1], item[2] or ""])
        elif found and line.startswith(" " * 24):
            found[-1][1] = f"{found[-1][1]} {line.strip()}".strip()
    for name, sentence in found:
        word, _, value = name.partition(" ")
        yield (word, value, sentence) if word.startswith("--") else (name, "", sentence)


def part(text, title):
    """The items of the section whose title begins so."""
    found = [list(items(body)) for name, body in sections(text).items() if name.startswith(title)]
    assert len(found) == 1 and found[0], (title, len(found))
    return found[0]


DAEMON = run("tickcastd", "--help")
CLIENT = run("tickcast", "help")
FLAGS = part(DAEMON, "flags")
SETTINGS = part(DAEMON, "settings")
FEEDS = {re.match(r"options of --feed (\w+):", title)[1]: list(items(body))
         for title, body in sections(DAEMON).items() if title.startswith("options of --feed")}
COMMANDS = [name.split()[0] for name, _, _ in part(CLIENT, "commands")]
TOPICS = [name for name, _, _ in part(CLIENT, "topics")]
OPTIONS = {command: part(run("tickcast", command, "--help"), "options")
           for command in COMMANDS if command != "help"}
BENCH = run("tickcast-bench", "help")
BENCH_COMMANDS = [name.split()[0] for name, _, _ in part(BENCH, "commands")]
BENCH_OPTIONS = {command: part(run("tickcast-bench", command, "--help"), "options")
                 for command in BENCH_COMMANDS if command != "help"}
# The settings of a load, under whatever titles they stand.
LOAD = [item for title, body in sections(run("tickcast-bench", "run", "--help")).items()
        if title not in ("options", "signals", "exit codes")
        for item in items(body) if item[0].startswith("--")]
SCENARIOS = [name for name, _, _ in items(run("tickcast-bench", "scenarios"))]


def reference():
    """The rows of `tickcastd --help-config`: name, default, allowed, meaning."""
    for line in run("tickcastd", "--help-config").splitlines():
        if line.startswith("| `"):
            yield [cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")]


def rendered(page):
    """A page as one line of words."""
    done = subprocess.run(["mandoc", "-Tutf8", "-O", "width=500", PAGES[page]], capture_output=True,
                          text=True, check=True)
    return " ".join(re.sub(r".\x08|`", "", done.stdout).split())


def examples(page):
    """The examples of a page, as they are to be typed."""
    text = PAGES[page].read_text()
    for block in re.findall(r"^\.EX\n(.*?)^\.EE$", text, re.M | re.S):
        for escape, plain in (("\\&", ""), ("\\-", "-"), ("\\(aq", "'"), ("\\(ga", "`"),
                              ("\\(ha", "^"), ("\\(ti", "~"), ("\\e", "\\")):
            block = block.replace(escape, plain)
        yield block
