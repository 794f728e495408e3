// Drives rows of tests/rfc6455 with ws.
//
//     rfc6455.js URL [CA]     a row a line of standard input: {number, steps, wanted, closes}; what
//                             happened, a line each: {number, got, code, reason, error}
'use strict';
const fs = require('fs');
const readline = require('readline');
const WebSocket = require('ws');

const [url, ca] = process.argv.slice(2);
const options = { perMessageDeflate: false, ...(ca ? { ca: fs.readFileSync(ca) } : {}) };

function send(socket, { kind, hex, fin, code, reason }) {
    const data = Buffer.from(hex, 'hex');
    if (kind === 'close') socket.close(code, reason);
    else if (kind === 'ping' || kind === 'pong') socket[kind](data);
    else socket.send(data, { binary: kind === 'binary', fin });
}

function drive({ number, steps, wanted, closes }) {
    return new Promise((resolve) => {
        const socket = new WebSocket(url + '/ws', options);
        const got = [];
        let error;
        const came = (kind, data) => {
            got.push([kind, data.toString('hex')]);
            if (got.length === wanted && !closes) socket.close(1000);
        };
        socket.on('open', () => {
            for (const step of steps) send(socket, step);
            if (wanted === 0 && !closes) socket.close(1000);
        });
        socket.on('message', (data, binary) => came(binary ? 'binary' : 'text', data));
        socket.on('pong', (data) => came('pong', data));
        socket.on('error', (cause) => { error = String(cause); });
        socket.on('close', (code, reason) =>
            resolve({ number, got, code, reason: reason.toString('hex'), error }));
    });
}

async function main() {
    for await (const line of readline.createInterface({ input: process.stdin }))
        console.log(JSON.stringify(await drive(JSON.parse(line))));
}

main();
