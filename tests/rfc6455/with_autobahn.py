"""Drives rows with Autobahn, which makes any frame, good or bad, and reads what comes back strictly."""
import asyncio
import ssl

import table
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from harness import PATIENCE, certs

AT_ONCE = 16


class Client(WebSocketClientProtocol):
    def onOpen(self):
        row = self.factory.row
        self.wanted = [pair for pair in table.expected(row.expects) if pair[0] not in ("close", "fail")]
        self.closes = len(self.wanted) < len(list(table.expected(row.expects)))
        self.got = []
        for frame in table.steps(row.sends):
            if frame == "|":
                continue
            self.maskClientFrames = "bare" not in frame.options
            self.sendFrame(frame.opcode, frame.payload, frame.fin, frame.rsv, chopsize=frame.chop)
        self.maskClientFrames = True
        self.next()

    def onMessage(self, payload, isBinary):
        self.came("binary" if isBinary else "text", payload)

    def onPong(self, payload):
        self.came("pong", payload)

    def came(self, kind, payload):
        self.got.append((kind, payload))
        self.next()

    def next(self):
        """All is there, and the row has no close: a normal one ends it."""
        if len(self.got) == len(self.wanted) and not self.closes:
            self.sendClose(1000)

    def onClose(self, wasClean, code, reason):
        if not self.factory.done.done():
            self.factory.done.set_result((self.got, wasClean, code, reason, self.wasNotCleanReason))


async def drive(url, row, context):
    factory = WebSocketClientFactory(url)
    factory.protocol, factory.row = Client, row
    factory.done = asyncio.get_running_loop().create_future()
    factory.setProtocolOptions(failByDrop=False, openHandshakeTimeout=PATIENCE,
                               closeHandshakeTimeout=PATIENCE, serverConnectionDropTimeout=PATIENCE,
                               utf8validateIncoming=True)
    await asyncio.get_running_loop().create_connection(factory, factory.host, factory.port,
                                                       ssl=context)
    return await asyncio.wait_for(factory.done, PATIENCE)


async def drive_all(url, rows):
    context = ssl.create_default_context(cafile=certs() / "ca.pem") if url.startswith("wss") else None
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(row):
        async with turns:
            return await drive(url.replace("127.0.0.1", "localhost"), row, context)
    results = await asyncio.gather(*map(one, rows), return_exceptions=True)
    return {row.number: result for row, result in zip(rows, results)}


def run(url, rows):
    """What happened to each row, by its number: an exception, or what check() takes."""
    return asyncio.run(drive_all(url + "/ws", rows))


def check(row, result):
    got, clean, code, reason, why_not = result
    wanted = list(table.expected(row.expects))
    assert got == [pair for pair in wanted if pair[0] not in ("close", "fail")], got
    assert clean, why_not
    kind, value = wanted[-1] if wanted and wanted[-1][0] in ("close", "fail") else ("fail", 1000)
    if kind == "close":
        assert (code or 1005) == (int.from_bytes(value[:2], "big") or 1005) and not reason, (code, reason)
    else:
        assert code == value, (code, reason)
