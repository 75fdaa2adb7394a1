/** What outdates a vote or a retraction, by the order of facts about a node. */
import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { newPeer } from './peer.ts';
import {
  accuse,
  afterRowRead,
  isOwed,
  isSpent,
  noStatement,
  outlived,
  resent,
  retract,
} from './statement.ts';

const alive = (decisionCount: number, epoch = 1) => nodeOf('t', { epoch, decisionCount });
const dead = (decisionCount: number, epoch = 1) => nodeOf('t', { epoch, decisionCount, lifecycle: 'dead' });
const voteAt = (decisionCount: number) => {
  const vote = accuse('dead', newPeer(alive(decisionCount)));
  if (vote.kind !== 'dead') throw new Error('not a vote');
  return { ...vote, recordedAt: 5 };
};

describe('a vote', () => {
  it.each([
    ['stands before a verdict', alive(0), false],
    ['stands while the verdict does', dead(1), false],
    ['is spent when the node has returned from it', alive(1), true],
  ])('%s', (_, node, spent) => {
    expect(isSpent(voteAt(0), newPeer(node))).toBe(spent);
  });

  it('that the registry does not have yet is not spent, and counts from the facts that are known when it is sent', () => {
    expect(isSpent({ ...voteAt(0), recordedAt: null }, newPeer(alive(1)))).toBe(false);
    expect(resent(voteAt(0), newPeer(alive(0)), 9)).toMatchObject({ knownDecision: 0, recordedAt: 9 });
    expect(resent({ ...voteAt(0), recordedAt: null }, newPeer(alive(1)), 9)).toMatchObject({
      recordedAt: null,
    });
  });

  it('that is spent begins anew when it is sent again, so that the accused has its time anew', () => {
    const asked = { ...voteAt(0), accusedAt: 3, refuted: { since: 4, lastAt: 4 } };
    expect(resent(asked, newPeer(alive(1)), 9)).toMatchObject({
      ...{ knownDecision: 1, accusedAt: null, refuted: null, recordedAt: null },
    });
  });

  it('is a former statement when it is outlived, and stays one', () => {
    const former = outlived(voteAt(0), 1);
    expect(former).toEqual({ kind: 'former', was: 'dead', epoch: 1 });
    expect(outlived(former, 2)).toBe(former);
  });
});

describe('a retraction', () => {
  const recorded = { ...retract('dead', 1, alive(1)), progress: 'recorded' } as const;

  it.each([
    ['no verdict', alive(1), false],
    ['the verdict that it knew of', dead(1), false],
    ['a later verdict', dead(2), true],
    ['a verdict on a later epoch', dead(2, 2), false],
  ])('is owed or not by %s', (_, node, owed) => {
    expect(isOwed(recorded, node)).toBe(owed);
    expect(isOwed({ ...recorded, progress: 'refused' }, node)).toBe(true);
  });

  it('is settled by the second reading without an unanswered verdict after the registry has it', () => {
    expect(afterRowRead({ ...recorded, progress: 'sent' }, alive(1))).toMatchObject({ progress: 'sent' });
    const once = afterRowRead(recorded, alive(1));
    expect(once).toMatchObject({ progress: 'read' });
    expect(afterRowRead(once, dead(2))).toBe(once);
    expect(afterRowRead(once, alive(1))).toBe(noStatement);
  });
});
