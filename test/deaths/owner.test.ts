/** The owner of a recovery is killed in its handler, and does not hold the recovery up: real agents on one SQLite file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRegistry } from '../../src/library/open-registry.ts';
import { startCallee } from './callee.ts';
import { AgentRing } from './ring.ts';

const leaseMs = 30_000;

it('the next owner begins soon after the death of the first one, however long the lease is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-owner-'));
  const url = `sqlite:${join(folder, 'cluster.db')}`;
  const registry = await openRegistry(url);
  await registry.migrate();
  const callee = await startCallee(60_000);
  const flags = ['--lease', `${leaseMs}ms`, '--retry-backoff', '20s', '--max-dead-fraction', '1'];
  const ring = new AgentRing({ size: 5, registryOf: () => url, onDead: callee.commandFor, flags });
  try {
    await ring.startAll();
    await ring.until(
      async () => (await registry.readCluster({})).nodes.every(({ lifecycle }) => lifecycle === 'alive'),
      'every node is on the ring',
    );
    let killedAt = 0;
    callee.onBegin = async ({ owner }) => {
      if (killedAt > 0) return;
      killedAt = Date.now();
      await ring.kill(owner);
    };
    await ring.kill('n03');
    const begins = () => callee.orders.filter(({ node, step }) => node === 'n03' && step === 'begin');
    await ring.until(() => begins().length >= 2, 'a second owner has begun', 2 * leaseMs + 30_000);
    const [first, second] = begins();
    const { events } = await registry.readEvents({ after: null, limit: 1_000 });
    const verdict = events.find(({ kind, targetId }) => kind === 'verdict' && targetId === first?.owner);
    const sinceKillMs = (second?.at ?? 0) - killedAt;
    const sinceVerdictMs = (second?.at ?? 0) - (verdict?.at ?? 0);
    process.stderr.write(
      `the next owner began ${sinceKillMs} ms after the kill, ${sinceVerdictMs} ms after the verdict on the first\n`,
    );
    expect(second?.owner).not.toBe(first?.owner);
    expect(second?.fence).toBeGreaterThan(first?.fence ?? 0);
    expect(sinceKillMs).toBeLessThan(leaseMs - 5_000);
  } finally {
    await ring.dispose();
    // The commands outlive the agents that started them.
    for (const { pid } of callee.orders) end(pid);
    await callee.close();
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
