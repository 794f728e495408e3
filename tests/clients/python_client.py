"""A client as people write them with websockets and msgpack.

    python_client.py URL [CA]     prints what it waits for and receives; test_clients.py publishes
"""
import asyncio
import ssl
import sys

import msgpack
import websockets


async def subscribe(connection, *streams):
    await connection.send(msgpack.packb({"streams": list(streams)}))
    answer = msgpack.unpackb(await connection.recv())
    assert answer == {"streams": list(streams)}, answer
    print("subscribed", *streams, flush=True)


async def receive(connection, count):
    for _ in range(count):
        message = msgpack.unpackb(await connection.recv())
        print("received", message["key"], message["data"]["n"], flush=True)


async def main(url, ca=None):
    tls = ssl.create_default_context(cafile=ca) if ca else None
    async with websockets.connect(url + "/ws", ssl=tls) as connection:
        await subscribe(connection, "AAPL/1Min/OHLCV", "MSFT/*/*")
        await receive(connection, 2)
        await subscribe(connection, "*/Tick/TRADE")
        await receive(connection, 1)
        await connection.send(msgpack.packb({"streams": ["AAPL/1Min"]}))
        print("error", msgpack.unpackb(await connection.recv())["error"], flush=True)
        await receive(connection, 1)
        await connection.close()
        print("closed", connection.close_code, flush=True)


asyncio.run(main(*sys.argv[1:]))
