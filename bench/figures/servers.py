"""The servers that the load tool is pointed at, each started by itself on a free port of 127.0.0.1,
with settings that can be compared: nothing is kept on disk or compressed, nothing but the load is
logged, a reader that takes nothing is cut off at 16 MiB or after 10 seconds.

    with servers.start("nats", folder, core=0) as server:
        ... server.url, server.pid, server.version, server.settings
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

PATIENCE_S = 60
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin"  # where Debian has brokers


class Server:
    """A process that listens, until it is stopped."""

    def __init__(self, name, made, settings, process, log):
        self.name, self.settings, self.process, self.log = name, settings, process, log
        self.url, self.version = made["url"], made["version"]
        self.plain_url = made.get("plain_url")  # without WebSocket, where that is another one

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name):
    path = shutil.which(name, path=SYSTEM_PATH)
    if not path:
        raise FileNotFoundError(f"{name} is not installed; scripts/setup installs it")
    return path


def version_of(*command):
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.search(r"v?=?(\d+\.\d[\w.~-]*)", said.stdout + said.stderr)[1]


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def tickcast(build, _, port, __):
    daemon = os.path.join(build, "bin/tickcastd")
    return {"command": [daemon, "--listen", f"127.0.0.1:{port}", "--workers", "1",
                        "--slow-memory", "16MiB", "--slow-time", "10s", "--message-rate", "0"],
            "url": f"ws://127.0.0.1:{port}", "version": version_of(daemon, "--version")}


def nats(_, folder, port, plain):
    text = (f"listen: 127.0.0.1:{plain}\n"
            "max_connections: 65536\nmax_pending: 16MB\nwrite_deadline: \"10s\"\n"
            f"websocket {{\n  listen: \"127.0.0.1:{port}\"\n  no_tls: true\n  compression: false\n}}\n")
    server = program("nats-server")
    return {"command": [server, "--config", write(folder, "nats.conf", text)], "file": text,
            "url": f"nats+ws://127.0.0.1:{port}", "plain_url": f"nats://127.0.0.1:{plain}",
            "version": version_of(server, "--version")}


def mosquitto(_, folder, port, plain):
    # Version 2.0.11 does not start with WebSocket alone, and listens everywhere without socket_domain.
    text = (f"listener {plain} 127.0.0.1\n"
            f"listener {port} 127.0.0.1\nsocket_domain ipv4\nprotocol websockets\nallow_anonymous true\n"
            "persistence false\nset_tcp_nodelay true\nsys_interval 0\n"
            "max_queued_messages 0\nmax_queued_bytes 16777216\nlog_type error\n"
            + ("user root\n" if os.geteuid() == 0 else ""))
    server = program("mosquitto")
    return {"command": [server, "-c", write(folder, "mosquitto.conf", text)], "file": text,
            "url": f"mqtt+ws://127.0.0.1:{port}", "plain_url": f"mqtt://127.0.0.1:{plain}",
            "version": version_of(server, "-h")}


def redis(_, folder, port, __):
    server = program("redis-server")
    return {"command": [server, "--bind", "127.0.0.1", "--port", str(port), "--save", "",
                        "--appendonly", "no", "--maxclients", "19900", "--dir", folder,
                        "--client-output-buffer-limit", "pubsub 16mb 16mb 10"],
            "url": f"redis://127.0.0.1:{port}", "version": version_of(server, "--version")}


KINDS = {"tickcast": tickcast, "nats": nats, "mosquitto": mosquitto, "redis": redis}


def start(kind, folder, build, core=None, ports=None):
    """Starts a server and returns it once it listens. RuntimeError with what it said if it does not.
    `ports`: for its URL, and for its plain one."""
    port, plain = ports or (free_port(), free_port())
    made = KINDS[kind](build, folder, port, plain)
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    settings = " ".join(pinned + made["command"])
    if "file" in made:
        settings += "\n" + "".join(f"    {line}\n" for line in made["file"].splitlines()).rstrip()
    log = os.path.join(folder, f"{kind}.log")
    with open(log, "w", encoding="utf-8") as out:
        process = subprocess.Popen(pinned + made["command"], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True)
    server = Server(kind, made, settings, process, log)
    try:
        wait_for(server, port)
    except BaseException:
        server.stop()
        raise
    return server


def wait_for(server, port):
    end = time.monotonic() + PATIENCE_S
    while not listens(port):
        if server.process.poll() is not None or time.monotonic() > end:
            with open(server.log, encoding="utf-8", errors="replace") as file:
                raise RuntimeError(f"{server.settings}\ndid not start:\n{file.read()}")
        time.sleep(0.02)
