/**
 * Requests to a cluster: which path of the server, and at which level of consistency. How a request finds a host that
 * answers it is told in call.ts, and when a host may be asked in gate.ts.
 *
 * What had certainly no effect is repeated freely. A transaction whose result is not known is repeated as well, on the
 * next host. Every transaction of the SQL registry has its effect once however often it arrives, by operation ids, claim
 * ids and conditions on revisions. This client is not for other transactions. A late
 * first copy, still on its way when the repetition has been answered, is harmless for the same reason.
 *
 * Writes are never queued by the server: it would lose them and hide their errors.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { SqlStatement } from '../sql/executor.ts';
import { type CallParts, call, type Reply, type Request } from './call.ts';
import { Gate, type GateOptions } from './gate.ts';
import { duration, queryText } from './query-string.ts';
import { Route } from './route.ts';
import { Transport } from './transport.ts';
import type { RqliteAddress } from './url.ts';

/**
 * `none`: what the asked host has, if it heard from the leader lately. `weak`: what the leader has, unless it is
 * one that does not know yet that it is none any more. `strong`: what is committed; it goes through the log.
 */
export type ReadLevel = 'none' | 'weak' | 'strong';

/** A cluster, as its user sees it. */
export class RqliteClient {
  readonly #address: RqliteAddress;
  readonly #parts: CallParts;
  #isClosed = false;

  constructor(address: RqliteAddress, maxAnswerBytes: number) {
    const { hosts, timeoutMs, connectionCount } = address;
    const route = new Route(hosts);
    // One connection is left to the other kind of request, whatever becomes of this one's.
    const shared = { clock: monotonicClock, random: Math.random, width: connectionCount - 1 };
    this.#address = address;
    this.#parts = {
      transport: new Transport(address, maxAnswerBytes),
      gates: {
        any: new Gate({ ...shared, hosts: () => route.order('any') }),
        leader: new Gate({ ...shared, hosts: () => route.order('leader') }),
      },
      ...{ route, hosts, timeoutMs, isClosed: () => this.#isClosed },
    };
  }

  /** Changes when another leader has answered. */
  get leaderCount(): number {
    return this.#parts.route.leaderCount;
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
    this.#isClosed = true;
    for (const gate of Object.values(this.#parts.gates)) gate.close();
    await this.#parts.transport.close();
  }

  async #run(request: Omit<Request, 'body'> & { readonly hasBody?: boolean }): Promise<Reply> {
    const { hasBody = true } = request;
    return await call(this.#parts, { ...request, body: hasBody ? encode(request.statements) : null });
  }
}

const monotonicClock: GateOptions['clock'] = {
  now: () => performance.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

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
