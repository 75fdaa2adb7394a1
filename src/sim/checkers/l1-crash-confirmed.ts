/**
 * L1: every crash inside the core's sight is confirmed within the bound that the settings give.
 *
 * Checked as: a node that has been down in the healed cluster for that long, and was a member all the while, has a
 * verdict. Deaths that the brake held back come in waves, and are asked for by L2: they wait for recoveries.
 */
import type { CreateChecker } from './checker.ts';
import { detectionBoundMs } from './time-bounds.ts';

export const crashIsConfirmed: CreateChecker = ({ world, ledger, settings, report }) => {
  const downSince = new Map<string, number>();
  const braked = new Set<string>();
  let healedAt = Number.POSITIVE_INFINITY;
  return {
    healed: () => {
      healedAt = world.now;
      braked.clear();
    },
    onHistory: (entry) => {
      if (entry.kind === 'crashed' || entry.kind === 'ended') downSince.set(entry.nodeId, entry.at);
      else if (entry.kind === 'brake' && entry.event.isOn) braked.add(entry.event.targetId);
    },
    atRest: () => {
      if (![...world.nodes.values()].some(({ isRunning }) => isRunning)) return;
      for (const [id, known] of ledger.nodes) {
        if (world.node(id).status !== 'off' || known.hasLeft || ledger.isDead(id)) continue;
        if (ledger.isInMaintenance(id)) continue;
        // True time of an instant of the registry's clock, which does not step any more.
        const trueTimeOf = (registryAt: number): number => world.now - (world.registry.now() - registryAt);
        // A maintenance that has passed keeps a node listed as a heartbeat does: it is judged as any other then.
        const lastWordAt = Math.max(known.lastBeatAt, known.maintenanceUntil);
        const unlistedAt = trueTimeOf(lastWordAt + settings.membershipWindowMs);
        const isListed = unlistedAt >= world.now;
        const from = Math.max(healedAt, downSince.get(id) ?? 0, trueTimeOf(known.maintenanceUntil));
        const until = Math.min(world.now, unlistedAt);
        // Beyond the membership window nobody owes it a verdict any more.
        if (until - from < detectionBoundMs(settings) || (braked.has(id) && !isListed)) continue;
        report(
          `${id}#${known.epoch} has been down for ${Math.round(until - from)} ms and nobody has confirmed it`,
        );
      }
    },
  };
};
