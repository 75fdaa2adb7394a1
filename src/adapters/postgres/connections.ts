/**
 * One request at a time on one connection of a pool, within a bound. A request that is late is left by its caller, and the
 * connection waits for its answer a while longer. Meanwhile no other one is sent: a server that hangs is not given more
 * to do. Not for: repeating (executor.ts).
 */
import { RegistryError } from '../../ports/registry.ts';
import { type Failure, failureOf } from './failure.ts';
import type { PostgresClient, PostgresPool, PostgresQuery } from './pool.ts';

/** A connection whose request is late for so long is ended. */
const abandonAfterMs = 10_000;

/** The result of a request, or why there is none; `cause` is what `pg` threw. */
export type Outcome =
  | { readonly result: unknown; readonly sentAt: number; readonly receivedAt: number }
  | { readonly failure: Failure; readonly cause: unknown };

export class Connections {
  readonly #pool: PostgresPool;
  readonly #busy = new Set<PostgresClient>();
  #lateCount = 0;
  #isOpen = true;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
    // While they are idle, connections tell it their pool.
    pool.on('error', ignore);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends one query; settles at `endsAt` of the monotonic clock at the latest, and rejects only when it was closed. */
  async ask(query: PostgresQuery, isCommit: boolean, endsAt: number): Promise<Outcome> {
    if (this.#lateCount > 0) {
      const reason =
        'An earlier request has no answer yet; no other one is sent beside it. See whether the server, or the network, stands still.';
      return { failure: { code: 'unavailable', reason, isPassing: true }, cause: null };
    }
    const connecting = this.#connect();
    let client: PostgresClient;
    try {
      const connected = await within(connecting, endsAt);
      if (connected === late) {
        connecting.then((unused) => this.#release(unused, false), ignore);
        const reason = 'No connection was free, or could be made, in the time of the call.';
        return { failure: { code: 'unavailable', reason, isPassing: true }, cause: null };
      }
      client = connected;
    } catch (cause) {
      return { failure: failureOf(cause, 'connecting'), cause };
    }
    return this.#askOn(client, query, isCommit, endsAt);
  }

  /** Ends what is unanswered. The pool is its owner's to end. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const client of [...this.#busy]) this.#release(client, true);
    this.#pool.removeListener('error', ignore);
  }

  /** A connection that is lost tells of it in the same moment, perhaps before a promise is looked at. */
  #connect(): Promise<PostgresClient> {
    return new Promise((resolve, reject) => {
      this.#pool.connect((error, client) => {
        if (client === undefined) {
          reject(error ?? new Error('the pool gave no connection'));
          return;
        }
        client.on('error', ignore);
        this.#busy.add(client);
        resolve(client);
      });
    });
  }

  async #askOn(
    client: PostgresClient,
    query: PostgresQuery,
    isCommit: boolean,
    endsAt: number,
  ): Promise<Outcome> {
    if (!this.#isOpen) {
      this.#release(client, false);
      throw new RegistryError('unavailable', 'The PostgreSQL registry is closed.');
    }
    const sentAt = performance.now();
    const asked = client.query(query);
    try {
      const result = await within(asked, endsAt);
      const receivedAt = performance.now();
      if (result === late) {
        this.#awaitLate(client, asked);
        const reason = `There was no answer within ${Math.round(receivedAt - sentAt)} ms.`;
        return {
          failure: { code: isCommit ? 'ambiguous' : 'unavailable', reason, isPassing: false },
          cause: null,
        };
      }
      this.#release(client, false);
      return { result, sentAt, receivedAt };
    } catch (cause) {
      const failure = failureOf(cause, isCommit ? 'committing' : 'reading');
      if (failure.isLost) this.#release(client, true);
      else if (isCommit) await this.#rollBack(client, endsAt);
      else this.#release(client, false);
      return { failure, cause };
    }
  }

  /** A transaction that has failed stays open until it is ended. */
  async #rollBack(client: PostgresClient, endsAt: number): Promise<void> {
    const isEnded = await within(client.query({ text: 'ROLLBACK' }), endsAt).then(
      (result) => result !== late,
      () => false,
    );
    this.#release(client, !isEnded);
  }

  #awaitLate(client: PostgresClient, asked: Promise<unknown>): void {
    this.#lateCount++;
    const end = (): void => {
      clearTimeout(timer);
      this.#lateCount--;
      this.#release(client, true);
    };
    const timer = setTimeout(() => this.#release(client, true), abandonAfterMs);
    // An ended connection rejects what was asked on it.
    asked.then(end, end);
  }

  #release(client: PostgresClient, isBroken: boolean): void {
    if (!this.#busy.delete(client)) return;
    // One that is ended may still tell of it.
    if (!isBroken) client.removeListener('error', ignore);
    client.release(isBroken);
  }
}

const late = Symbol('late');

function ignore(): void {}

/** What a promise gives, or `late` when it has not settled by then. */
async function within<T>(promise: Promise<T>, endsAt: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), Math.max(1, endsAt - performance.now()));
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
