/** A live node that its observer does not reach answers before it is called dead, whatever the rounds and the registry do. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AccusedPlan, runAccused } from '../../test/harness/accused-world.ts';
import { presets } from './settings/config.ts';

const lan = {
  ...{ probeIntervalMs: 5_000, jitter: 0.1, probeTimeoutMs: 500, retryIntervalMs: 500 },
  ...{ retryIntervalRefusedMs: 100, suspectAfter: 2, deadAfter: 4, hints: true, proofWindowMs: 3_000 },
  registryTimeoutMs: 5_000,
};
/** Long rounds that hardly differ: the target gives an overdue probe more time than they differ by. */
const slow = {
  ...lan,
  probeIntervalMs: 60_000,
  jitter: 0.001,
  deadAfter: 2,
  minSilenceMs: 0,
  minSilenceRefusedMs: 0,
  minSilenceNoConnectionMs: 0,
};
const local = { ...lan, probeIntervalMs: 500, retryIntervalMs: 200, registryTimeoutMs: 2_000 };

const quiet = { afterMs: 0, durationMs: 0 };

const drawn = {
  startAts: fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 10_000 })),
  draws: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 7, maxLength: 7 }),
};

/** No call fails: what is slow is slow for both. */
const plansFor = ({ probeIntervalMs, registryTimeoutMs }: typeof lan): fc.Arbitrary<AccusedPlan> =>
  fc.record({
    startAts: fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 5_000 })),
    draws: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 7, maxLength: 7 }),
    cutAt: fc.integer({ min: 15_000 + probeIntervalMs, max: 25_000 + probeIntervalMs }),
    sign: fc.constantFrom('none', 'closed', 'asked'),
    isSilent: fc.boolean(),
    // Up to what two time-outs leave for three calls.
    callMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1_200 })),
    stall: fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 7_000 })),
      durationMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: registryTimeoutMs - 1_300 })),
    }),
  });

test.each([
  ['lan, a vote at once', { ...lan, deadAfter: 2 }],
  ['lan, a vote after 2 s', { ...lan, suspectAfter: 3, minSilenceMs: 2_000 }],
  ['local', local],
  ['rounds of a minute', slow],
] as const)(
  'with %s',
  (_name, input) => {
    fc.assert(
      fc.property(plansFor(input), (plan) => {
        const { answeredAt, deadAt } = runAccused(plan, input);
        expect(deadAt, JSON.stringify(plan)).toBeNull();
        expect(answeredAt).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  },
  60_000,
);

test.each(Object.entries(presets).filter(([, { refutation }]) => refutation !== false))(
  'with %s, after an outage in which calls fail at once',
  (_name, input) => {
    const plans = fc
      .record({
        ...drawn,
        cutAt: fc.integer({ min: 40_000, max: 50_000 }),
        beforeMs: fc.integer({ min: 100, max: 6_000 }),
        afterMs: fc.integer({ min: 1_000, max: 12_000 }),
      })
      .map(({ beforeMs, afterMs, ...plan }): AccusedPlan => {
        const outage = [plan.cutAt - beforeMs, plan.cutAt + afterMs] as const;
        return { ...plan, outage, sign: 'closed', isSilent: false, callMs: 20, stall: quiet };
      });
    fc.assert(
      fc.property(plans, (plan) => {
        expect(runAccused(plan, input).deadAt, JSON.stringify(plan)).toBeNull();
      }),
      { numRuns: 100 },
    );
  },
  60_000,
);

test.each(Object.entries(presets).filter(([, { refutation }]) => refutation !== false))(
  'with %s, unreachable for minutes, although one of its calls fails',
  (_name, input) => {
    const plans = fc
      .record({ ...drawn, cutAt: fc.integer({ min: 40_000, max: 50_000 }) })
      .map((plan): AccusedPlan => {
        const world = { ...plan, sign: 'none', isSilent: false, callMs: 20, stall: quiet } as const;
        return { ...world, failsOnceAt: 200_000, lastsMs: 300_000 };
      });
    fc.assert(
      fc.property(plans, (plan) => {
        expect(runAccused(plan, input).deadAt, JSON.stringify(plan)).toBeNull();
      }),
      { numRuns: 40 },
    );
  },
  60_000,
);

test('a pulse whose beat falls on a rounded time goes on', () => {
  // 32,393.000001371012 + 3 x 125 is 32,768.00000137101, whose distance from the first is rounded below 375.
  const draws = [0, 0, 0.9985046191800475, 0.00008374516118384025, 0.9989091660626704, 0, 0];
  const stall = { afterMs: 0, durationMs: 0 };
  const plan: AccusedPlan = {
    ...{ startAts: [2_895, 1_897], draws, cutAt: 27_393, sign: 'none', isSilent: true, callMs: 0, stall },
  };
  expect(runAccused(plan, lan).deadAt).toBeNull();
});
