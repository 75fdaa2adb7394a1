/**
 * A node of a cluster with Fastify: its own server answers the pings. Start two or three, kill one:
 * node examples/fastify.mjs <node id> <port> [registry]
 */
import fastify from 'fastify';
import { openRegistry } from 'ringwatch';
import { Agent } from 'ringwatch/agent';

const [nodeId, port, registryUrl = 'sqlite:./cluster.db'] = process.argv.slice(2);
const registry = await openRegistry(registryUrl);
const agent = new Agent({
  ...{ nodeId, registry, preset: 'local', keepMembers: true },
  ...{ address: '127.0.0.1', port: Number(port), listen: false },
  onDead: (dead, { fence }) => console.log(`recover ${dead} under fence ${fence}`),
});

const app = fastify();
const ping = agent.pingHandler();
app.addHook('onRequest', (request, reply, done) => ping(request.raw, reply.raw, done));
app.get('/', () => `${nodeId} is at your service\n`);
app.get('/members', () => agent.members());
app.get('/status', () => agent.snapshot());
try {
  await app.listen({ port: Number(port) });
  await agent.start();
} catch ({ message }) {
  // The port or the id is in use.
  console.error(message);
  process.exit(1);
}
console.log(`${nodeId} has joined, pid ${process.pid}`);

process.once('SIGTERM', async () => {
  await agent.stop();
  await app.close();
  await registry.close();
});
