import { describe, expect, it } from 'vitest';
import { brakeLimit, quorumSize } from './verdict.ts';

describe('the quorum', () => {
  it.each([
    { title: 'is the plain number in a large cluster', minQuorum: 2, voterCount: 9, quorum: 2 },
    { title: 'is one voice when there is one other node', minQuorum: 2, voterCount: 1, quorum: 1 },
    { title: 'is never nought', minQuorum: 2, voterCount: 0, quorum: 1 },
    { title: 'may be asked to be larger', minQuorum: 3, voterCount: 9, quorum: 3 },
  ])('$title', ({ minQuorum, voterCount, quorum }) => {
    expect(quorumSize({ minQuorum, isStrict: false, voterCount })).toBe(quorum);
  });

  it('is never without a vote', () => {
    expect(quorumSize({ minQuorum: 0, isStrict: true, voterCount: 0 })).toBe(1);
    expect(quorumSize({ minQuorum: 0, isStrict: false, voterCount: 3 })).toBe(1);
  });

  it('stays what it is when strict', () => {
    expect(quorumSize({ minQuorum: 2, isStrict: true, voterCount: 1 })).toBe(2);
  });
});

describe('the brake', () => {
  it.each([
    [1 / 3, 30, 10],
    [1 / 3, 29, 10],
    [1 / 3, 28, 9],
    [1 / 3, 5, 2],
    [1 / 3, 4, 1],
    [0.5, 5, 3],
    [1 / 3, 3, 1],
    [1 / 3, 2, 1],
    [0.001, 100, 1],
    [0, 100, 0],
    [1, 100, 100],
    [0.29, 100, 29],
  ])('allows for a fraction of %d among %d members %d deaths', (fraction, members, limit) => {
    expect(brakeLimit(fraction, members)).toBe(limit);
  });
});
