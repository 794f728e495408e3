"""What the tests of `tickcast sub` stand on: a server that can go away and come back on the same Unix
socket, and the program on a terminal, whose screen pyte keeps."""

import asyncio
import fcntl
import http
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

import msgpack
import pyte
import websockets

TICKCAST = os.path.abspath(sys.argv[1])
PATIENCE_S = 120
BEGUN, WHOLE = b"\x1b[?7l", b"\x1b[?7h"  # what a picture of the table begins and ends with


def until(what, condition):
    """Waits for a condition, and returns what it returned."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.01)


class Server:
    """Answers subscriptions. `refuse` is an HTTP status for further handshakes; `error` is the
    answer to further subscriptions; with `mute` there is none."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tickcast-")
        self.path = os.path.join(self.folder, "s")
        self.refuse = self.error = None
        self.mute = False
        self.requests, self.handshakes, self.connections = [], 0, set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = None
        self.start()

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE_S)

    async def on_request(self, path, headers):
        self.handshakes += 1
        return (http.HTTPStatus(self.refuse), [], b"no room\n") if self.refuse else None

    async def on_connection(self, ws):
        try:
            await self.answer(ws)
        except websockets.ConnectionClosedError:
            pass  # dropped
        self.connections.discard(ws)

    async def answer(self, ws):
        async for message in ws:
            self.requests.append(msgpack.unpackb(message)["streams"])
            if self.mute:
                continue
            await ws.send(msgpack.packb({"error": self.error}) if self.error else message)
            self.connections.add(ws)

    def start(self):
        async def serve():
            return await websockets.unix_serve(self.on_connection, self.path, compression=None,
                                               process_request=self.on_request)
        self.server = self.do(serve())

    def stop(self):
        """Closes all connections with 1001."""
        async def close():
            self.server.close()
            await self.server.wait_closed()
        self.do(close())
        self.connections.clear()
        os.unlink(self.path)

    def drop(self):
        """Ends the connections without a word."""
        async def abort():
            for ws in self.connections:
                ws.transport.abort()
            self.connections.clear()  # here: who comes back at once is not forgotten
        self.do(abort())

    def subscribed(self):
        until("a subscription", lambda: self.connections)

    def send(self, key, data):
        self.send_bytes(msgpack.packb({"key": key, "data": data}))

    def send_bytes(self, data):
        async def send():
            for ws in list(self.connections):
                await ws.send(data)
        self.do(send())

    def end(self):
        if os.path.exists(self.path):
            self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        shutil.rmtree(self.folder)


def arguments(server, *more):
    return [TICKCAST, "sub", "--url", "unix://" + server.path, *more]


class Process:
    """The program with pipes; what it wrote is in `out` and `err`."""

    def __init__(self, command, **more):
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      **{"stderr": subprocess.PIPE, **more})
        self.out, self.err = bytearray(), bytearray()
        self.readers = [threading.Thread(target=self.read, args=pair) for pair in
                        ((self.child.stdout, self.out), (self.child.stderr, self.err))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(pipe, into):
        while pipe and (got := os.read(pipe.fileno(), 65536)):
            into += got

    def lines(self):
        return self.out.decode().splitlines()

    def told(self, part):
        until(f"{part!r} on standard error", lambda: part in self.err.decode())

    def wait(self):
        code = self.child.wait(PATIENCE_S)
        for reader, pipe in zip(self.readers, (self.child.stdout, self.child.stderr)):
            reader.join()
            if pipe:
                pipe.close()
        return code

    def end(self):
        if self.child.poll() is None:
            self.child.kill()
            self.wait()


class Terminal:
    """The program in the foreground of a terminal of its own."""

    def __init__(self, command, lines=24, columns=80, **environment):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.written = bytearray()
        self.fed = 0  # of it, what the screen has got
        self.code = None
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment}
        environment.update((name, value) for name, value in os.environ.items()
                           if name.endswith("SAN_OPTIONS"))
        size = struct.pack("HHHH", lines, columns, 0, 0)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execve(command[0], command, environment)

    def resize(self, lines, columns):
        """A real terminal; pyte neither breaks nor joins lines."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def pump(self, wait_s=0.05):
        """Takes what the program wrote, up to the next picture that is whole: however late a test looks,
        it sees each. False at its end."""
        if WHOLE not in self.written[self.fed:] and select.select([self.fd], [], [], wait_s)[0]:
            try:
                self.written += os.read(self.fd, 65536)
            except OSError:  # nobody has the terminal any more
                if self.fed == len(self.written):
                    return False
        end = self.written.find(WHOLE, self.fed)
        end = end + len(WHOLE) if end >= 0 else len(self.written)
        self.stream.feed(bytes(self.written[self.fed:end]))
        self.fed = end
        return True

    def whole(self):
        """Is the screen one picture, not half of it that of the next?"""
        return self.written.rfind(BEGUN, 0, self.fed) <= self.written.rfind(WHOLE, 0, self.fed)

    def rows(self):
        """The lines of the screen, without blanks and empty lines at the end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip("\n").split("\n")

    def shows(self, *parts):
        def look():
            self.pump()
            text = "\n".join(self.rows())
            return self.whole() and all(part in text for part in parts)
        try:
            until(str(parts), look)
        except AssertionError as error:
            raise AssertionError(str(error) + "\n" + "\n".join(self.rows())) from None

    def type(self, text):
        os.write(self.fd, text)

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def wait(self):
        """Its exit code."""
        until("the end of the program", lambda: not self.pump())
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def end(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class Case(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)

    def start(self, *more, **options):
        """The program with pipes, subscribed."""
        process = Process(arguments(self.server, *more), **options)
        self.addCleanup(process.end)
        self.server.subscribed()
        return process

    def terminal(self, *more, **options):
        """`sub --table` on a terminal, subscribed."""
        terminal = Terminal(arguments(self.server, "--table", *more), **options)
        self.addCleanup(terminal.end)
        self.server.subscribed()
        return terminal


def main():
    sys.argv.pop(1)
    unittest.main(module="__main__", verbosity=2)
