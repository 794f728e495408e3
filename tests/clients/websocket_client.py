"""A client on websocket-client and msgpack, with the calls that pymarketstore makes: a connection that
blocks, a BINARY request, `loads` of whatever comes, a look at its key.

    websocket_client.py URL [CA]     prints what it waits for and receives; test_clients.py publishes
"""
import sys

import msgpack
import websocket


def subscribe(connection, *streams):
    connection.send(msgpack.dumps({"streams": list(streams)}), opcode=websocket.ABNF.OPCODE_BINARY)
    answer = msgpack.loads(connection.recv())
    assert answer == {"streams": list(streams)}, answer
    print("subscribed", *streams, flush=True)


def receive(connection, count):
    while count:
        message = msgpack.loads(connection.recv())
        if message.get("key") is not None:
            print("received", message["key"], message["data"]["n"], flush=True)
            count -= 1


def main(url, ca=None):
    connection = websocket.WebSocket(sslopt={"ca_certs": ca} if ca else None)
    connection.connect(url + "/ws")
    subscribe(connection, "AAPL/1Min/OHLCV", "MSFT/*/*")
    receive(connection, 2)
    subscribe(connection, "*/Tick/TRADE")
    receive(connection, 1)
    connection.send(msgpack.dumps({"streams": ["AAPL/1Min"]}), opcode=websocket.ABNF.OPCODE_BINARY)
    print("error", msgpack.loads(connection.recv())["error"], flush=True)
    receive(connection, 1)
    connection.send_close(1000)
    opcode, reason = connection.recv_data()
    assert opcode == websocket.ABNF.OPCODE_CLOSE, opcode
    print("closed", int.from_bytes(reason[:2], "big"), flush=True)


main(*sys.argv[1:])
