/** L1: every crash inside the core's sight is confirmed within the bound that the settings give. */
import type { CreateChecker } from './checker.ts';

export const crashIsConfirmed: CreateChecker = ({ world, ledger, settings, report }) => ({
  atRest: () => {
    const isAnybodyUp = [...world.nodes.values()].some(({ isRunning }) => isRunning);
    if (!isAnybodyUp) return;
    for (const [id, known] of ledger.nodes) {
      const { status } = world.node(id);
      if (status !== 'off' || known.hasLeft || ledger.isDead(id) || ledger.isInMaintenance(id)) continue;
      // Beyond the membership window nobody owes it a verdict any more.
      if (!ledger.isListed(id, settings.membershipWindowMs)) continue;
      report(`${id}#${known.epoch} has crashed and nobody has confirmed it`);
    }
  },
});
