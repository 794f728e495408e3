"""How a broker ends: what was accepted is delivered, everybody is told, the exit code is 0."""
import signal
import socket

from harness import both, main, payload

BAR = "AAPL/1Min/OHLCV"
PATIENT = {"stop_timeout": "60s", "close_timeout": "60s"}  # with peers that a busy machine holds up


@both
class Stops:
    def connection(self, broker, path="/ws"):
        return self.connect(path, broker=broker)

    def test_1001_tells_subscribers_and_publishers_and_the_exit_code_is_0(self):
        for number in signal.SIGTERM, signal.SIGINT:
            broker = self.start(workers=2, **PATIENT)
            peers = [self.connection(broker).subscribe(BAR), self.connection(broker),
                     self.connection(broker, "/publish")]
            broker.process.send_signal(number)
            for peer in peers:
                self.assertEqual(peer.close_frame()[0], 1001)
            self.assertEqual(broker.wait(), 0, broker.lines)

    def test_what_was_acknowledged_is_delivered_before_the_end(self):
        broker = self.start(workers=2, **PATIENT)
        readers = [self.connection(broker).subscribe(BAR) for _ in range(4)]
        publisher = self.connection(broker, "/publish")
        count = 50
        for number in range(count):
            publisher.publish(BAR, [number, b"x" * 20000])
        broker.process.send_signal(signal.SIGTERM)
        for number in range(count):
            for reader in readers:
                self.assertEqual(reader.message(), payload(BAR, [number, b"x" * 20000]))
        for peer in *readers, publisher:
            self.assertEqual(peer.close_frame()[0], 1001)
        self.assertEqual(broker.wait(), 0, broker.lines)

    def test_peers_that_do_not_read_hold_it_up_only_to_its_deadline(self):
        broker = self.start(stop_timeout="300ms", close_timeout="300ms")
        frozen = self.connect(broker=broker, receive_buffer=8192).subscribe(BAR)
        publisher = self.connection(broker, "/publish")
        for number in range(40):
            publisher.publish(BAR, b"x" * 100000)
        broker.process.send_signal(signal.SIGTERM)
        self.assertEqual(broker.wait(), 0, broker.lines)
        frozen.socket.close()

    def test_connections_in_their_handshake_do_not_hold_it_up(self):
        broker = self.start()
        begun = self.connect(None, broker=broker)
        begun.send(b"GET /ws HTT")
        silent = socket.create_connection(("127.0.0.1", broker.ports["wss"]))
        self.addCleanup(silent.close)
        broker.process.send_signal(signal.SIGTERM)
        self.assertEqual(broker.wait(), 0, broker.lines)

    def test_the_unix_socket_is_removed(self):
        broker = self.start()
        broker.stop()
        with socket.socket(socket.AF_UNIX) as peer, self.assertRaises(OSError):
            peer.connect(broker.unix)

    def test_an_idle_broker_stops(self):
        self.start(workers=3).stop()


if __name__ == "__main__":
    main()
