import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { BelievedObservers } from './believed-observers.ts';

/** The registry lists `b` as alive in epoch 3, `m` in maintenance, `d` as dead. Each reading ends when the test says so. */
function setUp(nameLimit = 3) {
  const rows = [
    nodeOf('b', { epoch: 3 }),
    nodeOf('m', { lifecycle: 'maintenance' }),
    nodeOf('d', { lifecycle: 'dead' }),
  ];
  const readings: (readonly string[])[] = [];
  let now = 0;
  let end = (_: Error | null): void => {};
  const observers = new BelievedObservers({
    readNodes: (ids) => {
      readings.push(ids);
      return new Promise((resolve, reject) => {
        end = (error) =>
          error === null ? resolve(rows.filter(({ id }) => ids.includes(id))) : reject(error);
      });
    },
    everyMs: 1_000,
    nameLimit,
    now: () => now,
  });
  return {
    observers,
    readings,
    later: () => {
      now += 1_000;
    },
    end: async (error: Error | null = null) => {
      end(error);
      await Promise.resolve().then(() => new Promise((resolve) => setImmediate(resolve)));
    },
  };
}

const sender = (nodeId: string, epoch = 1) => ({ nodeId, epoch });

describe('the senders that are believed', () => {
  it('are those that the registry lists as alive in the epoch that they name', async () => {
    const { observers, end } = setUp();
    observers.lookUp([sender('b', 3), sender('m'), sender('d')]);
    await end();
    const shown = [sender('b', 3), sender('b', 2), sender('m'), sender('d'), sender('x')];
    expect(shown.map((one) => observers.has(one))).toEqual([true, false, true, false, false]);
  });

  it('are looked up at most once a round, and never two times at once', async () => {
    const { observers, readings, later, end } = setUp();
    observers.lookUp([sender('b', 3)]);
    later();
    observers.lookUp([sender('m')]);
    await end();
    later();
    observers.lookUp([sender('m')]);
    observers.lookUp([sender('d')]);
    expect(readings).toEqual([['b'], ['m']]);
  });

  it('have the benefit of the doubt while they are looked up for the first time, and not again', async () => {
    const { observers, later, end } = setUp();
    observers.lookUp([sender('x')]);
    expect(observers.has(sender('x'))).toBe(true);
    await end();
    later();
    observers.lookUp([sender('x')]);
    expect(observers.has(sender('x'))).toBe(false);
  });

  it('stay so however many other names come before them', async () => {
    const { observers, readings, later, end } = setUp();
    observers.lookUp([sender('b', 3)]);
    await end();
    later();
    observers.lookUp([...['u', 'v', 'w', 'x'].map((id) => sender(id)), sender('b', 3)]);
    await end();
    expect(readings[1]).toEqual(['b', 'u', 'v']);
    expect(observers.has(sender('b', 3))).toBe(true);
  });

  it('stay so while the registry does not answer', async () => {
    const { observers, later, end } = setUp();
    observers.lookUp([sender('b', 3)]);
    await end();
    later();
    observers.lookUp([sender('b', 3)]);
    await end(new Error('no answer'));
    expect(observers.has(sender('b', 3))).toBe(true);
  });
});
