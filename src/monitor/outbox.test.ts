import { describe, expect, it, vi } from 'vitest';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import { type Entry, type Registry, RegistryError } from '../ports/registry.ts';
import { Outbox } from './outbox.ts';
import { RegistryMeter } from './registry-meter.ts';

type Record = (entries: readonly Entry[]) => Promise<void>;

function setUp(record: Record, capacity = 100) {
  const clock = new ManualClock();
  const recorded: string[] = [];
  const refused: string[] = [];
  const failed: string[] = [];
  const warnings: string[] = [];
  const outage = { noteFailure: vi.fn(), noteSuccess: vi.fn() };
  const outbox = new Outbox({
    registry: { record } as unknown as Registry,
    clock,
    outage,
    capacity,
    meter: new RegistryMeter({ clock, timeoutMs: 1_000, dispatch: () => undefined }),
    maxDelayMs: 10_000,
    onRecorded: ({ operationId }) => recorded.push(operationId),
    onRefused: ({ operationId }) => refused.push(operationId),
    onFailed: (entry) => void failed.push(entry.operationId),
    onWarning: (code) => warnings.push(code),
  });
  return { clock, outbox, outage, recorded, refused, failed, warnings };
}

const entry = (operationId: string, targetId = 'b'): Entry => ({
  operationId,
  kind: 'suspect',
  observerId: 'a',
  observerEpoch: 1,
  targetId,
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

  it('tells of writes that fail, and of the end of it, also where an entry is refused for good', async () => {
    const answers = ['unavailable', 'unavailable', 'invalid'] as const;
    let count = 0;
    const { clock, outbox, outage, refused, failed } = setUp(async () => {
      const code = answers[count++];
      if (code !== undefined) throw new RegistryError(code, code);
    });
    outbox.push(entry('1'));
    await clock.run(60_000);
    expect([failed, refused]).toEqual([['1'], ['1']]);
    expect(outage.noteFailure).toHaveBeenCalledTimes(2);
    expect(outage.noteSuccess).toHaveBeenCalledTimes(1);
    outbox.push(entry('2'));
    await clock.run(60_000);
    expect(outage.noteFailure).toHaveBeenCalledTimes(2);
    expect(outage.noteSuccess).toHaveBeenLastCalledWith('record');
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

  it('drops an entry that is refused for good, says so, and goes on', async () => {
    const { clock, outbox, recorded, refused, warnings } = setUp(async (entries) => {
      if (entries.some(({ operationId }) => operationId === '2')) throw new RegistryError('invalid', 'no');
    });
    for (const id of ['1', '2', '3']) outbox.push(entry(id));
    await clock.run(10_000);
    expect(recorded).toEqual(['1', '3']);
    expect(refused).toEqual(['2']);
    expect(warnings).toEqual(['registry-error']);
  });

  /** Nothing is answered; then what is left is written. */
  async function overflow(entries: readonly Entry[], capacity: number) {
    const written: string[] = [];
    let isUp = false;
    const { clock, outbox, refused, warnings } = setUp(async (batch) => {
      if (!isUp) return new Promise(() => {});
      written.push(...batch.map(({ operationId }) => operationId));
    }, capacity);
    for (const each of entries) outbox.push(each);
    expect(outbox.size).toBe(capacity);
    isUp = true;
    await clock.run(60_000);
    return { written, refused, warnings };
  }

  it('is bounded: notes go first, the oldest of them before the others', async () => {
    const entries = [entry('1'), note('2'), entry('3', 'c'), note('4'), entry('5', 'd'), entry('6', 'e')];
    const { written, refused, warnings } = await overflow(entries, 4);
    expect(written).toEqual(['1', '3', '5', '6']);
    expect(refused).toEqual([]);
    expect(warnings).toEqual(['outbox-full', 'outbox-full']);
  });

  it('drops, when it has no notes, a statement that a later one on the same target has replaced', async () => {
    const entries = [entry('1'), entry('2', 'c'), entry('3', 'd'), entry('4', 'c'), entry('5', 'c')];
    const { written, refused } = await overflow(entries, 3);
    expect(written).toEqual(['1', '3', '5']);
    expect(refused).toEqual([]);
  });

  it('never drops what may be on its way', async () => {
    const { written } = await overflow([entry('1'), entry('2'), entry('3')], 2);
    expect(written).toEqual(['1', '3']);
  });

  it('says that a statement was dropped when no later one has replaced it', async () => {
    const entries = [entry('1'), entry('2', 'c'), entry('3', 'd')];
    const { written, refused } = await overflow(entries, 2);
    expect(written).toEqual(['1', '3']);
    expect(refused).toEqual(['2']);
  });

  it('has room for the newest statement on as many targets as half of what it holds, whatever is on its way', async () => {
    const targets = ['b', 'c', 'd', 'e', 'f'];
    const entries = Array.from({ length: 40 }, (_, index) => entry(`${index}`, targets[index % 5]));
    const { written, refused } = await overflow(entries, 10);
    expect(written.slice(-5)).toEqual(['35', '36', '37', '38', '39']);
    expect(refused).toEqual([]);
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
