import { describe, expect, it } from 'vitest';
import { judgeProbe, type ProbeOutcome } from './probe.ts';

const answer = (nodeId: string | null, epoch: number | null): ProbeOutcome => ({
  kind: 'answer',
  nodeId,
  epoch,
});
const target = { id: 'b', epoch: 2, isNamed: true };

describe('an answer', () => {
  it.each([
    { title: 'of the node in its epoch is a hit', outcome: answer('b', 2), kind: 'hit' },
    { title: 'of a newer epoch waits for the registry’s word', outcome: answer('b', 3), kind: 'newer' },
    { title: 'of an older epoch is a miss', outcome: answer('b', 1), kind: 'miss' },
    { title: 'of another node is a miss', outcome: answer('c', 2), kind: 'miss' },
    { title: 'of no node is a miss where the node names itself', outcome: answer(null, null), kind: 'miss' },
    { title: 'without an epoch is a hit', outcome: answer('b', null), kind: 'hit' },
  ])('$title', ({ outcome, kind }) => {
    expect(judgeProbe(target, outcome, false).kind).toBe(kind);
  });

  it('of no node is a hit for a node that runs the original', () => {
    expect(judgeProbe({ ...target, epoch: 0, isNamed: false }, answer(null, null), false).kind).toBe('hit');
  });

  it('is a hit even when this observer stalled meanwhile', () => {
    expect(judgeProbe(target, answer('b', 2), true).kind).toBe('hit');
  });
});

describe('no answer', () => {
  const timeout: ProbeOutcome = {
    kind: 'failure',
    failure: 'no-answer',
    detail: 'after 3000 ms',
  };

  it('is a miss', () => {
    expect(judgeProbe(target, timeout, false)).toEqual({
      kind: 'miss',
      failure: 'no-answer',
      detail: 'after 3000 ms',
    });
  });

  it('proves nothing when this observer stalled meanwhile', () => {
    expect(judgeProbe(target, timeout, true)).toEqual({ kind: 'inconclusive', detail: 'stalled' });
  });

  it('proves nothing when the monitor stopped the probe', () => {
    expect(judgeProbe(target, { kind: 'aborted' }, false)).toEqual({
      kind: 'inconclusive',
      detail: 'aborted',
    });
  });
});

describe('a metadata reader’s statement', () => {
  it('is a hit, but not an answer', () => {
    expect(judgeProbe(target, { kind: 'vouched' }, false)).toEqual({
      kind: 'hit',
      isAnswer: false,
    });
  });
});
