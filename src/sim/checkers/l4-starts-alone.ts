/**
 * L4: a restart of the whole cluster needs no human, nor does any other start.
 *
 * Checked as: every node that runs is a member in its present epoch. Of the members it watches the next K in byte order,
 * wrapping. It may watch more of them only while its list holds others too, silent ones that it walks past: as many as
 * those. And for the time of one probe more: a target whose answer is late is walked past until the next look at it. L3 says that no observer suspects it, L1 that deaths are confirmed again.
 */
import type { CreateChecker } from './checker.ts';

export const startsAlone: CreateChecker = ({ world, ledger, settings, report }) => {
  const watching = new Map<string, { readonly at: number; readonly targetIds: readonly string[] }>();
  const membersAtRest = (): string[] => {
    const members: string[] = [];
    for (const node of world.nodes.values()) {
      if (!node.isRunning) continue;
      const known = ledger.nodes.get(node.id);
      if (node.epoch === 0) report(`${node.id} runs and could not join`);
      else if (known?.epoch !== node.epoch)
        report(`${node.id} runs as #${node.epoch}, the registry knows #${known?.epoch}`);
      else if (!ledger.isOnRing(node.id)) report(`${node.id}#${node.epoch} runs and is not on the ring`);
      else if (!ledger.isInMaintenance(node.id)) members.push(node.id);
    }
    return members.sort(byCodePoints);
  };

  return {
    onHistory: (entry) => {
      if (entry.kind === 'started') watching.delete(entry.nodeId);
      else if (entry.kind === 'watching')
        watching.set(entry.nodeId, { at: entry.at, targetIds: entry.event.targetIds });
      else if (entry.kind === 'broken') report(`the program of ${entry.nodeId} ended: ${entry.detail}`);
    },
    atRest: () => {
      const members = membersAtRest();
      for (const [place, nodeId] of members.entries()) {
        const ahead = [...members.slice(place + 1), ...members.slice(0, place)];
        const owed = ahead.slice(0, settings.neighbors);
        const { at, targetIds: watched } = watching.get(nodeId) ?? { at: 0, targetIds: [] };
        const missing = owed.filter((id) => !watched.includes(id));
        const silentCount = watched.filter((id) => !members.includes(id)).length;
        // Silent ones that no verdict has taken off the ring may fill the list but for one place.
        if (missing.length > 0 && silentCount < settings.watchListCap - 1)
          report(`${nodeId} watches ${watched}, and not ${missing}, which come next on the ring`);
        const extra = watched.filter((id) => members.includes(id) && !owed.includes(id));
        const isLasting = world.scheduler.now - at > settings.probeTimeoutMs;
        if (extra.length > silentCount && isLasting)
          report(`${nodeId} watches ${extra} too, which are more than the next ${settings.neighbors}`);
      }
    },
  };
};

/** The byte order of UTF-8 is that of the code points. Said once more here, so that the core's own order is checked too. */
function byCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (const [index, char] of left.entries()) {
    const difference = (char.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
