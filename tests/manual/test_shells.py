"""What bash and zsh offer at Tab, asked from the shells themselves."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "readme"))
import tables
from stage import Program
from tables import SHARE

FEEDS = sorted(tables.FEEDS)
DAEMON = [name for name, _, _ in tables.FLAGS + tables.SETTINGS]
LEVELS = ["debug", "error", "notice", "warning"]

# A line, without what is completed, and the candidates, whatever the shell adds to them.
LINES = {
    "tickcastd --": DAEMON,
    "tickcastd --slow-": ["--slow-memory", "--slow-time"],
    "tickcastd --demo --subscribers-from ": ["any", "loopback"],
    "tickcastd --publishers-from=": ["any", "loopback"],
    "tickcastd --publishers-from=a": ["any"],
    "tickcastd --log-level ": LEVELS,
    "tickcastd --strict-utf8 ": ["false", "true"],
    "tickcastd --workers ": [],
    "tickcastd --workers 2 --chec": ["--check"],
    "tickcastd --config ": ["a file.yml", "a.pem", "b.pem"],
    "tickcastd -c a\\ ": ["a file.yml"],
    "tickcastd --listen-tls [::]:1 --cert ": ["a file.yml", "a.pem", "b.pem"],
    "tickcastd --key=b": ["b.pem"],
    "tickcastd --feed ": FEEDS,
    "tickcastd --feed=s": ["sim", "stdin"],
    "tickcastd --feed sim,s": ["seed=", "symbols="],
    "tickcast ": tables.COMMANDS,
    "tickcast --v": ["--version"],
    "tickcast check": ["check-stream"],
    "tickcast help ": [*(name for name in tables.COMMANDS if name != "help"), *tables.TOPICS],
    "tickcast help str": ["streams"],
    "tickcast pub --ca ": ["a file.yml", "a.pem", "b.pem"],
    "tickcast sub --count ": [],
    "tickcast sub a/b/c --cou": ["--count"],
    "tickcast-bench ": tables.BENCH_COMMANDS,
    "tickcast-bench --v": ["--version"],
    "tickcast-bench comp": ["compare"],
    "tickcast-bench help ": [name for name in tables.BENCH_COMMANDS if name != "help"],
    "tickcast-bench run --scenario ": tables.SCENARIOS,
    "tickcast-bench run --scenario=wa": ["watchlists"],
    "tickcast-bench run --rate ": [],
    "tickcast-bench run --url ws://a --json ": ["a file.yml", "a.pem", "b.pem"],
    "tickcast-bench scenarios s": ["slow", "storm", "sweep"],
    "tickcast-bench compare ": ["a file.yml", "a.pem", "b.pem"],
    "tickcast-bench merge a.pem b": ["b.pem"],
}
for command, options in tables.OPTIONS.items():
    LINES[f"tickcast {command} --"] = [name for name, _, _ in options]
for command, options in tables.BENCH_OPTIONS.items():
    settings = tables.LOAD if command in ("run", "preflight") else []
    LINES[f"tickcast-bench {command} --"] = [name for name, _, _ in options + settings]
# Every word that a table allows for a value.
for name, value, _ in tables.FLAGS + tables.SETTINGS:
    if "|" in value and not value.startswith("TYPE"):
        LINES[f"tickcastd {name} "] = value.split("|")
for name, value, _ in tables.LOAD:
    if "|" in value:
        LINES[f"tickcast-bench run {name} "] = value.split("|")
for feed, options in tables.FEEDS.items():
    LINES[f"tickcastd --feed {feed},"] = [name + "=" for name, _, _ in options]

# The names of scenarios are asked of the program.
ENVIRONMENT = dict(os.environ, PATH=f"{tables.BUILD / 'bin'}:{os.environ['PATH']}")

ZSH = r"""
fpath=(%s $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
    local -a candidates
    builtin compadd -O candidates "$@"
    print -rl -- $candidates >>$FOUND
    builtin compadd "$@"
}
ask() { BUFFER=$LINE_NOW CURSOR=$#LINE_NOW; zle ask-completer; BUFFER= ; zle -M "asked$((++ASKED))." }
zle -C ask-completer complete-word _main_complete
zle -N ask
bindkey '^X' ask
print 'rea''dy'
"""


class Shells(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = tempfile.TemporaryDirectory()
        cls.addClassCleanup(made.cleanup)
        cls.folder = made.name
        for name in "a file.yml", "a.pem", "b.pem":
            open(os.path.join(cls.folder, name), "w").close()

    def bash(self, line):
        """The candidates of `line`, which bash has cut into words as readline does."""
        program = line.split()[0]
        script = SHARE / "bash-completion/completions" / program
        words = []
        for word in shlex.split(line.rstrip(" ")) if "\\" not in line else line.split():
            words += [part for part in re.split("(=)", word) if part]
        if line.endswith(" ") and "\\" not in line:
            words.append("")
        if "\\" in line:
            words = [word.replace("\\", "") for word in words]
            words[-1] += " "
        quoted = " ".join(shlex.quote(word) for word in words)
        code = f"""source {shlex.quote(str(script))}
            function=$(complete -p {program}); function=${{function#*-F }}; function=${{function%% *}}
            COMP_WORDS=({quoted}) COMP_CWORD={len(words) - 1}
            $function; printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = subprocess.run(["bash", "--norc", "-c", code], cwd=self.folder, capture_output=True,
                              text=True, timeout=60, env=ENVIRONMENT)
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return [found.rsplit(",", 1)[-1] for found in done.stdout.splitlines() if found]

    def test_bash(self):
        for line, wanted in LINES.items():
            with self.subTest(line):
                self.assertEqual(sorted(self.bash(line)), sorted(wanted))

    def test_zsh(self):
        with tempfile.TemporaryDirectory() as folder:
            rc, found = os.path.join(folder, ".zshrc"), os.path.join(folder, "found")
            with open(rc, "w") as out:
                out.write(ZSH % shlex.quote(str(SHARE / "zsh/site-functions")))
            environment = dict(ENVIRONMENT, TERM="dumb", ZDOTDIR=folder, FOUND=found)
            zsh = Program(["zsh", "-d", "-i"], self.folder, environment, terminal=True)
            self.addCleanup(zsh.end)
            zsh.until("^ready")
            for number, (line, wanted) in enumerate(LINES.items(), 1):
                open(found, "w").close()
                zsh.type(f"LINE_NOW={shlex.quote(line)}; print set{number}''.\n")
                zsh.until(rf"set{number}\.")
                zsh.type("\x18")
                zsh.until(rf"asked{number}\.")
                with self.subTest(line), open(found) as lines:
                    got = {name.rstrip("\n").replace("\\", "") for name in lines} - {""}
                    self.assertEqual(got, set(wanted))


if __name__ == "__main__":
    unittest.main(verbosity=2)
