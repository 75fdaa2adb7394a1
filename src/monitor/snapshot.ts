/** What a monitor shows of itself: plain JSON for status pages and tests. */

import { isConfirmedDead, lastAnswerAt } from '../core/peer.ts';
import type { Settings } from '../core/settings/config.ts';
import type { DetectorState } from '../core/state.ts';
import { isAccusation, type PeerStatus, statusOf } from '../core/statement.ts';

/** What a monitor knows at one moment. */
export interface MonitorSnapshot {
  readonly nodeId: string;
  readonly epoch: number;
  readonly phase: 'new' | 'running' | 'stopped' | 'over';
  /** In the order in which they are probed. */
  readonly targets: readonly TargetSnapshot[];
  readonly accuserIds: readonly string[];
  readonly isBraked: boolean;
  readonly isOutage: boolean;
  /** Statements and notes that wait for the registry. */
  readonly waitingCount: number;
}

/** One target, as this observer sees it. */
export interface TargetSnapshot {
  readonly id: string;
  readonly epoch: number;
  readonly status: PeerStatus;
  readonly missCount: number;
  /** Whether it is probed now, or only remembered until it answers again. */
  readonly isWatched: boolean;
  readonly isConfirmedDead: boolean;
  readonly isUnreachable: boolean;
  /** Milliseconds since it last answered this observer; null when it never did. */
  readonly sinceAnswerMs: number | null;
}

interface ShellFacts {
  readonly isRunning: boolean;
  readonly isOutage: boolean;
  readonly waitingCount: number;
  readonly now: number;
}

export function snapshotOf(settings: Settings, state: DetectorState, facts: ShellFacts): MonitorSnapshot {
  const ids = new Set([...state.watching, ...state.peers.keys()]);
  const targets: TargetSnapshot[] = [];
  for (const id of ids) {
    const peer = state.peers.get(id);
    if (peer === undefined) continue;
    const answeredAt = lastAnswerAt(peer);
    targets.push({
      id,
      epoch: peer.node.epoch,
      status: statusOf(peer.statement),
      missCount: peer.misses?.count ?? 0,
      isWatched: state.watching.includes(id),
      isConfirmedDead: isConfirmedDead(peer),
      isUnreachable: isAccusation(peer.statement) && peer.statement.refuted !== null,
      sinceAnswerMs: answeredAt === null ? null : facts.now - answeredAt,
    });
  }
  const hasStopped = state.phase === 'running' && !facts.isRunning;
  return {
    nodeId: settings.nodeId,
    epoch: state.own.epoch,
    phase: hasStopped ? 'stopped' : state.phase,
    targets,
    accuserIds: state.own.accuserIds,
    isBraked: state.brakedId !== null,
    isOutage: facts.isOutage,
    waitingCount: facts.waitingCount,
  };
}
