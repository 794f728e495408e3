"""What the tests of a start share: tickcastd in the network namespace of these tests, with what it
writes on both outputs, and the commands that it tells, which are run as a shell runs pasted ones."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "readme"))
from stage import BUILD, OUTSIDE, PATIENCE, ROOT, Program, enter_namespace  # noqa: E402

__all__ = ["BUILD", "OUTSIDE", "PATIENCE", "ROOT", "Program"]  # for who imports this, too

TICKCASTD = BUILD / "bin/tickcastd"
WITH_PROGRAMS = dict(os.environ, PATH=f"{BUILD / 'bin'}:{os.environ['PATH']}")
NOBODY = 65534  # user and group


def wait_for(what, condition):
    """Until `condition` holds; its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)
    return value


def root_may_raise_limits():
    """CAP_SYS_RESOURCE, which root in a container often lacks."""
    status = pathlib.Path("/proc/self/status").read_text()
    return bool(int(re.search(r"CapEff:\s*(\w+)", status)[1], 16) >> 24 & 1)


def become_nobody():
    """In a process that is to be another user's."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class Daemon:
    """A daemon whose outputs are kept apart; `err` and `out` are what it has written."""

    def __init__(self, test, *args, program=TICKCASTD, ready=True, **how):
        self.files = [tempfile.TemporaryFile() for _ in range(2)]
        self.process = subprocess.Popen(
            [str(arg) for arg in (program, *args)],
            stdout=self.files[0], stderr=self.files[1], stdin=subprocess.DEVNULL,
            **{"env": WITH_PROGRAMS, "cwd": test.folder, **how},
        )  # fmt: skip
        test.addCleanup(self.end)
        if ready:
            wait_for("ready", lambda: "ready\n" in self.err or self.process.poll() is not None)
            test.assertIn("ready\n", self.err)

    @property
    def out(self):
        return self.text(0)

    @property
    def err(self):
        return self.text(1)

    def text(self, number):
        file = self.files[number]
        return os.pread(file.fileno(), 1 << 20, 0).decode()

    def wait(self):
        return self.process.wait(PATIENCE)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for file in self.files:
            file.close()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tickcast-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def start(self, *args, **how):
        return Daemon(self, *args, **how)

    def public_program(self):
        """tickcastd where every user may run it."""
        users = int(pathlib.Path("/proc/self/uid_map").read_text().split()[2])
        self.assertGreater(users, NOBODY, "this test must become another user: run it as root")
        self.folder.chmod(0o755)
        return shutil.copy(TICKCASTD, self.folder / "tickcastd")

    def fails(self, *args, **how):
        """What a daemon says that does not start."""
        daemon = self.start(*args, ready=False, **how)
        self.assertEqual(daemon.wait(), 1, daemon.err)
        return daemon.err

    def shell(self, command, env=WITH_PROGRAMS, cwd=None):
        """A command as pasted, which goes on."""
        program = Program(["bash", "-c", command], cwd or self.folder, env)
        self.addCleanup(program.end)
        return program

    def paste(self, command, env=WITH_PROGRAMS, cwd=None):
        """A command as pasted, which must end well; what it prints."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=cwd or self.folder, env=env, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def cure(self, text, purpose):
        """The command that `text` gives for a purpose."""
        found = re.search(rf"; to {purpose} run: (.+?)(?=; to |$)", text, re.M)
        self.assertIsNotNone(found, f"no way to {purpose} in: {text}")
        return found[1]


def main():
    enter_namespace()
    unittest.main(module="__main__", verbosity=2)
