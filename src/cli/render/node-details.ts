/** What `status` says beneath a node: who accuses it and why, the verdict, and how its recovery stands. Pure. */
import type { VerdictDetail } from '../../ports/registry.ts';
import { formatDuration } from '../durations.ts';
import type { NodeState, NodeView } from './cluster-view.ts';
import { describeMisses, enumerate, oneLine } from './event-words.ts';

/** What is said of the node and of its recovery, a line each, as it came: not fit for a terminal yet. */
export function nodeDetails({
  state,
  accusations,
  obituary,
  verdict,
  waitsBecause,
  maintenanceLeftMs,
  flapCount,
}: NodeView): string[] {
  const lines: string[] = [];
  if (obituary !== null)
    lines.push(
      'its agent says that its application is dead; the brake holds that back',
      `its reason: ${oneLine(obituary)}`,
    );
  if (state === 'dead and settled')
    return verdict === null ? lines : [recoveryLine(verdict, nothingInTheWay)];
  const isHere = state !== 'left' && state !== 'away';
  if (flapCount > 1 && isHere)
    lines.push(`flapping: ${flapCount} deaths in a row, each soon after it was back`);
  if (state === 'maintenance' && maintenanceLeftMs !== null)
    lines.push(`maintenance ends in ${formatDuration(maintenanceLeftMs)}`);
  if (state !== 'confirmed dead') {
    for (const { observerId, status, evidence, ageMs } of accusations) {
      const what = status === 'dead' ? 'votes it dead' : 'suspects it';
      lines.push(`${observerId} ${what}${evidence === null ? '' : `: ${describeMisses(evidence, ageMs)}`}`);
    }
    if (state === 'unreachable') lines.push('it states in the registry that it is alive');
  }
  if (verdict !== null) lines.push(...verdictLines(verdict, state, { waitsBecause, maintenanceLeftMs }));
  return lines;
}

/** What an open recovery waits for, beside its own times. */
type InTheWay = Pick<NodeView, 'waitsBecause' | 'maintenanceLeftMs'>;

const nothingInTheWay: InTheWay = { waitsBecause: null, maintenanceLeftMs: null };

function verdictLines(verdict: VerdictDetail, state: NodeState, inTheWay: InTheWay): string[] {
  const voters = verdict.votes.map(({ observerId }) => observerId);
  const epoch = state === 'confirmed dead' ? '' : ` in epoch ${verdict.epoch}`;
  const lines = [
    verdict.reason === null
      ? `found dead${epoch} by ${enumerate(voters)} (quorum ${verdict.quorum})`
      : `declared dead${epoch} by its own agent: ${oneLine(verdict.reason)}`,
    recoveryLine(verdict, inTheWay),
  ];
  if (verdict.lastError !== null && verdict.resolution === null)
    lines.push(`last error: ${oneLine(verdict.lastError)}`);
  return lines;
}

function recoveryLine(verdict: VerdictDetail, inTheWay: InTheWay): string {
  const { resolution, ownerId, fence, attemptCount } = verdict;
  const attempt = attemptCount > 1 ? `, attempt ${attemptCount}` : '';
  switch (resolution) {
    case null:
      return `recovery: ${openRecovery(verdict, attempt, inTheWay)}`;
    case 'completed':
      return `recovery: completed by ${ownerId ?? 'no node'}, fence ${fence}${attempt}`;
    default:
      return `recovery: not needed any more (${resolution})`;
  }
}

/** Who works on it; else what it waits for. */
function openRecovery(
  { nodeId, ownerId, fence, attemptCount, isGivenUp, leaseLeftMs, retryInMs }: VerdictDetail,
  attempt: string,
  { waitsBecause, maintenanceLeftMs }: InTheWay,
): string {
  if (isGivenUp) return `given up after ${attemptCount} attempts; try again with: ringwatch retry ${nodeId}`;
  if (leaseLeftMs !== null) return `${ownerId} owns it, fence ${fence}${attempt}`;
  if (waitsBecause !== null) return `waits, ${waitsBecause}`;
  if (maintenanceLeftMs !== null)
    return `waits for the end of maintenance in ${formatDuration(maintenanceLeftMs)}`;
  if (ownerId === null && retryInMs !== null && retryInMs > 0)
    return `waits ${formatDuration(retryInMs)}; try it now with: ringwatch retry ${nodeId}`;
  if (ownerId === null) return 'no node has claimed it yet';
  if (retryInMs === null) return `the lease of ${ownerId} has run out, fence ${fence}${attempt}`;
  const next = retryInMs === 0 ? 'is due' : `in ${formatDuration(retryInMs)}`;
  return `attempt ${attemptCount} failed, next try ${next} (last by ${ownerId}, fence ${fence})`;
}
