"""Large messages on ws_echo: up to 16 MiB and 65,536 fragments, also in small sends; a quarter of that
under sanitizers."""
from typing import NamedTuple

import raw
import table
from harness import SANITIZED

KIB = 1 << 10
MIB = 1 << 18 if SANITIZED else 1 << 20  # there each byte costs several times as much
PATTERN = bytes(range(32, 127)) + "κόσμε".encode()


class Case(NamedTuple):
    name: str
    size: int
    fragment: int = 0  # bytes of each; 0: one frame
    chop: int = 0      # bytes of each send; 0: all at once
    times: int = 1

    @property
    def sentence(self):
        parts = f" in fragments of {self.fragment} bytes" if self.fragment else ""
        sends = f" in sends of {self.chop} bytes" if self.chop else ""
        times = f", {self.times} times" if self.times > 1 else ""
        return f"a {self.name} message of {self.size} bytes{parts}{sends} is answered{times}"


CASES = [Case(name, *case) for name in ("text", "binary") for case in (
    (4 * MIB,), (16 * MIB,),
    (4 * MIB, 64), (16 * MIB, 256), (16 * MIB, 4 * KIB), (16 * MIB, 64 * KIB), (16 * MIB, MIB),
    (MIB, 0, 64), (MIB, 0, 997), (16 * MIB, 0, 16 * KIB), (4 * MIB, 997, 256),
    (0, 0, 0, 1000), (4 * KIB, 0, 0, 1000))]


def frames(case, data):
    size = case.fragment or max(len(data), 1)
    starts = range(0, max(len(data), 1), size)
    for start in starts:
        opcode = 0 if start else table.OPCODES[case.name]
        options = ["more"] if start + size < len(data) else []
        yield table.Frame(opcode, options, data[start:start + size], None).bytes()


def run(broker, transport, case):
    data = (PATTERN * (case.size // len(PATTERN) + 1))[:case.size]
    if case.name == "text":  # the cut may have gone through a character
        data = data.decode(errors="ignore").encode().ljust(case.size)
    wire_bytes = b"".join(frames(case, data))
    with raw.Wire(broker, transport) as wire:
        for _ in range(case.times):
            for start in range(0, len(wire_bytes), case.chop or len(wire_bytes)):
                wire.send(wire_bytes[start:start + (case.chop or len(wire_bytes))])
            opcode, payload = wire.frame()
            assert opcode == table.OPCODES[case.name], opcode
            assert payload == data, len(payload)
        raw.check_alive(wire)
