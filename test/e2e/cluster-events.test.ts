/** What every node hears of every node: agents in one process over one registry, each on its own connection to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import type { RingAgent } from '../../src/agent/index.ts';
import { freePorts } from '../../src/cli/free-ports.ts';
import { Monitor } from '../../src/library/monitor.ts';
import { type LogEvents, logEventNames } from '../../src/monitor/log-events.ts';
import { type Registry, RegistryError } from '../../src/ports/registry.ts';
import { AgentBench } from './agent-bench.ts';

const patient = { timeout: 60_000, interval: 50 };

let bench: AgentBench;
let registry: MemoryRegistry;
let heard: Map<string, string[]>;

beforeEach(() => {
  registry = new MemoryRegistry({ now: () => Date.now() });
  bench = new AgentBench(registry);
  heard = new Map();
});
afterEach(() => bench.close());

/** Lines such as `verdict b#1`, in the order in which the agent has told them. */
function hear(nodeId: string, agent: RingAgent | Monitor): void {
  const lines: string[] = [];
  heard.set(nodeId, lines);
  for (const name of logEventNames) {
    (agent as Monitor).on(name, (payload) => {
      const { count, targetId, targetEpoch } = payload as Partial<
        LogEvents['events-lost'] & LogEvents['left']
      >;
      lines.push(name === 'events-lost' ? `${count} lost` : `${name} ${targetId}#${targetEpoch}`);
    });
  }
}

async function start(nodeId: string, through: Registry = registry): Promise<RingAgent> {
  const agent = bench.create(nodeId, { registry: through, onDead: () => undefined });
  hear(nodeId, agent);
  await agent.start();
  return agent;
}

async function startAll(count: number): Promise<Map<string, RingAgent>> {
  const agents = new Map<string, RingAgent>();
  for (let index = 1; index <= count; index++) {
    const nodeId = `n${String(index).padStart(2, '0')}`;
    agents.set(nodeId, await start(nodeId));
  }
  await expect
    .poll(
      () => [...agents.values()].filter((agent) => agent.snapshot().monitor?.targets.length === 3).length,
      patient,
    )
    .toBe(count);
  return agents;
}

/** Ends a node without a good-bye. */
async function kill(agents: Map<string, RingAgent>, nodeId: string): Promise<void> {
  await agents.get(nodeId)?.stop({ leave: false });
  agents.delete(nodeId);
  heard.delete(nodeId);
}

/** What each of them has heard about a node, without what it has heard before. */
function about(nodeId: string): string[][] {
  return [...heard.values()].map((lines) => lines.filter((line) => line.includes(` ${nodeId}#`)));
}

const death = (life: string): string[] => [
  `verdict ${life}`,
  `recovery-started ${life}`,
  `recovery-ended ${life}`,
];

/** A connection that can be cut. */
function cuttable(): { readonly through: Registry; isCut: boolean } {
  const cut = {
    isCut: false,
    through: new Proxy<Registry>(registry, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function' || name === 'close') return value;
        // To listen asks nothing of the other end.
        if (cut.isCut && name !== 'onChange')
          return () => Promise.reject(new RegistryError('unavailable', 'cut off'));
        return value.bind(target);
      },
    }),
  };
  return cut;
}

describe('every node', () => {
  it.each([[['n05']], [['n03', 'n09']]])(
    'hears once and in order of the death of %j, however quick the recovery is, and of the return',
    async (victims) => {
      const agents = await startAll(12);
      await Promise.all(victims.map((victim) => kill(agents, victim)));
      for (const victim of victims) {
        const expected = [...agents].map(() => death(`${victim}#1`));
        await expect.poll(() => about(victim).map((lines) => lines.slice(-3)), patient).toEqual(expected);
      }
      const [victim = ''] = victims;
      const others = [...heard.keys()];
      await start(victim);
      // The nodes that joined later than the victim have not heard of its first join.
      const lines = (id: string): string[] | undefined =>
        heard.get(id)?.filter((line) => line.includes(` ${victim}#`) && line !== `joined ${victim}#1`);
      const whole = [...death(`${victim}#1`), `joined ${victim}#2`];
      await expect.poll(() => others.map(lines), patient).toEqual(others.map(() => whole));
    },
  );

  it('hears afterwards of what has happened while it was cut off, and of a leave', async () => {
    const cut = cuttable();
    const [a, b, c] = [await start('a'), await start('b'), await start('c')];
    const far = await start('far', cut.through);
    const agents = new Map(Object.entries({ a, b, c, far }));
    await expect.poll(() => far.snapshot().monitor?.targets.length, patient).toBe(3);
    cut.isCut = true;
    await kill(agents, 'c');
    await expect.poll(() => heard.get('a')?.slice(-3), patient).toEqual(death('c#1'));
    await b.stop();
    await start('d');
    expect(heard.get('far')).toEqual(['joined far#1']);
    cut.isCut = false;
    const told = ['joined far#1', ...death('c#1'), 'left b#1', 'joined d#1'];
    await expect.poll(() => heard.get('far'), patient).toEqual(told);
    const whole = ['joined a#1', 'joined b#1', 'joined c#1', ...told];
    await expect.poll(() => heard.get('a'), patient).toEqual(whole);
  });

  it('hears in its second epoch what has happened since the first began, of which it could read nothing', async () => {
    const cut = cuttable();
    for (const nodeId of ['a', 'b', 'c']) await start(nodeId);
    const [port = 0] = await freePorts(1);
    // No ping reaches it, so the others find it dead.
    const far = bench.create('far', { registry: cut.through, listen: false, port });
    hear('far', far);
    far.once('joined', () => {
      cut.isCut = true;
    });
    await far.start();
    await expect.poll(() => heard.get('a')?.slice(-3), patient).toEqual(death('far#1'));
    await start('d');
    cut.isCut = false;
    const whole = ['joined far#1', 'joined far#2', ...death('far#1'), 'joined d#1'];
    await expect.poll(() => heard.get('far')?.slice(0, 6), patient).toEqual(whole);
  });

  it('hears what other nodes do also where it is a bare monitor', async () => {
    const agents = new Map(Object.entries({ a: await start('a'), b: await start('b') }));
    const monitor = new Monitor({ ...{ nodeId: 'm', registry, preset: 'local' }, startupGracePeriodMs: 0 });
    hear('m', monitor);
    const running = monitor.start();
    await expect.poll(() => monitor.snapshot().targets.length, patient).toBe(2);
    agents.set('c', await start('c'));
    await kill(agents, 'c');
    await expect.poll(() => heard.get('m'), patient).toEqual(['joined c#1', ...death('c#1')]);
    await monitor.stop();
    await running;
  });

  it('hears of what comes after a restored backup, and of nothing twice', async () => {
    const agents = await startAll(4);
    const backup = registry.snapshot();
    await kill(agents, 'n04');
    await expect
      .poll(() => about('n04').map((lines) => lines.slice(-3)), patient)
      .toEqual([...agents].map(() => death('n04#1')));
    registry.restore(backup);
    // The same death is found again in the restored registry, and then its node comes back.
    await expect
      .poll(
        () => about('n04').map((lines) => lines.filter((line) => line === 'verdict n04#1').length),
        patient,
      )
      .toEqual([...agents].map(() => 2));
    await start('n04');
    // A claim that finds the node back closes the verdict, before or after that.
    const returns = () =>
      about('n04').map((lines) => lines.filter((line) => /^joined n04#[2-9]/.test(line)).length);
    await expect.poll(() => returns().every((count) => count === 1), patient).toBe(true);
    await sleep(1_000);
    expect(returns().every((count) => count === 1)).toBe(true);
  });
});
