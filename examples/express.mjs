/**
 * A node of a cluster with Express: its own server answers the pings. Start two or three, kill one:
 * node examples/express.mjs <node id> <port> [registry]
 */
import { once } from 'node:events';
import express from 'express';
import { openRegistry } from 'ringwatch';
import { Agent } from 'ringwatch/agent';

const [nodeId, port, registryUrl = 'sqlite:./cluster.db'] = process.argv.slice(2);
const registry = await openRegistry(registryUrl);
const agent = new Agent({
  ...{ nodeId, registry, preset: 'local', keepMembers: true },
  ...{ address: '127.0.0.1', port: Number(port), listen: false },
  onDead: (dead, { fence }) => console.log(`recover ${dead} under fence ${fence}`),
});

const app = express();
app.use(agent.pingHandler()); // before whatever reads bodies
app.get('/', (_, response) => void response.send(`${nodeId} is at your service\n`));
app.get('/members', (_, response) => void response.json(agent.members()));
app.get('/status', (_, response) => void response.json(agent.snapshot()));
const server = app.listen(Number(port));
try {
  await once(server, 'listening');
  await agent.start();
} catch ({ message }) {
  // The port or the id is in use.
  console.error(message);
  process.exit(1);
}
console.log(`${nodeId} has joined, pid ${process.pid}`);

process.once('SIGTERM', async () => {
  await agent.stop();
  server.close();
  await registry.close();
});
