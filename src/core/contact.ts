/**
 * How an answer or a miss changes what an observer knows and says of a target.
 * Not for: what a probe proves (probe.ts), or whether the observer may vote (vote.ts).
 */
import type { FailureKind } from './evidence.ts';
import type { Peer } from './peer.ts';
import { accuse, isAccusation, isOwed, isSpent, resent, retract } from './statement.ts';
import { startOf } from './text.ts';

/** A changed target, and what is to be written and announced of the change. */
export interface PeerChange {
  readonly peer: Peer;
  readonly news: readonly PeerNews[];
}

/** `again`: the registry needs it once more; it is no news for anyone else. */
export type PeerNews =
  | { readonly kind: 'suspect' | 'dead'; readonly again: boolean }
  | {
      readonly kind: 'recovered';
      readonly was: 'suspect' | 'dead';
      readonly epoch: number;
      readonly knownDecision: number;
      readonly again: boolean;
    }
  | { readonly kind: 'restarted'; readonly previousEpoch: number };

/** Counts a conclusive miss. */
export function countMiss(
  peer: Peer,
  now: number,
  miss: { readonly failure: FailureKind; readonly detail: string },
): Peer {
  const { count = 0, firstAt = now, failures = {} } = peer.misses ?? {};
  const { failure, detail } = miss;
  const misses = {
    count: count + 1,
    firstAt,
    failures: { ...failures, [failure]: (failures[failure] ?? 0) + 1 },
    lastFailure: startOf(detail, 200),
  };
  return { ...peer, misses };
}

export interface MissRules {
  readonly suspectAfter: number;
  readonly deadAfter: number;
  /** False during the startup grace, without proof of the observer's own network, or while patience lasts. */
  readonly mayDeclare: boolean;
}

/** After a counted miss: says `suspect` or `dead`, each once, when the count is reached; again where the registry needs it. */
export function declareMissed(peer: Peer, now: number, rules: MissRules): PeerChange {
  const { misses, statement } = peer;
  const count = misses?.count ?? 0;
  if (count >= rules.deadAfter && statement.kind !== 'dead' && rules.mayDeclare) return say(peer, 'dead');
  if (!isAccusation(statement)) {
    return count >= rules.suspectAfter ? say(peer, 'suspect') : { peer, news: [] };
  }
  const isDue =
    statement.kind === 'suspect'
      ? statement.needsResend
      : rules.mayDeclare && (statement.needsResend || isSpent(statement, peer.node, peer.epoch));
  if (!isDue) return { peer, news: [] };
  return {
    peer: { ...peer, statement: resent(statement, peer, now) },
    news: [{ kind: statement.kind, again: true }],
  };
}

function say(peer: Peer, kind: 'suspect' | 'dead'): PeerChange {
  return {
    peer: { ...peer, statement: accuse(peer.statement, kind, peer) },
    news: [{ kind, again: false }],
  };
}

/** A hit: ends the misses and takes back what was said. `epoch` is the one that the answer named. */
export function afterHit(
  peer: Peer,
  now: number,
  hit: { readonly isAnswer: boolean; readonly epoch: number | null },
): PeerChange {
  const news: PeerNews[] = [];
  const epoch = Math.max(peer.epoch, hit.epoch ?? 0);
  if (epoch > peer.epoch) news.push({ kind: 'restarted', previousEpoch: peer.epoch });
  const { node } = peer;
  let { statement } = peer;
  if (isAccusation(statement)) statement = retract(statement.kind, peer.epoch, node);
  else if (statement.kind === 'former' || (statement.kind === 'retracted' && isOwed(statement, node)))
    statement = retract(statement.was, statement.epoch, node);
  if (statement !== peer.statement && statement.kind === 'retracted') {
    const { was, epoch: saidEpoch, knownDecision } = statement;
    const again = peer.statement.kind === 'retracted';
    news.push({ kind: 'recovered', was, epoch: saidEpoch, knownDecision, again });
  }
  const lastAnswerAt = hit.isAnswer ? now : peer.lastAnswerAt;
  // Field by field, as in `withProbe`.
  const { inconclusiveCount, probe } = peer;
  return { peer: { node, epoch, misses: null, lastAnswerAt, inconclusiveCount, probe, statement }, news };
}
