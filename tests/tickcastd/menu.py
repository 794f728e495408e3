"""What tickcastd prints once it accepts: the menu, and the same facts as JSON. Usage: menu.py"""

import json
import os
import re
import resource
import shutil
import subprocess

import started
from started import BUILD, OUTSIDE, PATIENCE, ROOT, WITH_PROGRAMS, Case, Program, wait_for

WITHOUT_PROGRAMS = dict(os.environ, PATH="/usr/sbin:/usr/bin:/sbin:/bin")


def commands_of(menu):
    block = re.search(r"in another terminal, in the same directory:\n((?:  .+\n)+)\n", menu)
    return [line[2:] for line in block[1].splitlines()]


def fact(menu, label):
    """The lines under a label."""
    found = re.search(rf"^{label} .*\n(?: {{13}}.*\n)*", menu, re.M)
    return "".join(line[13:] + "\n" for line in found[0].splitlines())


class Menu(Case):
    def certificate(self):
        subprocess.run([ROOT / "scripts/gen-certs", self.folder / "certs"], check=True)
        return ["--cert", "certs/server.pem", "--key", "certs/server.key"]

    def run_commands(self, daemon, **where):
        """The three commands as pasted: what is published arrives."""
        sub, pub, check = commands_of(daemon.out)
        reader = self.shell(sub, **where)
        # a publication before the subscription reaches nobody: again
        arrived = lambda: self.paste(pub, **where) == "" and reader.said("^AAPL/Tick/TRADE  ", 0.3)
        wait_for(f"{sub} shows what {pub} sends", arrived)
        reader.interrupt()
        self.assertEqual(reader.wait(), 0, reader.text)
        self.assertIn("settings", self.paste(check, **where))
        self.assertEqual(daemon.stop(), 0)

    def test_what_a_start_without_anything_tells(self):
        daemon = self.start()
        menu = daemon.out
        self.assertRegex(menu, r"\Atickcastd \d+\.\d+\.\d+\n")
        self.assertEqual(
            fact(menu, "addresses"),
            "ws://127.0.0.1:5993/ws  (lo)\n"
            f"ws://{OUTSIDE}:5993/ws  (lo)  answers 403, see subscribers\n",
        )
        self.assertIn("others get 403\n", fact(menu, "subscribers"))
        self.assertIn("set `subscribers_from: any`", fact(menu, "subscribers"))
        self.assertIn("  tickcastd --subscribers-from=any\n", fact(menu, "subscribers"))
        self.assertIn("at /publish: this host", fact(menu, "publishers"))
        self.assertIn("set `publishers_from: any`", fact(menu, "publishers"))
        self.assertTrue(fact(menu, "TLS").startswith("none"))
        self.assertIn("there is none: access goes by address", fact(menu, "auth"))
        self.assertTrue(fact(menu, "feeds").startswith("none"))
        self.assertTrue(menu.endswith("\nCtrl-C stops it\n"))
        self.assertNotIn("\033", menu)
        self.assertLessEqual(max(map(len, menu.splitlines())), 120)
        self.assertRegex(daemon.err, r"notice listening on ws://0\.0\.0\.0:5993/ws\nready\n")
        self.assertEqual(daemon.stop(), 0)

    def test_the_commands_work(self):
        self.run_commands(self.start())

    def test_the_commands_work_from_the_folder_of_a_build(self):
        build = self.folder / "here" / "build"
        build.mkdir(parents=True)
        for name in "tickcastd", "tickcast":
            shutil.copy(BUILD / "bin" / name, build / name)
        where = {"cwd": build.parent, "env": WITHOUT_PROGRAMS}
        daemon = self.start(program=build / "tickcastd", **where)
        self.assertTrue(commands_of(daemon.out)[0].startswith("build/tickcast sub "), daemon.out)
        self.run_commands(daemon, **where)

    def test_the_commands_work_from_the_folder_of_the_programs_and_from_elsewhere(self):
        for cwd, begin in (BUILD / "bin", "./tickcast "), (self.folder, f"{BUILD}/bin/tickcast "):
            where = {"cwd": cwd, "env": WITHOUT_PROGRAMS}
            daemon = self.start(**where)
            self.assertTrue(commands_of(daemon.out)[0].startswith(begin), daemon.out)
            self.run_commands(daemon, **where)

    def test_the_commands_work_on_another_port(self):
        daemon = self.start("--listen", "127.0.0.1:0", "--listen", f"{OUTSIDE}:0")
        self.assertIn(" --url ws://127.0.0.1:", commands_of(daemon.out)[1])
        self.run_commands(daemon)

    def test_the_commands_work_on_ipv6(self):
        self.run_commands(self.start("--listen", "[::]:0"))

    def test_the_commands_work_on_a_unix_socket_alone(self):
        (self.folder / "a folder").mkdir()
        daemon = self.start("--listen-unix", "a folder/it's.sock")
        self.assertIn("unix:///", fact(daemon.out, "addresses"))
        self.run_commands(daemon)

    def test_a_tls_listener_that_wants_certificates_of_clients(self):
        daemon = self.start("--listen-tls", "127.0.0.1:0", "--client-ca", "certs/ca.pem",
                            *self.certificate())
        self.assertRegex(fact(daemon.out, "auth"),
                         r"^wss://127\.0\.0\.1:[1-9]\d+/ws: clients need a certificate of certs/ca\.pem")
        sub, pub, _ = commands_of(daemon.out) # whose certificate to use is not known
        self.assertTrue(self.paste(sub).startswith("match"), sub)
        self.assertIn("tickcast pub", self.paste(pub))
        self.assertEqual(daemon.stop(), 0)

    def test_the_commands_work_on_tls_alone(self):
        daemon = self.start("--listen-tls", "0.0.0.0:0", *self.certificate())
        self.assertRegex(fact(daemon.out, "TLS"),
                         r"certs/server.pem, for localhost, 127\.0\.0\.1, ::1, valid until 20")
        self.assertNotIn(":0/ws", fact(daemon.out, "TLS"))
        self.assertIn(" --ca certs/ca.pem ", commands_of(daemon.out)[0])
        self.run_commands(daemon)

    def test_who_cannot_publish_is_told_so(self):
        daemon = self.start("--listen", f"{OUTSIDE}:0")
        self.assertIn("NOBODY can publish", fact(daemon.out, "publishers"))
        self.assertNotIn("answers 403", fact(daemon.out, "addresses")) # a port may have these digits
        sub, pub, _ = commands_of(daemon.out)
        self.assertIn(f" --url ws://{OUTSIDE}:", sub)
        self.assertIn("tickcast pub", self.paste(pub))

    def test_more_addresses_than_fit_are_counted(self):
        for number in range(20):
            address = f"198.51.100.{number + 1}/32"
            subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
            self.addCleanup(subprocess.run, ["ip", "address", "del", address, "dev", "lo"])
        addresses = fact(self.start().out, "addresses").splitlines()
        self.assertEqual((len(addresses), addresses[-1]), (17, "and 6 more"))

    def test_interfaces_that_are_down_are_left_out(self):
        subprocess.run(["ip", "link", "add", "veth7", "type", "veth", "peer", "veth8"], check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "del", "veth7"])
        subprocess.run(["ip", "address", "add", "198.51.100.7/24", "dev", "veth7"], check=True)
        self.assertNotIn("198.51.100.7", self.start("--listen", "0.0.0.0:0").out)
        for name in "veth7", "veth8":
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
        self.assertRegex(self.start("--listen", "0.0.0.0:0").out, r"198\.51\.100\.7:\d+/ws  \(veth7\)")

    def test_the_connection_limit_and_why(self):
        lower = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
        connections = fact(self.start(preexec_fn=lower).out, "connections")
        self.assertIn("up to 236: the file limit 300 less 64 files", connections)
        if not started.root_may_raise_limits():
            self.assertIn("set it where this container was started", connections)
            return
        raising = connections.splitlines()[-1].strip()
        self.assertEqual(raising, "ulimit -n 65536")
        out = self.paste(raising + " && tickcastd --check --json")
        settings = {row["name"]: row for row in json.loads(out)["settings"]}
        self.assertEqual(settings["max_connections"]["now"], 65536 - 64)

    def test_the_connection_limit_of_a_setting(self):
        connections = fact(self.start("--max-connections", "100").out, "connections")
        self.assertIn("up to 100: max_connections, from command line", connections)
        raising = connections.splitlines()[-1].strip()
        out = self.paste(raising + " --check --json")
        settings = {row["name"]: row for row in json.loads(out)["settings"]}
        self.assertEqual(settings["max_connections"]["number"], 200)

    def test_the_connection_limit_of_a_setting_beyond_the_file_limit(self):
        lower = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
        out = self.start("--max-connections", "500", preexec_fn=lower).out
        self.assertEqual(fact(out, "connections").splitlines()[0],
                         "up to 236: the file limit 300 allows no more of the 500 of max_connections")
        self.assertIn("max_connections 500 is more than the 236", fact(out, "warning"))

    def test_what_feeds_say_stands_below(self):
        daemon = self.start("--feed", "replay,file=none.csv,key={a}/b/c")
        started.wait_for("the feed's failure", lambda: "feed replay: failed" in daemon.err)
        self.assertLess(daemon.err.index("ready\n"), daemon.err.index("feed replay: failed"))

    def test_feeds_are_listed(self):
        daemon = self.start("--demo", "--feed", "sim,name=more")
        self.assertEqual(fact(daemon.out, "feeds"), "sim,name=more\nsim,name=demo\n")

    def test_with_a_file_there_is_the_log_alone(self):
        (self.folder / "t.yml").write_text("listen: [127.0.0.1:0]\n")
        daemon = self.start("-c", "t.yml")
        self.assertEqual(daemon.out, "")
        self.assertIn("listening on", daemon.err)

    def test_json_is_one_line_with_the_same_facts(self):
        (self.folder / "t.yml").write_text(
            "listen: [0.0.0.0:0, unix:t.sock]\nmax_connections: 100\nfeeds: [sim]\n")
        daemon = self.start("-c", "t.yml", "--json")
        self.assertEqual(daemon.out.count("\n"), 1)
        facts = json.loads(daemon.out)
        self.assertEqual(facts["pid"], daemon.process.pid)
        self.assertEqual([(row["interface"], row["loopback"], row["tls"]) for row in facts["addresses"]],
                         [("lo", True, False), ("lo", False, False), (None, True, False)])
        self.assertEqual(facts["subscribers"], {"path": "/ws", "from": "any"})
        self.assertEqual(facts["publishers"], {
            "path": "/publish", "from": "loopback", "others": 403, "set": "publishers_from: any",
            "run": "tickcastd -c t.yml --json --publishers-from=any"})
        self.assertEqual((facts["tls"], facts["auth"], facts["warnings"]), ([], None, []))
        self.assertEqual(facts["connections"]["limit"], 100)
        self.assertEqual(facts["connections"]["why"], "max_connections, from t.yml:2")
        self.assertEqual(facts["feeds"], ["sim"])
        self.assertEqual(facts["commands"][2], "tickcastd -c t.yml --json --check")
        json.loads(self.paste(facts["commands"][2]))

    def test_nobody_reads_what_is_printed(self):
        read, write = os.pipe()
        os.close(read)
        process = subprocess.Popen([BUILD / "bin/tickcastd", "--listen", "127.0.0.1:0"],
                                   stdout=write, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        os.close(write)
        self.assertIn("ready\n", iter(process.stderr.readline, ""))
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)

    # At a terminal.

    def at_terminal(self, command, **environment):
        environment = dict(WITH_PROGRAMS, **{"TERM": "xterm", "NO_COLOR": "", **environment})
        program = Program(["bash", "-c", "exec " + command], self.folder, environment, terminal=True)
        self.addCleanup(program.end)
        return program

    def test_the_menu_stands_for_the_log_where_both_go_to_a_terminal(self):
        daemon = self.at_terminal("tickcastd --listen 127.0.0.1:0")
        daemon.until("Ctrl-C stops it")
        self.assertIn("\033[1m", daemon.text)
        self.assertNotIn("listening on", daemon.text)
        self.assertNotRegex(daemon.text, "(?m)^ready")
        daemon.interrupt()
        daemon.until("notice stopping: SIGINT")
        self.assertEqual(daemon.wait(), 0)

    def test_the_log_stays_where_it_goes_elsewhere(self):
        daemon = self.at_terminal("tickcastd --listen 127.0.0.1:0 2>log")
        daemon.until("Ctrl-C stops it")
        log = self.folder / "log"
        wait_for("the log", lambda: "ready\n" in log.read_text())
        self.assertIn("listening on", log.read_text())

    def test_no_color(self):
        daemon = self.at_terminal("tickcastd --listen 127.0.0.1:0", NO_COLOR="1")
        daemon.until("Ctrl-C stops it")
        self.assertNotIn("\033", daemon.text)

    def test_a_start_that_fails_at_a_terminal_tells_its_warnings(self):
        daemon = self.at_terminal("tickcastd --listen 203.0.113.9:5993 --slow-memory 1MiB --max-payload 2MiB")
        daemon.until("error cannot listen on")
        daemon.until("warning slow_memory is less than max_payload")
        self.assertEqual(daemon.wait(), 1)


if __name__ == "__main__":
    started.main()
