/**
 * A crowd at a port, as a process of its own: so many connections that stay, each of which comes again some seconds after it
 * was closed. `idle` ones ask once; `slow` ones never end their question. Prints `{ open, asked, closed }` each second.
 */
import { connect } from 'node:net';

const [port, count, manner, ...localAddresses] = process.argv.slice(2);
const tally = { open: 0, asked: 0, closed: 0 };
const slow = new Set();

function come(index) {
  const localAddress = localAddresses[index % localAddresses.length];
  const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress });
  socket.on('connect', () => {
    tally.open++;
    if (manner === 'slow') {
      socket.write('GET /v1/internal/ping HTTP/1.1\r\n');
      slow.add(socket);
    } else socket.write('GET /v1/internal/ping HTTP/1.1\r\nHost: a\r\n\r\n');
  });
  socket.once('data', () => tally.asked++);
  socket.on('data', () => {});
  socket.on('error', () => {});
  socket.on('close', () => {
    if (slow.delete(socket) || manner === 'idle') tally.open = Math.max(0, tally.open - 1);
    tally.closed++;
    // No flood: a processor that has no time for the victim would prove nothing of its connections.
    setTimeout(() => come(index), 4_000 + 4_000 * Math.random());
  });
}

// Not all in one moment: a burst that no program could take in proves nothing.
let begun = 0;
const beginning = setInterval(() => {
  for (let step = 0; step < 50 && begun < Number(count); step++) come(begun++);
  if (begun >= Number(count)) clearInterval(beginning);
}, 20);
setInterval(() => {
  for (const socket of slow) socket.write('X: y\r\n');
}, 800);
setInterval(() => process.stdout.write(`${JSON.stringify(tally)}\n`), 1_000);
process.stdin.resume().on('end', () => process.exit(0));
