"""Drives rows with websockets, the WebSocket library of Python."""
import asyncio
import ssl

import table
import websockets
from harness import PATIENCE, certs
from with_ws import split

AT_ONCE = 16


def messages(frames):
    """Whole messages from frames: (frame, text or bytes, or a list of the parts)."""
    parts = []
    for frame in frames:
        if frame == "|":
            continue
        if frame.opcode & 8:
            yield frame, frame.payload
            continue
        if not parts:
            first = frame
        parts.append(frame.payload.decode() if first.opcode == table.OPCODES["text"] else frame.payload)
        if frame.fin:
            # it ends a message in parts with an empty fragment of its own
            assert len(parts) == 1 or not parts[-1], "the last fragment must be empty"
            yield first, parts[:-1] if len(parts) > 1 else parts[0]
            parts = []


async def drive(url, row, context):
    wanted, code = split(row)
    got = []
    async with websockets.connect(url, ssl=context, max_size=None, compression=None,
                                  ping_interval=None, open_timeout=PATIENCE,
                                  close_timeout=PATIENCE) as socket:
        for frame, data in messages(table.steps(row.sends)):
            if frame.opcode == table.OPCODES["ping"]:
                await (await socket.ping(data))
                got.append(("pong", data))
            elif frame.opcode == table.OPCODES["close"]:
                while len(got) < len(wanted):
                    got.append(await receive(socket))
                await socket.close(int.from_bytes(data[:2], "big"), data[2:].decode())
            else:
                await socket.send(data)
        while len(got) < len(wanted):
            got.append(await receive(socket))
        if code is None:
            await socket.close(1000)
        return got, socket.close_code, socket.close_reason


async def receive(socket):
    data = await socket.recv()
    return ("text", data.encode()) if isinstance(data, str) else ("binary", data)


async def drive_all(url, rows):
    context = ssl.create_default_context(cafile=certs() / "ca.pem") if url.startswith("wss") else None
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(row):
        async with turns:
            return await asyncio.wait_for(drive(url, row, context), PATIENCE)
    results = await asyncio.gather(*map(one, rows), return_exceptions=True)
    return {row.number: result for row, result in zip(rows, results)}


def run(url, rows):
    return asyncio.run(drive_all(url.replace("127.0.0.1", "localhost") + "/ws", rows))


def check(row, result):
    wanted, code = split(row)
    got, closed, reason = result
    assert got == wanted, got
    assert (closed, reason) == (code or 1000, ""), (closed, reason)
