"""What `cmake --install` puts somewhere serves programs that know nothing of the source and the build:
through pkg-config, through find_package, in C and C++, shared and static. Everything here runs against
a tree that was moved after its installation, so that no installed file may hold a path.
"""
import atexit
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
EXAMPLES = ROOT / "tests/examples"
PATIENCE = 60
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
VERSION = re.search(r"project\(tickcast VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
ABI = VERSION.rpartition(".")[0]
PRICES = ["AAPL 226.05", "MSFT 415.5", "IBM 170"]

folder = pathlib.Path(tempfile.mkdtemp(prefix="tickcast-install-"))
atexit.register(shutil.rmtree, folder, True)
tree = folder / "tree"
environment = {name: value for name, value in os.environ.items()
               if name not in ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "DESTDIR",
                               "LD_LIBRARY_PATH", "CMAKE_PREFIX_PATH")}


def run(*command, good=True, **more):
    """What a command prints; it must end well."""
    done = subprocess.run([str(word) for word in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(environment, **more))
    if good and done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def install(*arguments, **more):
    return run("cmake", "--install", BUILD, *arguments, **more)


def files(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def pkg_config(*arguments):
    return run("pkg-config", *arguments).split()


def setUpModule():
    install("--prefix", "/opt/tickcast", DESTDIR=str(folder / "stage"))
    shutil.move(folder / "stage/opt/tickcast", tree)
    [config] = tree.rglob("tickcast.pc")
    environment["PKG_CONFIG_PATH"] = str(config.parent)


class Program:
    """A program that runs; its lines are kept as they come."""

    def __init__(self, test, *command):
        self.process = subprocess.Popen([str(word) for word in command], text=True, env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.lines, self.changed = [], threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        test.addCleanup(self.end)

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def until(self, line):
        deadline = time.monotonic() + PATIENCE
        with self.changed:
            while line not in self.lines:
                if not self.changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{line!r} did not come but {self.lines}")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(PATIENCE)
        self.process.stdin.close()
        self.process.stdout.close()


class Installed(unittest.TestCase):
    def exchange(self, subscribe, publish):
        """The two programs, over the daemon that was installed."""
        url = f"unix://{folder}/{self._testMethodName}.sock"
        daemon = Program(self, tree / "bin/tickcastd", "--listen", url.replace("://", ":"))
        daemon.until("ready")
        subscriber = Program(self, subscribe, url, "*/Tick/TRADE")
        subscriber.until("subscribed")
        done = subprocess.run([publish, url], input="\n".join(PRICES), text=True, timeout=PATIENCE,
                              capture_output=True, env=environment)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        for symbol, price in map(str.split, PRICES):
            subscriber.until(f'{symbol}/Tick/TRADE {{"Price"=>{float(price):f}}}')
        daemon.process.terminate()
        self.assertEqual(daemon.process.wait(PATIENCE), 0)
        self.assertEqual(subscriber.process.wait(PATIENCE), 1)
        subscriber.reader.join(PATIENCE)
        self.assertRegex(subscriber.lines[-1], "^subscribe: .*closed by the server: 1001")

    def embed(self, program):
        """A program with a broker inside, and the command line that was installed."""
        host = Program(self, program)
        deadline = time.monotonic() + PATIENCE
        with host.changed:
            while not host.lines:
                self.assertTrue(host.changed.wait(deadline - time.monotonic()))
        bars = run(tree / "bin/tickcast", "sub", "--url", host.lines[0], "--json", "--count", "2",
                   "AAPL/*/OHLCV")
        self.assertEqual(len(re.findall('"AAPL/1Sec/OHLCV"', bars)), 2, bars)
        host.process.stdin.close()
        self.assertEqual(host.process.wait(PATIENCE), 0)

    def linked(self, program):
        return run("ldd", program, good=False)

    # What is there.

    def test_the_files_and_their_components(self):
        parts = {}
        for part in "programs", "library", "development":
            install("--prefix", folder / part, "--component", part)
            parts[part] = files(folder / part)
        self.assertEqual(parts["programs"], {
            "bin/tickcast", "bin/tickcastd", "lib/systemd/system/tickcastd.service",
            "share/man/man1/tickcast.1", "share/man/man8/tickcastd.8",
            "share/man/man5/tickcast.yml.5", "share/bash-completion/completions/tickcast",
            "share/bash-completion/completions/tickcastd", "share/zsh/site-functions/_tickcast",
            "share/zsh/site-functions/_tickcastd", "bin/tickcast-bench",
            "share/man/man1/tickcast-bench.1", "share/man/man7/tickcast-bench.7",
            "share/bash-completion/completions/tickcast-bench",
            "share/zsh/site-functions/_tickcast-bench",
            *(f"share/tickcast/scenarios/{path.name}" for path in (ROOT / "bench/scenarios").iterdir())})
        self.assertIn("share/man/man3/libtickcast.3", parts["development"])
        self.assertEqual({pathlib.Path(name).name for name in parts["library"]},
                         {f"libtickcast.so.{ABI}", f"libtickcast.so.{VERSION}"})
        headers = {f"include/tickcast/{path.name}" for path in (ROOT / "include/tickcast").iterdir()}
        self.assertLessEqual(headers, parts["development"])
        self.assertEqual(sum(map(len, parts.values())), len(set.union(*parts.values())))
        self.assertLessEqual(set.union(*parts.values()), files(tree))
        self.assertTrue((BUILD / "bin/ws_echo").exists())
        self.assertNotIn("ws_echo", {pathlib.Path(name).name for name in files(tree)})

    def test_no_text_holds_a_path_of_the_installation(self):
        for name in files(tree):
            if re.search(r"\.(pc|cmake)$", name):
                text = (tree / name).read_text()
                for path in str(ROOT), str(BUILD), "/opt/tickcast", str(folder):
                    self.assertNotIn(path, text, name)

    def test_a_program_asks_for_the_library_by_its_soname(self):
        self.assertIn(f"[libtickcast.so.{ABI}]",
                      run("readelf", "-d", next(tree.rglob("libtickcast.so"))))
        self.assertEqual(pkg_config("--modversion", "tickcast"), [VERSION])
        for program in "tickcast", "tickcastd", "tickcast-bench":
            self.assertIn(VERSION, run(tree / "bin" / program, "--version"))

    def test_the_load_tool_finds_its_scenarios(self):
        listed = run(tree / "bin/tickcast-bench", "scenarios")
        for path in (ROOT / "bench/scenarios").iterdir():
            self.assertRegex(listed, rf"(?m)^  {path.stem} ")
            self.assertEqual(run(tree / "bin/tickcast-bench", "scenarios", path.stem), path.read_text())

    def test_each_header_compiles_alone(self):
        flags = pkg_config("--cflags", "tickcast")
        for header in sorted((tree / "include/tickcast").iterdir()):
            for compiler, standard, language in ("gcc", "c11", "c"), ("g++", "c++17", "c++"):
                source = folder / f"alone.{language}"
                source.write_text(f"#include <tickcast/{header.name}>\nextern int not_empty;\n")
                run(compiler, f"-std={standard}", "-x", language, *STRICT, *flags, "-fsyntax-only",
                    source)

    # pkg-config.

    def compile(self, name, *flags):
        """An example, in a folder of its own, with the flags that pkg-config tells."""
        here = folder / self._testMethodName
        here.mkdir(exist_ok=True)
        shutil.copy(EXAMPLES / f"{name}.c", here)
        run("gcc", *STRICT, here / f"{name}.c", "-o", here / name, *flags)
        return here / name

    def test_pkg_config(self):
        flags = pkg_config("--cflags", "--libs", "tickcast", "msgpack")
        [libraries] = pkg_config("--variable=libdir", "tickcast")
        flags.append(f"-Wl,-rpath,{libraries}")
        programs = [self.compile(name, *flags) for name in ("subscribe", "publish", "embed")]
        for program in programs:
            self.assertRegex(self.linked(program), rf"libtickcast\.so\.{ABI} => {tree}/")
        # What the library needs for itself is no business of who links it.
        self.assertEqual(set(pkg_config("--libs-only-l", "tickcast")), {"-ltickcast"})
        self.exchange(*programs[:2])
        self.embed(programs[2])

    def test_pkg_config_static(self):
        flags = pkg_config("--static", "--cflags", "--libs", "tickcast", "msgpack")
        programs = [self.compile(name, "-static", *flags) for name in ("subscribe", "publish", "embed")]
        for program in programs:
            self.assertIn("not a dynamic executable", self.linked(program))
        self.exchange(*programs[:2])
        self.embed(programs[2])

    # find_package.

    def test_find_package(self):
        source, build = folder / "examples", folder / "examples-build"
        shutil.copytree(EXAMPLES, source)
        run("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={tree}",
            "-DCMAKE_C_FLAGS=" + " ".join(STRICT), "-DCMAKE_CXX_FLAGS=" + " ".join(STRICT))
        run("cmake", "--build", build)
        self.assertRegex(self.linked(build / "embed_cpp"), rf"libtickcast\.so\.{ABI} => {tree}/")
        self.assertNotIn("libtickcast", self.linked(build / "subscribe"))
        self.assertEqual(run(build / "embed_cpp").splitlines(),
                         [f"AAPL/Tick/TRADE {226 + n / 4:g}" for n in range(10)])
        self.exchange(build / "subscribe", build / "publish")
        self.embed(build / "embed")

    def found(self, wanted, **more):
        """Does find_package(Tickcast `wanted`) find it? In a project of its own."""
        source = pathlib.Path(tempfile.mkdtemp(dir=folder))
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.18)\nproject(wants LANGUAGES C)\n"
            f"find_package(Tickcast {wanted})\n"
            "message(\"found=${Tickcast_FOUND} ${Tickcast_VERSION}\")\n"
            "foreach(target tickcast tickcast_static)\n"
            "if(TARGET Tickcast::${target})\nmessage(\"target ${target}\")\nendif()\nendforeach()\n")
        return run("cmake", "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={tree}", **more)

    def test_the_versions_that_go_together(self):
        for wanted in "", ABI, VERSION, f"{VERSION} EXACT", f"{ABI} COMPONENTS shared static":
            self.assertIn(f"found=1 {VERSION}", self.found(wanted), wanted)
        for wanted in "0.0.9", "0.2", "1.0", "9.9":
            self.assertIn("found=0", self.found(wanted), wanted)
        self.assertIn("found=0", self.found("0.1 COMPONENTS nonsense"))

    def test_without_what_the_static_library_needs_the_shared_one_is_found(self):
        nothing = {"PKG_CONFIG_LIBDIR": "/nonexistent", "PKG_CONFIG_PATH": ""}
        said = self.found("0.1", **nothing)
        self.assertIn(f"found=1 {VERSION}", said)
        self.assertIn("target tickcast\n", said)
        self.assertNotIn("target tickcast_static", said)
        self.assertIn("found=0", self.found("0.1 COMPONENTS static", **nothing))


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
