import { expect, it } from 'vitest';
import { remembered } from './remembered.ts';

function counted() {
  const made: string[] = [];
  const make = remembered((text) => {
    made.push(text);
    return { text };
  });
  return { made, make };
}

it('makes the value of a text once', () => {
  const { made, make } = counted();
  expect(make('a')).toBe(make('a'));
  expect(made).toEqual(['a']);
});

it('is bounded: past 1,024 texts it forgets them all', () => {
  const { made, make } = counted();
  for (let index = 0; index <= 1_024; index++) make(`text ${index}`);
  make('text 0');
  expect(made).toHaveLength(1_026);
});

it('does not keep long texts', () => {
  const { made, make } = counted();
  const long = 'x'.repeat(257);
  make(long);
  make(long);
  expect(made).toHaveLength(2);
});
