/**
 * The story of a node for `why`. It tells of each epoch who accused it and on what evidence, who voted, what was
 * decided, who recovered it, and how it came back. Pure: events of the registry in, lines out.
 */
import { readEvidence } from '../../core/evidence.ts';
import type { NodeDetail, RegistryEvent } from '../../ports/registry.ts';
import { formatDuration } from '../durations.ts';
import type { Paint } from '../terminal.ts';
import { printable } from '../terminal.ts';
import { chaptersOf } from './chapters.ts';
import type { DeathView } from './death-view.ts';
import { describeEvent, toneOf } from './event-words.ts';
import { formatDay, formatInstant, formatMoment } from './times.ts';

export interface StoryRequest {
  readonly nodeId: string;
  /** Null when its row is gone. */
  readonly node: NodeDetail | null;
  /** How its newest death stands; null where its row is gone. */
  readonly death: DeathView | null;
  /** Events about the node or by it, oldest first. */
  readonly events: readonly RegistryEvent[];
  /** How many of its newest epochs are told. */
  readonly epochCount: number;
}

/** One epoch as it is told. */
export interface ToldEpoch {
  readonly epoch: number;
  readonly events: readonly RegistryEvent[];
  /** In one phrase. */
  readonly ending: string;
}

/** What is told of a node; also what `--json` prints. */
export interface Story {
  readonly nodeId: string;
  readonly node: NodeDetail | null;
  readonly death: DeathView | null;
  /** Oldest first. */
  readonly epochs: readonly ToldEpoch[];
  readonly earlierEpochCount: number;
}

/** Groups the events about the node by its epochs. */
export function tellStory({ nodeId, node, death, events, epochCount }: StoryRequest): Story {
  const epochs = [...chaptersOf(nodeId, events)]
    .sort(([a], [b]) => a - b)
    .map(([epoch, group]) => ({ epoch, events: group, ending: endingOf(group, epoch, node) }));
  const told = epochs.slice(-epochCount);
  return { nodeId, node, death, epochs: told, earlierEpochCount: epochs.length - told.length };
}

function endingOf(events: readonly RegistryEvent[], epoch: number, node: NodeDetail | null): string {
  const has = (kind: RegistryEvent['kind']): boolean => events.some((event) => event.kind === kind);
  const isOver = node !== null && node.epoch > epoch;
  if (has('left')) return 'it left the cluster';
  if (has('verdict')) {
    const isReturned = events.some(
      ({ kind, detail }) => kind === 'verdict-closed' && detail['resolution'] === 'returned',
    );
    if (isReturned && !isOver && node?.lifecycle !== 'dead') return 'it was found dead and answered again';
    const isRecovered = events.some(
      ({ kind, detail }) => kind === 'recovery-ended' && detail['outcome'] === 'completed',
    );
    const recovery = isRecovered
      ? ' and was recovered'
      : hasGivenUp(events)
        ? '; its recovery is given up, and waits for an operator'
        : has('recovery-started')
          ? '; its recovery is not completed'
          : '';
    const isOwnWord = events.some(({ kind, detail }) => kind === 'verdict' && 'reason' in detail);
    const how = isOwnWord ? 'it was declared dead by its own agent' : 'it was found dead';
    return `${how}${recovery}${isOver ? '; it came back as a new epoch' : ''}`;
  }
  if (has('obituary'))
    return isOver
      ? 'its own agent said that its application was dead; it came back as a new epoch'
      : 'its own agent says that its application is dead; the brake holds that back';
  if (isOver) return 'it restarted';
  const accusers = standingAccusers(events);
  if (accusers.length > 0) return `it is accused by ${accusers.join(', ')}`;
  return has('suspect') || has('dead') ? 'it was accused and answered again' : 'no node has accused it';
}

/** Whether nothing has come of it since it was given up. */
function hasGivenUp(events: readonly RegistryEvent[]): boolean {
  const newest = events.findLast(
    ({ kind }) => kind === 'recovery-given-up' || kind === 'recovery-retried' || kind === 'verdict-closed',
  );
  return newest?.kind === 'recovery-given-up';
}

function standingAccusers(events: readonly RegistryEvent[]): string[] {
  const accusers = new Set<string>();
  for (const { kind, observerId } of events) {
    if (kind === 'suspect' || kind === 'dead') accusers.add(observerId);
    if (kind === 'recovered') accusers.delete(observerId);
  }
  return [...accusers];
}

/** Events of one epoch past this many are left out from its middle. */
const toldEventCount = 40;

/** The story as text. */
export function renderStory(story: Story, paint: Paint): string {
  const lines = [headline(story, paint)];
  const reason = story.death?.waitsBecause ?? null;
  if (reason !== null) lines.push(paint('warning', `Its recovery waits: ${reason}.`));
  if (story.earlierEpochCount > 0) {
    const left =
      story.earlierEpochCount === 1 ? '1 earlier epoch is' : `${story.earlierEpochCount} earlier epochs are`;
    lines.push(paint('quiet', `(${left} not told; --epochs tells more)`));
  }
  if (story.epochs.length === 0) lines.push('', 'The registry has no event about it.');
  for (const epoch of story.epochs) lines.push('', ...renderEpoch(epoch, paint));
  return lines.join('\n');
}

function headline({ nodeId, node, death }: Story, paint: Paint): string {
  const name = paint('strong', printable(nodeId));
  if (node === null) return `${name} has no row in the registry any more`;
  const parts = [death?.state ?? presence(node)];
  if (node.epoch > 0) parts.push(`epoch ${node.epoch}`);
  if (node.address !== '')
    parts.push(printable(node.port === null ? node.address : `${node.address}:${node.port}`));
  if (node.heartbeatAgeMs !== null) parts.push(`last heartbeat ${formatDuration(node.heartbeatAgeMs)} ago`);
  return `${name}: ${parts.join(', ')}`;
}

function presence({ lifecycle, status }: NodeDetail): string {
  if (lifecycle === 'left') return 'has left';
  if (lifecycle === 'away') {
    if (status === '') return 'off the ring, since it has no row in dns_nodes';
    const isListed = status === 'active' || status === 'maintenance';
    return isListed
      ? 'off the ring, not seen lately'
      : `off the ring by its status "${printable(status)}" in dns_nodes`;
  }
  if (lifecycle === 'maintenance') return 'in maintenance';
  return 'on the ring';
}

function renderEpoch({ epoch, events, ending }: ToldEpoch, paint: Paint): string[] {
  const title = epoch === 0 ? 'Without epochs' : `Epoch ${epoch}`;
  const [first] = events;
  const day = first === undefined ? '' : paint('quiet', ` (${formatDay(first.at)}, UTC)`);
  const lines = [`${paint('strong', title)}: ${ending}${day}`];
  const half = toldEventCount / 2;
  for (const [index, event] of events.entries()) {
    if (events.length > toldEventCount && index >= half && index < events.length - half) {
      if (index === half) lines.push(paint('quiet', `  … ${events.length - toldEventCount} more events …`));
      continue;
    }
    lines.push(`  ${paint('quiet', formatMoment(event.at))}  ${paint(toneOf(event), describeEvent(event))}`);
    for (const line of grounds(event)) lines.push(paint('quiet', `                ${printable(line)}`));
  }
  return lines;
}

/** Why it was said: what the sentence above leaves out. */
function grounds({ kind, observerId, detail }: RegistryEvent): string[] {
  const evidence = readEvidence(detail);
  if (evidence === null || (kind !== 'dead' && kind !== 'suspect')) return [];
  const { lastFailure, sinceAnswerMs, observer } = evidence;
  const heard =
    sinceAnswerMs === null
      ? `not heard from since ${observerId} began to watch it`
      : `last heard from ${formatDuration(sinceAnswerMs)} earlier`;
  const lines = [`${heard}${lastFailure === '' ? '' : `; newest miss: ${lastFailure}`}`];
  const stalls =
    observer.inconclusiveCount > 0 ? `, ${observer.inconclusiveCount} probes lost to its own stalls` : '';
  lines.push(
    `${observerId} itself: ${observer.answeringCount} of ${observer.watchedCount} targets answered${stalls}`,
  );
  return lines;
}

/** One event as a line of a log. */
export function renderEventLine(event: RegistryEvent, paint: Paint): string {
  return `${paint('quiet', formatInstant(event.at))}  ${paint(toneOf(event), describeEvent(event))}`;
}
