"""Real clients, unchanged: each connects, subscribes, receives, re-subscribes, is refused, closes."""
import subprocess

from harness import PATIENCE, ROOT, both, certs, go_build, main

CLIENTS = ROOT / "tests/clients"
ONE = ["AAPL/1Min/OHLCV", "NONE/1Min/OHLCV", "MSFT/Tick/TRADE"]
TWO = ["AAPL/1Min/OHLCV", "IBM/Tick/TRADE"]
TALK = ["subscribed AAPL/1Min/OHLCV MSFT/*/*", ONE, "received AAPL/1Min/OHLCV 0",
        "received MSFT/Tick/TRADE 2", "subscribed */Tick/TRADE", TWO, "received IBM/Tick/TRADE 1",
        "error AAPL/1Min is an invalid stream", TWO, "received IBM/Tick/TRADE 1", "closed 1000"]


@both
class Clients:
    def talk(self, *command):
        """Follows TALK: its texts are lines of the client, its lists are keys to publish."""
        arguments = [self.broker.url(self.transport).replace("127.0.0.1", "localhost")]
        if self.transport == "wss":
            arguments.append(certs() / "ca.pem")
        client = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
        self.addCleanup(client.stdout.close)
        self.addCleanup(client.kill)
        publisher = self.publisher()
        for step in TALK:
            if isinstance(step, str):
                self.assertEqual(client.stdout.readline(), step + "\n")
            else:
                for number, key in enumerate(step):
                    publisher.publish(key, {"n": number})
        self.assertEqual(client.stdout.readline(), "")
        self.assertEqual(client.wait(PATIENCE), 0)

    def test_python_websockets(self):
        self.talk("/usr/bin/python3", CLIENTS / "python_client.py")

    def test_python_websocket_client_as_pymarketstore(self):
        self.talk("/usr/bin/python3", CLIENTS / "websocket_client.py")

    def test_node_ws(self):
        self.talk("node", CLIENTS / "node/client.js")

    def test_go_as_the_client_of_MarketStore(self):
        self.talk(go_build("clients/go"))


if __name__ == "__main__":
    main()
