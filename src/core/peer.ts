/**
 * What one observer knows of one target, and what it has said of it.
 * Not for: what changes it (contact.ts, row.ts), or whether the observer may vote at all (vote.ts).
 */
import type { Answers } from './answers.ts';
import type { Hints } from './hints.ts';
import { isRefusedOnly, type Misses } from './misses.ts';
import type { NodeRecord } from './node.ts';
import type { ProbeAnswer } from './probe.ts';
import { isAccusation, isOwed, noStatement, type StatementState } from './statement.ts';

/** One target as one observer knows it. Instants in milliseconds of `now`. */
export interface Peer {
  /** The target's row as last read. Misses and accusations are about its epoch, whatever an answer names. */
  readonly node: NodeRecord;
  /** Null while nothing is missed. */
  readonly misses: Misses | null;
  readonly inconclusiveCount: number;
  readonly probe: ProbePlan;
  readonly statement: StatementState;
  /** Null before the first one. */
  readonly answers: Answers | null;
  /** Null while it has had no hint, and no other observer was asked to look at it. */
  readonly hints: Hints | null;
  /** Null until the registry was asked for a verdict. */
  readonly question: AskedQuestion | null;
}

/** The newest question to the registry whether a target is dead: by this observer's vote, or by what its own agent has declared. */
export interface AskedQuestion {
  readonly askedAt: number;
  readonly isAnswered: boolean;
}

/**
 * The probe in flight, or when the next one is sent: with the next round, or at a time of its own. Never two at once.
 * `settled`: the target is confirmed dead and its recovery has ended, so that none is sent before its row changes.
 */
export type ProbePlan =
  | { readonly kind: 'with-round' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'due'; readonly at: number }
  | {
      readonly kind: 'in-flight';
      readonly startedAt: number;
      /** When the next one comes at the latest, as this one says. */
      readonly dueAt: number;
      readonly hasStalled: boolean;
      /** The target is settled if it misses this one too. */
      readonly isLast: boolean;
      /** Its end, which counts only when a reading has shown whether the epoch that it names has begun; null before the end. */
      readonly newer: NewerAnswer | null;
    };

/** An answer that names a newer epoch than the row. What comes over the network raises nothing that is known. */
export interface NewerAnswer {
  readonly outcome: ProbeAnswer;
  readonly durationMs: number;
  readonly answeredAt: number;
  /** How many readings had been asked for when it came: only a later one can disprove it. */
  readonly askedCount: number;
}

export const withRound: ProbePlan = { kind: 'with-round' };
export const settled: ProbePlan = { kind: 'settled' };

/** A target that nothing is known of yet. */
export function newPeer(node: NodeRecord, probe: ProbePlan = withRound): Peer {
  return {
    node,
    misses: null,
    answers: null,
    inconclusiveCount: 0,
    probe,
    statement: noStatement,
    hints: null,
    question: null,
  };
}

/** The same target with another plan. Field by field: each probe does it twice, and a spread costs several times as much. */
export function withProbe(peer: Peer, probe: ProbePlan): Peer {
  const { node, misses, answers, inconclusiveCount, statement, hints, question } = peer;
  return { node, misses, answers, inconclusiveCount, probe, statement, hints, question };
}

/** Whether a verdict stands against the target. */
export function isConfirmedDead({ node }: Peer): boolean {
  return node.lifecycle === 'dead';
}

/** Whether its own agent has declared the epoch over, and the brake holds the verdict back. */
export function isDeclaredOver({ node }: Peer): boolean {
  return node.obituary !== null && node.lifecycle === 'alive';
}

/** Whether probing the node makes sense: it is on the ring and not in maintenance, or it is dead and may come back. */
export function isProbed({ lifecycle }: NodeRecord): boolean {
  return lifecycle === 'alive' || lifecycle === 'dead';
}

/** When it last answered this observer itself; null when it never did, or this machine was suspended since. */
export function lastAnswerAt({ answers }: Peer): number | null {
  return answers === null ? null : answers.cameAt;
}

/** Whether the registry is asked about it now. */
export function isAskedAbout({ question }: Peer): boolean {
  return question !== null && !question.isAnswered;
}

/** Whether nothing bad is known of the target. */
export function isAnswering(peer: Peer): boolean {
  const { misses, statement, node } = peer;
  return misses === null && !isAccusation(statement) && isProbed(node) && !isConfirmedDead(peer);
}

/** Whether the target stays on the watch list wherever it stands on the ring: something is to be said of it. */
export function isKeptOnList({ misses, statement, node, probe }: Peer): boolean {
  if (probe.kind === 'settled') return false;
  if (misses !== null) return true;
  return statement.kind === 'retracted' ? isOwed(statement, node) : statement.kind !== 'none';
}

/** Whether the target's row is read, watched or not: it is held, or the registry may not have all that was said. */
export function isFollowed({ misses, statement }: Peer): boolean {
  return misses !== null || statement.kind !== 'none';
}

/** Whether it closed an idle connection, and has refused every look since. */
export function hasClosedAndRefuses({ misses, hints }: Peer): boolean {
  return hints?.source === 'closed' && misses !== null && isRefusedOnly(misses);
}
