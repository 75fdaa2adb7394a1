import { expect, test } from 'vitest';
import { columns } from './table.ts';

test('columns are as wide as their widest cell, in columns of the terminal', () => {
  expect(
    columns([
      ['id', 'state', ''],
      ['節点', '\u001b[31mdead\u001b[39m', 'x'],
      ['e\u0301🚀', 'healthy', 'y'],
    ]),
  ).toEqual(['id    state', '節点  \u001b[31mdead\u001b[39m     x', 'e\u0301🚀   healthy  y']);
  expect(columns([])).toEqual([]);
});

test('numbers end at one edge', () => {
  expect(
    columns(
      [
        ['a', '1'],
        ['bb', '100'],
      ],
      { isNumeric: true },
    ),
  ).toEqual(['a     1', 'bb  100']);
});

test('a cell may be as wide as several columns, and makes room for itself', () => {
  expect(
    columns([
      ['a', 'b', 'c'],
      [{ text: 'a long text', columnCount: 2 }, 'd'],
    ]),
  ).toEqual(['a  b         c', 'a long text  d']);
});
