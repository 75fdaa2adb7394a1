/**
 * L1: every crash inside the core's sight is confirmed within the bound that the settings give.
 *
 * Checked by the true time of each verdict once the cluster is healed. It comes within `confirmationBoundMs` of the latest
 * of these:
 * - the node went down;
 * - the cluster was healed;
 * - the node's maintenance was over;
 * - as many observers as a quorum wants were past their startup grace, in which they say nothing;
 * - the brake held the verdict back for the last time;
 * - a quorum window had passed since a restored registry forgot votes: they are affirmed within one.
 *
 * A death without a verdict has had no longer than that either.
 *
 * Nothing is owed where fewer nodes run than a strict quorum needs; else each death is owed, however long ago.
 */

import type { DecideResult } from '../../core/reading.ts';
import { graceMs } from '../../core/settings/config.ts';
import type { DecideRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';
import { confirmationBoundMs } from './time-bounds.ts';

export const crashIsConfirmed: CreateChecker = ({ world, ledger, settings, report }) => {
  const downSince = new Map<string, number>();
  /** When the brake last held a verdict back. */
  const brakedAt = new Map<string, number>();
  const startedAt = new Map<string, number>();
  let healedAt = Number.POSITIVE_INFINITY;
  let forgotVotesUntil = 0;
  let boundMs = 0;

  const runningCount = (): number => [...world.nodes.values()].filter(({ isRunning }) => isRunning).length;
  const hasQuorum = (): boolean => {
    const { strictQuorum, minQuorum } = settings;
    return runningCount() >= (strictQuorum ? Math.max(1, minQuorum) : 1);
  };
  /** True time of an instant of the registry's clock, which does not step any more. */
  const trueTimeOf = (registryAt: number): number => world.now - (world.registry.now() - registryAt);
  /** When as many of the observers that run as a quorum wants were past their startup grace. */
  const votingSince = (): number => {
    const since = [...startedAt]
      .filter(([id]) => world.node(id).isRunning)
      .map(([, at]) => at + graceMs(settings, null))
      .sort((one, other) => one - other);
    return since[Math.min(settings.minQuorum, since.length) - 1] ?? 0;
  };
  /** From when on the verdict is owed. */
  const owedFrom = (id: string): number =>
    Math.max(
      healedAt,
      forgotVotesUntil,
      downSince.get(id) ?? 0,
      brakedAt.get(id) ?? 0,
      votingSince(),
      trueTimeOf(ledger.nodes.get(id)?.maintenanceUntil ?? 0),
    );

  return {
    restored: () => {
      forgotVotesUntil = world.now + settings.quorumWindowMs;
    },
    healed: () => {
      healedAt = world.now;
      boundMs = confirmationBoundMs(settings, world.nodes.size - runningCount() + 1);
    },
    onHistory: (entry) => {
      if (entry.kind === 'started' || entry.kind === 'joined') startedAt.set(entry.nodeId, entry.at);
      else if (entry.kind === 'crashed' || entry.kind === 'ended') downSince.set(entry.nodeId, entry.at);
    },
    onCall: ({ method, request, at }, result) => {
      if (method !== 'decide' && method !== 'obituary') return;
      const { targetId } = request as DecideRequest;
      const decision = result as DecideResult;
      if (decision.outcome === 'pending' && decision.reason === 'brake') brakedAt.set(targetId, at);
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
        const downMs = world.now - owedFrom(id);
        if (downMs <= boundMs) continue;
        report(
          `${id}#${known.epoch} has been down for ${Math.round(downMs)} ms and no verdict has confirmed it`,
        );
      }
    },
  };
};
