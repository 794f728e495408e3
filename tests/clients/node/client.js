// A client as people write them with ws and @msgpack/msgpack.
//
//     client.js URL [CA]     prints what it waits for and receives; test_clients.py publishes
'use strict';
const fs = require('fs');
const { once } = require('events');
const WebSocket = require('ws');
const { encode, decode } = require('@msgpack/msgpack');

const [url, ca] = process.argv.slice(2);
const socket = new WebSocket(url + '/ws', ca ? { ca: fs.readFileSync(ca) } : {});
const waiting = [];
const arrived = [];

socket.on('message', (message, binary) => {
    if (!binary) throw new Error('a message that is not binary');
    arrived.push(decode(message));
    if (waiting.length) waiting.shift()(arrived.shift());
});

function next() {
    if (arrived.length) return Promise.resolve(arrived.shift());
    return new Promise((resolve) => waiting.push(resolve));
}

async function subscribe(...streams) {
    socket.send(encode({ streams }));
    const answer = await next();
    if (JSON.stringify(answer) !== JSON.stringify({ streams })) throw new Error(JSON.stringify(answer));
    console.log('subscribed', ...streams);
}

async function receive(count) {
    for (let i = 0; i < count; i++) {
        const { key, data } = await next();
        console.log('received', key, data.n);
    }
}

async function main() {
    await once(socket, 'open');
    await subscribe('AAPL/1Min/OHLCV', 'MSFT/*/*');
    await receive(2);
    await subscribe('*/Tick/TRADE');
    await receive(1);
    socket.send(encode({ streams: ['AAPL/1Min'] }));
    console.log('error', (await next()).error);
    await receive(1);
    const closed = once(socket, 'close');
    socket.close(1000);
    console.log('closed', (await closed)[0]);
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
