/**
 * S5: at most `max(1, round(maxDeadFraction × members))` deaths weigh on the brake at any time.
 *
 * Counted again where a verdict is made, by true time and the true order of things, and by node. A node's death weighs from
 * its verdict until the first of these: the node has been back for `brakeReturnMs`; it left; `brakeWindowMs` has passed and
 * no recovery of it is open and not given up that a node with a handler could run.
 */
import type { DecideResult } from '../../core/reading.ts';
import { brakeLimit } from '../../core/verdict.ts';
import type { CreateChecker } from './checker.ts';
import type { LedgerNode } from './ledger-rows.ts';

/** For clocks that drift by 1 %, the asker's and that of a node whose heartbeats are waited for. */
const least = 0.98;

export const brakeHolds: CreateChecker = ({ ledger, settings, report }) => {
  return {
    onCall: ({ method, at }, result) => {
      if (method !== 'decide' && method !== 'obituary') return;
      const decision = result as DecideResult;
      if (decision.outcome !== 'dead' || !decision.isNew) return;
      // A node that is silent by true time runs no recovery; 10 % for clocks that drift.
      const isBeating = (beatAt: number): boolean => at - beatAt < settings.heartbeatWindowMs * 0.9;
      const hasHandler = [...ledger.nodes].some(
        ([id, node]) => node.hasHandler && ledger.isOnRing(id) && isBeating(node.lastBeatTrueAt),
      );
      const isOpen = (id: string): boolean =>
        ledger.verdicts.some(
          ({ nodeId, resolution, isGivenUp }) => nodeId === id && resolution === null && !isGivenUp,
        );
      const weighs = ([id, { deathTrueAt, aliveTrueAt }]: readonly [string, LedgerNode]): boolean => {
        if (deathTrueAt === null || id === decision.verdict.nodeId) return false;
        if (!ledger.isDead(id) && at - aliveTrueAt >= settings.brakeReturnMs * least) return false;
        return at - deathTrueAt < settings.brakeWindowMs * least || (hasHandler && isOpen(id));
      };
      const weighing = [...ledger.nodes].filter(weighs).map(([id]) => id);
      // The ledger has not heard of the new verdict yet: its node is still among the members.
      const members = [...ledger.nodes.keys()].filter((id) =>
        ledger.isDead(id) ? weighing.includes(id) : ledger.isOnRing(id) && !ledger.isInMaintenance(id),
      );
      const limit = brakeLimit(settings.maxDeadFraction, members.length);
      if (weighing.length + 1 > limit) {
        report(
          `${decision.verdict.nodeId} makes ${weighing.length + 1} deaths that weigh among ${members.length} members, limit ${limit}; the others: ${weighing.join(', ')}`,
        );
      }
    },
  };
};
