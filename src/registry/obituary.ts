/** A node's own agent declares its epoch over, since its application has died. One rule. Not for: what the brake counts. */
import { startOf } from '../core/wire/text.ts';
import type { DecideResult, ObituaryRequest } from '../ports/registry.ts';
import { decideObituary, withoutVotes } from './decide.ts';
import { appendEvent } from './events.ts';
import { asKnown, progressQueries } from './generation.ts';
import { nodeById, updateNode } from './node-row.ts';
import { answer, answerForNow, ask, atMost, count, type Rule } from './rule.ts';
import { verdictOfEpoch } from './verdict-row.ts';

/** How many obituaries stand, since the brake has no room. */
const heldObituaries = count('nodes', [
  ['lifecycle', '='],
  ['obituary', 'not-null'],
]);

function isPowerOfTwo(number: number): boolean {
  return number >= 2 && (number & (number - 1)) === 0;
}

/** Longest reason that is kept. */
const reasonLength = 200;

/**
 * Writes the obituary, and the verdict with it where the brake has room. Only the holder of the epoch's instance id is
 * heard. A node that left, is in maintenance or was taken off the ring by another program gets none.
 */
export function obituary(request: ObituaryRequest, now: number): Rule<DecideResult> {
  const { targetId, targetEpoch, observerId, observerEpoch, newestBeat, instanceId } = request;
  const self = { nodeId: observerId, epoch: observerEpoch };
  const known = { ...request.known, newestBeat };
  return ask(
    [
      nodeById(targetId),
      verdictOfEpoch(targetId, targetEpoch),
      heldObituaries('alive'),
      ...progressQueries(self, known),
    ],
    ([[target], [verdict], heldCount, ...progress]) => {
      if (target === undefined) return answer<DecideResult>({ outcome: 'alive', reason: 'unknown' });
      const early = withoutVotes(request, target, verdict, now);
      if (early !== null) return early;
      if (target.instanceId !== instanceId)
        return answer<DecideResult>({ outcome: 'alive', reason: 'unknown' });
      if (target.lifecycle !== 'alive')
        return answerForNow<DecideResult>({ outcome: 'alive', reason: 'away' });
      const guards = asKnown(self, known, progress);
      if (guards === null) return answerForNow<DecideResult>({ outcome: 'pending', reason: 'went-back' });
      const reason = target.obituary ?? startOf(request.reason, reasonLength);
      const detail = { reason };
      const writes =
        target.obituary !== null
          ? []
          : [
              updateNode(targetId, { obituary: reason }),
              appendEvent({ kind: 'obituary', at: now, observerId, targetId, targetEpoch, detail }),
            ];
      const held = (memberCount: number) => {
        const all = { count: heldCount + 1, memberCount, reason };
        // One line for many: at two, and each time that they are twice as many.
        const writes = isPowerOfTwo(heldCount + 1)
          ? [
              appendEvent({
                kind: 'obituaries-held',
                at: now,
                observerId,
                targetId,
                targetEpoch,
                detail: all,
              }),
            ]
          : [];
        // Those that come at the same moment are counted one after the other.
        return { writes, guards: [atMost(heldObituaries('alive'), heldCount)] };
      };
      const said = { target, verdict, reason, guards, writes, held };
      return decideObituary(request, said, now);
    },
  );
}
