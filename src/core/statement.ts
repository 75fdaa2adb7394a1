/**
 * What one observer has said of a target in the registry, and how far the registry has come with it.
 *
 * The order of facts about a node; each outdates all before it:
 *   alive(e) < suspect(e) < dead(e, 1) < returned(e, 1) < dead(e, 2) < … < left(e) < alive(e + 1)
 * Here e is the epoch, and n of dead(e, n) the row's `decisionCount`. A vote and a retraction know of the facts up to one.
 *
 * Legal transitions:
 *   none, former, retracted → suspect → dead    misses reach a threshold; without `suspect` where both are equal
 *   suspect, dead → former                      a newer epoch begins, or another program takes the target off the ring
 *   former, suspect, dead → retracted           the target answers, or its maintenance begins
 *   retracted → none                            the registry has it, and it answers every verdict that stands
 *   any → none                                  the target leaves, or its row is deleted
 */
import type { NodeRecord } from './node.ts';

/** What one observer thinks of a target. */
export type PeerStatus = 'healthy' | 'suspect' | 'dead';

/** What the observer has said of the target, as far as it is not settled. `none`: it has said nothing. */
export type StatementState = { readonly kind: 'none' } | FormerStatement | Suspicion | OwnVote | Retraction;

/** A statement about an earlier epoch, or by an earlier epoch of this observer. It stands until the target answers. */
export interface FormerStatement {
  readonly kind: 'former';
  readonly was: 'suspect' | 'dead';
  /** The target's epoch that it is about. */
  readonly epoch: number;
}

/** What `suspect` and `dead` of the target's present epoch have in common. */
interface Accusation {
  /** Since when the registry holds an accusation of this epoch; null before. The accused can read it from then on. */
  readonly accusedAt: number | null;
  /** Set once the accused has answered in the registry: since when, and when last. */
  readonly refuted: { readonly since: number; readonly lastAt: number } | null;
  /** The registry has refused it, or a vote has become old there: it is sent again at the next miss. */
  readonly needsResend: boolean;
}

/** This observer's word that the target of the present epoch is suspect. It counts for no verdict. */
export interface Suspicion extends Accusation {
  readonly kind: 'suspect';
}

/** This observer's vote that the target is dead. */
export interface OwnVote extends Accusation {
  readonly kind: 'dead';
  /** How many decisions on the epoch were known: a vote from before a return does not count after it. */
  readonly knownDecision: number;
  /** When the registry took it, or it was sent again since; null before. */
  readonly recordedAt: number | null;
  /** Whether the brake held the verdict back when the registry was asked last. */
  readonly isBraked: boolean;
}

/** A statement that was taken back, while a verdict may stand that was not known then. */
export interface Retraction {
  readonly kind: 'retracted';
  readonly was: 'suspect' | 'dead';
  readonly epoch: number;
  /** How many decisions on that epoch were known: a later one is not answered by it. */
  readonly knownDecision: number;
  /** `refused`: sent again at the next answer. `read`: one reading has shown no unanswered verdict since `recorded`. */
  readonly progress: 'sent' | 'refused' | 'recorded' | 'read';
}

/** Nothing is said, or nothing of it is left to settle. */
export const noStatement: StatementState = { kind: 'none' };

/** What the statement says of the target's present epoch. */
export function statusOf({ kind }: StatementState): PeerStatus {
  return kind === 'suspect' || kind === 'dead' ? kind : 'healthy';
}

/** Whether it accuses the target's present epoch. */
export function isAccusation(statement: StatementState): statement is Suspicion | OwnVote {
  return statement.kind === 'suspect' || statement.kind === 'dead';
}

/** How many decisions on that epoch of the node are known. */
function knownDecision({ epoch, decisionCount }: NodeRecord, ofEpoch: number): number {
  return epoch === ofEpoch ? decisionCount : 0;
}

/** What the functions below look at of a peer. */
interface Target {
  readonly node: NodeRecord;
  readonly statement: StatementState;
}

/** The suspicion or the vote, with what follows from the suspicion before it. */
export function accuse(kind: 'suspect' | 'dead', { node, statement }: Target): Suspicion | OwnVote {
  const { accusedAt, refuted } = isAccusation(statement) ? statement : { accusedAt: null, refuted: null };
  const accusation = { accusedAt, refuted, needsResend: false };
  if (kind === 'suspect') return { kind, ...accusation };
  return { kind, ...accusation, knownDecision: node.decisionCount, recordedAt: null, isBraked: false };
}

/** Whether the target has returned from a verdict since the vote: only a new vote counts after that. */
export function isSpent(vote: OwnVote, { node }: Target): boolean {
  return vote.recordedAt !== null && node.lifecycle !== 'dead' && node.decisionCount > vote.knownDecision;
}

/** The same accusation, sent once more. A spent vote begins anew: the accused has its time after the return too. */
export function resent<Made extends Suspicion | OwnVote>(made: Made, target: Target, now: number): Made {
  if (made.kind === 'suspect') return { ...made, needsResend: false };
  const { node } = target;
  if (isSpent(made, target)) return { ...made, ...accuse('dead', { node, statement: noStatement }) };
  const recordedAt = made.recordedAt === null ? null : now;
  return { ...made, needsResend: false, recordedAt, knownDecision: node.decisionCount };
}

/** The accusation after an answer of the accused. */
export function refutedNow(statement: StatementState, now: number): StatementState {
  if (!isAccusation(statement)) return statement;
  return { ...statement, refuted: { since: statement.refuted?.since ?? now, lastAt: now } };
}

/** The same in a registry that has lost what was said: it is sent again at the next miss, and the accused has its time anew. */
export function saidAgain(statement: StatementState): StatementState {
  if (!isAccusation(statement)) return statement;
  const again = { ...statement, accusedAt: null, refuted: null, needsResend: true };
  return again.kind === 'dead' ? { ...again, recordedAt: null } : again;
}

/** Takes a statement about that epoch back, with all decisions that are known now. */
export function retract(was: 'suspect' | 'dead', epoch: number, node: NodeRecord): Retraction {
  return { kind: 'retracted', was, epoch, knownDecision: knownDecision(node, epoch), progress: 'sent' };
}

/** Whether a retraction must be sent again: the registry refused it, or it does not answer the verdict that stands. */
export function isOwed({ progress, epoch, knownDecision: known }: Retraction, node: NodeRecord): boolean {
  return progress === 'refused' || (node.lifecycle === 'dead' && knownDecision(node, epoch) > known);
}

/** What becomes of a statement when a newer epoch begins, or when another program takes the target off the ring. */
export function outlived(statement: StatementState, epoch: number): StatementState {
  return isAccusation(statement) ? { kind: 'former', was: statement.kind, epoch } : statement;
}

/**
 * A retraction after a reading of the target's row. The first reading after the registry has it may have been asked for
 * before; the second one would show a verdict from before it.
 */
export function afterRowRead(statement: StatementState, node: NodeRecord): StatementState {
  if (statement.kind !== 'retracted' || isOwed(statement, node)) return statement;
  if (statement.progress === 'recorded') return { ...statement, progress: 'read' };
  return statement.progress === 'read' ? noStatement : statement;
}
