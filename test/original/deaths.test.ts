/** Wrongs 1 to 3, 6, 8, 10 and 11: deaths that the original loses, or acts on again. */
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { ConfigError, resolveSettings } from '../../src/core/settings/config.ts';
import { RegistryError } from '../../src/ports/registry.ts';
import { always } from '../../src/sim/latency.ts';
import { registryHost } from '../../src/sim/network.ts';
import { countLostDeaths } from '../../src/sim/original/lost-deaths.ts';
import { DetectorDriver } from '../harness/detector-driver.ts';
import { confirmed, originalCluster, recoveries, ringwatchCluster } from './clusters.ts';
import { OriginalDriver } from './original-driver.ts';

const minuteMs = 60_000;

describe('wrong 1: the quorum is looked at once', () => {
  it('lets the original lose a third of deaths and act twice on a sixth', async () => {
    const { never, moreThanOnce } = await countLostDeaths({
      nodeCount: 5,
      deathCount: 200,
      isRowKeptFresh: true,
      seed: 1,
    });
    expect(never).toBeGreaterThan(40);
    expect(moreThanOnce).toBeGreaterThan(15);
  });

  it('does not occur here: every death has one recovery, no matter which node declares first', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const world = ringwatchCluster(5, seed);
      await world.runFor(20_000 + 400 * seed);
      const victim = world.random('victim').pick([...world.nodes.keys()]);
      world.crash(victim);
      await world.runFor(5 * minuteMs);
      expect(recoveries(world).map((line) => line.split(' ')[1])).toEqual([victim]);
    }
  });

  it('does not occur here: the first to declare asks again, whether or not a later one can', async () => {
    let firstId: string | null = null;
    const outcomes: string[] = [];
    const world = ringwatchCluster(5, 1, {
      settings: { refutation: false },
      createRegistry: (now) => {
        const registry = new MemoryRegistry({ now });
        const decide = registry.decide.bind(registry);
        registry.decide = async (request) => {
          firstId ??= request.observerId;
          if (request.observerId !== firstId) throw new RegistryError('unavailable', 'no leader');
          const result = await decide(request);
          outcomes.push(result.outcome);
          return result;
        };
        return registry;
      },
    });
    await world.runFor(minuteMs);
    world.crash('node-03');
    await world.runFor(5 * minuteMs);
    expect(outcomes[0]).toBe('pending');
    expect(confirmed(world)).toEqual(['node-03']);
    expect(recoveries(world)).toHaveLength(1);
  });
});

describe('wrong 2: two nodes never reach a quorum of two', () => {
  it('lets the original never act with two nodes or one neighbour', async () => {
    const common = { deathCount: 30, isRowKeptFresh: true, seed: 2 };
    expect(await countLostDeaths({ ...common, nodeCount: 2 })).toMatchObject({ never: 30 });
    expect(await countLostDeaths({ ...common, nodeCount: 5, neighbors: 1 })).toMatchObject({ never: 30 });
  });

  it('does not occur here: the survivor of two acts', async () => {
    const world = ringwatchCluster(2, 2);
    await world.runFor(minuteMs);
    world.crash('node-01', 'machine');
    await world.runFor(10 * minuteMs);
    expect(recoveries(world)).toEqual(['node-02 node-01']);
  });

  it('does not occur here: one neighbour with a quorum of two is refused, and works with a quorum of one', async () => {
    expect(() => resolveSettings({ nodeId: 'a', neighbors: 1 })).toThrow(ConfigError);
    const world = ringwatchCluster(5, 2, { settings: { neighbors: 1, minQuorum: 1 } });
    await world.runFor(minuteMs);
    world.crash('node-03');
    await world.runFor(10 * minuteMs);
    expect(recoveries(world)).toEqual(['node-02 node-03']);
  });
});

describe('wrong 3: a silent node leaves the ring just when it is to be declared', () => {
  it('lets the original lose most deaths, and all of them with a metadata reader', async () => {
    const common = { nodeCount: 5, isRowKeptFresh: false, seed: 3 };
    const { never } = await countLostDeaths({ ...common, deathCount: 100 });
    expect(never).toBeGreaterThan(80);
    const withReader = await countLostDeaths({ ...common, deathCount: 30, hasMetadataReader: true });
    expect(withReader.never).toBe(30);
  });

  it('does not occur here: a missed target is held, though no reading has its row any more', async () => {
    let isOnRing = true;
    const world = ringwatchCluster(5, 3, {
      createRegistry: (now) => {
        const registry = new MemoryRegistry({ now });
        const readRound = registry.readRound.bind(registry);
        registry.readRound = async (request) => {
          const reading = await readRound(request);
          const isShown = ({ id }: { readonly id: string }): boolean => isOnRing || id !== 'node-02';
          const { successors, watched } = reading;
          return { ...reading, successors: successors.filter(isShown), watched: watched.filter(isShown) };
        };
        return registry;
      },
    });
    await world.runFor(minuteMs);
    world.crash('node-02', 'machine');
    // Just before the twelfth miss, as the original's row is too old then.
    await world.runFor(95_000);
    isOnRing = false;
    await world.runFor(4 * minuteMs);
    expect(confirmed(world)).toEqual(['node-02']);
  });

  it('does not occur here: a silent node stays on the ring until it is declared', async () => {
    const world = ringwatchCluster(5, 3);
    await world.runFor(minuteMs);
    world.crash('node-02', 'machine');
    await world.runFor(5 * minuteMs);
    expect(confirmed(world)).toEqual(['node-02']);
  });

  it('does not occur here: a time to death longer than the membership window loses no death', async () => {
    const minSilenceMs = 10 * minuteMs;
    const patience = {
      minSilenceMs,
      minSilenceRefusedMs: minSilenceMs,
      minSilenceNoConnectionMs: minSilenceMs,
    };
    const world = ringwatchCluster(5, 3, {
      settings: { membershipWindowMs: 2 * minuteMs, ...patience },
    });
    await world.runFor(minuteMs);
    world.crash('node-02', 'machine');
    await world.runFor(9 * minuteMs);
    expect(confirmed(world)).toEqual([]);
    await world.runFor(5 * minuteMs);
    expect(confirmed(world)).toEqual(['node-02']);
  });
});

describe('wrong 6: the owner dies and no node takes over', () => {
  it('lets the original forget the death', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c', 'd']);
    driver.silent.add('d');
    const [a, b, c] = ['a', 'b', 'c'].map((id) => driver.observer(id));
    if (a === undefined || b === undefined || c === undefined) throw new Error('expected three observers');
    // The lowest observer declares first, alone, and dies; the others know that it is responsible.
    await driver.rounds(12, a);
    await driver.rounds(40, b, c);
    expect(driver.rows).toContain('a says dead of d');
    expect(driver.rows).toContain('b says dead of d');
    expect(driver.acted).toEqual([]);
  });

  it('does not occur here: another node takes the recovery over when its owner dies in the middle of it', async () => {
    const world = ringwatchCluster(5, 6, { handler: { takes: always(20_000), failureRate: 0 } });
    await world.runFor(minuteMs);
    world.crash('node-04');
    expect(await world.runUntil(() => world.history.of('handlerBegan').length > 0, 5 * minuteMs)).toBe(true);
    const owner = world.history.of('handlerBegan')[0]?.nodeId ?? '';
    world.crash(owner);
    await world.runFor(15 * minuteMs);
    const of = (nodeId: string) => recoveries(world).filter((line) => line.endsWith(` ${nodeId}`));
    expect(of('node-04')).toHaveLength(1);
    expect(of(owner)).toHaveLength(1);
    const fences = world.history.of('handlerBegan').map(({ fence }) => fence);
    expect(fences).toEqual([...new Set(fences)].sort((x, y) => x - y));
  });
});

describe('wrong 8: neighbours that die together hide one another', () => {
  const dead = ['node-03', 'node-04', 'node-05', 'node-06'];

  it('lets the original never report the third and fourth of a row', async () => {
    const { world, registry, keepRowFresh } = originalCluster(10, 8);
    await world.runFor(minuteMs);
    for (const id of dead) {
      world.crash(id);
      keepRowFresh(id);
    }
    await world.runFor(20 * minuteMs);
    const observersOf = (id: string) =>
      registry.readSharedEvents().filter(({ targetId, status }) => targetId === id && status === 'dead')
        .length;
    expect(observersOf('node-03')).toBe(3);
    expect(observersOf('node-05')).toBe(1);
    expect(observersOf('node-06')).toBe(0);
  });

  it('does not occur here: all of a row are confirmed in the time of one detection, and recovered', async () => {
    // No brake, since all four may be found at once.
    const world = ringwatchCluster(10, 8, { settings: { maxDeadFraction: 1 } });
    await world.runFor(minuteMs);
    for (const id of dead) world.crash(id);
    await world.runFor(4 * minuteMs);
    expect(confirmed(world)).toEqual(dead);
    await world.runFor(6 * minuteMs);
    expect(
      recoveries(world)
        .map((line) => line.split(' ')[1])
        .sort(),
    ).toEqual(dead);
  });
});

describe('wrong 10: a restart or a shift of the ring acts again on deaths already handled', () => {
  it('lets the original act again', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    driver.silent.add('c');
    const [a, b] = [driver.observer('a'), driver.observer('b')];
    await driver.rounds(13, b, a);
    expect(driver.acted).toEqual(['a c']);
    const restarted = driver.observer('a');
    await driver.rounds(12, b, restarted);
    expect(driver.acted).toEqual(['a c', 'a c']);
  });

  it('lets the original act again when the ring shifts and shifts back', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c', 'b1', 'b2', 'b3']);
    const newcomers = ['b1', 'b2', 'b3'];
    driver.silent.add('c');
    const [a, b] = [driver.observer('a'), driver.observer('b')];
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round++) {
        driver.now += 10_000;
        driver.beat(['a', 'b', 'c']);
        await b.round();
        await a.round();
      }
    };
    for (const id of newcomers) driver.registry.removeSharedNode(id);
    await rounds(12);
    expect(driver.acted).toEqual(['a c']);
    // One round with three newcomers before the dead one, and a has forgotten it.
    driver.beat(newcomers);
    await rounds(1);
    for (const id of newcomers) driver.registry.removeSharedNode(id);
    await rounds(12);
    expect(driver.acted).toEqual(['a c', 'a c']);
  });

  it('does not occur here: a death is handled once, however the ring shifts', async () => {
    const newcomers = ['node-02a', 'node-02b', 'node-02c'];
    const world = ringwatchCluster(0, 10, {
      nodes: ['node-01', 'node-02', ...newcomers, 'node-03', 'node-04'],
      laterNodes: newcomers,
    });
    await world.runFor(minuteMs);
    world.crash('node-03');
    await world.runFor(5 * minuteMs);
    expect(recoveries(world)).toHaveLength(1);
    for (let shift = 0; shift < 2; shift++) {
      for (const id of newcomers) world.node(id).start();
      await world.runFor(5 * minuteMs);
      for (const id of newcomers) world.leave(id);
      await world.runFor(5 * minuteMs);
    }
    expect(recoveries(world)).toHaveLength(1);
    expect(world.history.of('verdict-read').map(({ event }) => event.verdict.nodeId)).toContain('node-03');
    expect(confirmed(world)).toEqual(['node-03']);
  });

  it('does not occur here: the verdict remembers that it was handled', async () => {
    const world = ringwatchCluster(4, 10);
    await world.runFor(minuteMs);
    world.crash('node-03');
    await world.runFor(5 * minuteMs);
    expect(recoveries(world)).toHaveLength(1);
    for (const id of ['node-01', 'node-02', 'node-04']) {
      world.restart(id);
      await world.runFor(10 * minuteMs);
    }
    expect(recoveries(world)).toHaveLength(1);
  });
});

describe('wrong 11: votes that are minutes apart never meet', () => {
  it('lets the original never agree', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    driver.silent.add('c');
    const [a, b] = [driver.observer('a'), driver.observer('b')];
    await driver.rounds(12, b);
    await driver.rounds(20, b);
    await driver.rounds(12, b, a);
    await driver.rounds(60, a, b);
    expect(driver.rows.filter((row) => row.includes('dead'))).toEqual([
      'b says dead of c',
      'a says dead of c',
    ]);
    expect(driver.acted).toEqual([]);
  });

  it('does not occur here: a vote is affirmed for as long as it stands', async () => {
    const world = ringwatchCluster(3, 11, { settings: { refutation: false } });
    await world.runFor(minuteMs);
    world.fault({ from: ['node-01'], to: ['node-03'] });
    await world.runFor(12 * minuteMs);
    expect(confirmed(world)).toEqual([]);
    world.fault({ from: ['node-02'], to: ['node-03'] });
    await world.runFor(5 * minuteMs);
    expect(confirmed(world)).toEqual(['node-03']);
  });

  /** An observer with a vote that no other one shares, and how often it has said so. */
  const lonelyVoter = () => {
    const driver = new DetectorDriver(['b', 'c', 'd']);
    driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
    driver.silent.add('b');
    driver.run(125_000);
    const voteCount = (): number => driver.statements.filter((line) => line === 'dead b@1').length;
    expect(voteCount()).toBe(1);
    return { driver, voteCount };
  };

  it('does not occur here: a vote is affirmed at half of the window by the clock of its observer', () => {
    const { driver, voteCount } = lonelyVoter();
    // What it reads does not show how old its vote is in the registry.
    for (const count of [2, 3, 4, 5]) {
      driver.run(160_000);
      expect(voteCount()).toBe(count);
    }
  });

  it('does not occur here: a vote is affirmed sooner where the clock of the registry is the faster one', () => {
    const { driver, voteCount } = lonelyVoter();
    const vote = { targetId: 'b', targetEpoch: 1, status: 'dead', observerEpoch: 1 } as const;
    driver.registryNow = (at) => 3 * at;
    driver.reading = { statements: [{ ...vote, affirmedAt: 3 * driver.now }] };
    // A third of the quorum window by the observer's clock, and all of it by the registry's.
    driver.run(100_000);
    expect(voteCount()).toBe(2);
  });
});

describe('a registry host is a host', () => {
  it('that no node can be named after', () => {
    expect(() => resolveSettings({ nodeId: registryHost })).toThrow(ConfigError);
  });
});
