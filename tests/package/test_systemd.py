"""The unit as systemd runs it, on a machine of its own (package/machine): what the README says of the
service holds, and each thing that the unit forbids is tried."""
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
MACHINE = ROOT / "tests/package/machine"
CLIENT = BUILD / "bin/tickcast"
UNIT = "tickcastd.service"
PATIENCE = 120  # seconds until something that must happen is given up

PLAIN = "listen: 127.0.0.1:5993\n"
SECURE = """listen:
  - 127.0.0.1:5993
  - {address: 127.0.0.1:5994, cert: /etc/tickcast/server.pem, key: %s}
tls_ticket_file: /var/lib/tickcast/tickets
"""
ONCE = """[Service]
Type=oneshot
Restart=no
ExecStart=
ExecStart=/opt/tickcast/attempts %s
StandardOutput=file:/var/log/attempts
"""

machine = None


def setUpModule():
    global machine
    machine = Machine()
    unittest.addModuleCleanup(machine.end)
    machine.begin()


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come")
        time.sleep(0.05)
    return found


class Machine:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tickcast-machine-"))
        self.process = None

    def begin(self):
        if os.geteuid() != 0:
            raise RuntimeError("this test must be root: it starts systemd in namespaces of its own")
        files = self.folder / "files"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/opt/tickcast", "--component", "programs"],
                       stdout=subprocess.DEVNULL, env=dict(os.environ, DESTDIR=files), check=True)
        shutil.copy(BUILD / "tests/attempts", files / "opt/tickcast")
        units = files / "etc/systemd/system"
        units.mkdir(parents=True)
        (units / UNIT).symlink_to("/opt/tickcast/lib/systemd/system/" + UNIT)
        (files / "tmp").mkdir()
        (files / "tmp").chmod(0o1777)
        (files / "tmp/file").touch()
        subprocess.run([ROOT / "scripts/gen-certs", files / "etc/tickcast"], check=True)
        (files / "etc/tickcast/private").touch(0o600)
        for name in "", "server.pem", "ca.pem":
            (files / "etc/tickcast" / name).chmod(0o755 if not name else 0o644)
        root = self.folder / "root"
        root.mkdir()
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", MACHINE, root, files],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.first = wait_for(self.find_first, "the machine")
        self.root = pathlib.Path(f"/proc/{self.first}/root")
        wait_for(lambda: self.systemctl("is-active", "basic.target", check=False) == "active\n", "systemd")

    def find_first(self):
        """The process id of its systemd, in our numbers."""
        if self.process.poll() is not None:
            raise RuntimeError("systemd cannot be started in namespaces of its own here; root may where "
                               "nothing keeps it from that:\n" + self.process.stdout.read())
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for child in children.split():
            if pathlib.Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                return int(child)
        return None

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            subprocess.run([MACHINE, "--remove", str(self.process.pid)], check=False)
        shutil.rmtree(self.folder)

    def run(self, *command, check=True):
        done = subprocess.run(["nsenter", "-t", str(self.first), "-m", "-p", *command],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=PATIENCE)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.stdout}\n{self.journal()}")
        return done.stdout

    def systemctl(self, *words, check=True):
        return self.run("systemctl", "--no-pager", *words, check=check)

    def journal(self):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", UNIT, check=False)

    def show(self, name):
        return self.systemctl("show", "--value", "-p", name, UNIT).strip()

    def configure(self, text, *drop_ins):
        """The configuration file, and what `systemctl edit` would add to the unit."""
        self.systemctl("stop", UNIT)
        self.systemctl("reset-failed", check=False)
        (self.root / "etc/tickcast/tickcast.yml").write_text(text)
        added = self.root / f"etc/systemd/system/{UNIT}.d"
        shutil.rmtree(added, ignore_errors=True)
        added.mkdir()
        for number, drop_in in enumerate(drop_ins):
            (added / f"{number}.conf").write_text(drop_in)
        self.systemctl("daemon-reload")

    def start(self, text, *drop_ins):
        self.configure(text, *drop_ins)
        self.systemctl("start", UNIT)

    def main(self):
        """The daemon's process id, in our numbers."""
        inner = self.show("MainPID")
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
            except OSError:  # it has ended
                continue
            same = os.path.basename(os.path.dirname(status))
            if re.search(rf"(?m)^NSpid:\t{same}\t{inner}$", text) and "\nName:\ttickcastd" in "\n" + text:
                return int(same)
        raise AssertionError("the daemon has no process")

    def client(self, *words):
        """The command line on the machine's network."""
        return ["nsenter", "-t", str(self.first), "-n", CLIENT, *words]


class Runs(unittest.TestCase):
    def subscribe(self, *where, publish_to="ws://127.0.0.1:5993"):
        """Receives one message, published again and again until the subscription is there."""
        subscriber = subprocess.Popen(machine.client("sub", "--count", "1", "--json", *where, "A/B/C"),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(subscriber.communicate)
        self.addCleanup(subscriber.kill)

        def publish():
            subprocess.run(machine.client("pub", "--url", publish_to, "A/B/C", "7"), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE)
            return subscriber.poll() is not None

        wait_for(publish, "the message")
        self.assertIn("A/B/C", subscriber.stdout.read())

    def secure(self):
        return "--url", "wss://localhost:5994", "--ca", machine.root / "etc/tickcast/ca.pem"

    def test_it_is_nobody_with_no_rights(self):
        machine.start(PLAIN)
        self.assertEqual((machine.show("ActiveState"), machine.show("SubState")), ("active", "running"))
        status = pathlib.Path(f"/proc/{machine.main()}/status").read_text()
        user = int(re.search(r"(?m)^Uid:\t(\d+)\t\1\t\1\t\1$", status)[1])
        self.assertIn(user, range(61184, 65520))  # of systemd's dynamic users
        for line in (r"CapPrm:\t0+", r"CapEff:\t0+", r"CapBnd:\t0+", r"CapAmb:\t0+", r"NoNewPrivs:\t1",
                     r"Seccomp:\t2", r"Umask:\t0077"):
            self.assertRegex(status, rf"(?m)^{line}$")
        limits = pathlib.Path(f"/proc/{machine.main()}/limits").read_text()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # which not every container may raise
        self.assertRegex(limits, rf"Max open files +(1048576 +1048576|{hard} +{hard}) ")
        self.assertRegex(limits, r"Max core file size +0 +0 ")

    def test_it_serves_ws(self):
        machine.start(PLAIN)
        self.subscribe()

    def test_it_serves_wss_with_a_key_that_systemd_hands_over(self):
        machine.start(SECURE % f"/run/credentials/{UNIT}/server.key",
                      "[Service]\nLoadCredential=server.key:/etc/tickcast/server.key\n")
        self.subscribe(*self.secure())

    def test_it_reads_a_key_by_its_group_and_again_on_reload(self):
        etc = machine.root / "etc/tickcast"
        shutil.copy(etc / "server.key", etc / "new.key")
        group = next(int(line.split(":")[2]) for line in (machine.root / "etc/group").read_text().splitlines()
                     if line.startswith("adm:"))
        os.chown(etc / "new.key", 0, group)
        (etc / "new.key").chmod(0o640)
        machine.start(SECURE % "/etc/tickcast/new.key", "[Service]\nSupplementaryGroups=adm\n")
        self.subscribe(*self.secure())
        machine.systemctl("reload", UNIT)
        wait_for(lambda: "reading the certificates again" in machine.journal(), "the reload")
        wait_for(lambda: machine.show("ActiveState") == "active", "the end of the reload")
        self.subscribe(*self.secure())
        self.assertEqual(machine.show("NRestarts"), "0")

    def test_its_state_outlives_it(self):
        machine.start(SECURE % f"/run/credentials/{UNIT}/server.key",
                      "[Service]\nLoadCredential=server.key:/etc/tickcast/server.key\n")
        tickets = machine.root / "var/lib/private/tickcast/tickets"
        keys = tickets.read_bytes()
        self.assertEqual(tickets.stat().st_mode & 0o777, 0o600)
        machine.systemctl("restart", UNIT)
        self.assertEqual(tickets.read_bytes(), keys)

    def test_it_makes_a_socket_in_its_folder(self):
        machine.start("listen: ['unix:/run/tickcast/socket']\n")
        self.assertTrue((machine.root / "run/tickcast/socket").is_socket())
        machine.systemctl("stop", UNIT)
        self.assertFalse((machine.root / "run/tickcast").exists())

    def test_a_low_port_wants_a_capability(self):
        low = "listen: 127.0.0.1:443\n"
        machine.configure(low)
        machine.systemctl("start", UNIT, check=False)
        self.assertNotEqual(machine.show("ActiveState"), "active")
        machine.start(low, "[Service]\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"
                      "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nPrivateUsers=no\n")
        self.subscribe("--url", "ws://127.0.0.1:443", publish_to="ws://127.0.0.1:443")

    def test_a_stop_is_clean(self):
        machine.start(PLAIN)
        machine.systemctl("stop", UNIT)
        self.assertEqual([machine.show(name) for name in ("ActiveState", "Result", "ExecMainStatus")],
                         ["inactive", "success", "0"])

    def test_it_is_started_again_when_it_was_killed(self):
        machine.start(PLAIN)
        os.kill(machine.main(), signal.SIGKILL)
        wait_for(lambda: machine.show("NRestarts") == "1" and machine.show("ActiveState") == "active",
                 "another one")
        self.subscribe()

    def test_a_wrong_configuration_is_not_tried_again(self):
        machine.configure("lisen: 1\n")
        machine.systemctl("start", UNIT, check=False)
        self.assertEqual([machine.show(name) for name in ("ActiveState", "ExecMainStatus", "NRestarts")],
                         ["failed", "78", "0"])
        self.assertIn("did you mean 'listen'?", machine.journal())


class Forbids(unittest.TestCase):
    maxDiff = None

    def attempts(self, *changes, name=""):
        machine.configure(PLAIN, ONCE % name, *(f"[Service]\n{change}\n" for change in changes))
        said = machine.root / "var/log/attempts"
        said.unlink(missing_ok=True)
        machine.systemctl("start", UNIT)
        return dict(line.split() for line in said.read_text().splitlines())

    def test_what_it_needs_can_be_done_and_nothing_else(self):
        needed = "inet_socket inet6_socket unix_socket file_of_its_state socket_folder"
        refused = {"memory_to_write_and_execute": "EPERM", "written_memory_to_execute": "EPERM",
                   "netlink_socket": "EAFNOSUPPORT", "packet_socket": "EAFNOSUPPORT",
                   "file_in_usr": "EROFS", "file_in_etc": "EACCES", "others_private_file": "EACCES",
                   "process_of_others": "ENOENT", "home_of_others": "EACCES",
                   "temporary_files_of_others": "ENOENT", "more_descriptors_than_a_million": "EPERM",
                   "kernel_setting": "ENOENT", "user_namespace": "EPERM"}
        self.assertEqual(self.attempts(), {**dict.fromkeys(needed.split(), "done"), **refused})

    def test_each_of_these_lines_is_what_refuses_it(self):
        for line, names in (("MemoryDenyWriteExecute=no",
                             "memory_to_write_and_execute written_memory_to_execute"),
                            ("RestrictAddressFamilies=", "netlink_socket"),
                            ("RestrictNamespaces=no", "user_namespace")):
            done = self.attempts(line)
            self.assertEqual([done[name] for name in names.split()], ["done"] * len(names.split()), line)

    def test_a_system_call_that_is_not_listed_ends_it(self):
        machine.configure(PLAIN, ONCE % "set_an_alarm")
        machine.systemctl("start", UNIT, check=False)
        self.assertEqual(machine.show("ExecMainStatus"), str(int(signal.SIGSYS)))
        self.assertEqual(self.attempts("SystemCallFilter=", name="set_an_alarm"),
                         {"set_an_alarm": "done"})


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
