/** The list of members that an agent keeps: complete at the start, and kept up by what happens. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { RegistryError } from '../../src/ports/registry.ts';
import { AgentBench, portOf } from './agent-bench.ts';

let bench: AgentBench;
let registry: MemoryRegistry;

beforeEach(() => {
  registry = new MemoryRegistry({ now: () => Date.now() });
  bench = new AgentBench(registry);
});
afterEach(() => bench.close());

describe('the members that an agent knows', () => {
  it('are complete when it has started, and follow joins, leaves, deaths and returns', async () => {
    const b = await bench.start('b');
    const c = await bench.start('c');
    const readCluster = vi.spyOn(registry, 'readCluster');
    const a = await bench.start('a', { keepMembers: true });
    const place = { epoch: 1, address: '127.0.0.1' };
    const [atA, atB, atC] = [a, b, c].map((agent) => ({ ...place, port: portOf(agent) }));
    const all = [
      { nodeId: 'a', ...atA },
      { nodeId: 'b', ...atB },
      { nodeId: 'c', ...atC },
    ];
    expect(a.members()).toEqual(all);
    expect(a.isAlive('c')).toBe(true);

    const d = await bench.start('d');
    await expect.poll(() => a.isAlive('d'), { timeout: 15_000 }).toBe(true);
    expect(a.members().at(-1)).toEqual({ nodeId: 'd', ...place, port: portOf(d) });
    await b.stop();
    await expect.poll(() => a.isAlive('b'), { timeout: 15_000 }).toBe(false);
    await c.stop({ leave: false });
    await expect.poll(() => a.isAlive('c'), { timeout: 30_000 }).toBe(false);
    await bench.start('c');
    await expect
      .poll(() => a.members().find(({ nodeId }) => nodeId === 'c')?.epoch, { timeout: 15_000 })
      .toBe(2);
    expect(a.members().map(({ nodeId }) => nodeId)).toEqual(['a', 'c', 'd']);
    expect(readCluster).toHaveBeenCalledTimes(1);
  });

  it('are read anew when lines of the log were lost', async () => {
    const a = await bench.start('a', { keepMembers: true });
    const readCluster = vi.spyOn(registry, 'readCluster');
    const readEvents = registry.readEvents.bind(registry);
    // Of whichever agent reads it: each is told that it came too late.
    vi.spyOn(registry, 'readEvents').mockImplementation(async (query) => ({
      ...(await readEvents(query)),
      lostCount: 7,
    }));
    await bench.start('b');
    await expect.poll(() => readCluster.mock.calls.length, { timeout: 15_000 }).toBeGreaterThan(0);
    await expect.poll(() => a.isAlive('b'), { timeout: 15_000 }).toBe(true);
  });

  it('wait at the start for a registry that does not answer, and for no longer than the agent runs', async () => {
    vi.spyOn(registry, 'readCluster').mockImplementation(() => new Promise(() => {}));
    const agent = bench.create('a', { keepMembers: true, registryTimeoutMs: 50 });
    const starting = agent.start();
    await expect.poll(() => agent.snapshot().phase, { timeout: 15_000 }).toBe('running');
    await agent.stop();
    await starting;
  });

  it.each(['unauthorized', 'schema', 'invalid'] as const)(
    'end the start where the registry refuses them as "%s", and the node has left',
    async (code) => {
      const readCluster = vi.spyOn(registry, 'readCluster');
      readCluster.mockRejectedValueOnce(new RegistryError('unavailable', 'no leader'));
      readCluster.mockRejectedValue(new RegistryError(code, 'the user may not read ringwatch_votes'));
      const agent = bench.create('a', { keepMembers: true });
      const warnings: string[] = [];
      agent.on('warning', ({ message }) => void warnings.push(message));
      const error = await agent.start().catch((error: unknown) => error);
      expect(error).toMatchObject({ name: 'RegistryError', code });
      expect(await agent.whenStopped()).toEqual({ reason: 'failed', error });
      expect(await registry.readNode('a')).toMatchObject({ lifecycle: 'left' });
      expect(warnings).toEqual(['the list of members cannot be read yet: no leader']);
    },
  );

  it('are refused by an agent that keeps no list', async () => {
    const agent = await bench.start('a');
    expect(() => agent.members()).toThrow(/keepMembers: expected true/);
    expect(() => agent.isAlive('a')).toThrow(/keepMembers: expected true/);
  });
});
