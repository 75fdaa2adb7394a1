/**
 * L4: a restart of the whole cluster needs no human, nor does any other start.
 *
 * Checked as: every node that runs is a member as the life that it lives, and watches as many of the others as its
 * settings say. That nobody suspects it and that deaths are confirmed again is what L3 and L1 say.
 */
import type { CreateChecker } from './checker.ts';

export const startsAlone: CreateChecker = ({ world, ledger, settings, report }) => {
  const watching = new Map<string, readonly string[]>();
  return {
    onHistory: (entry) => {
      if (entry.kind === 'started') watching.delete(entry.nodeId);
      else if (entry.kind === 'watching') watching.set(entry.nodeId, entry.event.targetIds);
      else if (entry.kind === 'broken') report(`the program of ${entry.nodeId} ended: ${entry.detail}`);
    },
    atRest: () => {
      const members = new Set<string>();
      for (const node of world.nodes.values()) {
        if (!node.isRunning) continue;
        const known = ledger.nodes.get(node.id);
        if (node.epoch === 0) report(`${node.id} runs and could not join`);
        else if (known?.epoch !== node.epoch)
          report(`${node.id} runs as #${node.epoch}, the registry knows #${known?.epoch}`);
        else if (!ledger.isListed(node.id, settings.membershipWindowMs))
          report(`${node.id}#${node.epoch} runs and is not listed`);
        else if (!ledger.isInMaintenance(node.id)) members.add(node.id);
      }
      for (const nodeId of members) {
        const watched = (watching.get(nodeId) ?? []).filter((id) => members.has(id)).length;
        const owed = Math.min(settings.neighbors, members.size - 1);
        if (watched < owed)
          report(`${nodeId} watches ${watched} of the nodes that run, and should watch ${owed}`);
      }
    },
  };
};
