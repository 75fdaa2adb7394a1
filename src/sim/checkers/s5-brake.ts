/** S5: the brake's limit is never passed. */
import type { DecideResult } from '../../core/reading.ts';
import type { CreateChecker } from './checker.ts';

export const brakeHolds: CreateChecker = ({ world, ledger, settings, report }) => ({
  onCall: ({ method, at }, result) => {
    if (method !== 'decide' && method !== 'obituary') return;
    const decision = result as DecideResult;
    if (decision.outcome !== 'dead' || !decision.isNew) return;
    const isMember = (id: string): boolean => ledger.isOnRing(id);
    // A node that is silent by true time holds no brake; 10 % for clocks that drift.
    const isBeating = (beatAt: number): boolean => at - beatAt < settings.heartbeatWindowMs * 0.9;
    const hasHandler = [...ledger.nodes].some(
      ([id, node]) => node.hasHandler && isMember(id) && isBeating(node.lastBeatTrueAt),
    );
    const since = world.registry.now() - settings.brakeWindowMs;
    const unresolved = ledger.verdicts.filter(
      ({ resolution, decidedAt }) => resolution === null && (hasHandler || decidedAt > since),
    );
    // The ledger has not heard of the new verdict yet: its node is still among the members.
    const members = new Set([...ledger.nodes.keys()].filter(isMember));
    for (const { nodeId } of unresolved) members.add(nodeId);
    members.add(decision.verdict.nodeId);
    const limit = Math.max(1, Math.floor(settings.maxDeadFraction * members.size + 1e-9));
    if (unresolved.length + 1 > limit) {
      const open = unresolved.map(({ nodeId, epoch }) => `${nodeId}#${epoch}`).join(', ');
      report(
        `${decision.verdict.nodeId} makes ${unresolved.length + 1} unresolved deaths of ${members.size} members, limit ${limit}; open: ${open}`,
      );
    }
  },
});
