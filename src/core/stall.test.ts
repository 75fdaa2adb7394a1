/** What the stalls of an observer do to its evidence, over random stalls, suspensions and orders of what is waiting. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { step } from './detector.ts';
import type { Effect, Input } from './effects.ts';
import type { Evidence } from './evidence.ts';
import { newPeer, type Peer } from './peer.ts';
import type { RoundReading } from './reading.ts';
import { resolveSettings } from './settings/config.ts';
import { detectStall } from './stall.ts';
import { newDetector } from './state.ts';
import { isAccusation } from './statement.ts';
import { newContext } from './step-context.ts';

const settings = resolveSettings({ nodeId: 'self', jitter: 0, startupGracePeriodMs: 0 }, 'lan');

/** One turn of the observer's loop: time passes, then what waits is taken in. */
interface Turn {
  /** Past the time of the timer. */
  readonly lateMs: number;
  readonly suspendedMs: number;
  /** How many inputs come before the timer's, as after a stall in which sockets became ready. */
  readonly earlyCount: number;
  /** What passes between two of these. */
  readonly gapMs: number;
}

const turn = fc.record<Turn>({
  lateMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 20 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
  ),
  suspendedMs: fc.oneof(
    { weight: 30, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
  ),
  earlyCount: fc.integer({ min: 0, max: 4 }),
  gapMs: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 400 })),
});

/** An observer of `a`, which never answers, and `b`, which does. */
class Observer {
  now = 0;
  wallNow = 1_000_000;
  state = newDetector(1);
  /** Since when `a` is missed, and how long the timer was late since then. */
  missedSince: number | null = null;
  lateMs = 0;
  readonly evidence: Evidence[] = [];
  readonly #waiting: Input[] = [];
  #wakeAt = 0;

  constructor() {
    this.#step({ kind: 'started' });
  }

  take({ lateMs, suspendedMs, earlyCount, gapMs }: Turn): void {
    this.#pass(Math.max(0, this.#wakeAt - this.now) + lateMs, suspendedMs);
    for (const input of this.#waiting.splice(0, earlyCount)) {
      this.#step(input);
      this.#pass(gapMs, 0);
    }
    if (this.#wakeAt <= this.now) this.#step({ kind: 'woken' });
    for (const input of this.#waiting.splice(0)) this.#step(input);
  }

  #pass(durationMs: number, suspendedMs: number): void {
    const from = Math.max(this.now, this.#wakeAt);
    this.now += durationMs;
    this.wallNow += durationMs + suspendedMs;
    this.lateMs += Math.max(0, this.now - from);
  }

  #step(input: Input): void {
    const moment = { now: this.now, wallNow: this.wallNow, random: 0.5 };
    const { state, effects } = step(settings, this.state, input, moment);
    this.state = state;
    const { misses = null } = state.peers.get('a') ?? {};
    if (misses === null) this.missedSince = null;
    // The count begins anew where no other node has answered meanwhile.
    else if (this.missedSince === null || (misses.count === 1 && misses.lastAt === this.now)) {
      this.missedSince = this.now;
      this.lateMs = 0;
    }
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'wake') this.#wakeAt = effect.at;
    if (effect.kind === 'probe') this.#waiting.push(probeEnd(effect.targetId));
    if (effect.kind === 'read-round') this.#waiting.push({ kind: 'round-read', reading: reading() });
    if (effect.kind !== 'record') return;
    if (effect.status !== 'recovered') this.evidence.push(effect.evidence);
    this.#waiting.push({ ...effect, kind: 'recorded' });
  }
}

function probeEnd(targetId: string): Input {
  const outcome =
    targetId === 'b'
      ? ({ kind: 'answer', nodeId: targetId, epoch: 1, durationMs: 1 } as const)
      : ({ kind: 'failure', failure: 'no-answer', detail: 'no answer', durationMs: 1 } as const);
  return { kind: 'probe-finished', targetId, durationMs: 1, outcome };
}

function reading(): RoundReading {
  const successors = [nodeOf('a', { refutationCount: 1 }), nodeOf('b')];
  const progress = { fence: 0, newestEvent: 0, epochFloor: 0 };
  const own = { progress, self: nodeOf('self'), ownBeat: null, isSelfDead: false, accuserIds: [] };
  return { ...own, successors, watched: [], statements: [], beating: [], openVerdicts: [] };
}

test('whatever stalls, no duration is negative, and no silence is shorter than the time that was not stalled', () => {
  let evidenceCount = 0;
  const instantsOf = ({ misses, answers, statement }: Peer): number[] => {
    const { accusedAt = null, refuted = null } = isAccusation(statement) ? statement : {};
    const instants = [
      misses?.silentSince,
      misses?.firstAt,
      answers?.cameAt,
      accusedAt,
      refuted?.since,
      refuted?.lastAt,
    ];
    return instants.filter((at) => typeof at === 'number');
  };
  fc.assert(
    fc.property(fc.array(turn, { minLength: 20, maxLength: 60 }), (turns) => {
      const observer = new Observer();
      for (const next of turns) {
        observer.take(next);
        const { now, missedSince, lateMs, state } = observer;
        for (const peer of state.peers.values()) {
          for (const at of instantsOf(peer)) expect(at).toBeLessThanOrEqual(now);
        }
        const firstAt = state.peers.get('a')?.misses?.firstAt;
        if (missedSince === null || firstAt === undefined) continue;
        // Else the death would wait for what was taken out twice.
        expect(now - firstAt).toBeGreaterThanOrEqual(now - missedSince - lateMs - 0.001);
      }
      for (const { silentMs, sinceAnswerMs } of observer.evidence) {
        expect(Math.min(silentMs, sinceAnswerMs ?? 0)).toBeGreaterThanOrEqual(0);
      }
      evidenceCount += observer.evidence.length;
    }),
    { numRuns: 300 },
  );
  expect(evidenceCount).toBeGreaterThan(300);
});

test('after a stall a question that is under way is still one about the present vote', () => {
  const vote = { refuted: null, needsResend: false, knownDecision: 0, isBraked: false, recordedAt: 1_050 };
  const asked = { ...newPeer(nodeOf('a')), question: { askedAt: 1_100, isAnswered: false } };
  const fresh = newDetector(1);
  const peers = new Map<string, Peer>([
    ['a', { ...asked, statement: { kind: 'dead', ...vote, accusedAt: 1_000 } }],
  ]);
  const timers = { ...fresh.timers, wakeAt: 2_000, last: { now: 1_500, wallNow: 1_500 } };
  const state = { ...fresh, peers, timers };
  const context = newContext(settings, state, { now: 62_000, wallNow: 62_000, random: 0.5 });
  detectStall(context);
  const peer = context.state.peers.get('a');
  expect(peer?.statement).toMatchObject({ accusedAt: 61_000 });
  expect(peer?.question).toEqual({ askedAt: 61_100, isAnswered: false });
});

/** A target that has missed a look, before and after this observer stood still. */
function missesAcross({ lateMs, suspendedMs }: { readonly lateMs: number; readonly suspendedMs: number }): {
  readonly before: Peer;
  readonly after: Peer;
} {
  const before: Peer = {
    ...newPeer(nodeOf('a')),
    answers: { sentAt: 0, cameAt: 1, dueAt: 5_000, smoothedMs: 1, variationMs: 0 },
    misses: {
      ...{ count: 1, lookedAt: 5_500, silentSince: 5_500, firstAt: 6_000, noticedAt: 5_000, lastAt: 6_000 },
      ...{ lastKind: 'no-answer', failures: { 'no-answer': 1 }, lastFailure: '' },
    },
  };
  const started = newDetector(1);
  const timers = { ...started.timers, wakeAt: 6_100, last: { now: 6_000, wallNow: 1_006_000 } };
  const state = { ...started, peers: new Map([['a', before]]), timers };
  const now = 6_100 + lateMs;
  const context = newContext(settings, state, { now, wallNow: 1_000_000 + now + suspendedMs, random: 0 });
  detectStall(context);
  return { before, after: context.state.peers.get('a') ?? before };
}

test('a silence goes on after a short stall, which is no part of it', () => {
  const { after } = missesAcross({ lateMs: 1_000, suspendedMs: 0 });
  expect(after.misses).toMatchObject({ silentSince: 6_500, firstAt: 7_000, noticedAt: 5_000 });
  expect(after.answers).toMatchObject({ cameAt: 1, dueAt: 5_000 });
});

test('a silence begins anew after a stall in which the target may have answered others', () => {
  const { after } = missesAcross({ lateMs: settings.proofWindowMs + 1, suspendedMs: 0 });
  expect(after.misses).toMatchObject({ count: 1, silentSince: null, noticedAt: 5_000 });
});

test('after a suspension it is not known how long ago the target noticed that it is missed', () => {
  const { after } = missesAcross({ lateMs: 0, suspendedMs: 5_000 });
  expect(after.misses).toMatchObject({ count: 1, silentSince: null, noticedAt: null });
  expect(after.answers).toMatchObject({ cameAt: null, dueAt: Number.POSITIVE_INFINITY });
});
