import { expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { idsInARow, partOf, racksOf } from './node-groups.ts';

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

it('deals nodes out to racks in a row, or striped', () => {
  expect(racksOf(ids, 3, 'in-a-row')).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
    ['f', 'g'],
  ]);
  expect(racksOf(ids, 3, 'striped')).toEqual([
    ['a', 'd', 'g'],
    ['b', 'e'],
    ['c', 'f'],
  ]);
});

it('takes neighbours on the ring, over its end too', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const row = idsInARow(ids, 3, seededRandom(seed));
    expect('abcdefgabc').toContain(row.join(''));
    expect(row).toHaveLength(3);
  }
  expect(idsInARow(ids, 9, seededRandom(1))).toHaveLength(7);
});

it('takes a part, at least one', () => {
  expect(partOf(ids, 0.5, seededRandom(1))).toHaveLength(4);
  expect(partOf(ids, 0.01, seededRandom(1))).toHaveLength(1);
});
