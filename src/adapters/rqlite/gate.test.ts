import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { Gate, type Pass } from './gate.ts';

const forever = 1_000_000;

function setUp({ width = 1, random = 0.5, hosts = ['a'] } = {}) {
  const clock = new ManualClock();
  const gate = new Gate({ clock, random: () => random, width, hosts: () => hosts });
  /** Which host each call was let through to, in order; `late` for a call whose time was over. */
  const gone: string[] = [];
  const passes: Pass[] = [];
  const enter = (name: string, limitMs = forever) =>
    gate.enter(clock.now() + limitMs, (pass) => {
      gone.push(`${name} ${pass?.host ?? 'late'}`);
      if (pass !== null) passes.push(pass);
    });
  const passAt = (index: number): Pass => {
    const pass = passes[index];
    if (pass === undefined) throw new Error(`no pass ${index}`);
    return pass;
  };
  return { clock, gate, gone, enter, passAt };
}

describe('a host that answers in time', () => {
  it('is asked by as many as its width allows, the others in their order', () => {
    const { gone, enter, passAt } = setUp({ width: 2, hosts: ['a', 'b'] });
    for (const name of ['1', '2', '3', '4']) enter(name);
    expect(gone).toEqual(['1 a', '2 a']);
    passAt(1).end(true);
    passAt(0).end(true);
    expect(gone).toEqual(['1 a', '2 a', '3 a', '4 a']);
  });
});

describe('a host that owes an answer', () => {
  it('is asked for nothing more until the answer has come', async () => {
    const { clock, gone, enter, passAt } = setUp({ width: 3 });
    enter('1');
    enter('2');
    passAt(0).late();
    enter('3');
    passAt(1).end(true);
    enter('4');
    await clock.run(9_000);
    expect(gone).toEqual(['1 a', '2 a']);
    passAt(0).end(true);
    expect(gone).toEqual(['1 a', '2 a', '3 a', '4 a']);
  });

  it('leaves those that wait for it to the next host', () => {
    const { gone, enter, passAt } = setUp({ hosts: ['a', 'b'] });
    enter('1');
    enter('2');
    expect(gone).toEqual(['1 a']);
    passAt(0).late();
    expect(gone).toEqual(['1 a', '2 b']);
  });

  it('lets a call end by its own time, without a pass', async () => {
    const { clock, gate, gone, enter, passAt } = setUp();
    enter('1');
    passAt(0).late();
    enter('2', 2_000);
    await clock.run(1_999);
    expect(gone).toEqual(['1 a']);
    await clock.run(1);
    expect(gone).toEqual(['1 a', '2 late']);
    expect(gate.obstacle('a')).toBe('an earlier request to a is still unanswered after 2.0 s');
    passAt(0).end(true);
    expect(gone).toHaveLength(2);
    expect(clock.timerCount).toBe(0);
  });
});

describe('a host that failed', () => {
  it('is asked by one request at a time, after pauses that grow to three seconds, until it answers one', async () => {
    const { clock, gone, enter, passAt } = setUp({ width: 5, random: 1 });
    enter('0');
    passAt(0).end(false);
    const pauses: number[] = [];
    for (let index = 1; index < 10; index++) {
      enter(`${index}`);
      enter(`${index}, beside it`, 4_000);
      const before = clock.now();
      while (gone.at(-1) !== `${index} a`) await clock.run(10);
      pauses.push(clock.now() - before);
      await clock.run(4_000);
      expect(gone.at(-1)).toBe(`${index}, beside it late`);
      passAt(index).end(false);
    }
    expect(pauses).toEqual([60, 120, 240, 480, 960, 1_920, 3_000, 3_000, 3_000]);
    for (const name of ['last', 'one', 'two', 'three']) enter(name);
    await clock.run(3_000);
    expect(gone.at(-1)).toBe('last a');
    passAt(10).end(true);
    expect(gone.slice(-4)).toEqual(['last a', 'one a', 'two a', 'three a']);
  });

  it('pauses by chance, and not longer when several requests failed together', async () => {
    const { clock, gate, gone, enter, passAt } = setUp({ width: 5, random: 0 });
    for (const name of ['1', '2', '3', '4', '5']) enter(name);
    for (const index of [0, 1, 2, 3, 4]) passAt(index).end(false);
    expect(gate.obstacle('a')).toBe('a failed (1 in a row) and is spared for a while');
    enter('6');
    await clock.run(29);
    expect(gone).toHaveLength(5);
    await clock.run(1);
    expect(gone.at(-1)).toBe('6 a');
  });

  it('leaves the others to the next host while it pauses and while it is tried', async () => {
    const { clock, gone, enter, passAt } = setUp({ hosts: ['a', 'b'] });
    enter('1');
    passAt(0).end(false);
    enter('2');
    passAt(1).end(true);
    await clock.run(60);
    enter('3');
    enter('4');
    expect(gone).toEqual(['1 a', '2 b', '3 a', '4 b']);
  });

  it('is asked at once when an answer came after all', () => {
    const { clock, gate, gone, enter, passAt } = setUp({ width: 2 });
    enter('1');
    enter('2');
    passAt(0).end(false);
    enter('3');
    expect(gone).toHaveLength(2);
    passAt(1).end(true);
    expect(gone.at(-1)).toBe('3 a');
    expect(gate.obstacle('b')).toBeNull();
    expect(clock.timerCount).toBe(0);
  });
});

describe('the line', () => {
  it('is left by a call that needs no turn any more', () => {
    const { gone, enter, passAt } = setUp();
    enter('1');
    const leave = enter('2');
    enter('3');
    leave();
    leave();
    passAt(0).end(true);
    expect(gone).toEqual(['1 a', '3 a']);
  });

  it('ends at once when the gate is closed, and leaves no timer', () => {
    const { clock, gate, gone, enter, passAt } = setUp();
    enter('1');
    enter('2');
    gate.close();
    gate.close();
    expect(gone).toEqual(['1 a', '2 late']);
    passAt(0).end(false);
    passAt(0).end(false);
    enter('3');
    expect(gone).toEqual(['1 a', '2 late', '3 late']);
    expect(clock.timerCount).toBe(0);
  });
});
