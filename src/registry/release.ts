/** An operator's release of the brake: how it is said, and what a verdict that needs it takes of it. */
import type { ReleaseRequest } from '../ports/registry.ts';
import type { ClusterRow } from '../ports/rows.ts';
import type { Guard, Write } from '../ports/store.ts';
import { appendEvent, knownOperations } from './events.ts';
import { answerForNow, ask, atLeast, change, count, type Rule } from './rule.ts';

/** Whether the release is still as it was read: for guards. */
const isStillReleased = count('cluster', [
  ['releasedUntil', '='],
  ['releasedCount', '='],
]);

/** Releases the brake for a while, or ends a release: the newest word is the one that counts. */
export function releaseBrake(request: ReleaseRequest, now: number): Rule<void> {
  const { durationMs, operatorId, operationId } = request;
  const released = `released:${operationId}`;
  return ask([knownOperations([released])], ([done]) => {
    if (done.length > 0) return answerForNow(undefined);
    const deathCount = request.count ?? null;
    const releasedUntil = durationMs > 0 ? now + Math.round(durationMs) : 0;
    const writes = [
      releaseTo({ releasedUntil, releasedCount: durationMs > 0 ? (deathCount ?? 0) : 0 }),
      appendEvent({
        kind: 'brake-released',
        at: now,
        observerId: operatorId,
        targetId: null,
        targetEpoch: null,
        detail: { durationMs, count: deathCount },
      }),
    ];
    return change(undefined, writes, [], [released]);
  });
}

/** What one verdict past the limit takes of a release; null where none is there for it. */
export function takeRelease(
  cluster: ClusterRow | undefined,
  now: number,
): { readonly guards: readonly Guard[]; readonly writes: readonly Write[] } | null {
  if (cluster === undefined || cluster.releasedUntil <= now) return null;
  const { releasedUntil, releasedCount } = cluster;
  const guards = [atLeast(isStillReleased(releasedUntil, releasedCount), 1)];
  // Without a number all of them are released.
  if (releasedCount === 0) return { guards, writes: [] };
  const left = releasedCount - 1;
  return {
    guards,
    writes: [releaseTo({ releasedUntil: left > 0 ? releasedUntil : 0, releasedCount: left })],
  };
}

function releaseTo(changes: Pick<ClusterRow, 'releasedUntil' | 'releasedCount'>): Write {
  return { kind: 'update', table: 'cluster', key: [1], changes };
}
