/** Events of the registry in plain words. Pure. */
import { type Evidence, type FailureKind, readEvidence } from '../../core/evidence.ts';
import type { RegistryEvent } from '../../ports/registry.ts';
import { formatDuration } from '../durations.ts';
import { printable, type Tone } from '../terminal.ts';

/** One event as a sentence without its time. */
export function describeEvent(event: RegistryEvent): string {
  return printable(words(event));
}

function words({ kind, observerId, targetId, targetEpoch, detail }: RegistryEvent): string {
  const target = targetId ?? 'no node';
  switch (kind) {
    case 'suspect':
      return `${observerId} suspects ${target}${because(detail)}`;
    case 'dead':
      return `${observerId} votes ${target} dead${because(detail)}`;
    case 'recovered':
      return `${observerId} hears ${target} again`;
    case 'unreachable':
      return `${observerId} cannot reach ${target}, which states that it is alive`;
    case 'restarted':
      return `${observerId} sees that ${target} has restarted${targetEpoch === null ? '' : ` as epoch ${targetEpoch}`}`;
    case 'self-dead':
      return `${observerId} finds that its own epoch${targetEpoch === null ? '' : ` ${targetEpoch}`} is over`;
    case 'brake':
      if (detail['isOn'] !== true) return 'the brake lets go';
      return `brake: deaths that weigh: ${numberOf(detail, 'unresolvedCount')} of at most ${numberOf(detail, 'limit')}, no verdict on ${target}`;
    case 'brake-released': {
      const durationMs = numberOf(detail, 'durationMs') ?? 0;
      if (durationMs === 0) return `${observerId} ends the release of the brake`;
      const deathCount = numberOf(detail, 'count');
      const many =
        deathCount === null ? '' : `, for ${deathCount} ${deathCount === 1 ? 'verdict' : 'verdicts'}`;
      return `${observerId} releases the brake for ${formatDuration(durationMs)}${many}`;
    }
    case 'outage':
      return `${observerId} ${outageEnd(listOf(detail, 'fails'))} after ${formatDuration(numberOf(detail, 'durationMs') ?? 0)}`;
    case 'joined':
      return `${target} joined${targetEpoch === null ? '' : ` as epoch ${targetEpoch}`}`;
    case 'left':
      return `${target} left`;
    case 'listed-again':
      return `${target} has put its row of dns_nodes back, which another program had deleted`;
    case 'maintenance': {
      const durationMs = numberOf(detail, 'durationMs') ?? 0;
      return durationMs > 0
        ? `${target} is in maintenance for ${formatDuration(durationMs)}`
        : `the maintenance of ${target} has ended`;
    }
    case 'obituary':
      return `${target} says that its own application is dead: ${oneLine(textOf(detail, 'reason') ?? 'no reason given')}`;
    case 'obituaries-held': {
      const [held, all] = [numberOf(detail, 'count'), numberOf(detail, 'memberCount')];
      return `${held} of ${all} nodes say that their application is dead, and the brake holds that back: ${oneLine(textOf(detail, 'reason') ?? 'no reason given')}`;
    }
    case 'verdict': {
      const reason = textOf(detail, 'reason');
      if (reason !== null) return `verdict: ${target} is dead by its own word: ${oneLine(reason)}`;
      const voterIds = listOf(detail, 'voterIds');
      const by = voterIds.length === 0 ? '' : ` by ${enumerate(voterIds)}`;
      return `verdict: ${target} is dead${by} (quorum ${numberOf(detail, 'quorum')})`;
    }
    case 'recovery-started':
      return `${observerId} recovers ${target} (${lease(detail)})`;
    case 'recovery-ended':
      if (textOf(detail, 'outcome') === 'completed')
        return `${observerId} has recovered ${target} (${lease(detail)})`;
      return `${observerId} failed to recover ${target} (${lease(detail)}): ${oneLine(textOf(detail, 'error') ?? 'no reason given')}`;
    case 'recovery-given-up':
      return `the recovery of ${target} is given up after ${numberOf(detail, 'attempt')} attempts and waits for an operator: ${oneLine(textOf(detail, 'error') ?? 'no reason given')}`;
    case 'flapping':
      return `${target} is flapping: death ${numberOf(detail, 'deathCount')} in a row, so its recovery waits ${formatDuration(numberOf(detail, 'pauseMs') ?? 0)}`;
    case 'recovery-retried':
      return `${observerId} has the recovery of ${target} tried now`;
    case 'verdict-closed':
      return `the verdict on ${target} is closed: ${closing(textOf(detail, 'resolution'), observerId)}`;
    case 'registry-went-back':
      return `the registry went back to an earlier state: ${observerId} begins generation ${numberOf(detail, 'generation')}`;
  }
}

/** The tone of an event for a reader. */
export function toneOf({ kind, detail }: RegistryEvent): Tone {
  switch (kind) {
    case 'suspect':
    case 'unreachable':
    case 'flapping':
    case 'brake-released':
    case 'outage':
    case 'listed-again':
    case 'registry-went-back':
      return 'warning';
    case 'dead':
    case 'verdict':
    case 'obituary':
    case 'obituaries-held':
    case 'recovery-given-up':
    case 'self-dead':
      return 'bad';
    case 'recovered':
      return 'good';
    case 'brake':
      return detail['isOn'] === true ? 'warning' : 'good';
    case 'recovery-ended':
      return textOf(detail, 'outcome') === 'completed' ? 'good' : 'bad';
    case 'recovery-started':
      return 'name';
    case 'restarted':
    case 'recovery-retried':
    case 'joined':
    case 'left':
    case 'maintenance':
    case 'verdict-closed':
      return 'quiet';
  }
}

/** Earlier versions did not say what had failed. */
function outageEnd(fails: readonly string[]): string {
  return fails.includes('writes') && !fails.includes('reads')
    ? 'can write to the registry again'
    : 'has the registry back';
}

function because(detail: RegistryEvent['detail']): string {
  const evidence = readEvidence(detail);
  return evidence === null ? '' : `: ${describeMisses(evidence)}`;
}

/** `7 misses in 1.6 s, connection refused`. `ageMs`: how long ago that was. Default 0: the line says when. */
export function describeMisses({ missCount, silentMs, failures, sparedMs }: Evidence, ageMs = 0): string {
  const misses = `${missCount} ${missCount === 1 ? 'miss' : 'misses'}`;
  const kinds = describeFailures(failures);
  const leftMs = (sparedMs ?? 0) - ageMs;
  const spared = leftMs > 0 ? `, spared for ${formatDuration(leftMs)} more by the startup grace` : '';
  // What a narrow line cuts off comes last.
  return `${misses} in ${formatDuration(silentMs)}${spared}${kinds === '' ? '' : `, ${kinds}`}`;
}

const failureWords: Readonly<Record<FailureKind, string>> = {
  refused: 'connection refused',
  'no-connection': 'no connection to its host',
  'no-answer': 'connected, but no answer',
  'kept-connection': 'no answer on the kept connection',
  unresolved: 'its name is not resolved',
  reset: 'connection reset',
  status: 'answered that it is not well',
  'too-large': 'answer too large',
  'bad-answer': 'answer made no sense',
  'bad-address': 'its address is unusable',
  'wrong-node': 'another node answered',
  'wrong-epoch': 'another epoch of it answered',
  'bad-signature': 'answered without a good signature',
};

/** Kinds of failure, most frequent first; counts only where there is more than one kind. */
function describeFailures(failures: Evidence['failures']): string {
  const kinds = Object.entries(failures)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  return kinds
    .map(([kind, count]) => {
      const what = Object.hasOwn(failureWords, kind) ? failureWords[kind as FailureKind] : kind;
      return kinds.length === 1 ? what : `${what} ×${count}`;
    })
    .join(', ');
}

/** What a command has written, without its line breaks. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(names: readonly string[]): string {
  if (names.length <= 1) return names[0] ?? 'no node';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function lease(detail: RegistryEvent['detail']): string {
  const attempt = numberOf(detail, 'attempt') ?? 1;
  return `fence ${numberOf(detail, 'fence')}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
}

function closing(resolution: string | null, byId: string): string {
  switch (resolution) {
    case 'returned':
      return 'it answered again before a recovery began';
    case 'superseded':
      return 'it restarted before a recovery was complete';
    case 'left':
      return 'it left the cluster';
    case 'dismissed':
      return `dismissed by ${byId}`;
    default:
      return resolution ?? 'no reason given';
  }
}

/** A number in an event's detail, else null. */
function numberOf(detail: RegistryEvent['detail'], name: string): number | null {
  const value = detail[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A text in an event's detail, else null. */
function textOf(detail: RegistryEvent['detail'], name: string): string | null {
  const value = detail[name];
  return typeof value === 'string' ? value : null;
}

/** A list of texts in an event's detail; empty when there is none. */
function listOf(detail: RegistryEvent['detail'], name: string): string[] {
  const value = detail[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
