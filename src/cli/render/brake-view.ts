/** The brake as people want to see it: what weighs and for how long, what is held back, who has released it. Pure. */
import { brakeLimit } from '../../core/verdict.ts';
import type { BrakeRelease, BrakeWeight, ClusterReading } from '../../ports/registry.ts';
import { formatDuration } from '../durations.ts';
import { type Paint, printable, shorten, wrap } from '../terminal.ts';
import { enumerate, oneLine } from './event-words.ts';

/** The brake at one moment. */
export interface BrakeView {
  /** How many deaths weigh. */
  readonly unresolvedCount: number;
  /** How many may. */
  readonly limit: number;
  /** Whether the next verdict waits. */
  readonly isHolding: boolean;
  readonly weighing: readonly BrakeWeight[];
  /** Nodes with a vote for their death, while it holds. */
  readonly heldIds: readonly string[];
  /** Nodes whose own agents say that their application is dead, while it holds. */
  readonly heldObituaries: readonly { readonly nodeId: string; readonly reason: string }[];
  /** Of how many nodes `limit` is a fraction. */
  readonly memberCount: number;
  /** Null while no operator has released it. */
  readonly release: BrakeRelease | null;
}

/** Joins what a reading says of the brake with the agents' limit. */
export function viewBrake(cluster: ClusterReading, maxDeadFraction: number): BrakeView {
  const { unresolvedCount, weighing, release, memberCount, nodes, statements } = cluster;
  const limit = brakeLimit(maxDeadFraction, memberCount);
  const isHolding = unresolvedCount >= limit && release === null;
  const votes = statements.filter(({ isValid, status }) => isValid && status === 'dead');
  const accusedEpochs = new Set(votes.map(({ targetId, targetEpoch }) => `${targetEpoch} ${targetId}`));
  const isAccused = ({ id, epoch }: ClusterReading['nodes'][number]): boolean =>
    accusedEpochs.has(`${epoch} ${id}`);
  const held = isHolding ? nodes.filter(({ lifecycle }) => lifecycle === 'alive') : [];
  return {
    unresolvedCount,
    limit,
    isHolding,
    weighing,
    heldIds: held.filter((node) => node.obituary === null && isAccused(node)).map(({ id }) => id),
    heldObituaries: held.flatMap(({ id, obituary }) =>
      obituary === null ? [] : [{ nodeId: id, reason: obituary }],
    ),
    memberCount,
    release,
  };
}

/** Names past this many are counted. */
const namedCount = 8;

/** The brake in one line, then what weighs, what is held back and until when, each in a line. */
export function renderBrake(
  brake: BrakeView,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const { unresolvedCount, limit, isHolding, weighing, heldIds, heldObituaries, release } = brake;
  const count = `brake: ${unresolvedCount} of at most ${limit} ${limit === 1 ? 'death weighs' : 'deaths weigh'}`;
  const head = isHolding
    ? paint('warning', wrap(`${count}; no further verdict while so many weigh`.split(' '), width))
    : paint('quiet', count);
  const details = weighing.slice(0, namedCount).map((weight) => `${weight.nodeId} ${reasonOf(weight)}`);
  if (weighing.length > namedCount) details.push(`and ${weighing.length - namedCount} more`);
  if (heldIds.length > 0) details.push(`held back: ${named(heldIds)}, whose votes stand`);
  if (heldObituaries.length > 0) details.push(...sayings(brake));
  if (isHolding) details.push('to allow more now: ringwatch brake release');
  if (release !== null) details.push(releaseWords(release));
  const indent = '  ';
  return [
    head,
    ...details.map((text) => indent + paint('quiet', shorten(printable(text), width - indent.length))),
  ];
}

/** All names, or the first eight and how many more. */
export function named(ids: readonly string[]): string {
  const left = ids.length - namedCount;
  return left > 0 ? `${ids.slice(0, namedCount).join(', ')} and ${left} more` : enumerate(ids);
}

/** How many say of their own application that it is dead; then which, and why. */
function sayings({ heldObituaries, memberCount }: BrakeView): string[] {
  const reasons = [...new Set(heldObituaries.map(({ reason }) => oneLine(reason)))];
  const listed = reasons.slice(0, 3).map((reason) => {
    const saying = heldObituaries.filter((held) => oneLine(held.reason) === reason);
    return `  ${named(saying.map(({ nodeId }) => nodeId))}: ${reason}`;
  });
  const [verb, whose] = heldObituaries.length === 1 ? ['says', 'its'] : ['say', 'their'];
  const count = `${heldObituaries.length} of ${memberCount} nodes ${verb} that ${whose} application is dead`;
  return [`held back: ${count}`, ...listed];
}

/** Why a death weighs, and until when. */
function reasonOf({ isBack, isRecoveryRunning, leftMs }: BrakeWeight): string {
  const until = leftMs === null ? '' : ` for ${formatDuration(leftMs)} more`;
  if (isBack) return `is back, and weighs${until === '' ? ' until its recovery ends' : until}`;
  if (isRecoveryRunning) return 'is dead, and weighs at least until its recovery ends';
  return `is dead, and weighs${until === '' ? ' until it is back' : until}`;
}

function releaseWords({ leftMs, count }: BrakeRelease): string {
  const many = count === null ? '' : `, for ${count} more ${count === 1 ? 'verdict' : 'verdicts'}`;
  return `released by an operator for ${formatDuration(leftMs)} more${many}`;
}
