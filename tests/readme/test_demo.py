"""scripts/demo at a terminal and without one, and ended in each of its stages."""
import os
import re
import signal
import socket
import subprocess
import unittest

import stage
from stage import BUILD_PATIENCE, Program


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.source = stage.copy_of_source()
        cls.tools = cls.source.parent / "tools"
        cls.environment = dict(os.environ, PATH=f"{cls.tools}:{os.environ['PATH']}", TERM="xterm-256color")
        cls.tools.mkdir()

    def demo(self, *arguments, terminal=False, cwd=None):
        demo = Program([self.source / "scripts/demo", *arguments], cwd or self.source,
                       self.environment, terminal)
        self.addCleanup(demo.end)
        return demo

    def run_there(self, command):
        """A command that the demonstration prints, pasted into a terminal."""
        program = Program(["bash", "-c", command], "/", self.environment, terminal=True)
        self.addCleanup(program.end)
        return program

    def tool(self, name, text):
        """Puts a program before that of the system, for this test."""
        (self.tools / name).write_text("#!/bin/sh\n" + text)
        (self.tools / name).chmod(0o755)
        self.addCleanup((self.tools / name).unlink)

    def ended(self, demo, code):
        """It ends with this code, and no process is left, which wait() looks for."""
        self.assertEqual(demo.wait(), code, demo.text)

    def test_a_wrong_option_is_told(self):
        for arguments in ["--second"], ["--seconds"], ["--seconds", "x"], ["--seconds", "1", "2"]:
            demo = self.demo(*arguments)
            self.ended(demo, 2)
            self.assertIn("Usage: scripts/demo", demo.text)

    def test_ctrl_c_while_it_looks_what_is_missing(self):
        self.tool("dpkg-query", "echo asked >/dev/tty; exec sleep 600\n")
        demo = self.demo(terminal=True)
        demo.until("asked")
        demo.interrupt()
        self.ended(demo, 130)

    def test_ctrl_c_while_it_installs(self):
        modules = self.source / "tests/clients/node/node_modules"
        packages = modules.readlink()
        modules.unlink() # so npm has something to do
        self.addCleanup(modules.symlink_to, packages)
        self.tool("npm", "sleep 600; echo no\n")
        demo = self.demo(terminal=True)
        demo.until(r"installing packages +[1-9]\d* s")
        demo.interrupt()
        self.ended(demo, 130)
        self.assertIn("stopped", demo.text)

    def test_ctrl_c_while_it_builds(self):
        for terminal in True, False:
            subprocess.run(["rm", "-rf", self.source / "build"], check=True)
            demo = self.demo(terminal=terminal)
            demo.until(r"building \[\d+/\d+\] \d+ s" if terminal else "^building$", BUILD_PATIENCE)
            demo.interrupt()
            self.ended(demo, 130)
            self.assertIn("stopped", demo.text)

    def test_a_failed_build_is_shown(self):
        source = self.source / "src/base/utf8.c"
        text = source.read_text()
        self.addCleanup(source.write_text, text)
        source.write_text(text + "nonsense\n")
        demo = self.demo(terminal=True)
        self.assertEqual(demo.wait(BUILD_PATIENCE), 1)
        self.assertRegex(demo.text, "(?s)nonsense.*building failed")

    def test_a_table_at_a_terminal_until_ctrl_c(self):
        demo = self.demo(terminal=True)
        demo.until(r"MSFT +\d\d:\d\d:00 .*\d\.\d\d", BUILD_PATIENCE)
        demo.until(r"\x1b\[\d+A") # it changes in place
        demo.resize(24)
        demo.until("do not fit")
        demo.interrupt()
        self.ended(demo, 0)
        self.assertIn("To go on", demo.text)

    def test_without_a_terminal_for_some_seconds_then_as_it_says(self):
        demo = self.demo("--seconds", "15", cwd="/") # the first trades need one, on a busy machine some
        self.assertEqual(demo.wait(BUILD_PATIENCE), 0, demo.text)
        self.assertIn("MSFT", demo.text)
        self.assertNotRegex(demo.text, "[\r\x1b]")
        commands = re.findall(r"^    (\S.*)$", demo.text, re.M)
        self.assertEqual(len(commands), 3, demo.text)
        start = self.run_there(commands[0])
        start.until("Ctrl-C stops it")
        sub = self.run_there(commands[1])
        sub.until("MSFT")
        self.assertEqual(self.run_there(commands[2]).wait(), 0)
        sub.until(r"TEST.*226\.05")
        for program in sub, start:
            program.interrupt()
            self.ended(program, 0)

    def test_signals_without_a_terminal(self):
        for number in signal.SIGINT, signal.SIGTERM:
            demo = self.demo()
            demo.until("MSFT", BUILD_PATIENCE)
            demo.process.send_signal(number) # to the script alone
            self.ended(demo, 0)
            self.assertIn("To go on", demo.text)

    def test_port_5993_is_taken(self):
        with socket.create_server(("0.0.0.0", 5993)):
            demo = self.demo()
            demo.until("MSFT", BUILD_PATIENCE)
            demo.interrupt()
            self.ended(demo, 0)
        self.assertRegex(demo.text, r"port 5993 is taken: this market is at ws://127.0.0.1:\d+")


if __name__ == "__main__":
    stage.enter_namespace()
    unittest.main(verbosity=2)
