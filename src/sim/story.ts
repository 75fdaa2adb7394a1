/**
 * What happened in a world, told in plain words. A trace has a line for every event. A story, for readers, has one line
 * when several nodes do the same within a moment.
 */
import type { Evidence } from '../core/evidence.ts';
import type { EntryOf, HistoryEntry } from './history.ts';

/** Something that happened, before it is laid out as a line. */
export interface Happening {
  /** Milliseconds from the world's start. */
  readonly at: number;
  /** Who did or saw it; empty for what was done to the world. */
  readonly who: string;
  readonly what: string;
}

/** The happening of an entry in plain words; null for what a reader need not know. */
export function happeningOf(entry: HistoryEntry): Happening | null {
  const what = tell(entry);
  return what === null ? null : { at: entry.at, who: entry.nodeId, what };
}

/** Any entry as one line: the second, the node and its epoch, what happened. Two histories are the same when their lines are. */
export function storyLine(entry: HistoryEntry): string {
  const { at, nodeId, epoch } = entry;
  return `${(at / 1000).toFixed(3).padStart(10)}  ${epochName(nodeId, epoch)}  ${tell(entry) ?? tellAside(entry)}`;
}

/** Nodes that do the same within this time share a line. */
const momentMs = 4_000;

/** Happenings in the order of their times as lines: seconds, who, what. Those that are the same become one. */
export function storyOf(happenings: readonly Happening[]): string[] {
  const groups: { at: number; lastAt: number; who: string[]; what: string }[] = [];
  for (const { at, who, what } of happenings) {
    const group = groups.findLast((one) => one.what === what && at - one.at < momentMs);
    if (group === undefined || who === '' || group.who.includes(who))
      groups.push({ at, lastAt: at, who: [who], what });
    else {
      group.lastAt = at;
      group.who.push(who);
    }
  }
  return groups.map(({ at, lastAt, who, what }) => {
    const [from, to] = [seconds(at), seconds(lastAt)];
    const when = from === to ? from : `${from}-${to}`;
    const names = [...who].sort().join(', ');
    return `${when.padStart(11)} s  ${names === '' ? '' : `${names}: `}${what}`;
  });
}

function seconds(ms: number): string {
  return (Math.round(ms / 100) / 10).toFixed(1);
}

function tell(entry: HistoryEntry): string | null {
  switch (entry.kind) {
    case 'joined':
      return `joins as epoch ${entry.epoch}`;
    case 'left':
      return 'has left';
    case 'ended':
      return 'ends its process';
    case 'broken':
      return `fails: ${entry.detail}`;
    case 'suspect':
      return `suspects ${epochName(entry.event.targetId, entry.event.targetEpoch)}: ${because(entry.event.evidence)}`;
    case 'dead':
      return `votes that ${epochName(entry.event.targetId, entry.event.targetEpoch)} is dead: ${because(entry.event.evidence)}`;
    case 'recovered': {
      const { targetId, was } = entry.event;
      return `hears ${targetId} again and ${was === 'dead' ? 'takes its vote back' : 'suspects it no longer'}`;
    }
    case 'restarted':
      return `sees that ${entry.event.targetId} lives anew as epoch ${entry.event.targetEpoch}`;
    case 'unreachable':
      return `calls ${epochName(entry.event.targetId, entry.event.targetEpoch)} unreachable: it is not heard, but refutes in the registry`;
    case 'refuted':
      return `is accused by ${entry.event.accuserIds.join(', ')}, and refutes in the registry`;
    case 'verdict-read': {
      const { nodeId, epoch, votes, quorum, reason } = entry.event.verdict;
      if (reason !== null)
        return `learns that ${epochName(nodeId, epoch)} is dead by its own word: ${reason}`;
      const voters = votes.map(({ observerId }) => observerId).join(', ');
      return `learns the verdict that ${epochName(nodeId, epoch)} is dead, by ${voters} (quorum ${quorum})`;
    }
    case 'self-dead':
      return ownEnd(entry.event);
    case 'obituary':
      return `says that its application is dead: ${ownWords[entry.event.outcome]}`;
    case 'handler-started':
      return `begins the recovery of ${epochName(entry.event.targetId, entry.event.targetEpoch)}, fence ${entry.event.fence}, attempt ${entry.event.attempt}`;
    case 'handler-ended':
      return `the recovery of ${epochName(entry.event.targetId, entry.event.targetEpoch)} has ${endings[entry.event.outcome]}, fence ${entry.event.fence}`;
    case 'brake':
      return entry.event.isOn
        ? `is held back by the brake on ${entry.event.targetId} (unresolved ${entry.event.unresolvedCount}, limit ${entry.event.limit})`
        : 'is held back by the brake no longer';
    case 'registry-went-back':
      return `finds that the registry went back: this is its generation ${entry.event.generation}`;
    case 'outage':
      if (!entry.event.isOn) return 'has the registry again';
      return entry.event.fails === 'reads' ? 'loses the registry' : 'cannot write to the registry';
    case 'warning':
      return entry.event.code === 'stalled'
        ? 'notices that it stood still: probes of that time that failed prove nothing'
        : `warns (${entry.event.code})`;
    // What the scenario itself does is told as its command; the rest follows from other lines.
    case 'started':
    case 'crashed':
    case 'paused':
    case 'leaving':
    case 'handlerBegan':
    case 'handlerEnded':
    case 'watching':
    case 'probe':
      return null;
    default:
      entry satisfies never;
      return null;
  }
}

/** What only a trace tells. */
function tellAside(entry: HistoryEntry): string {
  switch (entry.kind) {
    case 'started':
      return 'starts';
    case 'crashed':
      return `crashes (${entry.detail})`;
    case 'paused':
      return `stands still (${entry.detail})`;
    case 'leaving':
      return 'begins to leave';
    case 'handlerBegan':
      return `handler of ${epochName(entry.targetId, entry.targetEpoch)} begins, fence ${entry.fence}`;
    case 'handlerEnded':
      return `handler of ${epochName(entry.targetId, entry.targetEpoch)} ends: ${entry.outcome}, fence ${entry.fence}`;
    case 'watching': {
      const { targetIds } = entry.event;
      return targetIds.length === 0 ? 'watches no node' : `watches ${targetIds.join(', ')}`;
    }
    default:
      return entry.kind;
  }
}

function ownEnd({ reason, targetEpoch: epoch }: EntryOf<'self-dead'>['event']): string {
  switch (reason) {
    case 'verdict':
      return `finds the verdict on its own epoch ${epoch}`;
    case 'superseded':
      return `finds that its epoch ${epoch} is superseded`;
    case 'application':
      return `its epoch ${epoch} is over: its application is dead`;
    case 'restarted':
      return `its epoch ${epoch} is over: its application has restarted`;
  }
}

const ownWords = {
  dead: 'that is its own verdict',
  held: 'the brake holds it back',
  refused: 'the registry takes no word of it now',
} as const;

const endings = {
  completed: 'completed',
  failed: 'failed',
  lost: 'lost its lease',
} as const;

function epochName(nodeId: string, epoch: number): string {
  return `${nodeId}#${epoch}`;
}

function because({ failures }: Evidence): string {
  return Object.keys(failures).sort().join(' and ');
}
