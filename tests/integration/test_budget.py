"""What waits for readers stays in outbound_memory, also what is for one of them alone."""
import socket

import msgpack

from harness import BINARY, Case, frame, main


class PrivateBytes(Case):
    settings = {"workers": 1, "outbound_memory": "1MiB", "max_payload": "64KiB",
                "notsent_lowat": "4KiB", "slow_time": "10min"}

    def test_answers_that_nobody_reads_are_evicted_once_they_are_too_many(self):
        request = msgpack.packb({"streams": [], "pad": "x" * 200_000})
        readers = [self.connect(receive_buffer=4096) for _ in range(40)]
        for reader in readers:
            reader.send(frame(BINARY, request))
        for reader in readers:
            self.wait_for_answer(reader)
        echoed = sum(self.echo(reader) == request for reader in readers)
        self.assertTrue(0 < echoed < 20, echoed)  # 1 MiB has place for five, their sockets for some

    def wait_for_answer(self, reader):
        try:
            reader.socket.recv(1, socket.MSG_PEEK)
        except ConnectionResetError:
            pass

    def echo(self, reader):
        try:
            return reader.message()
        except (EOFError, AssertionError):  # reset, or a close frame
            return None


if __name__ == "__main__":
    main()
