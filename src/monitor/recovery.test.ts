import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import { resolveSettings } from '../core/settings/config.ts';
import type { Verdict } from '../core/verdict.ts';
import {
  type ClaimRequest,
  type ClaimResult,
  type FinishRequest,
  type FinishResult,
  type Registry,
  RegistryError,
  type RenewResult,
} from '../ports/registry.ts';
import type { Death, DeathHandler, MonitorEvents } from './events.ts';
import { Recovery } from './recovery.ts';

const verdict: Verdict = {
  nodeId: 'x',
  epoch: 2,
  decidedAt: 0,
  quorum: 2,
  votes: [
    { observerId: 'a', observerEpoch: 1, evidence: null },
    { observerId: 'b', observerEpoch: 1, evidence: null },
  ],
  resolution: null,
  ownerId: 'a',
  fence: 7,
  attemptCount: 1,
  lastError: null,
  reason: null,
};

interface Answers {
  claim?: (request: ClaimRequest) => Promise<ClaimResult>;
  renew?: () => Promise<RenewResult>;
  finish?: () => Promise<FinishResult>;
}

function setUp(handler: DeathHandler, answers: Answers = {}, input = {}) {
  const clock = new ManualClock();
  const claims: string[] = [];
  const finished: FinishRequest[] = [];
  const renewals: number[] = [];
  const ended: MonitorEvents['handler-ended'][] = [];
  const warnings: string[] = [];
  const won: boolean[] = [];
  const registry = {
    claim: (request: ClaimRequest) => {
      claims.push(request.claimId);
      return answers.claim?.(request) ?? Promise.resolve({ outcome: 'claimed', fence: 7, verdict } as const);
    },
    renew: () => {
      renewals.push(clock.now());
      return answers.renew?.() ?? Promise.resolve({ outcome: 'renewed', hasReturned: false } as const);
    },
    finish: (request: FinishRequest) => {
      finished.push(request);
      return answers.finish?.() ?? Promise.resolve('recorded' as const);
    },
  } as unknown as Registry;
  const recovery = new Recovery({
    nodeId: 'x',
    epoch: 2,
    known: null,
    ownerEpoch: 1,
    settings: resolveSettings({ nodeId: 'a', ...input }, 'original'),
    registry,
    clock,
    random: { next: Math.random },
    createAbort: () => new AbortController(),
    handler,
    emit: (event, payload) => {
      if (event === 'handler-ended') ended.push(payload as MonitorEvents['handler-ended']);
      if (event === 'warning') warnings.push((payload as MonitorEvents['warning']).code);
    },
    onClaimed: (isWon) => won.push(isWon),
  });
  return { clock, recovery, claims, finished, renewals, ended, warnings, won };
}

const never = (): Promise<never> => new Promise(() => {});
const forAWhile = (clock: ManualClock, durationMs: number) =>
  new Promise<void>((resolve) => void clock.setTimer(durationMs, resolve));

describe('a recovery', () => {
  it('hands the handler the node, epoch, fence, voters and evidence, and records that it completed', async () => {
    const deaths: Death[] = [];
    const { recovery, finished, ended, won } = setUp((_, death) => void deaths.push(death));
    expect(await recovery.run()).toBe(true);
    expect(deaths).toMatchObject([{ nodeId: 'x', epoch: 2, fence: 7, attempt: 1, voters: ['a', 'b'] }]);
    expect(won).toEqual([true]);
    expect(finished).toMatchObject([{ outcome: 'completed', fence: 7, error: null }]);
    expect(ended).toMatchObject([{ outcome: 'completed', fence: 7 }]);
  });

  it('does not run the handler when the claim is refused', async () => {
    let runs = 0;
    const { recovery, won } = setUp(() => void runs++, {
      claim: () => Promise.resolve({ outcome: 'refused', reason: 'held' }),
    });
    expect(await recovery.run()).toBe(false);
    expect(won).toEqual([false]);
    expect(runs).toBe(0);
  });

  it('repeats a claim whose answer was lost with the same id', async () => {
    let calls = 0;
    const { clock, recovery, claims, ended } = setUp(() => {}, {
      claim: () =>
        calls++ === 0
          ? Promise.reject(new RegistryError('ambiguous', 'reset'))
          : Promise.resolve({ outcome: 'claimed', fence: 7, verdict }),
    });
    const running = recovery.run();
    await clock.run(1_000);
    await running;
    expect(claims).toHaveLength(2);
    expect(new Set(claims).size).toBe(1);
    expect(ended).toMatchObject([{ outcome: 'completed' }]);
  });

  it('counts its lease from the first question when the answer to that was lost', async () => {
    const abortedAt: number[] = [];
    let calls = 0;
    const { clock, recovery, ended } = setUp(
      (_, { signal }) => {
        signal.addEventListener('abort', () => abortedAt.push(clock.now()));
        return never();
      },
      {
        claim: () => (calls++ === 0 ? never() : Promise.resolve({ outcome: 'claimed', fence: 7, verdict })),
        renew: () => Promise.reject(new RegistryError('unavailable', 'no leader')),
      },
    );
    const startedAt = clock.now();
    const running = recovery.run();
    await clock.run(40_000);
    await running;
    expect(calls).toBe(2);
    expect(abortedAt).toEqual([startedAt + 30_000]);
    expect(ended).toMatchObject([{ outcome: 'lost' }]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ] as const)(
    'whose handler %s is recorded as failed, to be tried again after a backoff',
    async (_, handler) => {
      const { recovery, finished } = setUp(handler);
      await recovery.run();
      expect(finished).toMatchObject([{ outcome: 'failed', error: 'disk full', retryAfterMs: 5_000 }]);
    },
  );

  it('renews its lease at a third of its length while the handler runs, and warns when it runs long', async () => {
    const { clock, recovery, renewals, warnings, finished } = setUp(() => forAWhile(clock, 100_000));
    const running = recovery.run();
    await clock.run(100_000);
    await running;
    expect(renewals.slice(0, 4)).toEqual([10_000, 20_000, 30_000, 40_000]);
    expect(warnings).toEqual(['handler-slow', 'handler-slow']);
    expect(finished).toMatchObject([{ outcome: 'completed' }]);
    expect(clock.timerCount).toBe(0);
  });

  it('is told to stop, and records nothing, when another node has the lease', async () => {
    let signal: AbortSignal | undefined;
    const { clock, recovery, finished, ended } = setUp(
      (_, death) => {
        signal = death.signal;
        return never();
      },
      { renew: () => Promise.resolve({ outcome: 'lost' }) },
    );
    const running = recovery.run();
    await clock.run(10_000);
    await running;
    expect(signal?.aborted).toBe(true);
    expect(finished).toEqual([]);
    expect(ended).toMatchObject([{ outcome: 'lost' }]);
  });

  it('gives its lease up by its own clock when it cannot be renewed, counted from before the claim', async () => {
    let signal: AbortSignal | undefined;
    const { clock, recovery } = setUp(
      (_, death) => {
        signal = death.signal;
        return never();
      },
      { renew: () => Promise.reject(new RegistryError('unavailable', 'no leader')) },
    );
    const running = recovery.run();
    await clock.run(29_999);
    expect(signal?.aborted).toBe(false);
    await clock.run(1);
    expect(signal?.aborted).toBe(true);
    await running;
    expect(clock.timerCount).toBe(0);
  });

  const lan = {
    probeIntervalMs: 5_000,
    probeTimeoutMs: 1_000,
    retryIntervalMs: 500,
    suspectAfter: 2,
    deadAfter: 4,
    leaseMs: 15_000,
  };
  /** With these settings a node that is cut off is found dead after 4 s at the soonest. */
  const held = { ...lan, minSilenceNoConnectionMs: 3_000, minSilenceMs: 6_500, answerWindowMs: 2_000 };

  it('stops its handler before it can be found dead, however long its lease is', async () => {
    let abortedAt = 0;
    const claimed: ClaimRequest[] = [];
    const { clock, recovery, renewals } = setUp(
      (_, { signal }) => {
        signal.addEventListener('abort', () => (abortedAt = clock.now()));
        return never();
      },
      {
        claim: (request) => {
          claimed.push(request);
          return Promise.resolve({ outcome: 'claimed', fence: 7, verdict });
        },
        renew: () =>
          renewals.length <= 2 ? Promise.resolve({ outcome: 'renewed', hasReturned: false }) : never(),
      },
      held,
    );
    const running = recovery.run();
    await clock.run(20_000);
    await running;
    expect(claimed).toMatchObject([{ leaseMs: 15_000, holdMs: 4_000 }]);
    const [first = 0, second = 0, third = 0, fourth = 0] = renewals;
    expect([first, second, third].map(Math.round)).toEqual([1_333, 2_667, 4_000]);
    // A call that hangs has a third of the time, and is made again after a tenth.
    expect(Math.round(fourth)).toBe(4_000 + 1_333 + 400);
    expect(Math.round(abortedAt)).toBe(Math.round(second) + 4_000);
  });

  it('that could not be renewed is no failed attempt: it is told without a pause', async () => {
    const { clock, recovery, finished, ended } = setUp(
      never,
      { renew: () => Promise.reject(new RegistryError('unavailable', 'no leader')) },
      held,
    );
    const running = recovery.run();
    await clock.run(20_000);
    await running;
    expect(finished).toMatchObject([
      { outcome: 'aborted', error: 'the lease could not be renewed in time', retryAfterMs: 0 },
    ]);
    expect(ended).toMatchObject([{ outcome: 'lost' }]);
  });

  it.each([
    ['renewed', 1],
    ['lost', 0],
  ] as const)(
    'whose claim is answered after its hold begins only when it is renewed: %s',
    async (outcome, expected) => {
      let runs = 0;
      const { clock, recovery, ended } = setUp(
        () => void runs++,
        {
          claim: async () => {
            await forAWhile(clock, 4_000);
            return { outcome: 'claimed', fence: 7, verdict };
          },
          renew: async () => (outcome === 'lost' ? { outcome } : { outcome, hasReturned: false }),
        },
        { leaseMs: 3_000 },
      );
      const running = recovery.run();
      await clock.run(10_000);
      await running;
      expect(runs).toBe(expected);
      expect(ended).toMatchObject([{ outcome: expected === 1 ? 'completed' : 'lost' }]);
    },
  );

  const answeredAfter = async <Value>(
    clock: ManualClock,
    durationMs: number,
    value: Value,
  ): Promise<Value> => {
    await forAWhile(clock, durationMs);
    return value;
  };

  it('runs on while renewals are answered late, each counted from when it was sent', async () => {
    let abortedAt = 0;
    const { clock, recovery, renewals, finished } = setUp(
      (_, { signal }) => {
        signal.addEventListener('abort', () => (abortedAt = clock.now()));
        return never();
      },
      {
        renew: () =>
          renewals.length < 40
            ? answeredAfter(clock, 2_000, { outcome: 'renewed', hasReturned: false })
            : never(),
      },
      held,
    );
    const running = recovery.run();
    await clock.run(120_000);
    await running;
    const newest = renewals[38] ?? 0;
    expect(newest).toBeGreaterThan(50_000);
    expect(Math.round(abortedAt)).toBe(Math.round(newest + 4_000));
    expect(finished).toMatchObject([{ outcome: 'aborted' }]);
  });

  it('stops in time where an answer takes longer than its hold', async () => {
    let abortedAt = 0;
    const { clock, recovery } = setUp(
      (_, { signal }) => {
        signal.addEventListener('abort', () => (abortedAt = clock.now()));
        return never();
      },
      { renew: () => answeredAfter(clock, 4_500, { outcome: 'renewed', hasReturned: false }) },
      held,
    );
    const running = recovery.run();
    await clock.run(20_000);
    await running;
    expect(abortedAt).toBe(4_000);
  });

  it('is told that its lease is lost by an answer that comes late', async () => {
    const { clock, recovery, finished, ended } = setUp(
      never,
      { renew: () => answeredAfter(clock, 2_000, { outcome: 'lost' }) },
      held,
    );
    const running = recovery.run();
    await clock.run(3_500);
    await running;
    expect(finished).toEqual([]);
    expect(ended).toMatchObject([{ outcome: 'lost' }]);
  });

  it('takes the late answer to a claim', async () => {
    let calls = 0;
    const { clock, recovery, ended } = setUp(() => {}, {
      claim: () => {
        calls++;
        return answeredAfter(clock, 7_000, { outcome: 'claimed', fence: 7, verdict });
      },
    });
    const running = recovery.run();
    await clock.run(20_000);
    await running;
    expect(calls).toBe(2);
    expect(ended).toMatchObject([{ outcome: 'completed' }]);
  });

  it('asks for a lease that may be its own until there is an answer, and runs once it is renewed', async () => {
    let calls = 0;
    const { clock, recovery, claims, renewals, ended } = setUp(() => {}, {
      claim: () =>
        ++calls <= 12
          ? Promise.reject(new RegistryError('ambiguous', 'time-out'))
          : Promise.resolve({ outcome: 'claimed', fence: 7, verdict }),
    });
    const running = recovery.run();
    await clock.run(60_000);
    await running;
    expect(new Set(claims).size).toBe(1);
    expect(renewals.length).toBeLessThanOrEqual(1);
    expect(ended).toMatchObject([{ outcome: 'completed' }]);
  });

  it('waits after a failure as long as after so many failures, aborted attempts apart', async () => {
    const { recovery, finished } = setUp(() => Promise.reject(new Error('disk full')), {
      claim: () =>
        Promise.resolve({
          ...{ outcome: 'claimed', fence: 7, verdict: { ...verdict, attemptCount: 5 }, abortedCount: 3 },
        } as const),
    });
    await recovery.run();
    expect(finished).toMatchObject([{ outcome: 'failed', retryAfterMs: 10_000 }]);
  });

  it('tells the handler when the node has returned, and keeps the lease', async () => {
    let death: Death | undefined;
    const { clock, recovery } = setUp(
      (_, given) => {
        death = given;
        return forAWhile(clock, 15_000);
      },
      { renew: () => Promise.resolve({ outcome: 'renewed', hasReturned: true }) },
    );
    const running = recovery.run();
    await clock.run(12_000);
    expect(death?.returned.aborted).toBe(true);
    expect(death?.signal.aborted).toBe(false);
    await clock.run(3_000);
    await running;
  });

  it('ends a handler that never settles when the user has set a limit, as a failed attempt', async () => {
    let signal: AbortSignal | undefined;
    const { clock, recovery, finished } = setUp(
      (_, death) => {
        signal = death.signal;
        return never();
      },
      {},
      { handlerTimeoutMs: 4_000 },
    );
    const running = recovery.run();
    await clock.run(4_000);
    await running;
    expect(signal?.aborted).toBe(true);
    expect(finished).toMatchObject([{ outcome: 'failed' }]);
  });

  it('tries to record its end until the registry has it', async () => {
    let calls = 0;
    const { clock, recovery, finished, ended } = setUp(() => {}, {
      finish: () =>
        ++calls < 4
          ? Promise.reject(new RegistryError('ambiguous', 'time-out'))
          : Promise.resolve('recorded'),
    });
    const running = recovery.run();
    await clock.run(60_000);
    await running;
    expect(finished).toHaveLength(4);
    expect(ended).toMatchObject([{ outcome: 'completed' }]);
  });

  it('says that it was lost when the registry knows a newer lease at its end', async () => {
    const { recovery, ended } = setUp(() => {}, { finish: () => Promise.resolve('lost') });
    await recovery.run();
    expect(ended).toMatchObject([{ outcome: 'lost' }]);
  });

  it.each([
    ['claim', { claim: never }],
    ['end', { finish: never }],
  ] as const)(
    'waits only shortly for the answer to its %s when the monitor stops',
    async (_what, answers) => {
      const { clock, recovery } = setUp(() => {}, answers);
      let isDone = false;
      void recovery.run().then(() => {
        isDone = true;
      });
      await clock.run(100);
      recovery.stop();
      await clock.run(500);
      expect(isDone).toBe(true);
      expect(clock.timerCount).toBe(0);
    },
  );

  it('aborts its handler when the monitor stops, and waits for it only shortly', async () => {
    let signal: AbortSignal | undefined;
    const { clock, recovery, finished } = setUp((_, death) => {
      signal = death.signal;
      return never();
    });
    const running = recovery.run();
    await settle();
    recovery.stop();
    expect(signal?.aborted).toBe(true);
    await clock.run(250);
    await running;
    expect(finished).toEqual([]);
    expect(clock.timerCount).toBe(0);
  });
});
