import { expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { CancelScope } from './cancel-scope.ts';
import { Outage } from './outage.ts';

function setUp() {
  const clock = new ManualClock();
  const scope = new CancelScope(clock);
  const told: string[] = [];
  const ends: unknown[] = [];
  const outage = new Outage({
    clock,
    scope,
    emit: (_, { isOn, fails, message }) => told.push(`${isOn ? 'on' : 'off'} ${fails}: ${message}`),
    onEnd: (durationMs, fails) => ends.push([durationMs, ...fails]),
  });
  return { clock, scope, told, ends, outage };
}

test.each([
  ['reading', 'reads', 'out of reach'],
  ['begin', 'writes', 'taking no writes'],
  ['heartbeat', 'writes', 'taking no writes'],
  ['record', 'writes', 'taking no writes'],
] as const)('an outage begins with a %s that fails, and ends when it works', async (call, side, was) => {
  const { clock, told, ends, outage } = setUp();
  outage.noteFailure(call, new Error('full'));
  await clock.run(2_000);
  outage.noteFailure(call, new Error('still full'));
  expect(outage.isOn).toBe(true);
  await clock.run(1_000);
  outage.noteSuccess(call);
  expect(outage.isOn).toBe(false);
  expect(told).toEqual([`on ${side}: full`, `off null: the registry was ${was} for 3000 ms`]);
  expect(ends).toEqual([[3_000, side]]);
});

test('what works beside a call that fails does not end the outage', () => {
  const { told, outage } = setUp();
  for (let round = 0; round < 5; round++) {
    outage.noteFailure('record', new Error('full'));
    outage.noteSuccess('reading');
    outage.noteSuccess('heartbeat');
  }
  expect(told).toEqual(['on writes: full']);
  outage.noteSuccess('record');
  expect(outage.isOn).toBe(false);
});

test('an outage of reads and writes is told once of each, and ends when both work', () => {
  const { told, outage } = setUp();
  for (let round = 0; round < 3; round++) {
    outage.noteFailure('heartbeat', new Error('gone'));
    outage.noteFailure('reading', new Error('gone too'));
  }
  outage.noteSuccess('reading');
  expect(told).toEqual(['on writes: gone', 'on reads: gone too']);
  outage.noteSuccess('heartbeat');
  expect(told.slice(2)).toEqual(['off null: the registry was out of reach for 0 ms']);
  outage.noteFailure('reading', new Error('again'));
  expect(told.slice(3)).toEqual(['on reads: again']);
});

test('a monitor that has stopped tells of no outage', () => {
  const { scope, told, outage } = setUp();
  scope.cancel();
  outage.noteFailure('reading', new Error('gone'));
  expect([outage.isOn, told]).toEqual([false, []]);
});
