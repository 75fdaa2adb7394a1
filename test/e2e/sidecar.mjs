/**
 * A proxy before an agent's ping port, as a sidecar of its host: `node sidecar.mjs <host> <port> <down ms>`, towards
 * 127.0.0.1. SIGUSR2: it closes all connections, refuses for so long, and is back. No start of a process takes part in that.
 */
import { connect, createServer } from 'node:net';

const [host, port, downMs] = process.argv.slice(2);
const open = new Set();

const server = createServer((client) => {
  const upstream = connect(Number(port), '127.0.0.1');
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ]) {
    open.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
});
const listen = () => server.listen(Number(port), host);
process.on('SIGUSR2', () => {
  server.close();
  for (const socket of open) socket.destroy();
  setTimeout(listen, Number(downMs));
});
listen();
