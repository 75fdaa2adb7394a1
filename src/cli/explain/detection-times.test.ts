/** What follows from the settings by arithmetic. That a cluster does the same, test/simulation/detection-times.test.ts shows. */
import { describe, expect, it, test } from 'vitest';
import {
  type PresetName,
  presets,
  resolveSettings,
  type SettingsInput,
  timeToDeathMs,
} from '../../core/settings/config.ts';
import { fullAnswerWindowMs } from '../../core/settings/setting-rules.ts';
import {
  answerWindows,
  detectionTimes,
  type Fault,
  forgiven,
  observerCount,
  voteCount,
} from './detection-times.ts';
import { missTimes } from './miss-times.ts';

const settingsOf = (input: Partial<SettingsInput> = {}, preset?: PresetName) =>
  resolveSettings({ nodeId: 'node-a', ...input }, preset);

const quick = {
  ...{ probeIntervalMs: 5_000, probeTimeoutMs: 1_000, probeTimeoutFloorMs: 500, deadAfter: 4 },
  ...{ retryIntervalMs: 500, retryIntervalRefusedMs: 100, suspectAfter: 2, hints: true },
  ...{ minSilenceMs: 6_500, minSilenceNoConnectionMs: 3_000, minSilenceRefusedMs: 2_000 },
  answerWindowMs: fullAnswerWindowMs({ probeIntervalMs: 5_000, jitter: 0.1 }),
};
const faults: readonly Fault[] = ['crash', 'hang', 'host-gone'];

describe('the misses of one observer', () => {
  const looks = { isKept: false, waitMs: 500, roundMs: 5_000 };

  it('are a retry interval apart while connections are refused, and wait for the patience', () => {
    const times = missTimes(settingsOf(quick), { ...looks, silence: 'refused' });
    expect(times).toEqual({ firstMissMs: 0, suspectMs: 100, lastLookMs: 2_000, voteMs: 2_000 });
  });

  it('wait their timeouts, and one before the last the whole of it', () => {
    const times = missTimes(settingsOf(quick), { ...looks, silence: 'no-answer' });
    expect(times).toEqual({ firstMissMs: 500, suspectMs: 1_000, lastLookMs: 6_500, voteMs: 7_000 });
  });

  it('come with the rounds where the retry interval is as long, but for the look on a new connection', () => {
    const settings = settingsOf({ deadAfter: 4 }, 'original');
    const times = missTimes(settings, { silence: 'no-answer', isKept: true, waitMs: 3_000, roundMs: 10_000 });
    expect(times).toEqual({ firstMissMs: 3_000, suspectMs: 13_000, lastLookMs: 20_000, voteMs: 23_000 });
  });
});

describe('a crash', () => {
  it('that closed connections tell of does not wait for a round', () => {
    // 20 ms, one more look, and the answer window of 2.1 s.
    expect(detectionTimes(settingsOf(quick), 'crash', 20)).toEqual({
      bestMs: 2_220,
      medianMs: 2_220,
      worstMs: 3_220,
      slowestMs: 3_220,
    });
  });

  it('takes the patience where the answer window is shorter', () => {
    const settings = settingsOf({ ...quick, answerWindowRefusedMs: 300 });
    expect(detectionTimes(settings, 'crash', 20)?.bestMs).toBe(2_020);
    const without = settingsOf({ ...quick, answerWindowRefusedMs: 300, minSilenceRefusedMs: 0 });
    expect(detectionTimes(without, 'crash', 20)?.bestMs).toBe(420);
  });

  it('waits for the second of three rounds without hints, at the longest for a whole one', () => {
    const settings = settingsOf({ ...quick, hints: false, refutation: false });
    const times = detectionTimes(settings, 'crash', 20);
    expect(times?.bestMs).toBe(2_000);
    expect(times?.medianMs).toBeCloseTo(2_000 + 5_000 / 2, -2);
    expect(times?.worstMs).toBe(5_500 + 2_000 + 1_000);
  });
});

describe('with any preset and any size', () => {
  const cases = (Object.keys(presets) as PresetName[]).flatMap((preset) =>
    [2, 3, 5, 200].map((nodes) => [preset, nodes] as const),
  );

  it.each(cases)('%s with %d nodes: best, median and worst come in this order', (preset, nodes) => {
    for (const fault of faults) {
      const times = detectionTimes(settingsOf({}, preset), fault, nodes);
      expect(times?.bestMs).toBeLessThanOrEqual(times?.medianMs ?? 0);
      expect(times?.medianMs).toBeLessThanOrEqual(times?.worstMs ?? 0);
      expect(times?.worstMs).toBeLessThanOrEqual(times?.slowestMs ?? 0);
      expect(times?.slowestMs).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  it.each(cases)('%s with %d nodes: a pause that is forgiven is shorter than every hang', (preset, nodes) => {
    const settings = settingsOf({}, preset);
    const { pauseMs, silenceMs } = forgiven(settings, nodes);
    expect(pauseMs).toBeLessThanOrEqual(detectionTimes(settings, 'hang', nodes)?.bestMs ?? 0);
    expect(silenceMs).toBeLessThanOrEqual(detectionTimes(settings, 'host-gone', nodes)?.bestMs ?? 0);
  });

  it.each(faults)('a vote on %s takes no longer than the time to death', (fault) => {
    for (const preset of Object.keys(presets) as PresetName[]) {
      const settings = settingsOf({ refutation: false, jitter: 0 }, preset);
      const slowestMs = detectionTimes(settings, fault, 20)?.slowestMs ?? 0;
      expect(slowestMs - 1_000).toBeLessThanOrEqual(timeToDeathMs(settings));
    }
  });
});

test('a cluster of two has one observer and one vote, and none with a strict quorum', () => {
  const settings = settingsOf();
  expect([observerCount(settings, 2), voteCount(settings, 2)]).toEqual([1, 1]);
  expect([observerCount(settings, 4), voteCount(settings, 4)]).toEqual([3, 2]);
  const strict = settingsOf({ strictQuorum: true });
  expect(detectionTimes(strict, 'crash', 2)).toBeNull();
  expect(forgiven(strict, 2).restartMs).toBeNull();
});

test('the answer window is never shorter than what the accused needs, and there is none without refutation', () => {
  expect(answerWindows(settingsOf({ probeIntervalMs: 5_000 }))).toEqual({
    usualMs: 2_100,
    unawareMs: 6_600,
    refusedMs: 2_100,
  });
  expect(answerWindows(settingsOf({}, 'original'))).toEqual({ usualMs: 0, unawareMs: 0, refusedMs: 0 });
});
