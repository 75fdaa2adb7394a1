/** A proxy before an agent's ping port, as a sidecar of its host: `node sidecar.mjs <host> <port>`, towards 127.0.0.1. */
import { connect, createServer } from 'node:net';

const [host, port] = process.argv.slice(2);

createServer((client) => {
  const upstream = connect(Number(port), '127.0.0.1');
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ]) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}).listen(Number(port), host);
