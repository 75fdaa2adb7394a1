import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { countMiss, declareMissed, takeHit } from './contact.ts';
import { newPeer, type Peer, withProbe } from './peer.ts';
import { afterReading } from './row.ts';
import { resolveSettings } from './settings/config.ts';
import { newDetector } from './state.ts';
import { newContext, type StepContext } from './step-context.ts';

const miss = { failure: 'no-answer', detail: 'no answer', isFresh: true } as const;

/** What the target does in one probe: answers, or not; `g` is a miss within the startup grace. */
type Beat = 'hit' | 'miss' | 'grace-miss';

function run(beats: readonly Beat[], suspectAfter = 3, deadAfter = 12): { said: string[]; peer: Peer } {
  let peer = newPeer(nodeOf('b'));
  const said: string[] = [];
  beats.forEach((beat, index) => {
    const context = contextAt(index, { suspectAfter, deadAfter });
    peer =
      beat === 'hit'
        ? takeHit(context, peer, cameAt(index))
        : declareMissed(context, countMiss(context, peer, { ...miss, sentAt: index }), beat === 'miss');
    for (const name of announced(context)) said.push(`${name}@${index + 1}`);
  });
  return { said, peer };
}

interface Thresholds {
  readonly suspectAfter: number;
  readonly deadAfter: number;
}

/** Another node has answered a probe that was sent then. */
function contextAt(now: number, thresholds: Thresholds | null = null, provenAt = now): StepContext {
  const settings = { ...resolveSettings({ nodeId: 'self' }), ...thresholds };
  const answers = { sentAt: provenAt, cameAt: now, dueAt: now, smoothedMs: 1, variationMs: 0 };
  const peers = new Map([['c', { ...newPeer(nodeOf('c')), answers }]]);
  return newContext(settings, { ...newDetector(1), peers }, { now, wallNow: now, random: 0 });
}

const announced = ({ effects }: StepContext) =>
  effects.flatMap((effect) => (effect.kind === 'announce' ? [effect.name] : []));

const cameAt = (at: number) => ({ sentAt: at, dueAt: at, cameAt: at, hasStalled: false });

/** The effects of an answer. */
function hit(peer: Peer, now: number) {
  const context = contextAt(now);
  takeHit(context, peer, cameAt(now));
  return context.effects;
}

const times = (count: number, beat: Beat): Beat[] => Array.from({ length: count }, () => beat);

describe('one observer and one target', () => {
  it.each([
    { title: 'two misses say nothing', beats: times(2, 'miss'), said: [] },
    { title: 'the third miss says suspect', beats: times(3, 'miss'), said: ['suspect@3'] },
    { title: 'the twelfth says dead', beats: times(12, 'miss'), said: ['suspect@3', 'dead@12'] },
    { title: 'each is said once', beats: times(40, 'miss'), said: ['suspect@3', 'dead@12'] },
    {
      title: 'a hit resets the count',
      beats: [...times(2, 'miss'), 'hit', ...times(2, 'miss')] as Beat[],
      said: [],
    },
    {
      title: 'a suspect that answers is healthy again',
      beats: [...times(3, 'miss'), 'hit', 'hit'] as Beat[],
      said: ['suspect@3', 'recovered@4'],
    },
    {
      title: 'a dead target that answers has recovered, and may die again',
      beats: [...times(12, 'miss'), 'hit', ...times(12, 'miss')] as Beat[],
      said: ['suspect@3', 'dead@12', 'recovered@13', 'suspect@16', 'dead@25'],
    },
    {
      title: 'no node is dead during the grace, only suspect',
      beats: times(30, 'grace-miss'),
      said: ['suspect@3'],
    },
    {
      title: 'the first miss after the grace may declare',
      beats: [...times(30, 'grace-miss'), 'miss'] as Beat[],
      said: ['suspect@3', 'dead@31'],
    },
  ])('$title', ({ beats, said }) => {
    expect(run(beats).said).toEqual(said);
  });

  it('goes to dead at once when both thresholds are equal', () => {
    expect(run(times(3, 'miss'), 2, 2).said).toEqual(['dead@2']);
  });

  it('agrees with the plainest reading of the rules on any sequence', () => {
    const beat = fc.constantFrom<Beat>('hit', 'miss', 'grace-miss');
    const thresholds = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 60 }), thresholds, (beats, [suspectAfter, more]) => {
        const deadAfter = suspectAfter + more;
        expect(run(beats, suspectAfter, deadAfter).said).toEqual(plainly(beats, suspectAfter, deadAfter));
      }),
    );
  });

  it('begins a new epoch with no misses, and still owes the recovered of the old one', () => {
    const { peer } = run(times(12, 'miss'));
    const restarted = afterReading(peer, nodeOf('b', { epoch: 2 }), 20) ?? peer;
    expect(restarted).toMatchObject({
      node: { epoch: 2 },
      misses: null,
      statement: { kind: 'former', was: 'dead', epoch: 1 },
    });
    const target = { targetId: 'b', targetEpoch: 1 };
    expect(hit(restarted, 21)).toEqual([
      { kind: 'record', status: 'recovered', ...target, knownDecision: 0 },
      { kind: 'announce', name: 'recovered', payload: { ...target, was: 'dead' } },
    ]);
  });

  it('ignores a stale row of an epoch that is known to have ended', () => {
    const peer = newPeer(nodeOf('b', { epoch: 2 }));
    const dead = afterReading(peer, nodeOf('b', { epoch: 1, lifecycle: 'dead' }), 2);
    expect(dead?.node.lifecycle).toBe('alive');
    const left = afterReading(peer, nodeOf('b', { epoch: 1, lifecycle: 'left' }), 2);
    expect(left?.node.lifecycle).toBe('alive');
  });

  it('forgets a target that has left, but not what it said of one that an operator took out', () => {
    const { peer } = run(times(12, 'miss'));
    expect(afterReading(peer, nodeOf('b', { lifecycle: 'left' }), 20)).toBeNull();
    const away = afterReading(peer, nodeOf('b', { lifecycle: 'away' }), 20);
    expect(away).toMatchObject({ misses: null, statement: { kind: 'former', was: 'dead', epoch: 1 } });
    const flags = { hasStalled: false, isLast: false, newer: null };
    const probed = withProbe(peer, { kind: 'in-flight', startedAt: 19, dueAt: 29, ...flags });
    expect(afterReading(probed, nodeOf('b', { lifecycle: 'left' }), 20)).toMatchObject({
      probe: probed.probe,
      statement: { kind: 'none' },
      misses: null,
    });
  });
});

/** Section 2 of the design, word for word. */
function plainly(beats: readonly Beat[], suspectAfter: number, deadAfter: number): string[] {
  const said: string[] = [];
  let count = 0;
  let state = 'healthy';
  beats.forEach((beat, index) => {
    if (beat === 'hit') {
      if (state !== 'healthy') said.push(`recovered@${index + 1}`);
      count = 0;
      state = 'healthy';
      return;
    }
    count++;
    if (count >= deadAfter && state !== 'dead' && beat === 'miss') {
      state = 'dead';
      said.push(`dead@${index + 1}`);
    } else if (count >= suspectAfter && state === 'healthy') {
      state = 'suspect';
      said.push(`suspect@${index + 1}`);
    }
  });
  return said;
}

describe('the silence of a target', () => {
  const kept = { failure: 'kept-connection', detail: 'no answer', isFresh: false } as const;
  const countedAt = (now: number, provenAt: number) => contextAt(now, null, provenAt);

  it('begins when the first look was sent that it missed', () => {
    const once = countMiss(countedAt(1_500, 1_000), newPeer(nodeOf('b')), { ...miss, sentAt: 1_000 });
    const twice = countMiss(countedAt(2_500, 2_000), once, { ...miss, sentAt: 2_000 });
    expect([once, twice].map(({ misses }) => misses?.silentSince)).toEqual([1_000, 1_000]);
  });

  it('does not begin while a kept connection brings no answer, which may be lost without the target', () => {
    const once = countMiss(countedAt(1_500, 1_000), newPeer(nodeOf('b')), { ...kept, sentAt: 1_000 });
    const twice = countMiss(countedAt(2_000, 1_500), once, { ...miss, sentAt: 1_500 });
    expect([once, twice].map(({ misses }) => misses?.silentSince)).toEqual([null, 1_500]);
    const asNew = { ...kept, sentAt: 1_000, isFresh: true };
    expect(countMiss(countedAt(1_500, 1_000), newPeer(nodeOf('b')), asNew).misses?.silentSince).toBe(1_000);
  });

  it('does not begin before another node answers, for the look may be lost in the own network', () => {
    const once = countMiss(countedAt(1_500, 999), newPeer(nodeOf('b')), { ...miss, sentAt: 1_000 });
    const twice = countMiss(countedAt(2_000, 1_600), once, { ...miss, sentAt: 1_500 });
    expect([once, twice].map(({ misses }) => misses?.silentSince)).toEqual([null, 1_600]);
  });
});
