/** A node's own agent declares its epoch over, since its application has died. One rule. Not for: what the brake counts. */
import { startOf } from '../core/text.ts';
import type { DecideResult, ObituaryRequest } from '../ports/registry.ts';
import { decideObituary, ownBeats, withoutVotes } from './decide.ts';
import { appendEvent } from './events.ts';
import { nodeById, updateNode } from './node-row.ts';
import { answer, answerForNow, ask, type Rule } from './rule.ts';
import { verdictOfEpoch } from './verdict-row.ts';

/** Longest reason that is kept. */
const reasonLength = 200;

/**
 * Writes the obituary, and the verdict with it where the brake has room. Only the holder of the epoch's instance id is
 * heard. A node that left, is in maintenance or was taken off the ring by another program gets none.
 */
export function obituary(request: ObituaryRequest, now: number): Rule<DecideResult> {
  const { targetId, targetEpoch, observerId, observerEpoch, newestBeat, instanceId } = request;
  return ask(
    [
      nodeById(targetId),
      verdictOfEpoch(targetId, targetEpoch),
      ownBeats(observerId, observerEpoch, newestBeat),
    ],
    ([[target], [verdict], beatCount]) => {
      if (target === undefined) return answer<DecideResult>({ outcome: 'alive', reason: 'unknown' });
      const early = withoutVotes(request, target, verdict, now);
      if (early !== null) return early;
      if (target.instanceId !== instanceId)
        return answer<DecideResult>({ outcome: 'alive', reason: 'unknown' });
      if (target.lifecycle !== 'alive')
        return answerForNow<DecideResult>({ outcome: 'alive', reason: 'away' });
      const reason = target.obituary ?? startOf(request.reason, reasonLength);
      const detail = { reason };
      const writes =
        target.obituary !== null
          ? []
          : [
              updateNode(targetId, { obituary: reason }),
              appendEvent({ kind: 'obituary', at: now, observerId, targetId, targetEpoch, detail }),
            ];
      const said = { target, verdict, reason, hasBeaten: beatCount > 0, writes };
      return decideObituary(request, said, now);
    },
  );
}
