/**
 * Three nodes in one process. One of them dies without a word; one survivor hands its shards on, under the fence.
 * Run it with `node examples/three-nodes.mjs [registry]` after `npm run build`, as often as you like: each run is a
 * new epoch of each node. It ends by itself after a few seconds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegistry } from 'ringwatch';
import { Agent } from 'ringwatch/agent';

const folder = await mkdtemp(join(tmpdir(), 'ringwatch-example-'));
const registry = await openRegistry(process.argv[2] ?? `sqlite:${join(folder, 'cluster.db')}`);

/** What the nodes own, and the newest fence that has changed it. In a real system this is a table; see docs/recovery.md. */
const shards = { owner: { 1: 'a', 2: 'b', 3: 'c' }, fence: 0 };

const agents = ['a', 'b', 'c'].map(agentOf);
await Promise.all(agents.map((agent) => agent.start()));
await Promise.all(agents.map((agent) => first(agent, 'probe', ({ result }) => result === 'hit')));

const recovered = agents.map((agent) =>
  first(agent, 'recovery-ended', ({ outcome }) => outcome === 'completed'),
);
console.log('node b dies');
await agents[1].stop({ leave: false });
await Promise.race(recovered);
console.log('shards are owned by', shards.owner);

await Promise.all(agents.map((agent) => agent.stop()));
await registry.close();
await rm(folder, { recursive: true });

function agentOf(nodeId) {
  return new Agent({
    ...{ nodeId, registry, preset: 'local' },
    ...{ address: '127.0.0.1', host: '127.0.0.1', port: 0 },
    // A node that dies again soon after its return is flapping, and its recovery waits. Here a second run need not.
    flapWindowMs: 0,
    onDead(dead, { epoch, fence, voters }) {
      if (fence <= shards.fence) throw new Error('an older owner comes too late');
      shards.fence = fence;
      for (const shard of Object.keys(shards.owner))
        if (shards.owner[shard] === dead) shards.owner[shard] = nodeId;
      console.log(`${nodeId} takes over from ${dead}, epoch ${epoch}, voted dead by ${voters.join(' and ')}`);
    },
    // A node that was found dead wrongly must stop serving before it begins anew: another one may own its shards.
    onSelfDead: () => console.log(`${nodeId} gives up what it owns`),
  });
}

function first(agent, event, isIt) {
  return new Promise((resolve) => agent.on(event, (payload) => void (isIt(payload) && resolve(payload))));
}
