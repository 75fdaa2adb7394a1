/** C1: probes per node and round never pass the watch list's cap; never two at once for one target. */
import type { CreateChecker } from './checker.ts';

interface Rounds {
  since: number;
  targets: Set<string>;
  inFlight: Set<string>;
}

export const probesAreBounded: CreateChecker = ({ settings, report }) => {
  const byProcess = new Map<object, Rounds>();
  return {
    onProbeBegan: ({ observerId, targetId, process, at }) => {
      const rounds = byProcess.get(process) ?? { since: at, targets: new Set(), inFlight: new Set() };
      byProcess.set(process, rounds);
      if (rounds.inFlight.has(targetId))
        report(`${observerId} probes ${targetId} while a probe of it is in flight`);
      rounds.inFlight.add(targetId);
      // The shortest round that jitter allows.
      if (at - rounds.since >= settings.probeIntervalMs * (1 - settings.jitter)) {
        rounds.since = at;
        rounds.targets.clear();
      }
      rounds.targets.add(targetId);
      if (rounds.targets.size > settings.watchListCap) {
        report(
          `${observerId} has probed ${rounds.targets.size} targets in a round, cap ${settings.watchListCap}`,
        );
      }
    },
    onProbeEnded: ({ targetId, process }) => void byProcess.get(process)?.inFlight.delete(targetId),
  };
};
