/**
 * L1: every crash inside the core's sight is confirmed within the bound that the settings give.
 *
 * Checked by the true time of each verdict once the cluster is healed: it comes within `confirmationBoundMs` of the
 * latest of these: the node went down, the cluster was healed, its maintenance was over, as many observers as a quorum
 * wants were past their startup grace, in which they say nothing, the brake held the verdict back for the last time, a
 * quorum window had passed since a restored registry forgot votes, which are affirmed within. A death without a verdict
 * has had no longer than that either.
 *
 * Nothing is owed where a strict quorum has not as many nodes that run, nor beyond the membership window, unless the
 * node has not beaten since its maintenance, or those who know of the death still run: somebody asked for the verdict
 * and the brake held it back, or enough observers for a quorum had watched a node that beat as it should since its last
 * heartbeat. However the registry's clock steps, they may not forget it.
 */
import type { DecideResult } from '../../core/reading.ts';
import type { DecideRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';
import { confirmationBoundMs } from './time-bounds.ts';

/** The newest question that the brake held back. */
interface Braked {
  readonly at: number;
  readonly observerId: string;
  readonly observerEpoch: number;
}

/** One life of an observer. */
type Observer = Pick<Braked, 'observerId' | 'observerEpoch'>;

/** Whom a life of an observer watches, and those that it does no longer, with their newest heartbeat then. */
interface WatchList {
  readonly targetIds: readonly string[];
  readonly dropped: Map<string, string>;
}

export const crashIsConfirmed: CreateChecker = ({ world, ledger, settings, report }) => {
  const downSince = new Map<string, number>();
  const braked = new Map<string, Braked>();
  const watchLists = new Map<string, WatchList>();
  /** Who had watched a node since its last heartbeat when it went down. */
  const witnesses = new Map<string, readonly Observer[]>();
  const beatLatelyMs = 1.1 * settings.heartbeatIntervalMs + settings.registryTimeoutMs;
  const startedAt = new Map<string, number>();
  let healedAt = Number.POSITIVE_INFINITY;
  let forgotVotesUntil = 0;
  let boundMs = 0;

  const runningCount = (): number => [...world.nodes.values()].filter(({ isRunning }) => isRunning).length;
  const hasQuorum = (): boolean =>
    runningCount() >= (settings.strictQuorum ? Math.max(1, settings.minQuorum) : 1);
  /** True time of an instant of the registry's clock, which does not step any more. */
  const trueTimeOf = (registryAt: number): number => world.now - (world.registry.now() - registryAt);
  /** When as many of the observers that run as a quorum wants were past their startup grace. */
  const speakingSince = (): number => {
    const since = [...startedAt]
      .filter(([id]) => world.node(id).isRunning)
      .map(([, at]) => at + settings.startupGracePeriodMs)
      .sort((one, other) => one - other);
    return since[Math.min(settings.minQuorum, since.length) - 1] ?? 0;
  };
  /** From when on the verdict is owed. */
  const owedFrom = (id: string): number =>
    Math.max(
      healedAt,
      forgotVotesUntil,
      downSince.get(id) ?? 0,
      braked.get(id)?.at ?? 0,
      speakingSince(),
      trueTimeOf(ledger.nodes.get(id)?.maintenanceUntil ?? 0),
    );
  const stillRuns = ({ observerId, observerEpoch }: Observer): boolean => {
    const observer = world.node(observerId);
    return observer.isRunning && observer.epoch === observerEpoch;
  };
  const isStillAsked = (id: string): boolean => {
    const asked = braked.get(id);
    return asked !== undefined && stillRuns(asked);
  };
  const beatOf = (id: string): string => ledger.nodes.get(id)?.heartbeat ?? '';
  const witnessesOf = (id: string): readonly Observer[] => {
    if (!ledger.isBeating(id, beatLatelyMs)) return [];
    const beat = beatOf(id);
    return [...watchLists]
      .filter(([, { targetIds, dropped }]) => targetIds.includes(id) || dropped.get(id) === beat)
      .map(([observerId]) => ({ observerId, observerEpoch: world.node(observerId).epoch }));
  };
  const follow = (observerId: string, targetIds: readonly string[]): void => {
    const { targetIds: before, dropped } = watchLists.get(observerId) ?? {
      targetIds: [],
      dropped: new Map(),
    };
    for (const id of before) if (!targetIds.includes(id)) dropped.set(id, beatOf(id));
    watchLists.set(observerId, { targetIds, dropped });
  };
  const isInSight = (id: string): boolean => {
    const left = (witnesses.get(id) ?? []).filter(stillRuns);
    return left.length > 0 && left.length >= Math.min(settings.minQuorum, runningCount());
  };

  return {
    restored: () => {
      forgotVotesUntil = world.now + settings.quorumWindowMs;
    },
    healed: () => {
      healedAt = world.now;
      boundMs = confirmationBoundMs(settings, world.nodes.size - runningCount() + 1);
    },
    onHistory: (entry) => {
      if (entry.kind === 'started') {
        startedAt.set(entry.nodeId, entry.at);
        watchLists.delete(entry.nodeId);
      } else if (entry.kind === 'joined') startedAt.set(entry.nodeId, entry.at);
      else if (entry.kind === 'watching') follow(entry.nodeId, entry.event.targetIds);
      else if (entry.kind === 'crashed' || entry.kind === 'ended') {
        downSince.set(entry.nodeId, entry.at);
        witnesses.set(entry.nodeId, witnessesOf(entry.nodeId));
      }
    },
    onCall: ({ method, request, at }, result) => {
      if (method !== 'decide') return;
      const { targetId, observerId, observerEpoch } = request as DecideRequest;
      const decision = result as DecideResult;
      if (decision.outcome === 'pending' && decision.reason === 'brake')
        braked.set(targetId, { at, observerId, observerEpoch });
      if (decision.outcome !== 'dead' || !decision.isNew || healedAt > at) return;
      if (world.node(targetId).status !== 'off' || !hasQuorum()) return;
      const tookMs = at - owedFrom(targetId);
      if (tookMs > boundMs)
        report(
          `the verdict on ${targetId} took ${Math.round(tookMs)} ms, at most ${Math.round(boundMs)} are allowed`,
        );
    },
    atRest: () => {
      if (!hasQuorum()) return;
      for (const [id, known] of ledger.nodes) {
        if (world.node(id).status !== 'off' || known.hasLeft || ledger.isDead(id)) continue;
        if (ledger.isInMaintenance(id)) continue;
        const unlistedAt = trueTimeOf(known.lastBeatAt + settings.membershipWindowMs);
        // A node that has not beaten since its maintenance is on the ring until it is judged.
        const isKnown = known.maintenanceUntil > known.lastBeatAt || isStillAsked(id) || isInSight(id);
        const until = isKnown ? world.now : Math.min(world.now, unlistedAt);
        const downMs = until - owedFrom(id);
        if (downMs <= boundMs) continue;
        report(`${id}#${known.epoch} has been down for ${Math.round(downMs)} ms and nobody has confirmed it`);
      }
    },
  };
};
