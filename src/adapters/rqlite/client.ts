/**
 * Requests to a cluster: goes from host to host until one answers, within one bound for the whole call.
 *
 * What had certainly no effect is repeated freely. A transaction whose result is not known is repeated as well, on the
 * next host. Every transaction of the SQL registry has its effect once however often it arrives, by operation ids, claim
 * ids and conditions on revisions. This client is not for other transactions. A late
 * first copy, still on its way when the repetition has been answered, is harmless for the same reason.
 *
 * Writes are never queued by the server: it would lose them and hide their errors.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '../../ports/registry.ts';
import type { SqlResult, SqlStatement } from '../sql/executor.ts';
import { decodeAnswer } from './answer.ts';
import type { Failure } from './failure.ts';
import { duration, queryText } from './query-string.ts';
import { Route, type Target } from './route.ts';
import { type HttpAnswer, Transport, TransportFailure } from './transport.ts';
import type { RqliteAddress } from './url.ts';

/**
 * `none`: what the asked host has, if it heard from the leader lately. `weak`: what the leader has, unless it is
 * one that does not know yet that it is none any more. `strong`: what is committed; it goes through the log.
 */
export type ReadLevel = 'none' | 'weak' | 'strong';

/** Results, and when the request that gave them was sent and answered, on the monotonic clock. */
export interface Reply {
  readonly results: readonly SqlResult[];
  readonly sentAt: number;
  readonly receivedAt: number;
}

interface Request {
  readonly path: string;
  readonly target: Target;
  readonly isWriting: boolean;
  readonly statements: readonly SqlStatement[];
  /** Whether the statements are not in the path. */
  readonly hasBody?: boolean;
  readonly endsAt: number;
  /** An error of a statement that is none here. */
  readonly expectedError?: string;
}

/** Longest pause after the first time that all hosts failed; doubles up to `maxPauseMs`. */
const firstPauseMs = 60;
const maxPauseMs = 500;

/** A cluster, as its user sees it. */
export class RqliteClient {
  readonly #address: RqliteAddress;
  readonly #transport: Transport;
  readonly #route: Route;
  readonly #closing = new AbortController();

  constructor(address: RqliteAddress, maxAnswerBytes: number) {
    this.#address = address;
    this.#transport = new Transport(address, maxAnswerBytes);
    this.#route = new Route(address.hosts);
  }

  /** Changes when another leader has answered. */
  get leaderCount(): number {
    return this.#route.leaderCount;
  }

  /** The instant at which a call that begins now must end, on the monotonic clock. */
  deadline(): number {
    return performance.now() + this.#address.deadlineMs;
  }

  /** Reads. Fails by `endsAt` at the latest, never with `ambiguous`. */
  query(statements: readonly SqlStatement[], level: ReadLevel, endsAt: number): Promise<Reply> {
    const freshness = level === 'none' ? `&freshness=${duration(this.#address.freshnessMs)}` : '';
    const text = queryText(statements);
    // One statement is read at one moment by itself.
    const rest = text === null ? '&transaction' : `&q=${text}`;
    return this.#run({
      path: `/db/query?level=${level}${freshness}${rest}`,
      hasBody: text === null,
      target: level === 'none' ? 'any' : 'leader',
      isWriting: false,
      statements,
      endsAt,
    });
  }

  /** Has a path of the server do writing statements. They must be idempotent. */
  write(path: string, statements: readonly SqlStatement[], endsAt: number): Promise<Reply> {
    return this.#run({ path, target: 'leader', isWriting: true, statements, endsAt });
  }

  /** Fails as each statement would if SQLite cannot prepare it; runs none of them. */
  async explain(statements: readonly SqlStatement[], endsAt: number): Promise<void> {
    const plans = statements.map(({ sql, values }) => ({ sql: `EXPLAIN QUERY PLAN ${sql}`, values }));
    await this.#run({
      path: '/db/query?level=strong',
      target: 'leader',
      isWriting: false,
      statements: plans,
      endsAt,
      // What rqlite says of a write that it was asked to explain, after it has prepared it.
      expectedError: 'attempt to change database via query operation',
    });
  }

  /** Ends every call in flight and frees the sockets. May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#transport.close();
  }

  async #run(request: Request): Promise<Reply> {
    const body = request.hasBody === false ? null : encode(request.statements);
    const startedAt = performance.now();
    let mayBeDone = false;
    let lastReason: string | null = null;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      for (const host of this.#route.order(request.target)) {
        const limitMs = Math.min(this.#address.timeoutMs, request.endsAt - performance.now());
        if (limitMs < 1 || this.#closing.signal.aborted) break;
        const outcome = await this.#ask(host, request, body, limitMs);
        if (!('failure' in outcome)) return outcome;
        const { code, reason, isFinal = false } = outcome.failure;
        this.#route.failed(host, request.target);
        if (isFinal || (code !== 'unavailable' && code !== 'ambiguous')) {
          throw new RegistryError(code, `rqlite did not do what it was asked. ${host}: ${reason}.`);
        }
        // A try that the end of the call cut short says less than one before it.
        if (lastReason === null || limitMs === this.#address.timeoutMs) lastReason = `${host}: ${reason}`;
        mayBeDone ||= code === 'ambiguous' && request.isWriting;
      }
      const wait = pauseMs * (0.5 + Math.random() / 2);
      const isLate = performance.now() + wait >= request.endsAt;
      if (isLate || !(await this.#pause(wait))) break;
    }
    throw this.#giveUp(mayBeDone, performance.now() - startedAt, lastReason ?? 'no time was left to ask');
  }

  async #ask(
    host: string,
    { path, target, isWriting, statements, expectedError }: Request,
    body: string | null,
    limitMs: number,
  ): Promise<Reply | { readonly failure: Failure }> {
    // The server's own limit ends a little sooner, so that its explanation still arrives.
    const bounded = `${path}&timeout=${Math.max(1, Math.floor(limitMs * 0.9))}ms`;
    const sentAt = performance.now();
    let answer: HttpAnswer;
    try {
      answer = await this.#transport.post(host, bounded, body, limitMs);
    } catch (error) {
      return { failure: transportFailure(error, isWriting) };
    }
    const receivedAt = performance.now();
    const decoded = decodeAnswer(answer, statements, expectedError);
    if ('failure' in decoded) return decoded;
    this.#route.worked(host, target, answer.servedBy);
    return { results: decoded.results, sentAt, receivedAt };
  }

  /** False when the registry was closed meanwhile. */
  async #pause(durationMs: number): Promise<boolean> {
    try {
      await sleep(durationMs, undefined, { signal: this.#closing.signal });
      return true;
    } catch {
      return false;
    }
  }

  #giveUp(mayBeDone: boolean, durationMs: number, lastReason: string): RegistryError {
    if (this.#closing.signal.aborted) {
      return new RegistryError(mayBeDone ? 'ambiguous' : 'unavailable', 'The rqlite registry is closed.');
    }
    const hosts = this.#address.hosts.join(', ');
    const tried = `no host of ${hosts} could do it within ${Math.round(durationMs)} ms. Last, ${lastReason}.`;
    return mayBeDone
      ? new RegistryError('ambiguous', `rqlite: a write may or may not have been done: ${tried}`)
      : new RegistryError(
          'unavailable',
          `rqlite is out of reach: ${tried} See that the servers run and have a leader.`,
        );
  }
}

function transportFailure(error: unknown, isWriting: boolean): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof TransportFailure) || error.wasSent) {
    const isTooLarge = error instanceof TransportFailure && error.isTooLarge;
    return { code: isTooLarge && !isWriting ? 'invalid' : 'ambiguous', reason, isFinal: isTooLarge };
  }
  return { code: 'unavailable', reason };
}

function encode(statements: readonly SqlStatement[]): string {
  for (const { sql, values } of statements) {
    for (const value of values) {
      if (!isSendable(value)) {
        throw new RegistryError(
          'invalid',
          `a value for rqlite must be well-formed text, a finite number (an integer below 2^53) or null, not ` +
            `${typeof value === 'string' ? 'text with half a character' : String(value)} (in: ${sql})`,
        );
      }
    }
  }
  return JSON.stringify(statements.map(({ sql, values }) => [sql, ...values]));
}

function isSendable(value: unknown): boolean {
  if (typeof value === 'string') return !/\p{Surrogate}/u.test(value);
  if (typeof value === 'number')
    return Number.isSafeInteger(value) || (Number.isFinite(value) && value % 1 !== 0);
  return value === null;
}
