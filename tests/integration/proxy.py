"""A proxy that is a bad network: between a client and a broker it breaks, delays or stops bytes.

    with Proxy(("127.0.0.1", port), one_byte=True) as proxy:
        connect to ("127.0.0.1", proxy.port)

`up` is from the client to the broker, `down` the other way. A fault begins after so many bytes of its
direction; TCP's own way (kernel buffers) is outside it."""
import socket
import struct
import threading
import time

RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.broker = socket.create_connection(proxy.target)
        for end in self.ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.passed = {"up": 0, "down": 0}
        self.threads = [threading.Thread(target=self.pump, args=args, daemon=True) for args in
                        (("up", self.client, self.broker), ("down", self.broker, self.client))]
        for thread in self.threads:
            thread.start()

    @property
    def ends(self):
        return self.client, self.broker

    def reset(self):
        """RST to both ends."""
        for end in self.ends:
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
                end.shutdown(socket.SHUT_RD)  # ends a pump that reads
            except OSError:
                pass  # it has gone
            end.close()

    def pump(self, way, source, sink):
        try:
            while data := source.recv(4096):
                self.forward(way, data, sink)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # either end has gone, or was reset

    def forward(self, way, data, sink):
        proxy = self.proxy
        left = proxy.limit(way) - self.passed[way]
        for piece in (bytes([byte]) for byte in data) if proxy.one_byte else (data,):
            taken = piece[:left]
            if proxy.delay:
                time.sleep(proxy.delay)
            sink.sendall(taken)
            self.passed[way] += len(taken)
            left -= len(taken)
            if left <= 0:
                self.fault(sink)

    def fault(self, sink):
        if self.proxy.fault == "reset":
            self.reset()
        elif self.proxy.fault == "half-close":
            sink.shutdown(socket.SHUT_WR)
        else:  # stall: neither read nor forwarded until the proxy ends
            self.proxy.over.wait()
        raise OSError


class Proxy:
    """`fault` (reset, half-close, stall) comes after `after` bytes of the direction `way`."""

    def __init__(self, target, one_byte=False, delay=0, fault=None, way="up", after=0):
        self.target, self.one_byte, self.delay = target, one_byte, delay
        self.fault, self.way, self.after = fault, way, after
        self.over = threading.Event()
        self.links = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def limit(self, way):
        return self.after if self.fault and way == self.way else 1 << 62

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.over.is_set():
                client.close()
                return
            self.links.append(Link(self, client))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        for link in self.links:
            link.reset()
            for thread in link.threads:
                thread.join()
