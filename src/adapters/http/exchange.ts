/**
 * One question over HTTP and whatever comes of it, within a deadline. Never rejects, never redirects.
 *
 * A failure on a kept connection proves nothing of the target, which may have been restarted meanwhile. It is asked once
 * more on a new connection, within the same deadline. Silence there is a miss of a kind of its own, since a host that is
 * gone looks like a process that hangs.
 */
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import type { FailureKind } from '../../core/evidence.ts';
import type { ProbeOutcome } from '../../core/probe.ts';
import { type PingName, pingPath } from '../../core/wire/ping-answer.ts';
import { signatureHeader } from '../../core/wire/signed-text.ts';
import type { Connections, Route, RoutedRequest } from './connections.ts';
import { classifyError } from './failure.ts';
import type { ProbeSignature } from './probe-signature.ts';

/** Head and body of an answer together; ours have about 250 bytes. */
const answerLimitBytes = 4_096;

/** What a question carries besides `Host`. */
export type ProbeHeaders = Readonly<Record<string, string>>;

export interface ExchangeOptions {
  readonly connections: Connections;
  /** Whom a healthy answer's body names. */
  readonly readAnswer: (body: string) => PingName;
  readonly targetId: string;
  readonly host: string;
  readonly port: number;
  /** Asks on a new connection. */
  readonly isFresh: boolean;
  /** In how many milliseconds the next question follows at the latest; null where that is not known. */
  readonly nextDueMs: number | null;
  readonly headers: ProbeHeaders;
  /** Null: nothing is signed, and every answer counts. */
  readonly signature: ProbeSignature | null;
  readonly timeoutMs: number;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #onEnd: (outcome: ProbeOutcome) => void;
  #deadline: NodeJS.Timeout | undefined;
  #draining: NodeJS.Immediate | null = null;
  /** The question under way; null once nothing that comes counts any more. */
  #request: ClientRequest | null = null;
  /** Of the newest question. */
  #route: Route | null = null;
  #hasAnswerBegun = false;
  #isSettled = false;

  /** `onEnd` is told once what came of it. */
  constructor(options: ExchangeOptions, onEnd: (outcome: ProbeOutcome) => void) {
    this.#options = options;
    this.#onEnd = onEnd;
  }

  /** Asks. To be called once. */
  start(): void {
    this.#deadline = setTimeout(() => this.#drainBeforeTimeout(), this.#options.timeoutMs);
    this.#send(this.#options.isFresh);
  }

  /** Ends it at once, as if it had never been asked. */
  abort(): void {
    this.#settle({ kind: 'aborted' });
  }

  /** An answer that has arrived while this process stood still is read before the deadline counts. */
  #drainBeforeTimeout(): void {
    this.#draining = setImmediate(() => {
      const { failure, missing } = this.#missing();
      this.#fail(failure, `no ${missing} within ${this.#options.timeoutMs} ms`);
    });
  }

  #send(isNew: boolean): void {
    const { connections } = this.#options;
    this.#hasAnswerBegun = false;
    try {
      const route = connections.routeTo({ ...this.#options, isNew });
      this.#route = route;
      const asked: RoutedRequest = {
        ...{ agent: connections, ...route, path: pingPath, headers: this.#headers() },
        maxHeaderSize: answerLimitBytes,
      };
      const request = startRequest(asked);
      this.#request = request;
      const onError = (error: unknown): void => {
        if (this.#request !== request) return;
        if (request.reusedSocket) this.#send(true);
        else this.#failWith(error);
      };
      request.on('information', () => this.#countSize(request));
      request.on('upgrade', (_, socket) => {
        // With this event the connection is no longer the request's to close.
        socket.destroy();
        if (this.#request === request) this.#fail('status', 'HTTP 101');
      });
      request.on('response', (response) => {
        if (this.#request === request) this.#read(request, response, onError);
      });
      request.on('error', onError);
      request.on('close', () => {
        if (this.#request === request) onError(new ConnectionClosedError());
      });
      // HTTP/1.1 keeps a connection without being asked, and the header would be a third of the question.
      request.removeHeader('Connection');
      request.end();
    } catch (error) {
      this.#failWith(error);
    }
  }

  #headers(): ProbeHeaders {
    const { headers, signature } = this.#options;
    return signature === null ? headers : { ...headers, [signatureHeader]: signature.next() };
  }

  #countSize(request: ClientRequest): void {
    const { socket } = request;
    if (this.#request !== request || socket === null) return;
    const { connections } = this.#options;
    if (socket.bytesRead - connections.bytesReadBefore(socket) > answerLimitBytes) this.#failTooLarge();
  }

  #read(request: ClientRequest, response: IncomingMessage, onError: (error: unknown) => void): void {
    this.#hasAnswerBegun = true;
    response.on('error', onError);
    const { statusCode } = response;
    if (statusCode !== 200) {
      this.#fail('status', `HTTP ${statusCode}`);
      return;
    }
    this.#countSize(request);
    if (!request.reusedSocket) this.#options.connections.applyServerKeepAlive(response);
    let body: Buffer | null = null;
    response.on('data', (chunk: Buffer) => {
      this.#countSize(request);
      if (this.#request === request) body = body === null ? chunk : Buffer.concat([body, chunk]);
    });
    response.on('end', () => {
      this.#countSize(request);
      if (!response.complete) onError(new ConnectionClosedError());
      else if (this.#request === request) this.#answer(body?.toString('utf8') ?? '', response);
    });
  }

  #answer(body: string, { headers }: IncomingMessage): void {
    const { signature } = this.#options;
    const tag = headers[signatureHeader.toLowerCase()];
    const unsigned = signature?.problemOf(body, tag === undefined ? undefined : String(tag)) ?? null;
    if (unsigned !== null && signature?.acceptsUnsigned !== true) {
      this.#fail('bad-signature', unsigned);
      return;
    }
    // The request is whole, so its connection is kept.
    this.#request = null;
    const answer = { kind: 'answer', ...this.#options.readAnswer(body) } as const;
    this.#settle(unsigned === null ? answer : { ...answer, unsigned });
  }

  /** What has not come yet, and of which kind that makes the miss. */
  #missing(): { readonly failure: FailureKind; readonly missing: string } {
    const request = this.#request;
    const socket = request?.socket ?? null;
    if (request === null || socket === null || socket.connecting) {
      const isLookedUp = socket === null || this.#options.connections.hasAddress(socket);
      if (isLookedUp) return { failure: 'no-connection', missing: 'connection' };
      return { failure: 'unresolved', missing: 'address of the name' };
    }
    const missing = this.#hasAnswerBegun ? 'end of the body' : 'answer';
    if (request.reusedSocket)
      return { failure: 'kept-connection', missing: `${missing} on a kept connection` };
    return { failure: 'no-answer', missing };
  }

  #failTooLarge(): void {
    this.#fail('too-large', `the answer has more than ${answerLimitBytes} bytes`);
  }

  #failWith(error: unknown): void {
    const classified = classifyError(error);
    if (classified.kind === 'ownWant') this.#settle({ kind: 'aborted' });
    else if (classified.failure === 'too-large') this.#failTooLarge();
    else this.#fail(classified.failure, classified.detail);
  }

  #fail(failure: FailureKind, detail: string): void {
    this.#settle({ kind: 'failure', failure, detail });
  }

  #settle(outcome: ProbeOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#deadline);
    if (this.#draining !== null) clearImmediate(this.#draining);
    const request = this.#request;
    this.#request = null;
    request?.destroy();
    if (this.#route !== null) this.#options.connections.end(this.#route);
    this.#onEnd(outcome);
  }
}

class ConnectionClosedError extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('the connection was closed before the answer was whole');
  }
}
