/** Whom the walk takes, by what is known of the nodes ahead. */
import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { withAnswer } from './answers.ts';
import { newPeer, type Peer } from './peer.ts';
import { nextLookAhead, walkRing } from './watch-list.ts';

const ids = Array.from({ length: 20 }, (_, index) => `t${String(index).padStart(2, '0')}`);
const successors = ids.map((id) => nodeOf(id));
const misses = {
  count: 1,
  lookedAt: 0,
  silentSince: 0,
  firstAt: 0,
  noticedAt: null,
  lastAt: 0,
  lastKind: 'refused',
  failures: {},
  lastFailure: '',
} as const;
const answers = withAnswer(null, { sentAt: 0, cameAt: 1, dueAt: 0, hasStalled: false });
const known = (id: string): [string, Peer] => [id, { ...newPeer(nodeOf(id)), answers }];
const missed = (id: string): [string, Peer] => [id, { ...newPeer(nodeOf(id)), misses }];
const buried = (id: string): [string, Peer] => [
  id,
  { ...newPeer(nodeOf(id, { lifecycle: 'dead' })), misses },
];
const walk = (peers: readonly [string, Peer][], cap = 64, ahead = successors) =>
  walkRing({ beating: [], successors: ahead, peers: new Map(peers), neighbors: 3, cap });
const targetIds = (...given: Parameters<typeof walk>) => walk(...given).targets.map(({ id }) => id);

describe('the walk', () => {
  it('takes the next K, known or not', () => {
    expect(targetIds([])).toEqual(ids.slice(0, 3));
    expect(targetIds(ids.slice(0, 3).map(known))).toEqual(ids.slice(0, 3));
  });

  it('takes one more for one that is missed', () => {
    expect(targetIds([missed('t00'), known('t01'), known('t02')])).toEqual(ids.slice(0, 4));
  });

  it('takes as many that it knows nothing of as are missed while too few are known to answer', () => {
    expect(targetIds(ids.slice(0, 6).map(missed))).toEqual(ids.slice(0, 12));
    expect(targetIds([...ids.slice(0, 6).map(missed), ...ids.slice(6, 9).map(known)])).toEqual(
      ids.slice(0, 9),
    );
  });

  it('says when the successors were not enough for that', () => {
    expect(walk(ids.slice(0, 6).map(missed), 64, successors.slice(0, 10)).isEnough).toBe(false);
    expect(walk(ids.slice(0, 6).map(missed), 64, successors.slice(0, 12)).isEnough).toBe(true);
  });

  it('lets those that are confirmed dead take no place from one that is not', () => {
    const dead = ids.slice(0, 8).map(buried);
    expect(targetIds(dead, 8, successors.slice(8))).toEqual([...ids.slice(8, 11), ...ids.slice(0, 5)]);
    expect(targetIds([...dead, missed('t08')], 3, successors.slice(8))).toEqual(['t08', 't09', 't10']);
  });

  it('keeps the last place of a list full of missed ones for the next node that beats', () => {
    const gap = ids.slice(0, 8).map(missed);
    const beating = successors.slice(15, 18);
    const full = { beating, successors: successors.slice(0, 9), neighbors: 3 };
    const list = (cap: number, peers: readonly [string, Peer][]) =>
      walkRing({ ...full, cap, peers: new Map(peers) });
    expect(list(8, gap).targets.map(({ id }) => id)).toEqual([...ids.slice(0, 7), 't15']);
    expect(list(8, gap)).toMatchObject({ isFull: true, isEnough: false });
    const deaf = [...gap.slice(1), missed('t15')];
    expect(list(8, deaf).targets.map(({ id }) => id)).toEqual([...ids.slice(1, 8), 't16']);
    expect(list(1, gap).targets.map(({ id }) => id)).toEqual(['t00']);
  });
});

describe('the look-ahead', () => {
  const next = (current: number, ...given: Parameters<typeof walk>) =>
    nextLookAhead(walk(...given), current, { neighbors: 3, watchListCap: given[1] ?? 64 });

  it('is one more than the walk needed', () => {
    expect(next(4, ids.slice(0, 3).map(known))).toBe(4);
    expect(next(8, [missed('t00'), known('t01'), known('t02')])).toBe(5);
  });

  it('doubles while the successors were not enough, up to one more than the cap', () => {
    const gap = ids.map(missed);
    expect(next(4, gap, 64, successors.slice(0, 4))).toBe(8);
    expect(next(8, gap, 10, successors.slice(0, 8))).toBe(11);
  });
});
