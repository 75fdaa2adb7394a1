/** L3: no healthy node stays suspect. */
import type { CreateChecker } from './checker.ts';

export const healthyIsHealthy: CreateChecker = ({ world, ledger, report }) => ({
  atRest: () => {
    for (const node of world.nodes.values()) {
      const known = ledger.nodes.get(node.id);
      // A node that could not join is the business of L4.
      if (!node.isRunning || known === undefined || known.epoch !== node.epoch) continue;
      if (ledger.isDead(node.id)) report(`${node.id}#${node.epoch} runs, and a verdict stands against it`);
      for (const [observerId, { status, observerEpoch, targetEpoch }] of ledger.statements.get(node.id) ??
        []) {
        const isPresent =
          targetEpoch === known.epoch && ledger.nodes.get(observerId)?.epoch === observerEpoch;
        if (isPresent && world.node(observerId).isRunning) {
          report(`${node.id}#${node.epoch} is healthy, and ${observerId} still says ${status}`);
        }
      }
    }
  },
});
