/** L2: every verdict's recovery completes, though owners crash. */
import type { CreateChecker } from './checker.ts';

export const recoveryCompletes: CreateChecker = ({ world, ledger, report }) => ({
  atRest: () => {
    const hasHandler = [...ledger.nodes].some(([id, node]) => node.hasHandler && world.node(id).isRunning);
    if (!hasHandler) return;
    for (const { nodeId, epoch, resolution, claimCount } of ledger.verdicts) {
      if (resolution === null && !ledger.isInMaintenance(nodeId)) {
        report(`the verdict on ${nodeId}#${epoch} is still open after ${claimCount} claims`);
      }
    }
  },
});
