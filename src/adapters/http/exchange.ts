/**
 * One question over HTTP and whatever comes of it, within a deadline. Never rejects, never redirects.
 *
 * A failure on a kept connection proves nothing of the target, which may have been restarted meanwhile: it is asked
 * once more on a new connection, within the same deadline. Silence on a kept connection is silence.
 */
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { FailureKind } from '../../core/evidence.ts';
import { type PingName, pingPath } from '../../core/ping-answer.ts';
import type { ProbeOutcome } from '../../core/probe.ts';
import type { Connections } from './connections.ts';
import { classifyError } from './failure.ts';

/** Head and body of an answer together; ours have about 250 bytes. */
const answerLimitBytes = 4_096;

export interface ExchangeOptions {
  readonly connections: Connections;
  /** Whom a healthy answer's body names. */
  readonly readAnswer: (body: string) => PingName;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #startedAt = performance.now();
  readonly #onEnd: (outcome: ProbeOutcome) => void;
  #deadline: NodeJS.Timeout | undefined;
  #lastCall: NodeJS.Immediate | null = null;
  #request: ClientRequest | null = null;
  #stage: 'connection' | 'answer' | 'end of the body' = 'connection';
  #isSettled = false;

  /** `onEnd` is told once what came of it. */
  constructor(options: ExchangeOptions, onEnd: (outcome: ProbeOutcome) => void) {
    this.#options = options;
    this.#onEnd = onEnd;
  }

  /** Asks. To be called once. */
  start(): void {
    this.#deadline = setTimeout(() => this.#giveLastCall(), this.#options.timeoutMs);
    this.#send(false);
  }

  /** Ends it at once, as if it had never been asked. */
  abort(): void {
    this.#settle({ kind: 'aborted' });
  }

  /** An answer that has arrived while this process stood still is read before the deadline counts. */
  #giveLastCall(): void {
    this.#lastCall = setImmediate(() => {
      this.#fail('timeout', `no ${this.#stage} within ${this.#options.timeoutMs} ms`);
    });
  }

  #send(isAgain: boolean): void {
    const { connections, host, port } = this.#options;
    this.#stage = 'connection';
    let countSize = (): void => {};
    try {
      const request = startRequest({
        agent: connections,
        host,
        port,
        path: pingPath,
        // As a list they are sent as they are, which takes less time than an object of them.
        headers: ['Host', hostHeader(host, port), 'Accept', 'application/json'],
        maxHeaderSize: answerLimitBytes,
      });
      this.#request = request;
      const isCurrent = (): boolean => !this.#isSettled && this.#request === request;
      const onError = (error: unknown): void => {
        if (!isCurrent()) return;
        if (request.reusedSocket && !isAgain) {
          connections.dropIdle(host, port);
          this.#send(true);
        } else this.#failWith(error);
      };
      request.on('socket', (socket) => {
        const bytesBefore = socket.bytesRead;
        countSize = (): void => {
          if (isCurrent() && socket.bytesRead - bytesBefore > answerLimitBytes) this.#failTooLarge();
        };
        this.#followConnection(socket);
      });
      request.on('information', () => countSize());
      request.on('upgrade', () => {
        if (isCurrent()) this.#fail('status', 'HTTP 101');
      });
      request.on('response', (response) => {
        if (isCurrent()) this.#read(response, () => countSize(), onError);
      });
      request.on('error', onError);
      request.on('close', () => {
        if (isCurrent()) onError(new ConnectionClosedError());
      });
      request.end();
    } catch (error) {
      this.#failWith(error);
    }
  }

  #followConnection(socket: Socket): void {
    if (socket.connecting) socket.once('connect', () => this.#reach('answer'));
    else this.#reach('answer');
  }

  #reach(stage: 'answer' | 'end of the body'): void {
    this.#stage = stage;
  }

  #read(response: IncomingMessage, countSize: () => void, onError: (error: unknown) => void): void {
    this.#reach('end of the body');
    response.on('error', onError);
    const { statusCode } = response;
    if (statusCode !== 200) {
      this.#fail('status', `HTTP ${statusCode}`);
      return;
    }
    countSize();
    let body: Buffer | null = null;
    response.on('data', (chunk: Buffer) => {
      countSize();
      if (!this.#isSettled) body = body === null ? chunk : Buffer.concat([body, chunk]);
    });
    response.on('end', () => {
      countSize();
      if (!response.complete) onError(new ConnectionClosedError());
      else if (!this.#isSettled) this.#answer(body?.toString('utf8') ?? '');
    });
  }

  #answer(body: string): void {
    const durationMs = performance.now() - this.#startedAt;
    // The request is whole, so its connection is kept.
    this.#request = null;
    this.#settle({ kind: 'answer', ...this.#options.readAnswer(body), durationMs });
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
    const durationMs = performance.now() - this.#startedAt;
    this.#settle({ kind: 'failure', failure, detail, durationMs });
  }

  #settle(outcome: ProbeOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#deadline);
    if (this.#lastCall !== null) clearImmediate(this.#lastCall);
    this.#request?.destroy();
    this.#onEnd(outcome);
  }
}

/** An IPv6 address stands in brackets, and HTTP's own port is left out. */
function hostHeader(host: string, port: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 80 ? name : `${name}:${port}`;
}

class ConnectionClosedError extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('the connection was closed before the answer was whole');
  }
}
