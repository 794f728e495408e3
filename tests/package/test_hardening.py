"""What was built is hardened: each program and the library, by what their ELF files say; and each of
these checks sees a program that lacks what it looks for."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TICKCAST_BUILD", "build")
ENDBR64 = b"\xf3\x0f\x1e\xfa"  # where an indirect branch may go
FLAGS = ["-fstack-protector-strong", "-fstack-clash-protection", "-fcf-protection=full"]
# The C library's functions that _FORTIFY_SOURCE replaces wherever they are called.
ALWAYS_CHECKED = ("dprintf fprintf printf sprintf vsprintf vprintf vfprintf vdprintf asprintf vasprintf "
                  "vsnprintf realpath getwd gets fdelt_chk obstack_printf").split()


def readelf(path, *flags):
    return subprocess.run(["readelf", "--wide", *flags, path], capture_output=True, text=True,
                          check=True).stdout


class Elf:
    """One file, with what readelf tells of it."""

    def __init__(self, path):
        self.path = path
        self.bytes = path.read_bytes()
        self.header = readelf(path, "--file-header")
        self.dynamic = readelf(path, "--dynamic")
        self.notes = readelf(path, "--notes")
        # name -> (type, address, offset, bytes, flags)
        self.sections = {
            found[1]: (found[2], *(int(found[n], 16) for n in (3, 4, 5)), found[6]) for found in
            re.finditer(r"\] (\.\S+)\s+(\S+)\s+([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) \S+ +([WAXMSILGT]*) ",
                        readelf(path, "--sections"))}
        self.segments = re.findall(
            r"^  (\S+) +0x\w+ 0x(\w+) 0x\w+ 0x\w+ 0x(\w+) ([R ][W ][E ])",
            readelf(path, "--segments"), re.M)
        self.imports = {found for found in re.findall(r" UND (\w+)", readelf(path, "--dyn-syms"))}

    def program(self):
        return "INTERP" in self.header or any(kind == "INTERP" for kind, *_ in self.segments)

    def at(self, address, count):
        """Bytes of the image."""
        for kind, start, offset, size, _ in self.sections.values():
            if kind != "NOBITS" and start and start <= address < start + size:
                return self.bytes[offset + address - start:][:count]
        return b""


# Each finds what is wrong, or nothing.

def position(elf):
    if "DYN (" not in elf.header:
        yield "is linked to a fixed address"
    if elf.program() and not re.search(r"FLAGS_1.*\bPIE\b", elf.dynamic):
        yield "is no PIE"
    if "(TEXTREL)" in elf.dynamic:
        yield "has relocations in its code"


def relro(elf):
    ranges = [(int(start, 16), int(start, 16) + int(size, 16))
              for kind, start, size, _ in elf.segments if kind == "GNU_RELRO"]
    if len(ranges) != 1:
        yield "has no RELRO"
        return
    if not re.search(r"\(FLAGS\).*BIND_NOW", elf.dynamic) or not re.search(r"FLAGS_1.*\bNOW\b", elf.dynamic):
        yield "binds lazily"
    (low, high), = ranges
    for name in ".got", ".got.plt", ".dynamic", ".data.rel.ro", ".init_array", ".fini_array":
        _, start, _, size, _ = elf.sections.get(name, ("", low, 0, 0, ""))
        if not low <= start <= start + size <= high:
            yield f"can write to {name}"


def no_execution(elf):
    flags = [flags for kind, *_, flags in elf.segments if kind == "GNU_STACK"]
    if flags != ["RW "]:
        yield "has a stack that can be executed"
    if any(kind == "LOAD" and "W" in flags and "E" in flags for kind, *_, flags in elf.segments):
        yield "has memory that can be written and executed"


def canary(elf):
    if "__stack_chk_fail" not in elf.imports:
        yield "has no canary"


def fortified(elf):
    if not any(name.endswith("_chk") for name in elf.imports):
        yield "calls nothing that is checked"
    for name in sorted(elf.imports.intersection(ALWAYS_CHECKED)):
        yield f"calls {name} unchecked"


def control_flow(elf):
    if "X86-64" not in elf.header:
        return
    if "x86 feature: IBT, SHSTK" not in elf.notes:
        yield "is not marked for IBT and SHSTK"
    _, low, _, size, _ = elf.sections[".text"]
    targets = {int(address, 16) for address in
               re.findall(r"R_X86_64_RELATIVE\s+([0-9a-f]+)", readelf(elf.path, "--relocs"))}
    targets |= {int(address, 16) for address in
                re.findall(r": ([0-9a-f]+) +\d+ FUNC +GLOBAL DEFAULT +\d+ ", readelf(elf.path, "--dyn-syms"))}
    inside = [address for address in targets if low <= address < low + size]
    bare = [address for address in inside if elf.at(address, 4) != ENDBR64]
    if not inside or bare:
        yield f"{len(bare)} of {len(inside)} functions that are reached by pointers lack endbr64"


def compiled(elf):
    """The compiler leaves its flags in the debug information of each file: what code cannot show."""
    text = readelf(elf.path, "--debug-dump=info", "--dwarf-depth=1")
    units = re.findall(r"DW_AT_producer .*: (GNU C\d.*)", text)
    if not units:
        yield "tells no flags"
    for flag in FLAGS:
        family = re.escape(re.match("-f(stack-[a-z]+|cf)", flag)[1])
        bad = sum(re.findall(rf" -f(?:no-)?{family}\S*", unit)[-1:] != [" " + flag] for unit in units)
        if bad:
            yield f"{bad} of {len(units)} files were compiled without {flag}"


CHECKS = position, relro, no_execution, canary, fortified, control_flow, compiled


class Built(unittest.TestCase):
    def test_every_program_and_the_library(self):
        files = [path for path in (BUILD / "bin").iterdir() if os.access(path, os.X_OK)]
        files += [BUILD / "lib/libtickcast.so"]
        self.assertLessEqual({"tickcast", "tickcastd", "tickcast-bench", "libtickcast.so"},
                             {path.name for path in files})
        wrong = [f"{path.name} {text}" for path in files for check in CHECKS for text in check(Elf(path))]
        self.assertEqual(wrong, [])

    def test_every_file_is_compiled_with_checked_calls(self):
        commands = json.loads((BUILD / "compile_commands.json").read_text())
        ours = [each for each in commands if "/src/" in each["file"]]
        self.assertGreater(len(ours), 100)
        for each in ours:
            words = each["command"].split()
            last = [word for word in words if "FORTIFY_SOURCE" in word][-1:]
            self.assertEqual(last, ["-D_FORTIFY_SOURCE=3"], each["file"])
            self.assertTrue(re.search(r" -O[23] ", each["command"]), each["file"])

    def test_the_object_of_the_static_library(self):
        marked = readelf(BUILD / "lib/libtickcast.a", "--notes")
        if "X86-64" in readelf(BUILD / "lib/libtickcast.a", "--file-header"):
            self.assertIn("x86 feature: IBT, SHSTK", marked)
        self.assertIn("__stack_chk_fail", readelf(BUILD / "lib/libtickcast.a", "--symbols"))


SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
int compare(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }
int (*volatile pointer)(const void *, const void *) = compare;
void fill(char *line, const char *format) { sprintf(line, format, 1); }
int main(int count, char **words) {
    char line[100];
    fill(line, words[count - 1]);
    snprintf(line, (size_t)count, "%s", words[0]);
    qsort(line, 10, 1, pointer);
    return printf("%s %d\n", line, count);
}
"""
GOOD = [*FLAGS, "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3", "-fPIE", "-pie",
        "-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,-z,ibt,-z,shstk"]


class Checks(unittest.TestCase):
    """A program that lacks one thing is seen by the check of that thing, and the whole one by none."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tickcast-hardening-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "program.c").write_text(SOURCE)

    def built(self, *less):
        program = self.folder / "program"
        subprocess.run(["gcc", "-O2", "-g", *GOOD, *less, self.folder / "program.c", "-o", program],
                       check=True)
        return Elf(program)

    def seen(self, *less):
        elf = self.built(*less)
        return {check for check in CHECKS if list(check(elf))}

    def test_nothing_lacks(self):
        self.assertEqual(self.seen(), set())

    def test_each_that_lacks(self):
        for less, check in ((["-fno-pie", "-no-pie"], position), (["-Wl,-z,norelro"], relro),
                            (["-Wl,-z,lazy"], relro), (["-Wl,-z,execstack"], no_execution),
                            (["-fno-stack-protector"], canary), (["-fno-stack-protector"], compiled),
                            (["-U_FORTIFY_SOURCE"], fortified), (["-fcf-protection=none"], control_flow),
                            (["-fno-stack-clash-protection"], compiled),
                            (["-fcf-protection=none"], compiled)):
            with self.subTest(less=less):
                self.assertIn(check, self.seen(*less))

    def test_a_library_that_is_not_marked(self):
        elf = self.built()
        mark = struct.pack("<III", 0xc0000002, 4, 3)
        self.assertEqual(elf.bytes.count(mark), 1)
        elf.path.write_bytes(elf.bytes.replace(mark, struct.pack("<III", 0xc0000002, 4, 1)))
        self.assertEqual(list(control_flow(Elf(elf.path))), ["is not marked for IBT and SHSTK"])


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
