/**
 * One call on its way from host to host until one has answered or its time is over.
 *
 * A request that is not answered within `timeoutMs` stays open: the call asks the next host meanwhile and takes the
 * answer that comes first. After the call has ended its requests still keep the gate shut until they end themselves.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { SqlResult, SqlStatement } from '../sql/executor.ts';
import { decodeAnswer } from './answer.ts';
import type { Failure } from './failure.ts';
import type { Gate, Pass } from './gate.ts';
import type { Route, Target } from './route.ts';
import { type Transport, TransportFailure } from './transport.ts';

/** What is to be sent, and until when an answer is of use. */
export interface Request {
  readonly path: string;
  readonly target: Target;
  readonly isWriting: boolean;
  readonly statements: readonly SqlStatement[];
  /** Null where the statements are in the path. */
  readonly body: string | null;
  /** On the monotonic clock. */
  readonly endsAt: number;
  /** An error of a statement that is none here. */
  readonly expectedError?: string;
}

/** Results, and when the request that gave them was sent and answered, on the monotonic clock. */
export interface Reply {
  readonly results: readonly SqlResult[];
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** What calls of one client share. */
export interface CallParts {
  readonly transport: Transport;
  /** One for what any host can do and one for what needs the leader: the one may hang without the other. */
  readonly gates: Readonly<Record<Target, Gate>>;
  readonly route: Route;
  readonly hosts: readonly string[];
  /** An answer that takes longer is late. */
  readonly timeoutMs: number;
  readonly isClosed: () => boolean;
}

/** A late request is given up on after this time, counted from its beginning. */
const openLimitMs = 10_000;

/** Sends a request until it has an answer. Rejects with a `RegistryError` by its end. */
export function call(parts: CallParts, request: Request): Promise<Reply> {
  return new Promise((resolve, reject) => new Call(parts, request, resolve, reject).next());
}

class Call {
  readonly #parts: CallParts;
  readonly #request: Request;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: RegistryError) => void;
  readonly #startedAt = performance.now();
  #leaveLine = (): void => {};
  /** Requests that are late and may still be answered. */
  #lateCount = 0;
  #mayBeDone = false;
  #lastReason: string | null = null;
  #isOver = false;

  constructor(
    parts: CallParts,
    request: Request,
    resolve: (reply: Reply) => void,
    reject: (error: RegistryError) => void,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Waits for leave to ask a host, and asks it. */
  next(): void {
    const { target, endsAt } = this.#request;
    this.#leaveLine = this.#parts.gates[target].enter(endsAt, (pass) => {
      if (pass === null) this.#giveUp();
      else void this.#ask(pass);
    });
  }

  async #ask(pass: Pass): Promise<void> {
    const { transport, route, timeoutMs } = this.#parts;
    const { path, target, isWriting, statements, body, endsAt, expectedError } = this.#request;
    const { host } = pass;
    const sentAt = performance.now();
    const limitMs = Math.min(timeoutMs, endsAt - sentAt);
    // The server's own limit ends a little sooner, so that its explanation still arrives.
    const bounded = `${path}&timeout=${Math.max(1, Math.floor(limitMs * 0.9))}ms`;
    let isLate = false;
    const onLate = (): void => {
      isLate = true;
      this.#lateCount += 1;
      route.failed(host, target);
      // A try that the end of the call cut short says less than one before it.
      if (limitMs === timeoutMs || this.#lastReason === null) {
        this.#lastReason = `${host}: no answer within ${Math.round(limitMs)} ms`;
      }
      pass.late();
      if (!this.#isOver) this.next();
    };
    let outcome: Reply | { readonly failure: Failure };
    try {
      const limits = { lateMs: limitMs, onLate, openMs: Math.max(openLimitMs, timeoutMs) };
      const answer = await transport.post(host, bounded, body, limits);
      const receivedAt = performance.now();
      const decoded = decodeAnswer(answer, statements, expectedError);
      if ('failure' in decoded) {
        outcome = decoded;
      } else {
        route.worked(host, target, answer.servedBy);
        outcome = { results: decoded.results, sentAt, receivedAt };
      }
    } catch (error) {
      outcome = { failure: transportFailure(error, isWriting) };
    }
    if (isLate) this.#lateCount -= 1;
    const isFinal = !('failure' in outcome) || isFinalFailure(outcome.failure);
    if (!isFinal && !isLate) route.failed(host, target);
    pass.end(isFinal);
    if (this.#isOver) return;
    if (!('failure' in outcome)) {
      this.#end();
      this.#resolve(outcome);
      return;
    }
    const { code, reason } = outcome.failure;
    if (isFinal) {
      this.#end();
      this.#reject(new RegistryError(code, `rqlite did not do what it was asked. ${host}: ${reason}.`));
      return;
    }
    this.#lastReason = `${host}: ${reason}`;
    this.#mayBeDone ||= code === 'ambiguous' && isWriting;
    if (!isLate) this.next();
  }

  #end(): void {
    this.#isOver = true;
    this.#leaveLine();
  }

  #giveUp(): void {
    if (this.#isOver) return;
    this.#end();
    const { gates, hosts, isClosed } = this.#parts;
    const { isWriting, target } = this.#request;
    const mayBeDone = this.#mayBeDone || (isWriting && this.#lateCount > 0);
    if (isClosed()) {
      this.#reject(
        new RegistryError(mayBeDone ? 'ambiguous' : 'unavailable', 'The rqlite registry is closed.'),
      );
      return;
    }
    const obstacles = hosts.flatMap((host) => gates[target].obstacle(host) ?? []);
    const last = this.#lastReason ?? obstacles[0] ?? 'no time was left to ask';
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const tried = `no host of ${hosts.join(', ')} could do it within ${durationMs} ms. Last, ${last}.`;
    this.#reject(
      mayBeDone
        ? new RegistryError('ambiguous', `rqlite: a write may or may not have been done: ${tried}`)
        : new RegistryError(
            'unavailable',
            `rqlite is out of reach: ${tried} See that the servers run and have a leader.`,
          ),
    );
  }
}

/** Whether neither another try nor another host is of any use. The host itself has answered then. */
function isFinalFailure({ code, isFinal = false }: Failure): boolean {
  return isFinal || (code !== 'unavailable' && code !== 'ambiguous');
}

function transportFailure(error: unknown, isWriting: boolean): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof TransportFailure) || error.wasSent) {
    const isTooLarge = error instanceof TransportFailure && error.isTooLarge;
    return { code: isTooLarge && !isWriting ? 'invalid' : 'ambiguous', reason, isFinal: isTooLarge };
  }
  return { code: 'unavailable', reason };
}
