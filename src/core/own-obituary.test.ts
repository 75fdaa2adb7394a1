import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';
import type { DecideResult } from './reading.ts';
import type { Verdict } from './verdict.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];
const verdict: Verdict = {
  ...{ nodeId: 'self', epoch: 1, decidedAt: 0, quorum: 0, votes: [], resolution: null },
  ...{ ownerId: null, fence: 0, attemptCount: 0, lastError: null, reason: 'exit code 1' },
};
const dead: DecideResult = { outcome: 'dead', isNew: true, verdict };
const held: DecideResult = { outcome: 'pending', reason: 'brake', unresolvedCount: 2, limit: 2 };
const inMaintenance: DecideResult = { outcome: 'alive', reason: 'maintenance' };
const died = { kind: 'application-died', reason: 'exit code 1', instanceId: 'i1' } as const;
const returned = { kind: 'application-returned' } as const;

function driverOf(answer: () => DecideResult | null): DetectorDriver {
  const driver = new DetectorDriver(ids);
  driver.run(60_000);
  driver.bury = answer;
  driver.input(died);
  return driver;
}

const saidCount = (driver: DetectorDriver) => driver.effects.filter(({ kind }) => kind === 'obituary').length;

describe('a node whose application has died', () => {
  it('says so at once, and its epoch is over with the verdict', () => {
    const driver = driverOf(() => dead);
    expect(driver.effects.findLast(({ kind }) => kind === 'obituary')).toMatchObject({
      reason: 'exit code 1',
      instanceId: 'i1',
      newestBeat: 200,
    });
    expect(driver.announced('self-dead')).toMatchObject([{ targetEpoch: 1, reason: 'application' }]);
    expect(driver.state.phase).toBe('over');
  });

  it('says so each round until the registry has it: after an outage, and after a maintenance', () => {
    let answer: DecideResult | null = null;
    const driver = driverOf(() => answer);
    driver.run(30_000);
    expect(saidCount(driver)).toBe(4);
    answer = inMaintenance;
    driver.run(30_000);
    expect(driver.announced('obituary').map(({ outcome }) => outcome)).toEqual(['refused']);
    answer = dead;
    driver.run(10_000);
    expect(saidCount(driver)).toBe(8);
    expect(driver.state.phase).toBe('over');
  });

  it('goes on as an observer while the brake holds the verdict back, and tells of the brake once', () => {
    const driver = driverOf(() => held);
    driver.silent.add('t000');
    driver.run(300_000);
    expect(driver.statements).toContain('dead t000@1');
    expect(driver.announced('brake')).toEqual([
      { isOn: true, targetId: 'self', unresolvedCount: 2, limit: 2 },
    ]);
    expect(driver.announced('obituary').map(({ outcome }) => outcome)).toEqual(['held']);
  });

  it('does not deny it when it is accused', () => {
    const driver = driverOf(() => held);
    driver.reading = { accuserIds: ['t000'] };
    driver.run(30_000);
    expect(driver.effects.filter(({ kind }) => kind === 'refute')).toEqual([]);
  });

  it('begins a new epoch when it is well again and the registry may have the obituary', () => {
    for (const answer of [held, null]) {
      const driver = driverOf(() => answer);
      driver.input(returned);
      expect(driver.announced('self-dead')).toMatchObject([{ targetEpoch: 1, reason: 'restarted' }]);
    }
  });

  it('goes on in its epoch when it is well again and the registry had taken no word of it', () => {
    const driver = driverOf(() => inMaintenance);
    driver.input(returned);
    driver.run(30_000);
    expect(driver.state.phase).toBe('running');
    expect(saidCount(driver)).toBe(1);
  });

  it('that is found dead by a reading before the answer comes has died by its own word', () => {
    const driver = driverOf(() => null);
    driver.reading = { isSelfDead: true };
    driver.run(10_000);
    expect(driver.announced('self-dead')).toMatchObject([{ targetEpoch: 1, reason: 'application' }]);
  });
});

describe('an observer of a node that has declared itself dead', () => {
  it('asks for the verdict with each reading, without a vote, and tells of the brake once', () => {
    const driver = new DetectorDriver(ids);
    driver.run(60_000);
    const asked: string[] = [];
    driver.decide = (targetId) => {
      asked.push(targetId);
      return held;
    };
    driver.edit('t001', { obituary: 'HTTP 500' });
    driver.run(30_000);
    expect(asked).toEqual(['t001', 't001', 't001']);
    expect(driver.statements).toEqual([]);
    expect(driver.announced('brake')).toHaveLength(1);
    driver.edit('t001', { obituary: null, epoch: 2 });
    driver.run(10_000);
    expect(driver.announced('brake').map(({ isOn }) => isOn)).toEqual([true, false]);
    expect(asked).toHaveLength(3);
  });
});

describe('a registry that has changed', () => {
  it('is read at once, and once more where a reading was under way', () => {
    const driver = new DetectorDriver(ids);
    driver.run(60_000);
    const before = driver.reads.length;
    driver.input({ kind: 'registry-changed' });
    expect(driver.reads.length).toBe(before + 1);
    let isFirst = true;
    driver.whileReading = () => {
      if (!isFirst) return;
      isFirst = false;
      driver.input({ kind: 'registry-changed' });
      driver.input({ kind: 'registry-changed' });
    };
    driver.input({ kind: 'registry-changed' });
    driver.run(1);
    expect(driver.reads.length).toBe(before + 3);
  });
});

describe('the recovery of an obituary', () => {
  const about = (nodeId: string) => ({ verdict: { ...verdict, nodeId }, isClaimable: true });

  /** When an observer named `self` asks for the recovery of a node, after it has read of it. */
  function askedAfter(nodeId: string, claimPauseMs: number): number {
    const driver = new DetectorDriver(ids, { claimPauseMs });
    driver.input({ kind: 'handler-added' });
    driver.run(60_000);
    driver.reading = { openVerdicts: [about(nodeId)] };
    const before = driver.now;
    driver.input({ kind: 'round-read', reading: { ...readingOf(driver), openVerdicts: [about(nodeId)] } });
    while (driver.claims.length === 0 && driver.now < before + 100_000) driver.run(100);
    return driver.now - before;
  }

  it('may be claimed a grace after the first reading of it, by the nearest node before it on the ring', () => {
    expect(askedAfter('t', 20_000)).toBe(1_000);
    expect(askedAfter('t0005', 20_000)).toBe(21_000);
  });
});

function readingOf(driver: DetectorDriver) {
  return {
    ...{ self: nodeOf('self'), ownBeat: null, isSelfDead: false, accuserIds: [], beating: [] },
    ...{ successors: driver.ring, watched: [], statements: [] },
    progress: { fence: 0, newestEvent: 0, epochFloor: 0 },
  };
}
