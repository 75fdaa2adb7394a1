import { expect, it } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { resolveSettings } from '../core/settings/config.ts';
import type { Registry } from '../ports/registry.ts';
import { CancelScope } from './cancel-scope.ts';
import { Outage } from './outage.ts';
import { RegistryCalls } from './registry-calls.ts';
import { RegistryMeter } from './registry-meter.ts';

const self = { nodeId: 'a', epoch: 1 };

/** Calls to a registry whose answers to the first refutations are lost. Tells when each refutation was sent. */
function refuting(lostCount: number) {
  const clock = new ManualClock();
  const scope = new CancelScope(clock);
  const sentAt: number[] = [];
  const refute = (): Promise<void> =>
    new Promise((resolve) => {
      if (sentAt.push(clock.now()) > lostCount) resolve();
    });
  const calls = new RegistryCalls({
    settings: resolveSettings({ nodeId: 'a' }),
    registry: { refute } as unknown as Registry,
    clock,
    meter: new RegistryMeter({ clock, timeoutMs: 5_000, dispatch: () => {} }),
    scope,
    emit: () => {},
    outage: new Outage({ clock, scope, emit: () => {}, onEnd: () => {} }),
  });
  /** As a node that is accused all the time and reads often. */
  const runAccused = async (durationMs: number): Promise<void> => {
    for (let at = 0; at < durationMs; at += 100) {
      void calls.refute(self);
      await clock.run(100);
    }
  };
  return { sentAt, runAccused };
}

it('a refutation whose answer is lost holds the next one back for a moment only', async () => {
  const { sentAt, runAccused } = refuting(1);
  await runAccused(2_000);
  expect(sentAt[1]).toBe(300);
  expect(sentAt.length).toBeGreaterThan(15);
});

it('no more than two refutations are on their way', async () => {
  const { sentAt, runAccused } = refuting(Number.POSITIVE_INFINITY);
  await runAccused(4_900);
  expect(sentAt).toEqual([0, 300]);
  await runAccused(5_000);
  expect(sentAt).toHaveLength(4);
});
