/**
 * L3: no healthy node stays suspect. Nor does one stay without its row of `dns_nodes`, whatever deletes it: nodes of the
 * original would not see it.
 *
 * Checked in the rows that the registry holds at rest, not in what it has acknowledged. Where the two differ, S6 reports
 * it.
 */
import { MemoryRegistry } from '../../adapters/memory/registry.ts';
import type { CreateChecker } from './checker.ts';

export const healthyIsHealthy: CreateChecker = ({ world, ledger, report }) => ({
  atRest: async () => {
    const { leader } = world.registry;
    const { statements } = await leader.readCluster({});
    for (const node of world.nodes.values()) {
      const known = ledger.nodes.get(node.id);
      // A node that could not join is the business of L4.
      if (!node.isRunning || known === undefined || known.epoch !== node.epoch) continue;
      if (leader instanceof MemoryRegistry && leader.readSharedNode(node.id) === null)
        report(`${node.id}#${node.epoch} runs, and has no row of dns_nodes`);
      if (ledger.isDead(node.id)) report(`${node.id}#${node.epoch} runs, and a verdict stands against it`);
      for (const { targetId, targetEpoch, observerId, observerEpoch, status } of statements) {
        if (targetId !== node.id || targetEpoch !== node.epoch) continue;
        const observer = world.nodes.get(observerId);
        if (observer?.isRunning === true && observer.epoch === observerEpoch)
          report(`${node.id}#${node.epoch} is healthy, and ${observerId} still says ${status}`);
      }
    }
  },
});
