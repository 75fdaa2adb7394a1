/** What a monitor tells of the registry's log: the same to every node, in order, each line once. */
import type { TargetRef } from '../core/effects.ts';
import type { Resolution } from '../core/verdict.ts';
import type { RegistryEvent } from '../ports/registry.ts';

/** One line of the log. */
export interface LogFact extends TargetRef {
  /** Its place in the log, as `readEvents` and `ringwatch events --after` take it; null where an agent tells of its own node before it has read the line. */
  readonly cursor: string | null;
  /** Registry clock, milliseconds since 1970; null with the cursor. */
  readonly loggedAt: number | null;
  /** Who did it: the node itself, the node that asked for the verdict, the owner of the recovery, or an operator. */
  readonly observerId: string;
}

/** The events that every node hears of every node, by name. */
export interface LogEvents {
  /**
   * A node is a member of the cluster, as this epoch; it has returned where it was one before. An agent tells of its own join
   * at once. The address is null where another program keeps it. `settings` is the digest of its settings; null where it gave
   * none, as a bare monitor.
   */
  joined: LogFact & {
    readonly address: string | null;
    readonly port: number | null;
    readonly settings: string | null;
  };
  /** A node has left the cluster: it will not be called dead. */
  left: LogFact;
  /** A quorum has found the node dead; or its own agent, for this reason. */
  verdict: LogFact & {
    readonly quorum: number;
    readonly voterIds: readonly string[];
    readonly reason: string | null;
  };
  /** The verdict needs no recovery any more. `returned`: the node has answered again. */
  'verdict-closed': LogFact & { readonly resolution: Resolution };
  /** A node has begun to recover this one. */
  'recovery-started': LogFact & { readonly fence: number; readonly attempt: number };
  'recovery-ended': LogFact & {
    readonly fence: number;
    readonly attempt: number;
    readonly outcome: 'completed' | 'failed';
    readonly error: string | null;
  };
  /** The recovery has failed for the last time, and waits for an operator. */
  'recovery-given-up': LogFact & { readonly attempt: number; readonly error: string | null };
  /** So many lines of the log were pruned before this node has read them: read the whole cluster anew. */
  'events-lost': { readonly count: number };
}

/** One of them with its name. */
export type LogEvent = {
  readonly [Name in keyof LogEvents]: { readonly name: Name; readonly payload: LogEvents[Name] };
}[keyof LogEvents];

/** Their names. */
export const logEventNames = Object.keys({
  joined: true,
  left: true,
  verdict: true,
  'verdict-closed': true,
  'recovery-started': true,
  'recovery-ended': true,
  'recovery-given-up': true,
  'events-lost': true,
} satisfies Record<keyof LogEvents, true>) as readonly (keyof LogEvents)[];

/** The event of a line; null for a line that is not told. */
export function logEventOf(line: RegistryEvent): LogEvent | null {
  const { kind, cursor, at: loggedAt, observerId, targetId, targetEpoch, detail } = line;
  if (targetId === null || targetEpoch === null) return null;
  const fact = { targetId, targetEpoch, cursor, loggedAt, observerId };
  const error = textOf(detail['error']);
  const attempt = numberOf(detail['attempt']) ?? 0;
  const fence = numberOf(detail['fence']) ?? 0;
  switch (kind) {
    case 'joined': {
      const [address, port] = [textOf(detail['address']), numberOf(detail['port'])];
      const settings = textOf(detail['settings']);
      return { name: kind, payload: { ...fact, address: address === '' ? null : address, port, settings } };
    }
    case 'left':
      return { name: kind, payload: fact };
    case 'verdict': {
      const quorum = numberOf(detail['quorum']) ?? 0;
      const voterIds = textsOf(detail['voterIds']);
      return { name: kind, payload: { ...fact, quorum, voterIds, reason: textOf(detail['reason']) } };
    }
    case 'verdict-closed':
      return { name: kind, payload: { ...fact, resolution: detail['resolution'] as Resolution } };
    case 'recovery-started':
      return { name: kind, payload: { ...fact, fence, attempt } };
    case 'recovery-ended': {
      const outcome = detail['outcome'] === 'completed' ? 'completed' : 'failed';
      return { name: kind, payload: { ...fact, fence, attempt, outcome, error } };
    }
    case 'recovery-given-up':
      return { name: kind, payload: { ...fact, attempt, error } };
    default:
      return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
