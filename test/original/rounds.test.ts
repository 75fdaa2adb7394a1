/** Wrongs 13 to 16, 19, 21 and 22, 24 to 28: rounds, callbacks, rows and costs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { originalRows } from '../../src/adapters/sql/original-rows.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { sql } from '../../src/adapters/sql/sql.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import type { ProbeOutcome } from '../../src/core/probe.ts';
import { isRecentlySeen } from '../../src/monitor/probe-runner.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { timestamp } from '../../src/registry/original/time.ts';
import type { ProbeTap } from '../../src/sim/virtual-prober.ts';
import { nodeIdsOf } from '../../src/sim/world.ts';
import { DetectorDriver, nodeOf } from '../harness/detector-driver.ts';
import { originalCluster, ringwatchCluster } from './clusters.ts';
import { OriginalDriver } from './original-driver.ts';

const minuteMs = 60_000;
const never = () => new Promise<never>(() => undefined);
const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const state = { isSettled: false };
  const settle = (): void => {
    state.isSettled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 50; turn++) await undefined;
  return state.isSettled;
};

/** A node of ours joins, and takes in the rows of the original, at most 500 new ones with each heartbeat. */
async function joinAndImport(
  registry: Registry,
  nodeId: string,
  heartbeatCount: number,
  address: string | null = nodeId,
): Promise<void> {
  const place = { address, internalAddress: null, port: null, region: null, isNamed: true };
  await registry.join({ nodeId, ...place, hasHandler: false, instanceId: nodeId, afterEpoch: 0 });
  for (let count = 0; count < heartbeatCount; count++)
    await registry.heartbeat({ nodeId, epoch: 1, importEveryMs: 0 });
}

describe('wrong 13: a callback blocks or ends everything', () => {
  it('lets a callback of the original hold the round for ever, and one that throws break it', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const a = driver.observer('a');
    driver.silent.add('c');
    a.callbacks.onNodeSuspect = never;
    await driver.rounds(2, a);
    expect(await settled(a.round())).toBe(false);
    const b = driver.observer('b');
    b.callbacks.onNodeSuspect = () => {
      throw new Error('a mistake');
    };
    await driver.rounds(2, b);
    await expect(b.round()).rejects.toThrow('a mistake');
  });
});

describe('wrong 14: a slow target slows the probes of all others', () => {
  it('lets a target of the original that hangs hold the round of the others', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const a = driver.observer('a');
    driver.answer = (_, id) => (id === 'c' ? never() : Promise.resolve<ProbeOutcome>({ kind: 'aborted' }));
    driver.now += 10_000;
    expect(await settled(a.round())).toBe(false);
  });

  it('does not occur here: the others are probed once a round, whatever one of them does', async () => {
    const probed: string[] = [];
    const world = ringwatchCluster(4, 14, {
      settings: { probeTimeoutMs: 20_000, probeTimeoutFloorMs: 20_000 },
      probeTaps: [{ began: (probe) => void probed.push(`${probe.observerId} ${probe.targetId}`) }],
    });
    await world.runFor(minuteMs);
    world.fault({ from: ['node-01'], to: ['node-02'] });
    const from = probed.length;
    await world.runFor(10 * minuteMs);
    const count = (line: string) => probed.slice(from).filter((probe) => probe === line).length;
    expect(count('node-01 node-03')).toBeGreaterThan(54);
    expect(count('node-01 node-02')).toBeLessThan(32);
  });
});

describe('wrong 15: a node that joins resets the count, and an empty ring keeps it', () => {
  it('lets the original begin again after eleven misses', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c', 'd', 'b2']);
    const a = driver.observer('a');
    driver.silent.add('d');
    const beat = (...ids: string[]) => {
      driver.now += 10_000;
      driver.beat(ids);
      return a.round();
    };
    for (let round = 0; round < 11; round++) {
      driver.registry.removeSharedNode('b2');
      await beat('a', 'b', 'c', 'd');
    }
    expect(a.peers.get('d')?.missCount).toBe(11);
    await beat('a', 'b', 'b2', 'c', 'd');
    driver.registry.removeSharedNode('b2');
    await beat('a', 'b', 'c', 'd');
    expect(a.peers.get('d')?.missCount).toBe(1);
  });

  it('lets the original count misses of before a gap in which its ring was empty', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const a = driver.observer('a');
    driver.silent.add('b');
    await driver.rounds(11, a);
    expect(a.peers.get('b')?.missCount).toBe(11);
    // Then every row is stale for an hour; b is well again, and no node asks it.
    driver.silent.clear();
    const before = driver.probed.length;
    driver.now += 2 * minuteMs;
    for (let round = 0; round < 360; round++) {
      driver.now += 10_000;
      await a.round();
    }
    expect(driver.probed).toHaveLength(before);
    driver.silent.add('b');
    await driver.rounds(1, a);
    expect(driver.rows).toEqual(['a says suspect of b', 'a says dead of b']);
  });

  // A node that another program has taken off the ring is not counted at all: the 1 was under way.
  it.each<[string, number, (driver: DetectorDriver) => void]>([
    [
      'away',
      1,
      (driver) => {
        for (const { id } of driver.ring) driver.edit(id, { lifecycle: 'away' });
      },
    ],
    [
      'gone',
      11,
      (driver) => {
        driver.reading = { successors: [], watched: [] };
      },
    ],
  ])(
    'does not occur here: after a gap in which every row was %s one miss is one miss',
    (_, heldCount, emptyRing) => {
      const driver = new DetectorDriver(['b', 'c', 'd']);
      const { ring } = driver;
      driver.silent.add('b');
      driver.run(102_000);
      emptyRing(driver);
      driver.run(10_000);
      expect(driver.statements).toEqual(['suspect b@1']);
      expect(driver.state.peers.get('b')?.misses?.count).toBe(heldCount);
      driver.silent.clear();
      driver.run(60 * minuteMs);
      driver.ring = ring;
      driver.reading = {};
      driver.silent.add('b');
      driver.run(15_000);
      expect(driver.state.peers.get('b')?.misses?.count).toBeGreaterThan(0);
      expect(driver.statements).not.toContain('dead b@1');
    },
  );

  it('does not occur here: a missed target is held when the ring moves', () => {
    const driver = new DetectorDriver(['b', 'c', 'd', 'e', 'f']);
    driver.silent.add('d');
    driver.run(112_000);
    expect(driver.statements).toEqual(['suspect d@1']);
    driver.ring = ['b', 'b2', 'b3', 'b4', 'c', 'd', 'e', 'f'].map((id) => nodeOf(id));
    driver.run(12_000);
    expect(driver.statements).toEqual(['suspect d@1', 'dead d@1']);
  });
});

describe('wrong 16: an observer whose own row is stale monitors no node, silently', () => {
  it('lets the original probe no node', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    driver.now += 5 * minuteMs;
    driver.beat(['b', 'c']);
    await driver.observer('a').round();
    expect(driver.probed).toEqual([]);
  });

  it('does not occur here: it goes on probing every target, and says that no node watches it', () => {
    const driver = new DetectorDriver(['b', 'c', 'd']);
    driver.run(60_000);
    const before = driver.probed.length;
    driver.reading = { self: nodeOf('self', { lifecycle: 'away' }) };
    driver.run(60_000);
    const probed = driver.probed.slice(before).map(({ id }) => id);
    // The first of these rounds sent its probes before it read the row.
    for (const id of ['b', 'c', 'd']) expect(probed.filter((each) => each === id)).toHaveLength(6);
    expect(driver.state.watching).toEqual(['b', 'c', 'd']);
    expect(driver.announced('warning').map(({ code }) => code)).toEqual(['not-registered']);
  });

  it('does not occur here: the registry shows the ring to a node that is off it', async () => {
    const registry = new MemoryRegistry({ now: () => 1_000_000 });
    for (const id of ['a', 'b', 'c']) registry.putSharedNode({ id, ipAddress: id });
    // The program that keeps its row has given it a status of its own.
    await joinAndImport(registry, 'a', 1, null);
    registry.putSharedNode({ id: 'a', ipAddress: 'a', status: 'offline' });
    await registry.heartbeat({ nodeId: 'a', epoch: 1, importEveryMs: 0 });
    const reading = await registry.readRound({ nodeId: 'a', epoch: 1, lookAhead: 4, watched: [] });
    expect(reading.self?.lifecycle).toBe('away');
    expect(reading.successors.map(({ id }) => id)).toEqual(['b', 'c']);
  });
});

describe('wrong 19: an empty private address is an address', () => {
  it('lets the original probe nothing but itself', async () => {
    const driver = new OriginalDriver(['a', 'b']);
    const addresses: string[] = [];
    driver.answer = (address) => {
      addresses.push(address);
      return Promise.resolve({ kind: 'aborted' });
    };
    const row = { id: 'b', ipAddress: '10.0.0.2', internalIp: '' };
    driver.registry.putSharedNode(row);
    await driver.observer('a').round();
    expect(addresses).toEqual(['']);
  });

  it('does not occur here: an empty one is none', async () => {
    const registry = new MemoryRegistry({ now: () => 1_000_000 });
    registry.putSharedNode({ id: 'b', ipAddress: '10.0.0.2', internalIp: '' });
    expect((await registry.readNode('b'))?.address).toBe('10.0.0.2');
  });
});

describe('wrong 21: a time in the future is fresh', () => {
  const future = 1_767_225_600_000 + 3_600_000;

  it('lets the original call a node healthy that refuses connections', async () => {
    const driver = new OriginalDriver(['a', 'b']);
    driver.silent.add('b');
    const getPeerLifecycleState = () => ({ found: true, state: 'active', lastSeen: future });
    await driver.rounds(20, driver.observer('a', { metadataReader: { getPeerLifecycleState } }));
    expect(driver.probed).toEqual([]);
    expect(driver.rows).toEqual([]);
  });

  it('does not occur here: it proves nothing, and the probe decides', () => {
    const wallNow = future - 3_600_000;
    expect(isRecentlySeen({ found: true, state: 'active', lastSeen: future }, wallNow)).toBe(false);
    expect(isRecentlySeen({ found: true, state: 'active', lastSeen: wallNow - 1_000 }, wallNow)).toBe(true);
  });
});

describe('wrong 22: an orderly stop counts as a miss', () => {
  it('lets the original make a healthy peer suspect', async () => {
    const driver = new OriginalDriver(['a', 'b']);
    const a = driver.observer('a');
    driver.silent.add('b');
    await driver.rounds(2, a);
    driver.silent.clear();
    driver.answer = () => Promise.resolve({ kind: 'aborted' });
    await driver.rounds(1, a);
    expect(driver.rows).toEqual(['a says suspect of b']);
  });
});

describe('wrong 24: the first probe comes a whole interval late, and nodes march in step', () => {
  /** When each observer began its probes of its first target. */
  const timesOf = () => {
    const times = new Map<string, { readonly targetId: string; readonly at: number[] }>();
    const tap: ProbeTap = {
      began: ({ observerId, targetId, at }) => {
        const known = times.get(observerId) ?? { targetId, at: [] };
        times.set(observerId, known);
        if (known.targetId === targetId) known.at.push(Math.round(at));
      },
    };
    return { times, options: { startWithinMs: 0, probeTaps: [tap] } };
  };

  it('lets all nodes of the original probe at the same instants, first after ten seconds', async () => {
    const { times, options } = timesOf();
    await originalCluster(3, 24, options).world.runFor(35_000);
    expect([...times.values()].map(({ at }) => at)).toEqual(new Array(3).fill([10_000, 20_000, 30_000]));
  });

  it('does not occur here: the first probe comes within an interval, at another phase for each, and rounds vary', async () => {
    const { times, options } = timesOf();
    const world = ringwatchCluster(6, 24, options);
    await world.runFor(minuteMs);
    times.clear();
    for (const id of world.nodes.keys()) world.restart(id);
    await world.runFor(10 * minuteMs);
    const firsts = [...times.values()].map(({ at }) => (at[0] ?? Number.NaN) - minuteMs);
    expect(firsts).toHaveLength(6);
    expect(Math.max(...firsts)).toBeLessThan(10_500);
    expect(Math.max(...firsts) - Math.min(...firsts)).toBeGreaterThan(1_000);
    for (const { at } of times.values()) {
      const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
      expect(new Set(gaps).size).toBeGreaterThan(5);
    }
  });
});

describe('wrong 25: grace counts from construction', () => {
  it('lets the original declare at once when it is started five minutes later', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    const late = driver.observer('a', { startupGracePeriodMs: 300_000 });
    driver.now += 300_000;
    driver.silent.add('b').add('c');
    await driver.rounds(12, late);
    expect(driver.rows.slice(-2)).toEqual(['a says dead of b', 'a says dead of c']);
  });

  it('does not occur here: a node that starts late has its grace, and at the end of it the brake holds', async () => {
    const world = ringwatchCluster(9, 25, { handler: null, settings: { startupGracePeriodMs: 300_000 } });
    await world.runFor(200_000);
    for (const id of ['node-01', 'node-03', 'node-05', 'node-07']) world.crash(id);
    await world.runFor(95_000);
    expect(world.history.of('dead')).toEqual([]);
    await world.runFor(120_000);
    const dead = new Set(world.history.of('verdict-read').map(({ event }) => event.verdict.nodeId));
    expect(dead.size).toBe(3);
    expect(world.history.of('brake').some(({ event }) => event.isOn)).toBe(true);
  });
});

describe('wrong 26: events are never deleted', () => {
  it('lets the original write three rows an hour and more for one flapping peer, and keep them', async () => {
    const driver = new OriginalDriver(['a', 'b']);
    const a = driver.observer('a');
    for (let flap = 0; flap < 60; flap++) {
      driver.silent.add('b');
      await driver.rounds(3, a);
      driver.silent.clear();
      await driver.rounds(1, a);
    }
    expect(driver.rows).toHaveLength(120);
  });

  it('does not occur here: old events are pruned', async () => {
    let now = 1_000_000;
    const registry = new MemoryRegistry({ now: () => now });
    const place = { address: 'a', internalAddress: null, port: null, region: null, isNamed: true };
    await registry.join({ nodeId: 'a', ...place, hasHandler: false, instanceId: 'one', afterEpoch: 0 });
    for (let index = 0; index < 100; index++) {
      const kind = index % 2 === 0 ? 'suspect' : 'recovered';
      const said = {
        kind,
        observerId: 'a',
        observerEpoch: 1,
        targetId: 'b',
        targetEpoch: 0,
        evidence: null,
      } as const;
      await registry.record([{ ...said, operationId: `${index}` }]);
    }
    now += 86_400_000;
    const limits = {
      maxAgeMs: 3_600_000,
      maxEventCount: 10_000,
      departedAfterMs: 86_400_000,
      everyMs: 0,
    };
    // By age goes what the pruning before has found too old as well.
    await registry.prune({ nodeId: 'a', epoch: 1, ...limits });
    const pruned = await registry.prune({ nodeId: 'a', epoch: 1, ...limits });
    expect(pruned.isMine).toBe(true);
    expect(pruned.eventCount).toBeGreaterThanOrEqual(100);
    // The newest one stays, so that a log without rows does not begin to count anew.
    expect(registry.readSharedEvents()).toHaveLength(1);
  });
});

describe('wrong 27: one row without an address makes the monitor watch no node', () => {
  it('lets the original probe no node', async () => {
    const driver = new OriginalDriver(['a', 'b', 'c']);
    driver.registry.putSharedNode({ id: 'c', ipAddress: null });
    await driver.observer('a').round();
    expect(driver.probed).toEqual([]);
  });

  it('does not occur here: the row is passed over', () => {
    const driver = new DetectorDriver([nodeOf('b', { address: '' }), 'c', 'd', 'e']);
    driver.run(30_000);
    expect(new Set(driver.probed.map(({ id }) => id))).toEqual(new Set(['c', 'd', 'e']));
  });
});

describe('wrong 28: every node reads the whole table every round', () => {
  const ids = nodeIdsOf(1_000);

  it('lets the original read a thousand rows', async () => {
    const driver = new OriginalDriver(ids);
    expect(await driver.tables.activeNodes(0)).toHaveLength(1_000);
  });

  it('does not occur here: a round reads as many rows at a thousand nodes as at ten', async () => {
    for (const count of [10, 1_000]) {
      const registry = new MemoryRegistry({ now: () => 1_000_000 });
      for (const id of ids.slice(0, count)) registry.putSharedNode({ id, ipAddress: id });
      await joinAndImport(registry, 'node-0005', 2);
      const reading = await registry.readRound({ nodeId: 'node-0005', epoch: 1, lookAhead: 4, watched: [] });
      expect(reading.successors.map(({ id }) => id)).toEqual([
        'node-0006',
        'node-0007',
        'node-0008',
        'node-0009',
      ]);
      expect(reading.watched).toEqual([]);
    }
  });

  it('does not occur here: ten thousand rows of nodes that are gone are work for no round', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ringwatch-rows-'));
    const now = 1_767_225_600_000;
    const executor = await SqliteExecutor.open(join(folder, 'cluster.db'), { now: () => now });
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    for (const id of ['node-0000', 'node-0001', 'node-0003'])
      await originalRows(executor).putNode({ id, ipAddress: id });
    await joinAndImport(registry, 'node-0002', 1);
    const steps: number[] = [];
    const self = { nodeId: 'node-0002', epoch: 1 };
    const lastSeen = timestamp(now - 40 * 86_400_000);
    for (const lifecycle of [null, 'left', 'dead', 'away']) {
      if (lifecycle !== null) {
        const ids = sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10000),
          ids(id) AS (SELECT 'node-000' || (i % 5) || ${lifecycle} || i FROM c)`;
        await executor.transact([
          sql`${ids} INSERT INTO dns_nodes (id, ip_address, status, last_seen)
            SELECT id, '', 'offline', ${lastSeen} FROM ids`,
          sql`${ids} INSERT INTO ringwatch_nodes (node_id, epoch, lifecycle, instance_id, address, is_named,
              has_handler, keeps_shared, maintenance_until, is_maintenance_theirs, beat_order, last_beat_at,
              refutation_count, decision_count, rev, status, joined_after)
            SELECT id, 1, ${lifecycle}, id, '', 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 'offline', 0 FROM ids`,
        ]);
      }
      const asked = { ...self, lookAhead: 3, watched: [] };
      const { successors } = await registry.readRound(asked);
      expect(successors.map(({ id }) => id)).toEqual(['node-0003', 'node-0000', 'node-0001']);
      // Steps of the database's machine, which no load on the computer changes.
      const count = sql`SELECT SUM(nstep) AS count FROM sqlite_stmt WHERE ro = 1 AND sql NOT LIKE '%sqlite_%'`;
      const [before] = await executor.read([count]);
      await registry.readRound(asked);
      const [after] = await executor.read([count]);
      steps.push(Number(after?.rows[0]?.['count']) - Number(before?.rows[0]?.['count']));
    }
    expect(steps[0]).toBeGreaterThan(100);
    expect(Math.max(...steps) / (steps[0] ?? 0)).toBeLessThan(1.2);
    await executor.close();
    await rm(folder, { recursive: true });
  });
});
