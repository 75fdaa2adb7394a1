import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';
import { beginOf, generationOf } from './fence.ts';
import { carriedOver } from './memory.ts';
import { newDetector } from './state.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];
const progress = { fence: 5, newestEvent: 100, epochFloor: 0 };

/** An observer that has read a registry, and votes for the death of its first target. */
function voting() {
  const driver = new DetectorDriver(ids);
  driver.reading = { progress };
  driver.silent.add('t000');
  driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
  runRounds(driver, 14);
  return driver;
}

function runRounds(driver: DetectorDriver, count: number) {
  for (let round = 0; round < count; round++) {
    for (const id of ids) driver.edit(id, { beatOrder: driver.ownBeatOrder });
    driver.run(10_000);
  }
}

const raisesOf = (driver: DetectorDriver) => driver.effects.filter(({ kind }) => kind === 'raise');
const toldOf = (driver: DetectorDriver) =>
  driver.effects.filter((effect) => effect.kind === 'announce' && effect.name === 'registry-went-back');
const votesOf = (driver: DetectorDriver) => driver.statements.filter((line) => line === 'dead t000@1').length;

describe('a fence', () => {
  it('has the generation above its counter, and both stay far below 2^53', () => {
    expect(generationOf(0)).toBe(0);
    expect(generationOf(beginOf(1) - 1)).toBe(0);
    expect(generationOf(beginOf(7) + 12)).toBe(7);
    expect(Number.isSafeInteger(beginOf(1_000_000) + 2 ** 32 - 1)).toBe(true);
  });
});

describe('a reading that shows less than was known', () => {
  it.each([
    ['fence', { fence: 4 }],
    ['line of the log', { newestEvent: 99 }],
  ])('of the %s makes the observer ask the registry to raise its generation', (_, less) => {
    const driver = voting();
    expect(raisesOf(driver)).toEqual([]);
    driver.reading = { progress: { ...progress, ...less } };
    runRounds(driver, 1);
    const [raise] = raisesOf(driver);
    expect(raise).toMatchObject({ known: { fence: 5, newestEvent: 100 }, epochFloor: 1 });
  });

  it('of its own heartbeats, or an older epoch of its own, does the same', () => {
    for (const less of [
      { ownBeat: { order: 1, at: 0 } },
      { self: nodeOf('self', { epoch: 0 }), ownBeat: null },
    ]) {
      const driver = voting();
      driver.reading = { progress, ...less };
      runRounds(driver, 1);
      expect(raisesOf(driver)).toHaveLength(1);
    }
  });

  it('of an epoch that the new generation does not know is no evidence once more: the node joins again', () => {
    const driver = voting();
    const self = nodeOf('self', { epoch: 0 });
    driver.reading = { progress, self, ownBeat: null };
    runRounds(driver, 1);
    driver.reading = { progress: { ...progress, fence: beginOf(1) }, self, ownBeat: null };
    driver.input({ kind: 'raise-finished', isRaised: true });
    runRounds(driver, 1);
    driver.input({ kind: 'raise-finished', isRaised: false });
    runRounds(driver, 3);
    const raises = raisesOf(driver);
    // The second one only lifts the floor of epochs, and gives no evidence.
    expect(raises.map((raise) => raise.kind === 'raise' && raise.epoch)).toEqual([1, null]);
  });

  it('is asked about once at a time, and again when the registry gave no answer', () => {
    const driver = voting();
    driver.reading = { progress: { ...progress, fence: 4 } };
    runRounds(driver, 3);
    expect(raisesOf(driver)).toHaveLength(1);
    driver.input({ kind: 'raise-finished', isRaised: false });
    runRounds(driver, 1);
    expect(raisesOf(driver)).toHaveLength(2);
  });

  it('from a generation that is over is not used at all', () => {
    const driver = voting();
    driver.reading = { progress: { ...progress, fence: beginOf(2), newestEvent: 50 } };
    runRounds(driver, 1);
    const before = driver.state;
    driver.reading = {
      progress: { ...progress, fence: 7, newestEvent: 900 },
      ownBeat: { order: 9_999, at: 0 },
    };
    driver.run(10_000);
    expect(driver.state.memory.known).toMatchObject({ fence: beginOf(2), newestEvent: 50 });
    expect(driver.state.own.beats.some(({ order }) => order === 9_999)).toBe(false);
    expect(driver.state.ring.readAt).toBe(before.ring.readAt);
  });
});

describe('a new generation', () => {
  it('is told of once, and what the observer holds true is said again within a round', () => {
    const driver = voting();
    expect(votesOf(driver)).toBe(1);
    driver.reading = { progress: { fence: beginOf(1), newestEvent: 40, epochFloor: 1 } };
    runRounds(driver, 3);
    expect(toldOf(driver)).toEqual([
      { kind: 'announce', name: 'registry-went-back', payload: { generation: 1 } },
    ]);
    expect(votesOf(driver)).toBe(2);
    expect(raisesOf(driver)).toEqual([]);
  });

  it('begins the watch anew, since places of its heartbeats are lower than they were', () => {
    const driver = voting();
    expect(driver.state.own.beats.length).toBeGreaterThan(1);
    driver.reading = {
      progress: { fence: beginOf(1), newestEvent: 40, epochFloor: 1 },
      ownBeat: { order: 1, at: 0 },
    };
    driver.run(10_000);
    expect(driver.state.own.beats).toMatchObject([{ order: 1 }]);
  });

  it('shows rows as they are: an epoch that was known as later makes no observer blind', () => {
    const driver = voting();
    for (const id of ids) driver.edit(id, { epoch: 3 });
    driver.silent.clear();
    runRounds(driver, 3);
    driver.silent.add('t001');
    for (const id of ids) driver.edit(id, { epoch: 2 });
    driver.reading = { progress: { fence: beginOf(1), newestEvent: 40, epochFloor: 1 } };
    runRounds(driver, 15);
    expect(driver.statements).toContain('dead t001@2');
    expect(raisesOf(driver)).toMatchObject([{ epochFloor: 3 }]);
  });

  it('has its open verdicts claimed when the nodes that it has forgotten have had time to join again', () => {
    const driver = voting();
    driver.input({ kind: 'handler-added' });
    const verdict = {
      ...{ nodeId: 't003', epoch: 1, decidedAt: 0, quorum: 2, votes: [], resolution: null },
      ...{ ownerId: null, fence: 0, attemptCount: 0, lastError: null, reason: null },
    };
    driver.reading = {
      progress: { fence: beginOf(1), newestEvent: 40, epochFloor: 1 },
      openVerdicts: [{ verdict, isClaimable: true }],
    };
    driver.run(driver.settings.heartbeatWindowMs - 5_000);
    expect(driver.claims).toEqual([]);
    driver.run(60_000);
    expect(driver.claims).not.toEqual([]);
  });

  it('that came before an epoch began is no news to it, and what was known is kept', () => {
    const driver = voting();
    const memory = carriedOver(driver.state.memory);
    expect(memory.known).toEqual({ fence: 5, newestEvent: 100, newestBeat: 0 });
    expect(newDetector(4, memory).memory).toMatchObject({ known: memory.known, newestEpoch: 4 });
    const fresh = new DetectorDriver(ids);
    fresh.reading = { progress: { fence: beginOf(6) + 1, newestEvent: 3, epochFloor: 0 } };
    fresh.state = newDetector(1);
    fresh.input({ kind: 'started' });
    fresh.run(10_000);
    expect(fresh.state.memory.known?.fence).toBe(beginOf(6) + 1);
    expect(toldOf(fresh)).toEqual([]);
  });
});

it('a claim or a decision that is refused since the registry went back makes the observer ask', () => {
  const claiming = voting();
  claiming.input({ kind: 'claim-finished', nodeId: 't000', epoch: 1, isWon: false, wentBack: true });
  expect(raisesOf(claiming)).toHaveLength(1);
  const deciding = voting();
  const result = { outcome: 'pending', reason: 'went-back' } as const;
  deciding.input({ kind: 'decided', targetId: 't000', targetEpoch: 1, result });
  expect(raisesOf(deciding)).toHaveLength(1);
});

it('a fence that was given is known from then on', () => {
  const driver = voting();
  driver.input({ kind: 'claim-finished', nodeId: 't000', epoch: 1, isWon: true, fence: 9 });
  expect(driver.state.memory.known?.fence).toBe(9);
});
