"""The unit of the service: systemd finds nothing to complain of and little exposure, its list of system
calls is what the tests run under, and the daemon tells its manager how it is."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
CONFINED = BUILD / "tests/confined"
DAEMON = BUILD / "bin/tickcastd"
SOURCE = ROOT / "src/package/tickcastd.service.in"
MOST_EXPOSED = 1.1
PATIENCE = 60
NOTHING = {"stdin": subprocess.DEVNULL, "text": True, "timeout": PATIENCE}

folder = pathlib.Path(tempfile.mkdtemp(prefix="tickcast-service-"))


def setUpModule():
    unittest.addModuleCleanup(shutil.rmtree, folder)
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder, "--component", "programs"],
                   stdout=subprocess.DEVNULL, check=True)


def analyze(*words):
    done = subprocess.run(["systemd-analyze", "--no-pager", "--man=no", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **NOTHING)
    return done.returncode, done.stdout


def exposure(unit):
    _, said = analyze("security", "--offline=true", str(unit))
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])


class Unit(unittest.TestCase):
    unit = folder / "lib/systemd/system/tickcastd.service"

    def changed(self, old, new):
        text = self.unit.read_text()
        self.assertIn(old, text)
        other = folder / "other" / self.unit.name
        other.parent.mkdir(exist_ok=True)
        other.write_text(text.replace(old, new))
        return other

    def test_it_names_the_program_that_was_installed(self):
        program = re.search(r"(?m)^ExecStart=(\S+) -c %E/tickcast/tickcast.yml$", self.unit.read_text())[1]
        self.assertEqual(program, str(folder / "bin/tickcastd"))
        self.assertNotIn("@", self.unit.read_text())

    def test_systemd_knows_each_line(self):
        self.assertEqual(analyze("verify", str(self.unit)), (0, ""))
        for old, new in (("ProtectHome=", "ProtectedHome="), ("accept4", "acceptfour"),
                         ("PrivateTmp=yes", "PrivateTmp=perhaps")):
            self.assertNotEqual(analyze("verify", str(self.changed(old, new)))[1], "")

    def test_its_exposure(self):
        self.assertLessEqual(exposure(self.unit), MOST_EXPOSED)
        code, said = analyze("security", "--offline=true", f"--threshold={round(10 * MOST_EXPOSED)}",
                             str(self.unit))
        self.assertEqual(code, 0, said)
        for line in "DynamicUser=yes\n", "CapabilityBoundingSet=\n", "PrivateUsers=yes\n":
            self.assertGreater(exposure(self.changed(line, "")), MOST_EXPOSED, line)

    def test_it_allows_calls_one_by_one_and_none_that_rules_the_host(self):
        text = self.unit.read_text()
        allowed = " ".join(re.findall(r"(?m)^SystemCallFilter=(.*)$", text)).split()
        self.assertEqual(len(allowed), len(set(allowed)))
        self.assertFalse([call for call in allowed if not re.fullmatch(r"[a-z0-9_]+", call)])
        for call in ("ptrace", "mount", "bpf", "setuid", "kill", "init_module", "setrlimit", "fork",
                     "vfork", "process_vm_readv", "io_uring_setup", "keyctl", "personality", "chmod"):
            self.assertNotIn(call, allowed)


class Confined(unittest.TestCase):
    """confined/main.c, under which the integration tests run the daemon."""

    def run_under(self, unit, *command):
        return subprocess.run([CONFINED, unit, *command], capture_output=True, **NOTHING)

    def without(self, call):
        fewer, times = re.subn(rf"(?m)^(SystemCallFilter=(.* )?){call}(?= |$)", r"\1",
                               SOURCE.read_text())
        self.assertEqual(times, 1, call)
        unit = folder / "fewer.service"
        unit.write_text(fewer)
        return unit

    def test_what_is_allowed_runs(self):
        done = self.run_under(SOURCE, DAEMON, "--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("tickcastd", done.stdout)

    def test_what_is_not_allowed_ends_it_by_name(self):
        done = self.run_under(SOURCE, "/usr/bin/setsid", "/bin/true")
        self.assertEqual(done.returncode, -signal.SIGSYS)
        self.assertRegex(done.stderr, r"^confined: /usr/bin/setsid made the system call setsid \(\d+\)")

    def test_a_list_that_lacks_one_call_is_noticed(self):
        for call in "execve", "mmap", "clone3", "signalfd4", "epoll_wait":
            done = self.run_under(self.without(call), DAEMON, "--listen", "127.0.0.1:0", "--workers", "1")
            self.assertEqual(done.returncode, -signal.SIGSYS, call)
            self.assertIn(f"the system call {call} (", done.stderr)

    def test_a_call_that_does_not_exist_is_an_error(self):
        unit = folder / "wrong.service"
        for text in "SystemCallFilter=read no_such_call\n", "[Service]\n", "SystemCallFilter=@default\n":
            unit.write_text(text)
            self.assertEqual(self.run_under(unit, "/bin/true").returncode, 2, text)


class Manager(unittest.TestCase):
    """The daemon as systemd starts it."""

    def heard(self):
        return self.manager.recv(4096).decode()

    def told(self, name):
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.settimeout(PATIENCE)
        self.manager.bind(name)
        configuration = folder / "tickcast.yml"
        configuration.write_text("listen: 127.0.0.1:0\nworkers: 1\n")
        daemon = subprocess.Popen([CONFINED, SOURCE, DAEMON, "-c", configuration], text=True,
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  env=dict(os.environ, NOTIFY_SOCKET=name.replace("\0", "@")))
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.kill)
        self.assertEqual(self.heard(), "READY=1")
        daemon.send_signal(signal.SIGHUP)
        self.assertEqual([self.heard(), self.heard()], ["RELOADING=1", "READY=1"])
        daemon.terminate()
        self.assertEqual(self.heard(), "STOPPING=1")
        self.assertEqual(daemon.wait(PATIENCE), 0, daemon.stderr.read())

    def test_a_path(self):
        self.told(str(folder / "notify"))

    def test_an_abstract_name(self):
        self.told(f"\0tickcast-test-{os.getpid()}")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
