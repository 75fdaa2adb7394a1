import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ringNeighbors } from '../../core/ring.ts';
import { parseTimestamp, timestamp } from '../../registry/original/time.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { MemoryRegistry } from './registry.ts';

describe('the successors that a round reads', () => {
  it('are the ring neighbours, in whatever order the nodes came and went', async () => {
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(id, { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.nat(12),
        async (ids, pick, k) => {
          const registry = new MemoryRegistry({ now: () => 0 });
          for (const nodeId of ids) await registry.join(joinRequest(nodeId, nodeId));
          const gone = ids[pick % ids.length] ?? '';
          await registry.leave({ nodeId: gone, epoch: 1 });
          await registry.leave({ nodeId: ids[(pick + 1) % ids.length] ?? '', epoch: 1 });
          const left = ids.filter((nodeId, index) => nodeId !== gone && index !== (pick + 1) % ids.length);
          for (const self of left) {
            const reading = await registry.readRound({
              nodeId: self,
              epoch: 1,
              lookAhead: k,
              watched: [],
            });
            const expected = ringNeighbors(
              left.map((nodeId) => ({ id: nodeId })),
              self,
              k,
            );
            expect(reading.successors.map((node) => node.id)).toEqual(expected.map((node) => node.id));
          }
        },
      ),
    );
  });
});

describe('a reading', () => {
  it('does not change when the registry does', async () => {
    const registry = new MemoryRegistry({ now: () => 0 });
    await registry.join(joinRequest('a', 'i1'));
    const before = await registry.readNode('a');
    const copy = structuredClone(before);
    await registry.heartbeat({ nodeId: 'a', epoch: 1 });
    await registry.refute({ nodeId: 'a', epoch: 1 });
    expect(before).toEqual(copy);
  });
});

describe('a call', () => {
  it('is one step, even when it begins again because a row is not as it was known', async () => {
    const registry = new MemoryRegistry({ now: () => 0 });
    for (const nodeId of ['a', 'b']) {
      await registry.join(joinRequest(nodeId, nodeId));
      await registry.heartbeat({ nodeId, epoch: 1 });
    }
    await registry.setMaintenance({ nodeId: 'a', durationMs: 60_000 });
    await Promise.all(['a', 'b'].map((nodeId) => registry.heartbeat({ nodeId, epoch: 1 })));
    const [first, second] = await Promise.all(['a', 'b'].map((nodeId) => registry.readNode(nodeId)));
    expect(first?.beatOrder).toBeLessThan(second?.beatOrder ?? 0);
  });
});

describe('times of the shared tables', () => {
  it('are written as ISO has them, in whole seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (at) => {
        expect(timestamp(at)).toBe(new Date(at).toISOString().slice(0, 19).replace('T', ' '));
        expect(parseTimestamp(timestamp(at))).toBe(Math.floor(at / 1000) * 1000);
      }),
    );
  });

  it.each([
    ['2023-11-14 22:13:20', 1_700_000_000_000],
    ['2023-11-14T22:13:20Z', 1_700_000_000_000],
    ['2023-11-14T22:13:20.999Z', 1_700_000_000_000],
    ['2023-11-14 22:13:20.5+00:00', 1_700_000_000_000],
    ['2023-11-14 22:13:20 +0000 UTC', 1_700_000_000_000],
    ['2023-11-14 22:13:20+02:00', null],
    ['2023-11-14', null],
    ['2023-13-14 22:13:20', null],
    ['now', null],
    ['', null],
    ['1700000000', null],
  ])('%j is read as %s', (text, at) => {
    expect(parseTimestamp(text)).toBe(at);
  });
});
