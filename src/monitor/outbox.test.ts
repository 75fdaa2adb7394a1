import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import { type Entry, type Registry, RegistryError } from '../ports/registry.ts';
import { Outbox } from './outbox.ts';

type Record = (entries: readonly Entry[]) => Promise<void>;

function setUp(record: Record, capacity = 100) {
  const clock = new ManualClock();
  const recorded: string[] = [];
  const warnings: string[] = [];
  const outbox = new Outbox({
    registry: { record } as unknown as Registry,
    clock,
    capacity,
    timeoutMs: 1_000,
    maxPauseMs: 10_000,
    onRecorded: ({ operationId }) => recorded.push(operationId),
    onWarning: (code) => warnings.push(code),
  });
  return { clock, outbox, recorded, warnings };
}

const entry = (operationId: string): Entry => ({
  operationId,
  kind: 'suspect',
  observerId: 'a',
  observerEpoch: 1,
  targetId: 'b',
  targetEpoch: 1,
  evidence: null,
});
const note = (operationId: string): Entry => ({
  operationId,
  kind: 'outage',
  observerId: 'a',
  observerEpoch: 1,
  targetId: null,
  targetEpoch: null,
  detail: {},
});

describe('the outbox', () => {
  it('writes what comes in, in order, and says so', async () => {
    const written: string[] = [];
    const { outbox, recorded } = setUp(
      async (entries) => void written.push(...entries.map((each) => each.operationId)),
    );
    for (const id of ['1', '2', '3']) outbox.push(entry(id));
    await settle();
    expect(written).toEqual(['1', '2', '3']);
    expect(recorded).toEqual(['1', '2', '3']);
    expect(outbox.size).toBe(0);
  });

  it('loses nothing in an outage and keeps the order', async () => {
    let isUp = false;
    const written: string[] = [];
    const { clock, outbox } = setUp(async (entries) => {
      if (!isUp) throw new RegistryError('unavailable', 'no leader');
      written.push(...entries.map((each) => each.operationId));
    });
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    for (const id of ids) outbox.push(entry(id));
    await clock.run(60_000);
    expect(written).toEqual([]);
    isUp = true;
    await clock.run(60_000);
    expect(written).toEqual(ids);
  });

  it('gives up on a registry that does not answer, and tries again', async () => {
    let calls = 0;
    const { clock, outbox, recorded } = setUp(() => {
      calls++;
      return calls === 1 ? new Promise(() => {}) : Promise.resolve();
    });
    outbox.push(entry('1'));
    await clock.run(5_000);
    expect(recorded).toEqual(['1']);
    expect(clock.timerCount).toBe(0);
  });

  it('drops an entry that is refused for good, with a warning, and goes on', async () => {
    const { clock, outbox, recorded, warnings } = setUp(async (entries) => {
      if (entries.some(({ operationId }) => operationId === '2')) throw new RegistryError('invalid', 'no');
    });
    for (const id of ['1', '2', '3']) outbox.push(entry(id));
    await clock.run(10_000);
    expect(recorded).toEqual(['1', '3']);
    expect(warnings).toEqual(['registry-error']);
  });

  it('is bounded: notes go first, then the oldest', async () => {
    const { outbox, warnings } = setUp(() => new Promise(() => {}), 3);
    for (const each of [entry('1'), entry('2'), note('3'), entry('4'), entry('5')]) outbox.push(each);
    expect(outbox.size).toBe(3);
    expect(warnings).toEqual(['outbox-full', 'outbox-full']);
  });

  it('leaves no timer when it is closed', async () => {
    const { clock, outbox } = setUp(async () => {
      throw new RegistryError('unavailable', 'no leader');
    });
    outbox.push(entry('1'));
    await settle();
    outbox.close();
    await settle();
    expect(clock.timerCount).toBe(0);
  });
});
