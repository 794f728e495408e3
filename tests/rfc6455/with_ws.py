"""Drives rows with ws, the WebSocket library of Node.js."""
import json
import subprocess

import table
from harness import PATIENCE, ROOT, certs

NAMES = {opcode: name for name, opcode in table.OPCODES.items()}


def step(frame):
    closes = frame.opcode == table.OPCODES["close"]
    return {"kind": NAMES[frame.opcode], "hex": frame.payload.hex(), "fin": frame.fin,
            "code": int.from_bytes(frame.payload[:2], "big") if closes else None,
            "reason": frame.payload[2:].decode() if closes else None}


def split(row):
    """What the row expects before an end, and the code of the close that it sends itself, or None."""
    wanted = list(table.expected(row.expects))
    if wanted and wanted[-1][0] == "close":
        return wanted[:-1], int.from_bytes(wanted[-1][1][:2], "big")
    return wanted, None


def run(url, rows):
    lines = "".join(json.dumps({
        "number": row.number, "steps": [step(frame) for frame in table.steps(row.sends) if frame != "|"],
        "wanted": len(split(row)[0]), "closes": split(row)[1] is not None}) + "\n" for row in rows)
    done = subprocess.run(
        ["node", ROOT / "tests/clients/node/rfc6455.js", url.replace("127.0.0.1", "localhost"),
         *([certs() / "ca.pem"] if url.startswith("wss") else [])],
        input=lines, text=True, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
    return {result["number"]: result for result in map(json.loads, done.stdout.splitlines())}


def check(row, result):
    wanted, code = split(row)
    got = [(kind, bytes.fromhex(data)) for kind, data in result["got"]]
    assert "error" not in result, result["error"]
    assert got == wanted, got
    assert (result["code"], result["reason"]) == (code or 1000, ""), result
