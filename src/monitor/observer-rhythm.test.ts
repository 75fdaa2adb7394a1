import { describe, expect, it } from 'vitest';
import type { Clock } from '../ports/clock.ts';
import { ObserverRhythm } from './observer-rhythm.ts';

function newRhythm() {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const clock: Clock = {
    now: () => now,
    wallNow: () => now,
    setTimer: (delayMs, run) => {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  const missedAt: number[] = [];
  const rhythm = new ObserverRhythm({ clock, roundMs: 5_000, onMissed: () => missedAt.push(now) });
  const runTo = (until: number): void => {
    for (;;) {
      const [first] = [...timers].sort((one, other) => one.at - other.at);
      if (first === undefined || first.at > until) break;
      timers.delete(first);
      now = first.at;
      first.run();
    }
    now = until;
  };
  return { rhythm, runTo, missedAt, timers };
}

describe('the rhythm of observers', () => {
  it('tells once of an observer that is overdue, by what it said or else by a round', () => {
    const { rhythm, runTo, missedAt } = newRhythm();
    rhythm.noteProbe({ nodeId: 'a', epoch: 1, nextDueMs: 2_000 });
    rhythm.noteProbe({ nodeId: 'b', epoch: 1, nextDueMs: null });
    runTo(60_000);
    expect(missedAt).toEqual([2_140, 5_200]);
  });

  it('tells of none that comes in time, and holds one timer', () => {
    const { rhythm, runTo, missedAt, timers } = newRhythm();
    for (let at = 0; at <= 20_000; at += 1_000) {
      runTo(at);
      rhythm.noteProbe({ nodeId: 'a', epoch: 1, nextDueMs: 1_500 });
      expect(timers.size).toBe(1);
    }
    expect(missedAt).toEqual([]);
  });

  it('tells of a closed connection only of an observer that it expects, in its epoch', () => {
    const { rhythm, missedAt } = newRhythm();
    rhythm.noteProbe({ nodeId: 'a', epoch: 2, nextDueMs: null });
    rhythm.noteClosed({ nodeId: 'a', epoch: 1 });
    rhythm.noteClosed({ nodeId: 'b', epoch: 1 });
    expect(missedAt).toEqual([]);
    rhythm.noteClosed({ nodeId: 'a', epoch: 2 });
    expect(missedAt).toEqual([0]);
  });

  it('takes no wait from a sender that is no time, and remembers 256 observers', () => {
    const { rhythm, runTo, missedAt } = newRhythm();
    rhythm.noteProbe({ nodeId: 'a', epoch: 1, nextDueMs: Number.NaN });
    runTo(6_000);
    expect(missedAt).toEqual([5_200]);
    for (let index = 0; index < 1_000; index++)
      rhythm.noteProbe({ nodeId: `n${index}`, epoch: 1, nextDueMs: null });
    // Names that are made up push out none that is known.
    rhythm.noteClosed({ nodeId: 'n0', epoch: 1 });
    expect(missedAt.length).toBe(2);
    rhythm.noteClosed({ nodeId: 'n999', epoch: 1 });
    expect(missedAt.length).toBe(2);
    // There is room again when they are overdue.
    runTo(20_000);
    rhythm.noteProbe({ nodeId: 'n999', epoch: 1, nextDueMs: null });
    rhythm.noteClosed({ nodeId: 'n999', epoch: 1 });
    expect(missedAt.length).toBe(4);
  });
});
