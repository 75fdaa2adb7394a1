import { expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import type { Input } from '../core/effects.ts';
import { slowCallMs } from '../core/registry-pace.ts';
import { RegistryError } from '../ports/registry.ts';
import { RegistryMeter } from './registry-meter.ts';

function setUp() {
  const clock = new ManualClock();
  const told: Input[] = [];
  const meter = new RegistryMeter({ clock, timeoutMs: 5_000, dispatch: (input) => told.push(input) });
  const after = (ms: number, error: Error | null = null) =>
    new Promise<string>((resolve, reject) => {
      clock.setTimer(ms, () => (error === null ? resolve('answer') : reject(error)));
    });
  return { clock, told, meter, after };
}

const told = (slowCount: number, ended: unknown = null) => ({ kind: 'registry-call', slowCount, ended });

it('a fast call is not told', async () => {
  const { clock, told, meter, after } = setUp();
  const call = meter.ask(() => after(slowCallMs - 1));
  await clock.run(6_000);
  expect(await call).toBe('answer');
  expect(told).toEqual([]);
});

it('a slow call is told before it ends, and when it ends', async () => {
  const { clock, told: inputs, meter, after } = setUp();
  const calls = [meter.ask(() => after(1_000)), meter.ask(() => after(600))];
  await clock.run(slowCallMs);
  expect(inputs).toEqual([told(1), told(2)]);
  await clock.run(6_000);
  await Promise.all(calls);
  const ends = [told(1, { tookMs: 600, hasFailed: false }), told(0, { tookMs: 1_000, hasFailed: false })];
  expect(inputs.slice(2)).toEqual(ends);
});

it('a call that fails is told, however fast it was; one that is refused for good was answered', async () => {
  const { clock, told: inputs, meter, after } = setUp();
  const fails = [
    meter.ask(() => after(10, new RegistryError('unavailable', 'no leader'))),
    meter.ask(() => after(20, new RegistryError('invalid', 'bad entry'))),
    meter.ask(() => new Promise<never>(() => undefined)),
  ].map((call) => call.catch(() => 'failed'));
  await clock.run(6_000);
  await settle();
  expect(await Promise.all(fails)).toEqual(['failed', 'failed', 'failed']);
  expect(inputs).toEqual([
    told(0, { tookMs: 10, hasFailed: true }),
    told(1),
    told(0, { tookMs: 5_000, hasFailed: true }),
  ]);
});
