/** A target in a process of its own, for tests that kill or stop it: says its port, and answers every question alike. */
import { createServer } from 'node:http';

const [keepAliveMs = '60000', ...headers] = process.argv.slice(2);
const server = createServer((_, response) => {
  for (const header of headers) response.setHeader(...header.split('='));
  response.end('{"status":"ok"}');
});
server.keepAliveTimeout = Number(keepAliveMs);
// Few wait to be accepted, so that a stopped process soon lets no connection in.
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
  process.stdout.write(`${server.address().port}\n`),
);
