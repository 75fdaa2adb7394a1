import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from './history.ts';
import { storyLine } from './story.ts';
import { World, type WorldOptions } from './world.ts';

const drain = async (): Promise<void> => void (await nextTurn());

function localWorld(options: Partial<WorldOptions> = {}): World {
  return new World({ seed: 1, nodes: 5, preset: 'local', drain, ...options });
}

const storyOf = (world: World): string[] =>
  world.history.entries.map((entry: HistoryEntry) => storyLine(entry));

describe('World', () => {
  it('leaves a healthy cluster alone', async () => {
    const world = localWorld();
    await world.runFor(600_000);
    expect(world.history.of('broken')).toEqual([]);
    expect(world.history.of('suspect')).toEqual([]);
    expect(world.history.of('joined')).toHaveLength(5);
  });

  it.each(['process', 'machine'] as const)('confirms a crash of a %s and runs one recovery', async (kind) => {
    const world = localWorld();
    await world.runFor(10_000);
    world.crash('node-03', kind);
    expect(await world.runUntil(() => world.history.of('handlerEnded').length > 0, 60_000)).toBe(true);
    await world.runFor(30_000);
    const runs = world.history.of('handlerEnded').map(({ targetId, outcome }) => [targetId, outcome]);
    expect(runs).toEqual([['node-03', 'completed']]);
  });

  it('has the same history for the same seed, and another one for another seed', async () => {
    const stories: string[][] = [];
    for (const seed of [4, 4, 5]) {
      const world = localWorld({ seed, network: { lossRate: 0.05 } });
      world.later(8_000, () => world.crash('node-02'));
      world.later(30_000, () => world.restart('node-02'));
      world.later(50_000, () => world.pause('node-04', 20_000));
      await world.runFor(120_000);
      stories.push(storyOf(world));
    }
    expect(stories[0]?.length).toBeGreaterThan(20);
    expect(stories[1]).toEqual(stories[0]);
    expect(stories[2]).not.toEqual(stories[0]);
  });

  it('brings a node back as a new epoch after it was called dead', async () => {
    const world = localWorld();
    await world.runFor(10_000);
    world.pause('node-01', 30_000);
    expect(await world.runUntil(() => world.node('node-01').epoch === 2, 120_000)).toBe(true);
    expect(world.history.of('self-dead').map(({ nodeId, epoch }) => [nodeId, epoch])).toEqual([
      ['node-01', 1],
    ]);
  });

  it('lets a node leave without a word of death', async () => {
    const world = localWorld();
    await world.runFor(10_000);
    world.leave('node-02');
    await world.runFor(60_000);
    expect(world.node('node-02').status).toBe('left');
    expect(world.history.of('dead')).toEqual([]);
  });

  it('isolates and heals', async () => {
    const world = localWorld();
    await world.runFor(10_000);
    const heal = world.isolate('node-05');
    await world.runFor(60_000);
    expect(world.history.of('verdict-read').map(({ event }) => event.verdict.nodeId)).toContain('node-05');
    heal();
    expect(await world.runUntil(() => world.node('node-05').epoch === 2, 60_000)).toBe(true);
    const killed = new Set(world.history.of('verdict-read').map(({ event }) => event.verdict.nodeId));
    expect([...killed]).toEqual(['node-05']);
  });
});
