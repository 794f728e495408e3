"""What waits for readers stays in outbound_memory, also what is for one of them alone."""
import socket

import msgpack

from harness import BINARY, PATIENCE, Case, frame, handshake, main


class PrivateBytes(Case):
    settings = {"workers": 1, "outbound_memory": "1MiB", "max_payload": "64KiB",
                "notsent_lowat": "4KiB"}

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
                "notsent_lowat": "4KiB"}

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


class Inbound(Case):
    settings = {"workers": 1, "inbound_memory": "1MiB", "max_payload": "64KiB", "max_message": "64KiB"}

    def test_half_handshakes_go_before_unfinished_requests_whoever_came_first(self):
        """Behind more idle connections than anybody would look through."""
        half = handshake()[:-2] + b"X: " + b"x" * 7000
        idle = [self.raw(b"") for _ in range(100)]
        request = frame(BINARY, msgpack.packb({"streams": ["a/b/c"]}))
        good = self.connect()
        good.send(request[:-1])
        crowd = [self.raw(half) for _ in range(300)]
        crowd[0].settimeout(PATIENCE)
        self.assertEqual(crowd[0].recv(1), b"")  # it was among the oldest, and there were too many
        good.send(request[-1:])
        self.assertEqual(msgpack.unpackb(good.message()), {"streams": ["a/b/c"]})
        for each in idle:
            each.setblocking(False)
            self.assertRaises(BlockingIOError, each.recv, 1)

    def raw(self, data):
        made = socket.create_connection(("127.0.0.1", self.broker.ports["ws"]), PATIENCE)
        self.addCleanup(made.close)
        made.sendall(data)
        return made


if __name__ == "__main__":
    main()
