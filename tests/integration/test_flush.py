"""Nobody who can be sent to is forgotten: after another member of the group went at a bad moment,
and after a visit that could not send all."""
import os
import signal
import socket
import struct

import msgpack

from harness import BINARY, both, frame, main, payload


def reset(connection):
    """Ends with RST."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.socket.close()


@both
class Left:
    settings = {"workers": 1}

    def test_one_that_is_gone_before_its_echo_keeps_nobody_from_the_next_message(self):
        reader = self.connect().subscribe("a/b/c")
        pub = self.publisher()
        pid = self.broker.process.pid
        for n in range(20):
            leaver = self.connect()
            os.kill(pid, signal.SIGSTOP)
            os.waitpid(pid, os.WUNTRACED)
            leaver.send(frame(BINARY, msgpack.packb({"streams": ["a/b/c"]})))
            reset(leaver)
            os.kill(pid, signal.SIGCONT)
            pub.publish("a/b/c", n)
            self.assertEqual(reader.message(), payload("a/b/c", n))


@both
class Large:
    settings = {"workers": 1, "notsent_lowat": "64MiB"}

    def test_one_that_needs_several_visits_among_others_that_need_one_gets_them(self):
        readers = [self.connect(transport=transport).subscribe("a/b/c")
                   for transport in ("ws", "wss", "ws", "ws", "ws")]
        pub = self.publisher()
        for n in range(40):
            data = bytes([n]) * 1000000
            pub.publish("a/b/c", data)
            for reader in readers:
                self.assertEqual(reader.message(), payload("a/b/c", data))


if __name__ == "__main__":
    main()
