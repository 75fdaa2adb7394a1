/** Wrongs 4, 5, 7, 9 and 12: votes that the original counts wrongly, or loses. */
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { unknownMarks } from '../../src/core/marks.ts';
import { RegistryError, type StatementEntry } from '../../src/ports/registry.ts';
import { registryHost } from '../../src/sim/network.ts';
import { confirmed, originalCluster, recoveries, ringwatchCluster } from './clusters.ts';
import { OriginalDriver } from './original-driver.ts';

const minuteMs = 60_000;

/** A registry in memory with these nodes in their first life, and what tests say and ask in it. */
async function registryOf(nodeIds: readonly string[]) {
  const registry = new MemoryRegistry({ now: () => 1_000_000 });
  const join = (nodeId: string, afterEpoch: number) => {
    const place = { address: nodeId, internalAddress: null, port: null, region: null, isNamed: true };
    const instanceId = `${nodeId}${afterEpoch}`;
    return registry.join({ nodeId, ...place, hasHandler: true, instanceId, afterEpoch });
  };
  for (const id of nodeIds) await join(id, 0);
  let count = 0;
  const say = (observerId: string, kind: StatementEntry['kind'], targetId: string, targetEpoch = 1) => {
    const entry = { kind, observerId, observerEpoch: 1, targetId, targetEpoch, evidence: null };
    return registry.record([{ ...entry, operationId: `${count++}` }]);
  };
  const decide = (targetId: string, targetEpoch: number) =>
    registry.decide({
      targetId,
      targetEpoch,
      observerId: 'a',
      observerEpoch: 1,
      minQuorum: 2,
      isQuorumStrict: false,
      quorumWindowMs: 300_000,
      watchedSince: null,
      newestBeat: 0,
      refutationCount: null,
      maxDeadFraction: 1,
      marks: unknownMarks,
      flapWindowMs: 0,
    });
  return { registry, join, say, decide };
}

describe('wrong 4: clocks and time zones of different machines are compared', () => {
  it('lets the original watch no node east of UTC, and keep a dead node for hours west of it', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    await driver.rounds(5, driver.observer('a', { timeZoneMinutes: 120 }));
    expect(driver.probed).toEqual([]);
    const west = driver.observer('a', { timeZoneMinutes: -300 });
    driver.now += 4 * 3_600_000;
    driver.beat(['a', 'b']);
    await west.round();
    expect(driver.probed).toContain('a c');
  });

  it('does not occur here: with clocks hours and years apart every death is confirmed, and no other node', async () => {
    const skews = [0, 7_200_000, -18_000_000, 31_536_000_000, 90_000];
    const world = ringwatchCluster(5, 4, {
      clocks: Object.fromEntries(skews.map((skewMs, index) => [`node-0${index + 1}`, { skewMs }])),
    });
    await world.runFor(minuteMs);
    world.crash('node-02');
    await world.runFor(5 * minuteMs);
    expect(confirmed(world)).toEqual(['node-02']);
    expect(recoveries(world)).toHaveLength(1);
  });
});

describe('wrong 5: a vote outlives the word that took it back', () => {
  it('lets one observer of the original act alone on a healthy node', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const [a, b] = [driver.observer('a'), driver.observer('b')];
    driver.silent.add('c');
    await driver.rounds(12, b);
    driver.silent.clear();
    await driver.rounds(1, b);
    expect(driver.rows.slice(-1)).toEqual(['b says recovered of c']);
    // Only this one observer does not hear it.
    driver.silent.add('c');
    await driver.rounds(12, a);
    expect(driver.acted).toEqual(['a c']);
  });

  it('lets the first observer of the original that declares a second death act on rows of the first', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const [a, b] = [driver.observer('a'), driver.observer('b')];
    driver.silent.add('c');
    await driver.rounds(12, b, a);
    expect(driver.acted).toEqual(['a c']);
    driver.silent.clear();
    await driver.rounds(1, b, a);
    // This time only one observer does not hear it.
    driver.silent.add('c');
    const rowCount = driver.rows.length;
    await driver.rounds(12, a);
    expect(driver.rows.slice(rowCount)).toEqual(['a says suspect of c', 'a says dead of c']);
    expect(driver.acted).toEqual(['a c', 'a c']);
  });

  it('does not occur here: a second death needs a quorum of its own, no matter what was said of the first', async () => {
    const { registry, join, say, decide } = await registryOf(['a', 'b', 'c', 'd', 'e']);
    // An observer that runs the original: its rows have no epochs.
    registry.putSharedNode({ id: 'o', ipAddress: 'o' });
    const sayByOriginal = () =>
      registry.appendSharedEvent({ observerId: 'o', targetId: 'c', status: 'dead' });
    await say('b', 'dead', 'c');
    sayByOriginal();
    expect(await decide('c', 1)).toMatchObject({ outcome: 'dead' });
    await join('c', 1);
    await say('a', 'dead', 'c', 2);
    const pending = { outcome: 'pending', reason: 'votes', quorum: 2 };
    expect(await decide('c', 2)).toEqual({ ...pending, voteCount: 1 });
    sayByOriginal();
    expect(await decide('c', 2)).toMatchObject({ outcome: 'dead' });
  });

  it('does not occur here: `recovered` takes the vote back, and a new life begins without votes', async () => {
    const { join, say, decide } = await registryOf(['a', 'b', 'c', 'd', 'e', 'f']);
    await say('b', 'dead', 'c');
    await say('b', 'recovered', 'c');
    await say('a', 'dead', 'c');
    expect(await decide('c', 1)).toEqual({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
    await say('b', 'dead', 'd');
    await join('d', 1);
    await say('a', 'dead', 'd');
    expect(await decide('d', 2)).toEqual({ outcome: 'pending', reason: 'votes', voteCount: 0, quorum: 2 });
  });
});

describe('wrong 7: a sick observer calls all its targets dead', () => {
  it('lets two isolated observers of the original kill a healthy node', async () => {
    let killed = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { world, acted } = originalCluster(6, seed);
      await world.runFor(minuteMs);
      world.fault({ from: ['node-01', 'node-02'], to: [...world.nodes.keys()] });
      await world.runFor(4 * minuteMs);
      if (acted.some(({ targetId }) => !['node-01', 'node-02'].includes(targetId))) killed++;
    }
    expect(killed).toBeGreaterThan(0);
  });

  it('does not occur here: an observer that hears no node votes for no death', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const world = ringwatchCluster(6, seed);
      await world.runFor(minuteMs);
      world.fault({ from: ['node-01', 'node-02'], to: [...world.nodes.keys()] });
      await world.runFor(10 * minuteMs);
      expect(confirmed(world)).toEqual([]);
      // The others may call these two dead, which they refute; these two call no node so.
      const voters = world.history.of('dead').map(({ nodeId }) => nodeId);
      expect(voters).not.toContain('node-01');
      expect(voters).not.toContain('node-02');
    }
  });

  it('does not occur here: with every node misconfigured alike no node is evicted', async () => {
    const world = ringwatchCluster(5, 7);
    await world.runFor(minuteMs);
    const ids = [...world.nodes.keys()];
    world.fault({ from: ids, to: ids });
    await world.runFor(30 * minuteMs);
    expect(confirmed(world)).toEqual([]);
  });
});

describe('wrong 9: `recovered` is lost once the node had left the ring', () => {
  it('lets the original never say it', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const a = driver.observer('a');
    driver.silent.add('c');
    await driver.rounds(12, a);
    driver.now += 10 * minuteMs;
    driver.beat(['a', 'b']);
    await a.round();
    driver.silent.clear();
    await driver.rounds(5, a);
    expect(driver.rows).toEqual(['a says suspect of c', 'a says dead of c']);
    expect(driver.recovered).toEqual([]);
  });

  it('does not occur here: every observer that said otherwise says it, however long the node was gone', async () => {
    const world = ringwatchCluster(5, 9);
    await world.runFor(minuteMs);
    world.crash('node-03', 'machine');
    await world.runFor(40 * minuteMs);
    const sayersOf = (kind: 'suspect' | 'recovered') =>
      new Set(
        world.history
          .of(kind)
          .filter(({ event }) => event.targetId === 'node-03')
          .map(({ nodeId }) => nodeId),
      );
    expect(confirmed(world)).toEqual(['node-03']);
    expect(sayersOf('suspect').size).toBeGreaterThanOrEqual(3);
    world.restart('node-03');
    await world.runFor(2 * minuteMs);
    expect(sayersOf('recovered')).toEqual(sayersOf('suspect'));
  });
});

describe('wrong 12: what the database refuses once is lost for ever', () => {
  it('lets the original lose the vote, and probe no node during an outage', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const [a, b] = [driver.observer('a'), driver.observer('b')];
    driver.silent.add('c');
    await driver.rounds(11, a, b);
    const insert = driver.tables.insertEvent.bind(driver.tables);
    driver.tables.insertEvent = () => Promise.reject(new Error('leader not found'));
    await driver.rounds(1, b, a);
    driver.tables.insertEvent = insert;
    await driver.rounds(60, b, a);
    expect(driver.rows.some((row) => row.includes('dead'))).toBe(false);
    expect(driver.acted).toEqual([]);
    const before = driver.probed.length;
    driver.tables.activeNodes = () => Promise.reject(new Error('leader not found'));
    await driver.rounds(10, a, b);
    expect(driver.probed).toHaveLength(before);
  });

  it('lets the original never look again after a read error at the quorum check', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const [a, b] = [driver.observer('a'), driver.observer('b')];
    driver.silent.add('c');
    await driver.rounds(11, b, a);
    const count = driver.tables.countDeadObservers.bind(driver.tables);
    driver.tables.countDeadObservers = () => Promise.reject(new Error('leader not found'));
    await driver.rounds(1, b, a);
    driver.tables.countDeadObservers = count;
    await driver.rounds(60, b, a);
    expect(driver.rows).toContain('a says dead of c');
    expect(driver.rows).toContain('b says dead of c');
    expect(driver.acted).toEqual([]);
  });

  it('lets a held connection stall the round of the original without end', async () => {
    const probed: string[] = [];
    const { world, tables } = originalCluster(3, 12, {
      probeTaps: [{ began: ({ observerId }) => void probed.push(observerId) }],
    });
    await world.runFor(minuteMs);
    expect(probed.length).toBeGreaterThan(0);
    const read = tables.activeNodes.bind(tables);
    tables.activeNodes = () => new Promise(() => undefined);
    await world.runFor(minuteMs);
    tables.activeNodes = read;
    const before = probed.length;
    await world.runFor(30 * minuteMs);
    expect(probed).toHaveLength(before);
  });

  it('does not occur here: a quorum that could not be counted is counted again', async () => {
    let refusedCount = 0;
    const world = ringwatchCluster(5, 15, {
      createRegistry: (now) => {
        const registry = new MemoryRegistry({ now });
        const decide = registry.decide.bind(registry);
        registry.decide = (request) =>
          refusedCount++ < 6
            ? Promise.reject(new RegistryError('unavailable', 'no leader'))
            : decide(request);
        return registry;
      },
    });
    await world.runFor(minuteMs);
    world.crash('node-04');
    await world.runFor(5 * minuteMs);
    expect(refusedCount).toBeGreaterThan(6);
    expect(confirmed(world)).toEqual(['node-04']);
    expect(recoveries(world)).toHaveLength(1);
  });

  it.each([
    ['refuses', 'no-leader'],
    ['holds', 'silent'],
  ] as const)(
    'does not occur here: while the registry %s every call probing goes on, and what was said is written after it',
    async (_, state) => {
      const probed: string[] = [];
      const world = ringwatchCluster(5, 12, {
        probeTaps: [{ began: ({ observerId }) => void probed.push(observerId) }],
      });
      await world.runFor(minuteMs);
      world.registry.setState(state);
      world.crash('node-04');
      const before = probed.length;
      await world.runFor(5 * minuteMs);
      expect(probed.length - before).toBeGreaterThan(4 * 3 * 25);
      expect(confirmed(world)).toEqual([]);
      world.registry.setState('up');
      await world.runFor(5 * minuteMs);
      expect(confirmed(world)).toEqual(['node-04']);
      expect(recoveries(world)).toHaveLength(1);
    },
  );

  it('does not occur here: an answer that is lost after its effect changes nothing', async () => {
    const world = ringwatchCluster(5, 13, { registry: { lostAnswerRate: 0.5 } });
    await world.runFor(minuteMs);
    world.crash('node-04');
    await world.runFor(10 * minuteMs);
    expect(confirmed(world)).toEqual(['node-04']);
    expect(recoveries(world)).toHaveLength(1);
    expect(world.history.of('handlerBegan')).toHaveLength(1);
  });

  it('does not occur here: a node cut off from the registry alone does not stop the others', async () => {
    const world = ringwatchCluster(5, 14);
    await world.runFor(minuteMs);
    world.cut(['node-03'], [registryHost]);
    world.crash('node-04');
    await world.runFor(10 * minuteMs);
    expect(confirmed(world)).toContain('node-04');
  });
});
