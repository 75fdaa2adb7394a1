/** L2: every verdict's recovery completes, though owners crash, or is given up after as many attempts as the settings say. */
import type { CreateChecker } from './checker.ts';

export const recoveryCompletes: CreateChecker = ({ world, ledger, settings, report }) => ({
  atRest: () => {
    const { maxAttempts } = settings;
    const hasHandler = [...ledger.nodes].some(([id, node]) => node.hasHandler && world.node(id).isRunning);
    if (!hasHandler) return;
    for (const { nodeId, epoch, resolution, claimCount, isGivenUp } of ledger.verdicts) {
      if (resolution !== null || ledger.isInMaintenance(nodeId)) continue;
      if (!isGivenUp) report(`the verdict on ${nodeId}#${epoch} is still open after ${claimCount} claims`);
      else if (maxAttempts === null || claimCount < maxAttempts)
        report(
          `the recovery of ${nodeId}#${epoch} was given up after ${claimCount} claims of ${maxAttempts}`,
        );
    }
  },
});
