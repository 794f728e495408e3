"""Where the tests of the README and of scripts/demo run: a network namespace of their own, in which
port 5993 is free and nobody else is reached; a copy of the source in a folder that is removed; and
programs that are watched and ended as people do it.
"""
import atexit
import fcntl
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
PATIENCE = 60        # seconds until something that must happen is given up
BUILD_PATIENCE = 1800 # the same where something is compiled
OUTSIDE = "192.0.2.1" # an address of this host that is not loopback, as a machine on the network has

_MARK = "TICKCAST_STAGE"


def enter_namespace():
    """Runs this program again in a network namespace with loopback and OUTSIDE."""
    if _MARK not in os.environ:
        os.environ[_MARK] = "1"
        for flags in (["-n"], ["-Urn"]) if os.getuid() == 0 else (["-Urn"],):
            if subprocess.run(["unshare", *flags, "true"], capture_output=True).returncode == 0:
                os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])
        sys.exit("a network namespace cannot be made: unshare -n and unshare -Urn are refused")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "replace", OUTSIDE + "/32", "dev", "lo"], check=True)


def folder():
    """A new folder, removed at the end of this program."""
    made = tempfile.mkdtemp(prefix="tickcast-readme-")
    atexit.register(shutil.rmtree, made, True)
    return pathlib.Path(made)


def copy_of_source():
    """The source as after a checkout, with the packages of node that scripts/setup has installed."""
    copy = folder() / "tickcast"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=lambda at, names: [
        name for name in names if name in (".git", "node_modules", "__pycache__") or
        (name.startswith("build") and pathlib.Path(at) == ROOT)])
    modules = "tests/clients/node/node_modules"
    (copy / modules).symlink_to(ROOT / modules)
    return copy


def session(leader):
    """The living processes of a session."""
    living = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, sid = stat.read_text().rsplit(")", 1)[1].split()[:4]
        except (OSError, ValueError):
            continue # it has ended meanwhile
        if int(sid) == leader and state not in "ZX":
            living.append(int(stat.parent.name))
    return living


class Program:
    """A command in a session of its own; what it prints is kept. `terminal`: it has one."""

    def __init__(self, command, cwd, environment, terminal=False):
        ours, theirs = pty.openpty() if terminal else os.pipe()
        self.terminal, self.descriptor = terminal, ours
        if terminal:
            self.resize(100)
        self.process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, env=environment, start_new_session=True,
            stdin=theirs if terminal else subprocess.DEVNULL, stdout=theirs, stderr=theirs,
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if terminal else None)
        os.close(theirs)
        self.command, self.output, self.changed = command, b"", threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                more = os.read(self.descriptor, 65536)
            except OSError: # a terminal that nobody has open
                more = b""
            with self.changed:
                self.output += more
                self.ended = not more
                self.changed.notify_all()
            if not more:
                os.close(self.descriptor)
                return

    @property
    def text(self):
        return self.output.decode(errors="replace")

    def said(self, pattern, seconds=0):
        """The first match in what it has printed, waiting up to `seconds`; None if there is none."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                found = re.search(pattern, self.text, re.M)
                left = deadline - time.monotonic()
                if found or self.ended or left <= 0:
                    return found
                self.changed.wait(left)

    def until(self, pattern, seconds=PATIENCE):
        found = self.said(pattern, seconds)
        if not found:
            raise AssertionError(f"{self.command} did not print {pattern!r} but:\n{self.text}")
        return found

    def resize(self, columns):
        """Its terminal."""
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))

    def type(self, text):
        """At its terminal."""
        os.write(self.descriptor, text.encode())

    def interrupt(self):
        """Ctrl-C: to the foreground of the terminal, or to the whole process group."""
        if self.terminal:
            self.type("\x03")
        else:
            os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, seconds=PATIENCE):
        """Its exit code, once it and all that it started have ended."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command} does not end; it printed:\n{self.text}") from None
        deadline = time.monotonic() + PATIENCE
        while session(self.process.pid):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.command} left {session(self.process.pid)} behind")
            time.sleep(0.02)
        self.reader.join(PATIENCE)
        return code

    def end(self):
        """The way out of a test: nothing of it stays."""
        for _ in range(100):
            living = session(self.process.pid)
            if not living:
                break
            for pid in living:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)
        self.process.wait()
