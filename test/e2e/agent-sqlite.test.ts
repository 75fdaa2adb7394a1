/** Agents that share a SQLite file, each over a connection of its own, with a recovery that is a command. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpProber } from '../../src/adapters/http/index.ts';
import { openSqliteRegistry } from '../../src/adapters/sqlite/index.ts';
import { createAbort, systemClock, systemRandom } from '../../src/adapters/system/index.ts';
import { type AgentOptions, commandHandler, RingAgent } from '../../src/agent/index.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { next, quickSettings } from './agent-bench.ts';

let folder: string;
let prober: HttpProber;
let agents: RingAgent[] = [];
let registries: Registry[] = [];

beforeEach(async () => {
  prober = new HttpProber();
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-agents-'));
});
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await Promise.all(registries.map((registry) => registry.close()));
  agents = [];
  registries = [];
  await prober.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<Registry> {
  const registry = await openSqliteRegistry(`sqlite:${join(folder, 'cluster.db')}`);
  registries.push(registry);
  return registry;
}

async function start(nodeId: string, change: Partial<AgentOptions> = {}): Promise<RingAgent> {
  const ports = { clock: systemClock, random: systemRandom, prober, createAbort };
  const agent = new RingAgent({ nodeId, registry: await open(), ...quickSettings, ...change }, ports);
  agents.push(agent);
  await agent.start();
  return agent;
}

describe('agents on one SQLite file', () => {
  it('make the tables, find a death, and run its command once, with the fence', async () => {
    const log = join(folder, 'recoveries');
    const onDead = commandHandler({
      command: `echo "$RINGWATCH_NODE $RINGWATCH_EPOCH $RINGWATCH_FENCE $RINGWATCH_VOTERS" >> ${log}`,
      clock: systemClock,
    });
    // All at once, so that they meet while they make the tables.
    const [a, b, c] = await Promise.all([
      start('a', { onDead }),
      start('b', { onDead }),
      start('c', { onDead }),
    ]);
    const seen = (agent: RingAgent, id: string): Promise<unknown> =>
      next(agent, 'probe', ({ targetId, result }) => targetId === id && result === 'hit');
    await Promise.all([seen(a, 'c'), seen(b, 'c')]);

    const verdicts = Promise.all([next(a, 'verdict'), next(b, 'verdict')]);
    const recovery = Promise.race([next(a, 'handler-ended'), next(b, 'handler-ended')]);
    await c.stop({ leave: false });
    for (const verdict of await verdicts) expect(verdict).toMatchObject({ targetId: 'c', targetEpoch: 1 });
    expect(await recovery).toMatchObject({
      targetId: 'c',
      targetEpoch: 1,
      outcome: 'completed',
      error: null,
    });

    const isOfC = ({ targetId }: { targetId: string }): boolean => targetId === 'c';
    const back = Promise.all([next(a, 'recovered', isOfC), next(b, 'recovered', isOfC)]);
    const again = await start('c', { onDead });
    expect(again.snapshot().epoch).toBe(2);
    await back;
    expect(await readFile(log, 'utf8')).toBe('c 1 1 a,b\n');
    const registry = await open();
    const { verdicts: rows } = await registry.readCluster({});
    expect(rows).toMatchObject([{ nodeId: 'c', epoch: 1, resolution: 'completed', attemptCount: 1 }]);
  });

  it('a command that fails is run again, with a larger fence', async () => {
    const log = join(folder, 'recoveries');
    const command = `echo "$RINGWATCH_FENCE $RINGWATCH_ATTEMPT" >> ${log}; [ "$RINGWATCH_ATTEMPT" = 2 ]`;
    const onDead = commandHandler({ command, clock: systemClock });
    const [a, b] = await Promise.all([start('a', { onDead }), start('b')]);
    await next(a, 'probe', ({ targetId, result }) => targetId === 'b' && result === 'hit');
    const failed = next(a, 'handler-ended', ({ outcome }) => outcome === 'failed');
    const completed = next(a, 'handler-ended', ({ outcome }) => outcome === 'completed');
    await b.stop({ leave: false });
    expect((await failed).error).toMatch(/^exit code 1$/);
    await completed;
    expect(await readFile(log, 'utf8')).toBe('1 1\n2 2\n');
  });

  it('a recovery command is ended with its agent, which does not wait for it', async () => {
    const file = join(folder, 'pid');
    const onDead = commandHandler({ command: `echo $$ > ${file}; sleep 300`, clock: systemClock });
    const [a, b] = await Promise.all([start('a', { onDead }), start('b')]);
    await next(a, 'probe', ({ targetId, result }) => targetId === 'b' && result === 'hit');
    await b.stop({ leave: false });
    await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 60_000 }).toMatch(/^\d+\n/);
    const pid = Number(await readFile(file, 'utf8'));
    await a.stop();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
