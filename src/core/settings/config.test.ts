import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  ownerHoldMs,
  type PresetName,
  presets,
  resolveSettings,
  type SettingsInput,
  timeToDeathMs,
  validateConfig,
} from './config.ts';

const nodeId = 'node-a';
const violationsOf = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.violations.map(({ path }) => path);
    throw error;
  }
  return [];
};

describe('settings', () => {
  it("have the original's numbers by default", () => {
    expect(resolveSettings({ nodeId })).toMatchObject({
      probeIntervalMs: 10_000,
      probeTimeoutMs: 3_000,
      probePort: 6001,
      neighbors: 3,
      suspectAfter: 3,
      deadAfter: 12,
      minQuorum: 2,
      quorumWindowMs: 300_000,
      startupGracePeriodMs: 300_000,
      membershipWindowMs: 900_000,
      heartbeatIntervalMs: 30_000,
      heartbeatWindowMs: 90_000,
      maxDeadFraction: 1 / 3,
      brakeWindowMs: 300_000,
    });
  });

  it("have the original's one patience in its preset, and its rounds as the only pace", () => {
    const plain = { hints: false, refutation: false, graceSparesAll: true };
    expect(resolveSettings({ nodeId }, 'original')).toMatchObject({
      ...plain,
      ...{ retryIntervalMs: 10_000, retryIntervalRefusedMs: 10_000, probeTimeoutFloorMs: 3_000 },
      ...{ minSilenceMs: 0, minSilenceRefusedMs: 0, minSilenceNoConnectionMs: 0 },
    });
    const quick = { nodeId, probeIntervalMs: 200, probeTimeoutMs: 100 };
    expect(resolveSettings(quick, 'original')).toMatchObject({
      ...{ retryIntervalMs: 200, retryIntervalRefusedMs: 200, probeTimeoutFloorMs: 100 },
    });
  });

  it('of a preset are never longer than what a caller gives, and its own are refused', () => {
    expect(resolveSettings({ nodeId, minSilenceMs: 1_000 }, 'lan')).toMatchObject({
      ...{ minSilenceRefusedMs: 1_000, minSilenceNoConnectionMs: 1_000 },
    });
    const longer = { nodeId, minSilenceMs: 1_000, minSilenceRefusedMs: 2_000 };
    expect(violationsOf(() => resolveSettings(longer, 'lan'))).toEqual(['minSilenceRefusedMs']);
  });

  it('survive a pause of 6 s in every preset but `original` and `local`, where one of 1 s is', () => {
    const survived: Readonly<Partial<Record<PresetName, number>>> = {
      ...{ default: 6_000, lan: 6_000, wan: 6_000, local: 1_000 },
    };
    for (const [preset, pauseMs] of Object.entries(survived)) {
      // The last look is sent after the patience, and waits at least so long.
      const { minSilenceMs, probeTimeoutFloorMs } = resolveSettings({ nodeId }, preset as PresetName);
      expect(minSilenceMs + probeTimeoutFloorMs).toBeGreaterThan(pauseMs);
    }
  });

  it.each([
    // The count, then the last look.
    [{ deadAfter: 4, retryIntervalMs: 500, probeTimeoutFloorMs: 400 }, 3 * 500 + 1_000],
    // Looks that take longer than the pause between them.
    [{ deadAfter: 4, retryIntervalMs: 500, probeTimeoutFloorMs: 800 }, 3 * 800 + 1_000],
    // The patience after the first miss.
    [{ deadAfter: 4, minSilenceNoConnectionMs: 3_000 }, 400 + 3_000],
    // The time to answer after the accusation.
    [{ deadAfter: 4, refutation: true, answerWindowMs: 2_100 }, 400 + 2 * 500 + 2_100],
    // The lease.
    [{ deadAfter: 400 }, 15_000],
  ])('let an owner run for no longer than a cut takes to a verdict, with %o', (given, holdMs) => {
    const base = { probeIntervalMs: 5_000, probeTimeoutMs: 1_000, retryIntervalMs: 500, leaseMs: 15_000 };
    const silence = { probeTimeoutFloorMs: 400, minSilenceMs: 6_500, minSilenceNoConnectionMs: 0 };
    const settings = { nodeId, ...base, ...silence, refutation: false, ...given };
    expect(ownerHoldMs(resolveSettings(settings))).toBe(holdMs);
  });

  it('let the answer window be no shorter than the drift of clocks asks for, where rounds do not differ', () => {
    const window = (jitter: number) =>
      resolveSettings({ nodeId, probeIntervalMs: 60_000, jitter }).answerWindowMs;
    expect([0, 0.01, 0.02].map(window)).toEqual([2_900, 2_900, 3_500]);
  });

  it('let the membership window be shorter than the time to death, but not than two heartbeats', () => {
    expect(timeToDeathMs(resolveSettings({ nodeId }, 'original'))).toBeGreaterThan(110_000);
    expect(resolveSettings({ nodeId, membershipWindowMs: 60_000 }).membershipWindowMs).toBe(60_000);
    expect(violationsOf(() => resolveSettings({ nodeId, membershipWindowMs: 59_999 }))).toEqual([
      'membershipWindowMs',
    ]);
  });

  it.each(Object.keys(presets) as PresetName[])('of the preset "%s" are valid', (preset) => {
    expect(validateConfig(resolveSettings({ nodeId }, preset))).toEqual([]);
  });

  it('follow what they are derived from', () => {
    expect(resolveSettings({ nodeId, probeIntervalMs: 1_000, heartbeatIntervalMs: 2_000 })).toMatchObject({
      answerWindowMs: 1_300,
      heartbeatWindowMs: 6_000,
    });
    expect(resolveSettings({ nodeId, watchListCap: 900 }).outboxCapacity).toBe(1_800);
    const slow = { probeIntervalMs: 60_000, retryIntervalMs: 1_000 };
    expect(resolveSettings({ nodeId, ...slow }).quorumWindowMs).toBe(330_000);
    expect(resolveSettings({ nodeId, quorumWindowMs: 55_000 }).quorumWindowMs).toBe(55_000);
  });

  it('keep a longer answer window than the least, and a shorter one only without refutation', () => {
    expect(resolveSettings({ nodeId, answerWindowMs: 20_000 }).answerWindowMs).toBe(20_000);
    expect(resolveSettings({ nodeId, answerWindowMs: 1_200, refutation: false }).answerWindowMs).toBe(1_200);
    expect(() => resolveSettings({ nodeId, answerWindowMs: 1_200, probeIntervalMs: 3_000 })).toThrow(
      'answerWindowMs: expected at least two jitters of a round, or 3 % of it, and 1,100 ms (1700), got 1200',
    );
  });

  it('take an undefined option as not given', () => {
    expect(resolveSettings({ nodeId, neighbors: undefined }).neighbors).toBe(3);
  });

  it('are refused with all violations at once', () => {
    const run = () =>
      resolveSettings({
        nodeId: '',
        neighbors: -1,
        probeIntervalMs: -5,
        probeTimeoutMs: Number.NaN,
        jitter: 2,
      });
    expect(violationsOf(run)).toEqual(
      expect.arrayContaining(['nodeId', 'neighbors', 'probeIntervalMs', 'probeTimeoutMs', 'jitter']),
    );
  });

  it.each([
    ['suspectAfter', { suspectAfter: 13 }],
    ['retryIntervalMs', { retryIntervalMs: 20_000 }],
    ['watchListCap', { watchListCap: 2 }],
    ['minSilenceRefusedMs', { minSilenceRefusedMs: 7_000 }],
    ['heartbeatWindowMs', { heartbeatWindowMs: 30_000 }],
    ['quorumWindowMs', { quorumWindowMs: 54_999 }],
    ['answerWindowMs', { answerWindowMs: 3_099 }],
    ['outboxCapacity', { outboxCapacity: 127 }],
    ['proofWindowMs', { proofWindowMs: 0 }],
    ['maxDeadFraction', { maxDeadFraction: 1.5 }],
    ['probePort', { probePort: 70_000 }],
    ['handlerTimeoutMs', { handlerTimeoutMs: 0 }],
    ['minQuorum', { minQuorum: 1.5 }],
  ] as const)('break the rule of %s', (path, input) => {
    expect(violationsOf(() => resolveSettings({ nodeId, ...input }))).toEqual([path]);
  });

  it('are refused for what they may not be together beside what one may not be by itself', () => {
    const run = () => resolveSettings({ nodeId, suspectAfter: 5, deadAfter: 1, neighbors: 0, minQuorum: 2 });
    expect(violationsOf(run)).toEqual(['neighbors', 'suspectAfter']);
  });

  it('that follow from a wrong one are no mistakes of their own', () => {
    const month = 30 * 86_400_000;
    expect(violationsOf(() => resolveSettings({ nodeId, probeIntervalMs: month }))).toEqual([
      'probeIntervalMs',
    ]);
    expect(
      violationsOf(() => resolveSettings({ nodeId, probeIntervalMs: month, answerWindowMs: -1 })),
    ).toEqual(['probeIntervalMs', 'answerWindowMs']);
  });

  it('that follow from a right one and are wrong all the same say what they follow from', () => {
    const run = () => resolveSettings({ nodeId, probeTimeoutMs: 86_400_000 });
    expect(run).toThrow(
      'proofWindowMs: expected milliseconds from 1 to 86400000, got 86400600; its default follows from retryIntervalMs and probeTimeoutMs',
    );
  });

  it('are milliseconds, or texts with a unit where the name ends in Ms', () => {
    const settings = resolveSettings({ nodeId, probeIntervalMs: '5s', handlerTimeoutMs: '2m', jitter: 0 });
    expect(settings).toMatchObject({
      probeIntervalMs: 5_000,
      handlerTimeoutMs: 120_000,
      answerWindowMs: 1_250,
    });
    const refused = { nodeId, probeIntervalMs: 'soon', deadAfter: '12s' } as unknown as SettingsInput;
    expect(violationsOf(() => resolveSettings(refused))).toEqual(['probeIntervalMs', 'deadAfter']);
    expect(() => resolveSettings(refused)).toThrow('got "soon", which is no duration such as "5s"');
    const bare = { nodeId, leaseMs: '20' } as unknown as SettingsInput;
    expect(() => resolveSettings(bare)).toThrow('got "20" (20 what? write 20s or 20ms)');
  });

  it.each([
    ['deadafter', 'expected a setting, got deadafter; did you mean deadAfter?'],
    ['probIntervalMs', 'expected a setting, got probIntervalMs; did you mean probeIntervalMs?'],
    ['probeInterval', 'expected a setting, got probeInterval; did you mean probeIntervalMs?'],
    ['colour', 'expected a setting or another option, got colour; docs/configuration.md has the settings'],
    ['x', 'expected a setting or another option, got x; docs/configuration.md has the settings'],
  ])('refuse the unknown name %s, together with what else is wrong', (name, message) => {
    const run = () => resolveSettings({ nodeId: '', [name]: 1 } as SettingsInput);
    expect(violationsOf(run)).toEqual([name, 'nodeId']);
    expect(run).toThrow(message);
  });

  it('say what was expected, what was given and what to do', () => {
    expect(() => resolveSettings({ nodeId, suspectAfter: 13 })).toThrow(
      'suspectAfter: expected at most deadAfter (12), got 13; a node is suspect before it is dead',
    );
  });

  it.each(['a\nb', 'a\u0000b', '\ud800', 'x'.repeat(256)])('refuse the id %j', (id) => {
    expect(violationsOf(() => resolveSettings({ nodeId: id }))).toEqual(['nodeId']);
  });

  it('refuse what is not a string as an id, and an unknown preset', () => {
    expect(violationsOf(() => resolveSettings({ nodeId: 7 as unknown as string }))).toEqual(['nodeId']);
    expect(violationsOf(() => resolveSettings({ nodeId }, 'toString' as PresetName))).toEqual(['preset']);
  });
});
