import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareIds, ringNeighbors } from './ring.ts';

const ringOf = (...ids: string[]) => ids.map((id) => ({ id }));
const idsOf = (nodes: readonly { id: string }[]) => nodes.map(({ id }) => id);

describe('ringNeighbors', () => {
  it.each([
    {
      title: 'takes the next k clockwise',
      ids: ['a', 'b', 'c', 'd', 'e'],
      self: 'b',
      k: 2,
      next: ['c', 'd'],
    },
    { title: 'wraps at the end', ids: ['a', 'b', 'c', 'd', 'e'], self: 'd', k: 3, next: ['e', 'a', 'b'] },
    { title: 'takes at most the others', ids: ['a', 'b', 'c'], self: 'a', k: 9, next: ['b', 'c'] },
    { title: 'is empty for one node', ids: ['a'], self: 'a', k: 3, next: [] },
    { title: 'is empty for none', ids: [], self: 'a', k: 3, next: [] },
    { title: 'is empty when self is not in the ring', ids: ['a', 'b'], self: 'x', k: 3, next: [] },
    { title: 'is empty for a negative k', ids: ['a', 'b'], self: 'a', k: -1, next: [] },
    { title: 'is empty for k = NaN', ids: ['a', 'b'], self: 'a', k: Number.NaN, next: [] },
    {
      title: 'does not depend on the order given',
      ids: ['e', 'a', 'd', 'c', 'b'],
      self: 'd',
      k: 3,
      next: ['e', 'a', 'b'],
    },
    {
      title: 'sorts upper case before lower case',
      ids: ['a', 'B', 'b', 'A'],
      self: 'A',
      k: 3,
      next: ['B', 'a', 'b'],
    },
    { title: 'sorts accents after plain letters', ids: ['é', 'z', 'e'], self: 'e', k: 2, next: ['z', 'é'] },
  ])('$title', ({ ids, self, k, next }) => {
    expect(idsOf(ringNeighbors(ringOf(...ids), self, k))).toEqual(next);
  });

  it('puts an emoji after a full-width letter, as UTF-8 does and UTF-16 does not', () => {
    const ids = ['😀', 'Ａ', 'a'];
    expect([...ids].sort()).toEqual(['a', '😀', 'Ａ']);
    expect(idsOf(ringNeighbors(ringOf(...ids), 'a', 2))).toEqual(['Ａ', '😀']);
  });

  it("leaves the caller's array as it was", () => {
    const nodes = Object.freeze(ringOf('c', 'a', 'b'));
    expect(idsOf(ringNeighbors(nodes, 'a', 1))).toEqual(['b']);
    expect(idsOf(nodes)).toEqual(['c', 'a', 'b']);
  });

  it('agrees with a plain sort by bytes on any ids', () => {
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.uniqueArray(id, { minLength: 2, maxLength: 12 }),
        fc.nat(11),
        fc.nat(12),
        (ids, pick, k) => {
          const self = ids[pick % ids.length] ?? '';
          const sorted = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          const start = sorted.indexOf(self);
          const expected = [...sorted.slice(start + 1), ...sorted.slice(0, start)].slice(0, k);
          expect(idsOf(ringNeighbors(ringOf(...ids), self, k))).toEqual(expected);
        },
      ),
    );
  });
});

describe('compareIds', () => {
  it('orders as the bytes of UTF-8 do', () => {
    const id = fc.string({ unit: 'binary', maxLength: 5 });
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(Math.sign(compareIds(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
