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


class Chunks(Case):
    settings = {"workers": 1, "outbound_memory": "1MiB", "max_payload": "64KiB",
                "notsent_lowat": "4KiB", "slow_time": "10min"}

    def test_what_logs_keep_without_need_goes_before_readers(self):
        """Each set keeps a chunk of 4 KiB for a second or two: 400 of them are more than there is."""
        slow = self.connect(receive_buffer=4096).subscribe("slow/*/x")
        publisher = self.publisher()
        for number in range(40):
            publisher.publish("slow/1/x", [number, "x" * 10_000])
        for number in range(400):
            reader = self.connect().subscribe(f"own/{number}/x")
            publisher.publish(f"own/{number}/x", "x" * 3000)
            self.assertEqual(len(msgpack.unpackb(reader.message())["data"]), 3000)
        for number in range(40):
            self.assertEqual(msgpack.unpackb(slow.message())["data"][0], number)


if __name__ == "__main__":
    main()
