import { describe, expect, it } from 'vitest';
import { claimRank, nextTry, planClaims, planOwnDecision, retryDelayMs } from './claims.ts';
import { resolveSettings } from './settings/config.ts';
import type { Verdict } from './verdict.ts';

const settings = resolveSettings({ nodeId: 'self', claimPauseMs: 20_000 });
const facts = { now: 1_000, random: 0.5, settings, state: { ring: { successors: [] } } };
const factsOf = (nodeId: string) => ({ ...facts, settings: { ...settings, nodeId } });
const verdict: Verdict = {
  nodeId: 'x',
  epoch: 3,
  decidedAt: 0,
  quorum: 2,
  votes: ['b', '😀', 'Ａ'].map((observerId) => ({ observerId, observerEpoch: 1, evidence: null })),
  resolution: null,
  ownerId: null,
  fence: 0,
  attemptCount: 0,
  lastError: null,
  reason: null,
};

describe('claims', () => {
  it('rank voters by the bytes of their ids, and all other nodes after them', () => {
    expect(['b', 'Ａ', '😀', 'zzz'].map((id) => claimRank(verdict, id))).toEqual([0, 1, 2, 4]);
  });

  it('do not wait for voters that run the original, which can claim nothing', () => {
    const originals = ['0', '1'].map((observerId) => ({ observerId, observerEpoch: 0, evidence: null }));
    const mixed = { ...verdict, votes: [...originals, ...verdict.votes] };
    expect(['b', 'Ａ', '😀', 'zzz'].map((id) => claimRank(mixed, id))).toEqual([0, 1, 2, 4]);
    const dueAt = (id: string, votes: Verdict['votes']) =>
      [
        ...planClaims(
          new Map(),
          [{ verdict: { ...verdict, votes }, isClaimable: true }],
          factsOf(id),
          true,
        ).values(),
      ].map((plan) => plan.dueAt);
    expect(dueAt('b', mixed.votes)).toEqual([1_000]);
    expect(dueAt('zzz', originals)).toEqual([1_000 + 1.5 * settings.claimPauseMs]);
  });

  it('come at once from the observer whose question made the verdict, whatever its rank', () => {
    for (const id of ['b', '😀', 'zzz']) {
      const plans = planOwnDecision(new Map(), verdict, factsOf(id));
      expect([...plans.values()].map(({ dueAt }) => dueAt)).toEqual([1_000]);
    }
  });

  it('wait while a node holds the recovery, and are planned anew when it is free', () => {
    const held = planClaims(new Map(), [{ verdict, isClaimable: false }], facts, true);
    expect([...held.values()].map(({ dueAt }) => dueAt)).toEqual([null]);
    const free = planClaims(held, [{ verdict, isClaimable: true }], factsOf('b'), true);
    expect([...free.values()].map(({ dueAt }) => dueAt)).toEqual([1_000]);
  });

  it('keep the time that was planned however often the verdict is read', () => {
    const first = planClaims(new Map(), [{ verdict, isClaimable: true }], factsOf('😀'), true);
    const again = planClaims(first, [{ verdict, isClaimable: true }], { ...factsOf('😀'), now: 9_000 }, true);
    expect([...again.values()].map(({ dueAt }) => dueAt)).toEqual([41_000]);
  });

  it('are forgotten when the verdict is resolved, but not while one is ours', () => {
    const waiting = planClaims(new Map(), [{ verdict, isClaimable: true }], facts, true);
    expect(planClaims(waiting, [], facts, true).size).toBe(0);
    const mine = new Map([...waiting].map(([key, plan]) => [key, { ...plan, state: 'mine' as const }]));
    expect(planClaims(mine, [], facts, true).size).toBe(1);
  });

  it('of our own decision are not forgotten because a full reading has no room for the verdict', () => {
    const decided = planOwnDecision(new Map(), verdict, facts);
    const unread = planClaims(decided, [], facts, false);
    expect([...unread.values()].map(({ dueAt }) => dueAt)).toEqual([1_000]);
    expect(planClaims(unread, [], facts, true).size).toBe(0);
    const read = planClaims(unread, [{ verdict, isClaimable: true }], facts, false);
    expect(planClaims(read, [], facts, false).size).toBe(0);
  });

  it('come again after a refusal when a reading has shown whether they may', () => {
    expect(nextTry(facts)).toBe(1_000 + 1.5 * 2 * settings.probeIntervalMs);
  });

  it('back off by doubling, up to 64 times', () => {
    expect([1, 2, 3, 7, 50].map((attempt) => retryDelayMs(settings, attempt))).toEqual([
      5_000, 10_000, 20_000, 320_000, 320_000,
    ]);
  });
});
