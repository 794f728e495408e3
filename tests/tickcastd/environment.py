"""Limits of the host that stand in the way: told at the start, by --check and in the menu, with a
command that cures them. The limits are those of a network namespace, and of the processes started
here. Usage: environment.py"""

import json
import pathlib
import resource

import started
from started import Case

SYSCTL = pathlib.Path("/proc/sys/net")
RUN = "; run: "


class Environment(Case):
    def set(self, name, value):
        """Sets a number of the namespace for one test."""
        file = SYSCTL / name
        self.addCleanup(file.write_text, file.read_text())
        file.write_text(value)

    def warnings(self, *args, **how):
        """The warnings of a start; they are the same everywhere."""
        listen = [] if "--listen" in args else ["--listen", "127.0.0.1:0"]
        daemon = self.start(*args, *listen, **how)
        log = [line.split(" warning ", 1)[1] for line in daemon.err.splitlines() if " warning " in line]
        for warning in log:
            said, _, command = warning.partition(RUN)
            self.assertIn(f"warning      {said}{':' if command else ''}\n", daemon.out)
            self.assertIn(f"  {command}\n" if command else "", daemon.out)
        self.assertEqual(daemon.out.count("\nwarning "), len(log))
        self.assertEqual(daemon.stop(), 0)
        check = self.start("--check", *args, *listen, ready=False, **how)
        self.assertEqual(check.wait(), 0)
        self.assertEqual([line[9:] for line in check.out.splitlines() if line.startswith("warning: ")], log)
        check = self.start("--check", "--json", *args, *listen, ready=False, **how)
        self.assertEqual(check.wait(), 0)
        self.assertEqual(json.loads(check.out)["warnings"], log)
        return log

    def one(self, *args, **how):
        warnings = self.warnings(*args, **how)
        self.assertEqual(len(warnings), 1, warnings)
        return warnings[0]

    def cured(self, *args):
        """The warning's command is run, and there is none any more."""
        self.paste(self.one(*args).partition(RUN)[2])
        self.assertEqual(self.warnings(*args), [])

    def test_a_host_that_is_good_is_not_warned_of(self):
        self.assertEqual(self.warnings("--max-connections", "100"), [])

    def test_somaxconn_below_the_backlog(self):
        self.set("core/somaxconn", "128")
        self.assertIn("backlog 4096 is cut to 128 by net.core.somaxconn", self.one("--max-connections", "9"))
        self.assertEqual(self.warnings("--max-connections", "9", "--backlog", "128"), [])
        self.cured("--max-connections", "9")

    def test_a_port_that_an_outgoing_connection_may_get(self):
        self.set("ipv4/ip_local_reserved_ports", "8080,9000-9010")
        self.set("ipv4/ip_local_port_range", "5000 6000")
        args = ["--max-connections", "9", "--listen", "127.0.0.1:5993", "--listen", "[::1]:5994"]
        warning = self.one(*args)
        self.assertIn("port 5993 is one of those that the kernel gives to outgoing", warning)
        self.assertIn("ip_local_reserved_ports=8080,9000-9010,5993,5994", warning)
        self.cured(*args)
        self.assertEqual((SYSCTL / "ipv4/ip_local_reserved_ports").read_text(),
                         "5993-5994,8080,9000-9010\n")

    def test_ports_outside_the_range_and_reserved_ones_are_good(self):
        self.set("ipv4/ip_local_port_range", "5000 6000")
        self.set("ipv4/ip_local_reserved_ports", "5990-5995")
        for port in 4999, 6001, 5990, 5993, 5995:
            with self.subTest(port):
                self.assertEqual(
                    self.warnings("--max-connections", "9", "--listen", f"127.0.0.1:{port}"), [])
        self.assertIn("port 5996 ", self.one("--max-connections", "9", "--listen", "127.0.0.1:5996"))

    def test_a_file_limit_below_max_connections(self):
        lower = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
        warning = self.one("--max-connections", "500", preexec_fn=lower)
        self.assertIn("max_connections 500 is more than the 236 that the file limit allows: each "
                      "connection is an open file", warning)
        self.assertIn("LimitNOFILE=564", warning)
        self.raised(warning, "ulimit -n 564")

    def test_a_file_limit_that_is_low_for_any_broker(self):
        lower = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
        warning = self.one(preexec_fn=lower)
        self.assertIn("the file limit leaves room for 236 connections only", warning)
        self.raised(warning, "ulimit -n 65536")
        self.assertEqual(self.warnings("--max-connections", "236", preexec_fn=lower), [])

    def raised(self, warning, command):
        if started.root_may_raise_limits():
            self.assertEqual(warning.partition(RUN)[2], command)
            self.assertEqual(self.paste(f"{command} && ulimit -Hn"), command.split()[-1] + "\n")
        else:
            self.assertIn("set it where this container was started", warning)

    def test_only_root_may_raise_it_and_it_is_told_how(self):
        def lower():
            resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
            started.become_nobody()

        check = self.start("--check", program=self.public_program(), ready=False, preexec_fn=lower, cwd="/")
        self.assertEqual(check.wait(), 0, check.err)
        self.assertIn("; run: sudo prlimit --pid $$ --nofile=65536:65536\n", check.out)


if __name__ == "__main__":
    started.main()
