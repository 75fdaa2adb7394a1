/**
 * In which epoch of a node each event about it is told, and in what order. A line of the original is imported up to a
 * heartbeat late, perhaps when the node is back: then it bears the epoch of that moment, and its own time tells of which
 * death it speaks. Pure.
 */
import { readEvidence } from '../../core/evidence.ts';
import type { RegistryEvent } from '../../ports/registry.ts';

/** The events about a node by its epochs, each in the order in which it is told. */
export function chaptersOf(
  nodeId: string,
  events: readonly RegistryEvent[],
): ReadonlyMap<number, readonly RegistryEvent[]> {
  const about = inEpochs(nodeId, events);
  const chapters = new Map<number, RegistryEvent[]>();
  const accusedIn = new Map<string, number>();
  for (const { event, epoch: named } of about) {
    const { kind, observerId } = event;
    const isLate = isImported(event);
    // What an observer takes back is what it has said.
    const epoch =
      kind === 'recovered'
        ? (accusedIn.get(observerId) ?? named)
        : isLate
          ? epochAt(event, named, about)
          : named;
    if (kind === 'suspect' || kind === 'dead') accusedIn.set(observerId, epoch);
    const chapter = chapters.get(epoch) ?? [];
    chapters.set(epoch, chapter);
    const later = isLate ? chapter.findIndex(({ at }) => at > event.at) : -1;
    chapter.splice(later === -1 ? chapter.length : later, 0, event);
  }
  return chapters;
}

interface Placed {
  readonly event: RegistryEvent;
  readonly epoch: number;
}

/** What names no epoch, such as what an observer notes of the brake, is about the one that it was then. */
function inEpochs(nodeId: string, events: readonly RegistryEvent[]): Placed[] {
  let newest = 0;
  return events.flatMap((event) => {
    const isAbout = event.targetId === nodeId || (event.observerId === nodeId && event.kind === 'self-dead');
    if (!isAbout) return [];
    const epoch = event.targetEpoch ?? newest;
    newest = Math.max(newest, epoch);
    return [{ event, epoch }];
  });
}

/** Accusations of the original have no evidence. */
function isImported({ kind, detail }: RegistryEvent): boolean {
  return (kind === 'suspect' || kind === 'dead') && readEvidence(detail) === null;
}

/**
 * The first epoch that was not over at its time; the one that it bears where a verdict of that counts it, since its clock may
 * be wrong.
 */
function epochAt({ at, observerId }: RegistryEvent, named: number, about: readonly Placed[]): number {
  const isCounted = about.some(
    ({ event: { kind, detail }, epoch }) =>
      kind === 'verdict' && epoch === named && isIn(detail['voterIds'], observerId),
  );
  if (isCounted) return named;
  const open = about.filter(({ event, epoch }) => epoch < named && !isImported(event) && event.at >= at);
  return Math.min(named, ...open.map(({ epoch }) => epoch));
}

function isIn(list: unknown, text: string): boolean {
  return Array.isArray(list) && list.includes(text);
}
