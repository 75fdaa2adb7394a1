/**
 * Three nodes in one process, without the agent: each answers pings, sends its heartbeat and runs a monitor, as a
 * program of your own would. One of them dies; one survivor hands its shards on, under the fence.
 * Run it with `node examples/three-nodes.mjs` after `npm run build`. It ends by itself after a few seconds.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Monitor, openRegistry, pingAnswer } from 'ringwatch';

const folder = await mkdtemp(join(tmpdir(), 'ringwatch-example-'));
const registry = await openRegistry(`sqlite:${join(folder, 'cluster.db')}`);
await registry.migrate();

/** What the nodes own, and the newest fence that has changed it. In a real system this is a table; see docs/recovery.md. */
const told = new Set();
const shards = { owner: { 1: 'a', 2: 'b', 3: 'c' }, fence: 0 };

const nodes = await Promise.all(['a', 'b', 'c'].map(startNode));
await Promise.all(nodes.map(({ monitor }) => whenever(monitor, 'probe', ({ result }) => result === 'hit')));

const recovered = nodes.map(({ monitor }) =>
  whenever(monitor, 'handler-ended', ({ outcome }) => outcome === 'completed'),
);
console.log('node b dies');
await nodes[1].die();
await Promise.race(recovered);
console.log('shards are owned by', shards.owner);

await Promise.all(nodes.map(({ die }) => die()));
await registry.close();
await rm(folder, { recursive: true, force: true });

function whenever(monitor, event, isIt) {
  return new Promise((resolve) => monitor.on(event, (payload) => void (isIt(payload) && resolve(payload))));
}

async function startNode(nodeId) {
  let epoch = 0;
  const server = createServer((_, response) => response.end(pingAnswer(nodeId, epoch)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const joined = await registry.join({
    nodeId,
    address: '127.0.0.1',
    internalAddress: null,
    port: server.address().port,
    region: null,
    isNamed: true,
    hasHandler: true,
    instanceId: randomUUID(),
    afterEpoch: 0,
  });
  epoch = joined.epoch;
  const heartbeat = setInterval(() => registry.heartbeat({ nodeId, epoch }).catch(console.error), 1_000);

  const monitor = new Monitor({ nodeId, epoch, registry, preset: 'local', logger: null });
  monitor.on('dead', ({ targetId, evidence }) => {
    console.log(
      `${nodeId} votes ${targetId} dead after ${evidence.missCount} misses: ${evidence.lastFailure}`,
    );
  });
  monitor.on('verdict', ({ targetId, targetEpoch }) => {
    // Each survivor hears of it.
    const text = `verdict: ${targetId} is dead in epoch ${targetEpoch}`;
    if (!told.has(text)) console.log(text);
    told.add(text);
  });
  monitor.onNodeDead((dead, { fence }) => {
    if (fence <= shards.fence) throw new Error('an older owner comes too late');
    shards.fence = fence;
    for (const shard of Object.keys(shards.owner))
      if (shards.owner[shard] === dead) shards.owner[shard] = nodeId;
    console.log(`${nodeId} takes over from ${dead} under fence ${fence}`);
  });
  const running = monitor.start();

  return {
    monitor,
    async die() {
      clearInterval(heartbeat);
      server.close();
      server.closeAllConnections();
      await monitor.stop();
      await running;
    },
  };
}
