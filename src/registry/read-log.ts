/** How the log is read: pages of events after a cursor. Not for: how its lines are written (events.ts). */
import { generationOf } from '../core/fence.ts';
import { cursorOf, type LogPlace, placeOf } from '../core/wire/log-cursor.ts';
import type { EventKind, EventPage, EventQuery, RegistryEvent } from '../ports/registry.ts';
import { RegistryError } from '../ports/registry-error.ts';
import type { EventRow } from '../ports/rows.ts';
import { clusterRow } from './cluster-row.ts';
import { newestEvent } from './generation.ts';
import { answer, answerForNow, ask, type Problem, type Rule, type Step, select } from './rule.ts';
import { isReadableEvidence, openVerdictsOn, shownWithout } from './verdict-row.ts';

function linesInOrder(direction: 'asc' | 'desc') {
  const order = { orderBy: [['id', direction]], isLimited: true } as const;
  return {
    all: select('events', [['id', '>']], order),
    by: select(
      'events',
      [
        ['id', '>'],
        ['observerId', '='],
      ],
      order,
    ),
    about: select(
      'events',
      [
        ['id', '>'],
        ['targetId', '='],
      ],
      order,
    ),
  };
}

const lines = { oldest: linesInOrder('asc'), newest: linesInOrder('desc') };

const lineAt = select('events', [['id', '=']]);

/** The line that tells of the present generation. It is near the log's end when it is looked for. */
const newestOfKind = select('events', [['kind', '=']], { orderBy: [['id', 'desc']], isLimited: true });

/** The events after a cursor, oldest first. Throws `invalid` for a cursor or a limit that is none. */
export function readEvents(query: EventQuery): Rule<EventPage> {
  const { after, limit, take = 'newest', nodeId, freshness } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
    throw new RegistryError('invalid', `limit: expected a whole number from 1 to 10000, got ${limit}`);
  }
  const isCheap = freshness === 'cheap';
  const finished = isCheap ? answerForNow : answer;
  const from = fromCursor(after);
  const afterId = from?.id ?? 0;
  const { all, by, about } = lines[take];
  const queries =
    nodeId === undefined
      ? [all(afterId, limit)]
      : [by(afterId, nodeId, limit), about(afterId, nodeId, limit)];
  return ask([clusterRow(1), newestEvent, ...queries], ([[cluster], [newest], ...answers]) => {
    const present = generationOf(cluster?.fence ?? 0);
    const newestId = newest?.id ?? 0;
    const known = from?.generation ?? present;
    if (present > known) return wentBack(present, newestId);
    if (isCheap && (present < known || afterId > newestId)) return finished(nothingNew(query));
    // Where no node has raised the generation yet, the one that comes is named: a follower is told once.
    if (afterId > newestId) return answer(wentBackTo({ generation: known + 1, id: newestId }));
    const byId = new Map(answers.flat().map((row) => [row.id, row]));
    const sorted = [...byId.values()].sort((one, other) => one.id - other.id);
    const rows = take === 'oldest' ? sorted.slice(0, limit) : sorted.slice(-limit);
    // A page that is not full has all that there is for it.
    const isWhole = take === 'newest' || rows.length < limit;
    const end = isWhole ? newestId : (rows.at(-1)?.id ?? newestId);
    const page: EventPage = {
      events: rows.map((row) => eventOf(row, known)).filter((event) => event !== null),
      cursor: cursorOf({ generation: known, id: end }),
      lostCount: 0,
      wentBack: false,
    };
    const told = (lostCount: number): Step<EventPage> => ({
      ...finished({ ...page, lostCount }),
      problems: rows.flatMap(problemsOfEvent),
    });
    const isCounted = from !== null && take === 'oldest' && nodeId === undefined;
    const missing = isCounted ? (rows.at(-1)?.id ?? afterId) - afterId - rows.length : 0;
    return missing === 0 ? told(0) : ifPruned(afterId, (isPruned) => told(isPruned ? missing : 0));
  });
}

/**
 * Whether lines after this one may have been pruned, and are not numbers that a database has passed over. Pruning goes by the
 * order of lines: where this line is still there, so is each after it. Lines about nodes with an open verdict stay for longer.
 */
function ifPruned<T>(id: number, decide: (isPruned: boolean) => Step<T>): Rule<T> {
  return ask([lineAt(id)], ([[line]]) => {
    if (line === undefined || line.targetId === null) return decide(line === undefined);
    return ask([openVerdictsOn([line.targetId])], ([open]) => decide(open.length > 0));
  });
}

/** A new generation has begun: its log is read from the line that tells of it. */
function wentBack(generation: number, newestId: number): Rule<EventPage> {
  const kind: EventKind = 'registry-went-back';
  return ask([newestOfKind(kind, 1)], ([[line]]) =>
    answerForNow(wentBackTo({ generation, id: line === undefined ? newestId : line.id - 1 })),
  );
}

function wentBackTo(place: LogPlace): EventPage {
  return { events: [], cursor: cursorOf(place), lostCount: 0, wentBack: true };
}

function nothingNew({ after }: EventQuery): EventPage {
  return { events: [], cursor: after ?? '0', lostCount: 0, wentBack: false };
}

/** Null: the start of the log, of whatever generation it is. */
function fromCursor(text: string | null): LogPlace | null {
  const place = text === null ? null : placeOf(text);
  if (text === null || place !== null) return place;
  const given = JSON.stringify(text.slice(0, 60));
  throw new RegistryError(
    'invalid',
    `expected a cursor of an earlier page, got ${given}; pass null to begin at the start`,
  );
}

function eventOf(row: EventRow, generation = 0): RegistryEvent | null {
  const { id, kind, at, observerId, targetId, targetEpoch, detail, fence } = row;
  if (!isKind(kind) || typeof detail !== 'object' || detail === null || Array.isArray(detail)) return null;
  const facts = fence === null ? { ...detail } : { fence, ...detail };
  return { cursor: cursorOf({ generation, id }), kind, at, observerId, targetId, targetEpoch, detail: facts };
}

function problemsOfEvent(row: EventRow): Problem[] {
  const [table, key] = ['ringwatch_events', String(row.id)];
  const event = eventOf(row);
  if (event === null) {
    return [{ table, key, message: 'expected a known kind and a JSON object as its detail' }];
  }
  // Accusations of the original have no evidence.
  if (!('missCount' in event.detail) || isReadableEvidence(event.detail)) return [];
  return [shownWithout('evidence', table, key)];
}

const kinds: ReadonlySet<string> = new Set(
  Object.keys({
    suspect: true,
    dead: true,
    recovered: true,
    unreachable: true,
    restarted: true,
    'self-dead': true,
    brake: true,
    outage: true,
    joined: true,
    left: true,
    'listed-again': true,
    maintenance: true,
    verdict: true,
    'verdict-closed': true,
    obituary: true,
    'obituaries-held': true,
    'recovery-started': true,
    'recovery-ended': true,
    'recovery-given-up': true,
    'recovery-retried': true,
    flapping: true,
    'brake-released': true,
    'registry-went-back': true,
  } satisfies Record<EventKind, true>),
);

function isKind(text: string): text is EventKind {
  return kinds.has(text);
}
