/** How long an accused node has, by what it can know and by what the registry takes. */
import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';
import { answerWindowOf } from './answer-window.ts';
import type { Effect } from './effects.ts';
import { isAccusation } from './statement.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];
/** Rounds of 5 s, suspect after 2 misses, 0.3 s apart. No jitter, so two rounds may differ by 3 %: a short window is
 * 1.25 s, a long one 6.175 s. */
const quick = {
  ...{ probeIntervalMs: 5_000, probeTimeoutMs: 300, retryIntervalMs: 300, suspectAfter: 2, deadAfter: 4 },
  ...{ proofWindowMs: 2_000, hints: true },
};

function settled(changes: Parameters<typeof nodeOf>[1] = {}, input = {}) {
  const driver = new DetectorDriver([nodeOf('t000', changes), ...ids.slice(1)], { ...quick, ...input });
  driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
  driver.run(22_000);
  return driver;
}

const hint = (driver: DetectorDriver, source: 'closed' | 'observer' = 'closed', isNoticed = false) => {
  driver.silent.add('t000');
  driver.input({ kind: 'hinted', targetId: 't000', source, isNoticed });
};

function windowOf(driver: DetectorDriver) {
  const peer = driver.state.peers.get('t000');
  if (peer === undefined || !isAccusation(peer.statement)) throw new Error('t000 is not accused');
  const { endsAt, isShort } = answerWindowOf(driver, peer, peer.statement);
  return { isShort, windowMs: endsAt - (peer.statement.refuted?.lastAt ?? peer.statement.accusedAt ?? 0) };
}

const decisionsOf = (driver: DetectorDriver) =>
  driver.effects.filter((effect): effect is Extract<Effect, { kind: 'decide' }> => effect.kind === 'decide');

const short = { isShort: true, windowMs: 1_250 };
const long = { isShort: false, windowMs: 6_175 };

describe('the window of an accused node is short', () => {
  it('when the first miss came with the round that the node had been told of', () => {
    const driver = settled();
    driver.silent.add('t000');
    driver.run(5_000);
    expect(windowOf(driver)).toEqual(short);
  });

  it.each([
    ['its own connection was closed', 'closed', false],
    ['another observer asks, of which it knows', 'observer', true],
  ] as const)('when %s', (_what, source, isNoticed) => {
    const driver = settled();
    hint(driver, source, isNoticed);
    driver.run(500);
    expect(windowOf(driver)).toEqual(short);
  });
});

describe('the window of an accused node is a round and a second', () => {
  it('when another observer asks, of which it does not know', () => {
    const driver = settled();
    hint(driver, 'observer');
    driver.run(500);
    expect(windowOf(driver)).toEqual(long);
  });

  it('when it has never answered this observer', () => {
    const driver = new DetectorDriver(ids, quick);
    driver.silent.add('t000');
    driver.run(20_000);
    expect(windowOf(driver)).toEqual(long);
  });

  it('when its present epoch has not answered this observer', () => {
    const driver = settled();
    driver.edit('t000', { epoch: 2 });
    driver.silent.add('t000');
    driver.run(10_000);
    expect(windowOf(driver)).toEqual(long);
  });

  it('when its own program answers pings, so that it hears of no observer', () => {
    const driver = settled({ isNamed: false });
    hint(driver);
    driver.run(500);
    expect(windowOf(driver)).toEqual(long);
  });

  it('when the accusation came to the registry so late that it does not read often any more', () => {
    const driver = settled();
    driver.isRecording = false;
    hint(driver);
    driver.run(3_000);
    driver.record();
    expect(windowOf(driver)).toEqual(long);
  });

  it('when it has answered, by a reading or by the answer to the question', () => {
    const driver = settled();
    hint(driver);
    driver.run(500);
    driver.edit('t000', { refutationCount: 1 });
    driver.run(600);
    expect(windowOf(driver)).toEqual(long);

    const asked = settled();
    asked.decide = () => ({ outcome: 'pending', reason: 'refuted' });
    hint(asked);
    asked.run(4_000);
    expect(windowOf(asked)).toEqual(long);
    expect(asked.announced('unreachable').length).toBe(1);
  });

  it('and at least what is set', () => {
    const driver = settled({}, { answerWindowMs: 9_000 });
    hint(driver);
    driver.run(500);
    expect(windowOf(driver)).toEqual({ isShort: true, windowMs: 9_000 });
  });
});

describe('the window grows with the registry calls of its time', () => {
  const call = (tookMs: number, hasFailed = false, slowCount = 0) =>
    ({ kind: 'registry-call', slowCount, ended: { tookMs, hasFailed } }) as const;

  it.each([
    ['a call of 0.4 s', call(400), 250 + 300 + 1_200],
    ['a call of 4.9 s', call(4_900), 250 + 10_000],
    ['a call that failed', call(5, true), 250 + 10_000],
  ])('%s', (_what, input, windowMs) => {
    const driver = settled();
    hint(driver);
    driver.run(500);
    driver.input(input);
    expect(windowOf(driver).windowMs).toBe(windowMs);
  });

  it('by the slowest one, and not by those before it', () => {
    const driver = settled();
    driver.input(call(5, true));
    driver.run(5_000);
    hint(driver);
    driver.run(500);
    expect(windowOf(driver)).toEqual(short);
    driver.input(call(600));
    driver.input(call(400));
    expect(windowOf(driver).windowMs).toBe(250 + 300 + 1_800);
  });

  it('by one that failed within a time-out before it: the accused may wait for as long until it reads again', () => {
    const driver = settled();
    driver.input(call(5, true));
    driver.run(3_000);
    hint(driver);
    driver.run(500);
    expect(windowOf(driver).windowMs).toBe(250 + 10_000);
  });

  it('and one under way at its end is waited for', () => {
    const driver = settled();
    hint(driver);
    driver.run(1_000);
    driver.input({ kind: 'registry-call', slowCount: 1, ended: null });
    driver.run(2_000);
    expect(decisionsOf(driver)).toEqual([]);
    driver.input(call(600));
    expect(decisionsOf(driver).length).toBe(1);
  });
});

describe('while a short window runs', () => {
  it('the observer reads from the leader, so that the newest reading is never older than 0.5 s', () => {
    const driver = settled();
    hint(driver);
    driver.run(350);
    const from = driver.now;
    driver.run(1_250);
    const readAts = driver.reads.filter(({ at }) => at >= from - 500).map(({ at }) => at);
    expect(readAts.length).toBeGreaterThanOrEqual(2);
    for (const [index, at] of readAts.entries())
      expect(at - (readAts[index - 1] ?? at)).toBeLessThanOrEqual(500);
    const fresh = driver.effects.filter(
      (effect) => effect.kind === 'read-round' && effect.freshness === 'leader',
    );
    expect(fresh.length).toBeGreaterThanOrEqual(2);
    driver.reads.length = 0;
    driver.run(20_000);
    expect(driver.reads.length).toBeLessThanOrEqual(5);
  });
});

describe('an early question', () => {
  const early = { answerWindowRefusedMs: 300, deadAfter: 2 };

  it('is asked where the connection was closed and every miss is a refusal, and the other one at its time', () => {
    const driver = settled({}, early);
    hint(driver);
    driver.run(5_000);
    expect(decisionsOf(driver).map(({ isEarly = false }) => isEarly)).toEqual([true, false]);
  });

  it.each([
    ['of another observer', (driver: DetectorDriver) => hint(driver, 'observer', true)],
    [
      'and a miss that is no refusal',
      (driver: DetectorDriver) => {
        driver.failure = 'no-answer';
        hint(driver);
      },
    ],
    [
      'and a slow call shortly before',
      (driver: DetectorDriver) => {
        const ended = { tookMs: 1_000, hasFailed: false };
        driver.input({ kind: 'registry-call', slowCount: 0, ended });
        hint(driver);
      },
    ],
  ] as const)('is not asked after a hint %s', (_what, begin) => {
    const driver = settled({}, early);
    begin(driver);
    driver.run(20_000);
    const asked = decisionsOf(driver);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.some(({ isEarly = false }) => isEarly)).toBe(false);
  });
});
