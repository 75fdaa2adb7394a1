import { describe, expect, it } from 'vitest';
import { always } from './latency.ts';
import { Network } from './network.ts';
import { seededRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';

function setUp() {
  const scheduler = new Scheduler();
  const network = new Network(scheduler, seededRandom(1), { latency: always(10), lossRate: 0 });
  const arrivalOf = (from: string, to: string): number => {
    const fate = network.fateOf(from, to);
    return fate.kind === 'arrives' ? scheduler.now + fate.afterMs : Number.NaN;
  };
  return { scheduler, network, arrivalOf };
}

describe('messages that are held', () => {
  it('leave when the hold ends, and arrive no sooner', async () => {
    const { scheduler, network, arrivalOf } = setUp();
    network.holdMessages(['a'], 1_000);
    await scheduler.runTo(400);
    expect(arrivalOf('a', 'b')).toBe(1_010);
    expect(arrivalOf('b', 'a')).toBe(1_000);
    expect(arrivalOf('b', 'c')).toBe(410);
    await scheduler.runTo(995);
    expect(arrivalOf('b', 'a')).toBe(1_005);
    await scheduler.runTo(1_000);
    expect(arrivalOf('a', 'b')).toBe(1_010);
  });

  it('wait for the longer of two holds, whichever began or ended first', () => {
    const { network, arrivalOf } = setUp();
    const endLong = network.holdMessages(['a'], 1_000);
    const endShort = network.holdMessages(['a'], 300);
    endShort();
    expect(arrivalOf('b', 'a')).toBe(1_000);
    endLong();
    expect(arrivalOf('b', 'a')).toBe(10);
  });

  it('are free when the network is healed', () => {
    const { network, arrivalOf } = setUp();
    network.holdMessages(['a'], 1_000);
    network.heal();
    expect(arrivalOf('a', 'b')).toBe(10);
  });
});
