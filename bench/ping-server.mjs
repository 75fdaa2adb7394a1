/** Bare ping servers on so many ports of loopback, in a process of their own: prints the ports, ends when its standard input closes. */
import { once } from 'node:events';
import { createServer } from 'node:http';

const count = Number(process.argv[2] ?? 1);
const ports = [];
for (let index = 0; index < count; index++) {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'ok', node: nodeIdOf(index), epoch: 1 }));
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports.push(server.address().port);
}
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.resume().on('end', () => process.exit(0));

function nodeIdOf(index) {
  return `node-${String(index + 1).padStart(3, '0')}`;
}
