/**
 * Compares what a registry holds with what it has acknowledged. A ledger that is kept from calls and results cannot
 * know of a row that was acknowledged and thrown away. Not for: whether what was said should have been (the checkers).
 */
import type { Verdict } from '../../core/verdict.ts';
import { verdictLimit } from '../../ports/cluster-reading.ts';
import type { Entry, ObserverStatement, Registry, RegistryEvent } from '../../ports/registry.ts';
import type { Ledger } from './ledger.ts';

/** What the log keeps of an entry that this compares. */
export type LoggedEntry = Pick<Entry, 'kind' | 'observerId' | 'targetId' | 'targetEpoch'>;

/** Events that the registry writes by itself, or that are compared as what they change. */
const ownKinds = [
  'joined',
  'left',
  'listed-again',
  'maintenance',
  'verdict',
  'verdict-closed',
  'obituary',
  'obituaries-held',
  'recovery-started',
  'recovery-ended',
  'recovery-given-up',
  'recovery-retried',
  'flapping',
  'brake-released',
  'registry-went-back',
] as const satisfies readonly RegistryEvent['kind'][];

type OwnKind = (typeof ownKinds)[number];

/** As many events as one page of a log may have. */
const pageLimit = 10_000;

/** The entries of observers in the registry's log, in its order; the newest ones of a log that is longer than a page. */
async function loggedEntries(
  registry: Registry,
): Promise<{ readonly entries: LoggedEntry[]; readonly isWhole: boolean }> {
  const { events } = await registry.readEvents({ after: null, limit: pageLimit });
  return { entries: events.filter(isEntry), isWhole: events.length < pageLimit };
}

function isEntry(event: RegistryEvent): event is RegistryEvent & { readonly kind: LoggedEntry['kind'] } {
  return !(ownKinds as readonly string[]).includes(event.kind as OwnKind);
}

/** Where the log and the entries that it should have part, in words; null when they are the same. */
export async function firstHole(
  acknowledged: readonly LoggedEntry[],
  registry: Registry,
): Promise<string | null> {
  const { entries: held, isWhole } = await loggedEntries(registry);
  const expected = isWhole ? acknowledged : acknowledged.slice(-held.length);
  const length = Math.max(expected.length, held.length);
  for (let place = 0; place < length; place++) {
    const [wanted, given] = [wordsOf(expected[place]), wordsOf(held[place])];
    if (wanted !== given) return `the log holds ${given} where ${wanted} was acknowledged`;
  }
  return null;
}

function wordsOf(entry: LoggedEntry | undefined): string {
  if (entry === undefined) return 'nothing';
  const { observerId, kind, targetId, targetEpoch } = entry;
  return `"${observerId} ${kind} ${targetId ?? ''}#${targetEpoch ?? ''}"`;
}

/** Which standing statement is missing or should not be there, in words; null for none. */
export function heldStatements(ledger: Ledger, held: readonly ObserverStatement[]): string | null {
  const expected = [...ledger.statements].flatMap(([targetId, said]) =>
    [...said].map(([observerId, { status, observerEpoch, targetEpoch }]) =>
      statementWords({ targetId, observerId, status, observerEpoch, targetEpoch }),
    ),
  );
  return difference('statement', expected, held.map(statementWords));
}

function statementWords(
  statement: Pick<ObserverStatement, 'targetId' | 'observerId' | 'status' | 'observerEpoch' | 'targetEpoch'>,
): string {
  const { targetId, observerId, status, observerEpoch, targetEpoch } = statement;
  return `"${observerId}#${observerEpoch} ${status} ${targetId}#${targetEpoch}"`;
}

type Outcome = Pick<Verdict, 'nodeId' | 'epoch' | 'resolution'>;

/**
 * Which verdict is missing, should not be there, or ended otherwise, in words; null for none. A resolved one may be missing
 * from a reading that is full, where open ones come first.
 */
export function heldVerdicts(
  ledger: { readonly verdicts: readonly Outcome[] },
  held: readonly Outcome[],
): string | null {
  const newest = new Map(
    ledger.verdicts.map((verdict) => [`${verdict.nodeId}#${verdict.epoch}`, verdict.resolution]),
  );
  const isFull = held.length >= verdictLimit;
  const shown = new Set(held.map(({ nodeId, epoch }) => `${nodeId}#${epoch}`));
  const expected = [...newest]
    .filter(([epochName, resolution]) => !isFull || resolution === null || shown.has(epochName))
    .map(([epochName, resolution]) => `"${epochName} ${resolution ?? 'open'}"`);
  const words = held.map(({ nodeId, epoch, resolution }) => `"${nodeId}#${epoch} ${resolution ?? 'open'}"`);
  return difference('verdict', expected, words);
}

function difference(what: string, expected: readonly string[], held: readonly string[]): string | null {
  const [wanted, given] = [new Set(expected), new Set(held)];
  const lost = expected.find((words) => !given.has(words));
  if (lost !== undefined) return `the registry lacks the ${what} ${lost}, which it has acknowledged`;
  const strange = held.find((words) => !wanted.has(words));
  return strange === undefined ? null : `the registry holds the ${what} ${strange}, which was never made`;
}
