/** A node that prints what happens: node examples/node.mjs <node id> <port> */
import { openRegistry } from 'ringwatch';
import { Agent } from 'ringwatch/agent';

const [nodeId = 'a', port = 6001] = process.argv.slice(2);
const registry = await openRegistry('sqlite:./cluster.db');
const place = { nodeId, address: '127.0.0.1', port: Number(port) };
const agent = new Agent({ registry, preset: 'local', ...place, onDead: (id) => console.log('recover', id) });
agent.start().catch(({ message }) => console.error(message));
for await (const event of agent.events()) console.log(event);
