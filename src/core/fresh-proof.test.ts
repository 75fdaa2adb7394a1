/** Whose misses count, and when an observer may vote: proof of its own network, patience by kind, grace, hints. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';
import { type Answers, timeoutMsFor, withAnswer } from './answers.ts';
import type { FailureKind } from './evidence.ts';
import { readEvidence } from './evidence.ts';
import { isRefusedOnly, type Misses, patienceMs } from './misses.ts';
import { resolveSettings, type SettingsInput } from './settings/config.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];
const quick: Partial<SettingsInput> = {
  ...{ probeIntervalMs: 5_000, probeTimeoutMs: 1_000, probeTimeoutFloorMs: 500, retryIntervalMs: 500 },
  ...{ retryIntervalRefusedMs: 100, suspectAfter: 2, deadAfter: 4, hints: true },
};
const votesOf = ({ statements }: DetectorDriver) => statements.filter((line) => line.startsWith('dead'));
const asksOf = ({ effects }: DetectorDriver) => effects.filter(({ kind }) => kind === 'ask-others');
const probesOf = ({ probed }: DetectorDriver, id: string) => probed.filter((probe) => probe.id === id);

/** The nodes go on sending heartbeats. */
function runAlive(driver: DetectorDriver, durationMs: number): void {
  for (let passed = 0; passed < durationMs; passed += 1_000) {
    for (const { id } of driver.ring) driver.edit(id, { beatOrder: driver.ownBeatOrder });
    driver.run(1_000);
  }
}

describe('an observer that was cut off', () => {
  it.each(['refused', 'default'])('says nothing of a node that comes back with the others (%s)', (kind) => {
    const driver = new DetectorDriver(ids, kind === 'refused' ? quick : {});
    runAlive(driver, 20_000);
    for (const id of ids) driver.silent.add(id);
    runAlive(driver, kind === 'refused' ? 60_000 : 300_000);
    // All answer again but one, whose next look is lost too.
    for (const id of ids.slice(1)) driver.silent.delete(id);
    driver.run(kind === 'refused' ? 200 : 20_000);
    driver.silent.clear();
    runAlive(driver, 30_000);
    expect(votesOf(driver)).toEqual([]);
  });

  it.each([
    [2_900, []],
    [3_700, ['dead t000@1']],
  ])('counts the silence of a node from its own return on: %d ms of it', (silentMs, votes) => {
    const driver = new DetectorDriver(ids, { ...quick, minSilenceMs: 3_000 });
    driver.failure = 'no-connection';
    runAlive(driver, 17_000);
    for (const id of ids) driver.silent.add(id);
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(700);
    // The others answer again just when one of them is cut off itself.
    for (const id of ids.slice(1)) driver.silent.delete(id);
    driver.run(silentMs);
    expect(driver.probed.filter(({ id }) => id === 't000').length).toBeGreaterThan(4);
    driver.silent.clear();
    runAlive(driver, 10_000);
    expect(votesOf(driver)).toEqual(votes);
  });

  it('still finds a death that it counts after it', () => {
    const driver = new DetectorDriver(ids, quick);
    runAlive(driver, 20_000);
    for (const id of ids) driver.silent.add(id);
    runAlive(driver, 60_000);
    for (const id of ids.slice(1)) driver.silent.delete(id);
    runAlive(driver, 10_000);
    expect(votesOf(driver)).toEqual(['dead t000@1']);
  });
});

describe('the proof of a vote', () => {
  it('is looked for with a look that another observer has asked for, so that the silence begins there', () => {
    const driver = new DetectorDriver(ids, quick);
    driver.run(7_000);
    driver.pending.add('t000');
    driver.probed.length = 0;
    driver.input({ kind: 'hinted', targetId: 't000', source: 'observer' });
    driver.run(100);
    expect(driver.probed.map(({ at, id }) => `${at} ${id}`)).toEqual(['7020 t000', '7020 t001']);
  });

  it('is looked for at the first miss, at a target that answers', () => {
    const driver = new DetectorDriver(ids, quick);
    driver.run(7_000);
    driver.silent.add('t000');
    driver.probed.length = 0;
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(400);
    const [first, second] = driver.probed;
    expect(first).toEqual({ at: 7_020, id: 't000' });
    expect(second?.at).toBe(7_020);
    expect(second?.id).not.toBe('t000');
    expect(votesOf(driver)).toEqual(['dead t000@1']);
  });

  it('is the registry in a cluster of two, and there as quickly', () => {
    const driver = new DetectorDriver(['t000'], quick);
    driver.run(7_000);
    driver.silent.add('t000');
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(1_000);
    expect(votesOf(driver)).toEqual(['dead t000@1']);
  });

  it('is not asked of the registry more often than each round once the vote is said', () => {
    const driver = new DetectorDriver(['t000'], { ...quick, strictQuorum: true });
    driver.run(7_000);
    driver.silent.add('t000');
    driver.run(60_000);
    expect(votesOf(driver).length).toBeGreaterThan(0);
    const readCount = driver.reads.length;
    driver.run(600_000);
    expect(driver.reads.length - readCount).toBeLessThanOrEqual(121);
    // It is affirmed all the same, in each half of a quorum window.
    expect(votesOf(driver).length).toBeGreaterThanOrEqual(4);
  });

  it('is the registry where all others are dead', () => {
    const driver = new DetectorDriver(ids.slice(0, 3), quick);
    driver.run(7_000);
    for (const id of ids) driver.silent.add(id);
    driver.run(300_000);
    expect(new Set(votesOf(driver)).size).toBe(3);
  });

  it('is not a clock that jumps in the middle of a burst', () => {
    const driver = new DetectorDriver(ids, { ...quick, minSilenceMs: 5_000, minSilenceRefusedMs: 5_000 });
    driver.run(7_000);
    driver.silent.add('t000');
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(1_000);
    driver.wallNow += 3_600_000;
    driver.run(200);
    driver.stall(60_000);
    driver.run(2_000);
    expect(votesOf(driver)).toEqual([]);
    driver.run(5_000);
    expect(votesOf(driver)).toEqual(['dead t000@1']);
  });
});

describe('patience', () => {
  const settings = resolveSettings({
    ...{ nodeId: 'self', minSilenceMs: 6_500, minSilenceNoConnectionMs: 3_000, minSilenceRefusedMs: 2_000 },
  });
  const missesOf = (...kinds: FailureKind[]): Misses => ({
    ...{
      count: kinds.length,
      lookedAt: 0,
      silentSince: 0,
      firstAt: 0,
      noticedAt: null,
      lastAt: 0,
      lastFailure: '',
    },
    lastKind: kinds.at(-1) ?? 'refused',
    failures: Object.fromEntries(kinds.map((kind) => [kind, kinds.filter((one) => one === kind).length])),
  });
  it.each([
    [['refused'], 2_000],
    [['reset', 'refused'], 2_000],
    [['refused', 'reset'], 6_500],
    [['no-connection', 'refused'], 3_000],
    [['kept-connection', 'no-connection'], 3_000],
    [['kept-connection', 'refused'], 2_000],
    [['kept-connection'], 6_500],
    [['no-answer', 'refused'], 6_500],
    [['unresolved'], 6_500],
    [['refused', 'status', 'no-connection'], 6_500],
  ] as [FailureKind[], number][])('with %j is the longest one among them: %d ms', (kinds, expected) => {
    expect(patienceMs(settings, missesOf(...kinds))).toBe(expected);
  });

  it('counts a reset as a refusal only where a refusal is the newest', () => {
    expect(isRefusedOnly(missesOf('reset', 'refused'))).toBe(true);
    expect(isRefusedOnly(missesOf('refused', 'reset'))).toBe(false);
  });
});

test('a miss on a kept connection is followed at once by one look on a new one', () => {
  const driver = new DetectorDriver(ids, quick);
  driver.run(7_000);
  driver.failure = 'kept-connection';
  driver.silent.add('t000');
  driver.probed.length = 0;
  driver.run(3_000);
  const looks = probesOf(driver, 't000').map(({ at }) => at);
  expect(looks.slice(0, 3)).toEqual([7_500, 7_500, 8_000]);
});

describe('hints', () => {
  const settled = (input: Partial<SettingsInput> = {}) => {
    const driver = new DetectorDriver(ids, { ...quick, ...input });
    driver.run(7_000);
    driver.probed.length = 0;
    return driver;
  };
  const hint = (driver: DetectorDriver, targetId = 't000', source: 'closed' | 'observer' = 'closed') => {
    driver.input({ kind: 'hinted', targetId, source });
    driver.run(30);
  };

  it('bring a look on a new connection after 20 ms', () => {
    const driver = settled();
    hint(driver);
    expect(driver.probed).toEqual([{ at: 7_020, id: 't000' }]);
    expect(driver.effects.findLast(({ kind }) => kind === 'probe')).toMatchObject({ isFresh: true });
  });

  it('are ignored where they are off, and for a node that is not watched', () => {
    const driver = settled({ hints: false });
    hint(driver);
    const other = settled();
    for (const id of ['self', 'nonsense', 't004']) hint(other, id);
    expect([...driver.probed, ...other.probed]).toEqual([]);
  });

  it('in vain are ignored after the third within 10 minutes, for 10 minutes', () => {
    const driver = settled();
    for (let count = 0; count < 10_000; count++) hint(driver);
    const looks = probesOf(driver, 't000').length - 60;
    expect(looks).toBeLessThanOrEqual(4);
    expect(votesOf(driver)).toEqual([]);
    driver.run(300_000);
    driver.run(300_000);
    driver.probed.length = 0;
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(25);
    expect(driver.probed).toHaveLength(1);
  });

  it('of other observers that are in vain leave those of an own connection', () => {
    const driver = settled();
    for (let count = 0; count < 10; count++) hint(driver, 't000', 'observer');
    driver.probed.length = 0;
    hint(driver, 't000', 'observer');
    expect(driver.probed).toEqual([]);
    hint(driver);
    expect(driver.probed).toHaveLength(1);
  });

  it('that another observer gave are passed on to no further one', () => {
    const driver = settled();
    driver.silent.add('t000');
    hint(driver, 't000', 'observer');
    expect(asksOf(driver)).toEqual([]);
  });

  it('of a closed connection are told in the evidence; those of observers are not', () => {
    const evidenceAfter = (source: 'closed' | 'observer') => {
      const driver = settled();
      driver.silent.add('t000');
      hint(driver, 't000', source);
      driver.run(500);
      return driver.announced('dead')[0]?.evidence;
    };
    expect(evidenceAfter('closed')).toMatchObject({ closedConnection: true, failures: { refused: 4 } });
    expect(evidenceAfter('observer')).toMatchObject({ closedConnection: false });
  });

  it('make the observer ask others at the first miss, at most once in 250 ms', () => {
    const driver = settled();
    driver.silent.add('t000');
    hint(driver);
    driver.silent.clear();
    driver.run(100);
    driver.silent.add('t000');
    hint(driver);
    driver.run(2_000);
    expect(asksOf(driver)).toEqual([
      { kind: 'ask-others', targetId: 't000', targetEpoch: 1, isNoticed: true },
    ]);
    const without = settled({ hints: false });
    without.silent.add('t000');
    without.run(10_000);
    expect(asksOf(without)).toEqual([]);
  });
});

describe('the timeout of a probe', () => {
  const settings = resolveSettings({
    ...{ nodeId: 'self', probeTimeoutMs: 1_000, probeTimeoutFloorMs: 100, deadAfter: 4 },
  });
  const roundTrip = fc.integer({ min: 0, max: 100_000 });

  test('is between the floor and the setting, whatever was measured', () => {
    fc.assert(
      fc.property(
        fc.array(roundTrip),
        fc.integer({ min: 0, max: 10 }),
        fc.boolean(),
        (trips, count, isFresh) => {
          let answers: Answers | null = null;
          for (const cameAt of trips)
            answers = withAnswer(answers, { sentAt: 0, cameAt, dueAt: 0, hasStalled: false });
          const misses = count === 0 ? null : { count };
          const timeoutMs = timeoutMsFor(settings, { answers, misses }, isFresh);
          expect(timeoutMs).toBeGreaterThanOrEqual(100);
          expect(timeoutMs).toBeLessThanOrEqual(1_000);
          if (trips.length === 0 || count === 2 || count >= 8) expect(timeoutMs).toBe(1_000);
        },
      ),
    );
  });

  test('comes to the floor for a quick target, and is twice as long on a new connection', () => {
    const answers: Answers = { sentAt: 0, cameAt: 0, dueAt: 0, smoothedMs: 100, variationMs: 25 };
    expect(timeoutMsFor(settings, { answers, misses: null }, false)).toBe(200);
    expect(timeoutMsFor(settings, { answers, misses: { count: 1 } }, true)).toBe(400);
    let quickOne: Answers | null = null;
    for (let count = 0; count < 20; count++)
      quickOne = withAnswer(quickOne, { sentAt: count, cameAt: count + 1, dueAt: 0, hasStalled: false });
    expect(timeoutMsFor(settings, { answers: quickOne, misses: null }, false)).toBe(100);
    // The last look of four is a short one.
    expect(timeoutMsFor(settings, { answers: quickOne, misses: { count: 3 } }, true)).toBe(100);
  });
});

describe('a target that goes on being missed', () => {
  const patient = { ...quick, minSilenceMs: 6_500, minSilenceRefusedMs: 2_000 };

  it('is looked at when the patience ends, and then ever more seldom, up to a round', () => {
    const driver = new DetectorDriver(ids, patient);
    driver.run(7_000);
    driver.silent.add('t000');
    driver.probed.length = 0;
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(60_000);
    const looks = probesOf(driver, 't000').map(({ at }) => at - 7_020);
    expect(looks.slice(0, 4)).toEqual([0, 100, 200, 300]);
    expect(driver.announced('dead')).toHaveLength(1);
    expect(looks).toContain(2_000);
    expect(looks.length).toBeLessThan(30);
  });

  it('has a last look that is sent when the patience ends, where it does not answer', () => {
    const driver = new DetectorDriver(ids, patient);
    driver.run(8_000);
    driver.silent.add('t000');
    driver.failure = 'no-answer';
    driver.probed.length = 0;
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(10_000);
    const [first = 0, ...others] = probesOf(driver, 't000').map(({ at }) => at);
    expect(others.map((at) => at - first)).toContain(6_500);
    expect(driver.announced('dead')).toHaveLength(1);
  });

  it('is read about at the first miss: it may have left', () => {
    const driver = new DetectorDriver(ids, patient);
    driver.run(7_000);
    driver.silent.add('t000');
    driver.edit('t000', { lifecycle: 'left' });
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    driver.run(1_000);
    expect(driver.announced('suspect')).toEqual([]);
    expect(probesOf(driver, 't000').filter(({ at }) => at > 7_000)).toHaveLength(1);
  });
});

describe('the question for a verdict', () => {
  it('is asked when the window of the accused ends, once', () => {
    const driver = new DetectorDriver(ids, { ...quick, probeIntervalMs: 60_000, answerWindowMs: 2_900 });
    driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
    driver.run(35_000);
    driver.silent.add('t000');
    driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
    let askedAt = 0;
    driver.decide = () => {
      askedAt = driver.now;
      return { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 };
    };
    driver.run(20_000);
    // Accused at the second miss.
    expect(askedAt).toBe(35_120 + 2_900);
    expect(driver.effects.filter(({ kind }) => kind === 'decide')).toHaveLength(1);
  });
});

describe('the startup grace', () => {
  const grace = { ...quick, startupGracePeriodMs: 60_000, loneGraceMs: 300_000, graceSparesAll: false };

  it('does not spare a target that has answered', () => {
    const driver = new DetectorDriver(ids, grace);
    driver.run(5_000);
    driver.silent.add('t000');
    driver.run(10_000);
    expect(votesOf(driver)).toEqual(['dead t000@1']);
  });

  it('spares a target that has not, and says so', () => {
    const driver = new DetectorDriver(ids, grace);
    driver.silent.add('t000');
    driver.run(58_000);
    expect(votesOf(driver)).toEqual([]);
    const sparedMs = driver.announced('suspect')[0]?.evidence.sparedMs;
    expect(sparedMs).toBeGreaterThan(50_000);
    driver.run(5_000);
    expect(votesOf(driver)).toEqual(['dead t000@1']);
    expect(driver.announced('dead')[0]?.evidence.sparedMs).toBeNull();
  });

  it('runs anew from the first answer of another node, where that comes late', () => {
    const driver = new DetectorDriver([nodeOf('t000'), nodeOf('t001')], grace);
    driver.silent.add('t000').add('t001');
    driver.run(200_000);
    driver.silent.delete('t001');
    driver.run(55_000);
    expect(votesOf(driver)).toEqual([]);
    driver.run(15_000);
    expect(votesOf(driver)).toEqual(['dead t000@1']);
  });

  it('has no proof sought for the targets that it spares', () => {
    const driver = new DetectorDriver(ids, grace);
    driver.silent.add('t000');
    driver.run(50_000);
    const others = driver.probed.filter(({ id }) => id !== 't000');
    // Ten rounds, with three others each.
    expect(others.length).toBeLessThanOrEqual(33);
  });

  it('is longer while no other node has answered at all', () => {
    const driver = new DetectorDriver([nodeOf('t000')], grace);
    driver.silent.add('t000');
    driver.run(299_000);
    expect(votesOf(driver)).toEqual([]);
    driver.run(10_000);
    expect(votesOf(driver)).toEqual(['dead t000@1']);
  });
});

test('evidence of an older version is read, and nonsense is not', () => {
  const old = {
    ...{ missCount: 1, silentMs: 1, sinceAnswerMs: null, failures: {}, lastFailure: '' },
    observer: { watchedCount: 1, answeringCount: 1, inconclusiveCount: 0 },
  };
  expect(readEvidence(old)).toEqual({
    ...old,
    closedConnection: false,
    sparedMs: null,
    lastKind: null,
  });
  expect(readEvidence({ ...old, closedConnection: 'yes' })).toBeNull();
  expect(readEvidence({ ...old, sparedMs: 'long' })).toBeNull();
});
