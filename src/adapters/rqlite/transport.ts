/**
 * One HTTP request to one host: bounded in time and size, and honest about whether any of it was sent.
 * Knows nothing of rqlite beyond the header that names its leader, and never repeats anything.
 */
import { readFileSync } from 'node:fs';
import { Agent, type Dispatcher } from 'undici';
import { RegistryError } from '../../ports/registry.ts';
import { readPasswordFile } from '../sql/password-file.ts';
import type { RqliteAddress, RqliteTls } from './url.ts';

/** A whole answer of a server, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The leader that a follower passed the request on to; null when the host answered by itself. */
  readonly servedBy: string | null;
}

/** No whole answer came. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  /** Whether the server may have received the request. */
  readonly wasSent: boolean;
  /** Whether an answer came that is larger than allowed: the next one would be, too. */
  readonly isTooLarge: boolean;

  constructor(message: string, wasSent: boolean, options: { cause?: unknown; isTooLarge?: boolean } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.wasSent = wasSent;
    this.isTooLarge = options.isTooLarge ?? false;
  }
}

const json = { 'content-type': 'application/json' };

/** How long one request may take. */
export interface Patience {
  /** After this time it is given up on if none of it was sent, and late otherwise. */
  readonly lateMs: number;
  readonly onLate: () => void;
  /** A late one is given up on after this time: a closed socket would not stop the server. */
  readonly openMs: number;
}

type Settle = (outcome: HttpAnswer | TransportFailure) => void;

/** Kept-alive connections to every host, as many as allowed and no more. */
export class Transport {
  readonly #agent: Agent;
  readonly #scheme: 'http' | 'https';
  readonly #login: Readonly<Record<string, string>>;
  readonly #maxAnswerBytes: number;
  readonly #inFlight = new Set<(reason: string) => void>();
  #isClosed = false;

  constructor(address: RqliteAddress, maxAnswerBytes: number) {
    this.#scheme = address.tls === null ? 'http' : 'https';
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#login = address.user === null ? {} : { authorization: basic(address.user, passwordOf(address)) };
    this.#agent = new Agent({
      connections: address.connectionCount,
      pipelining: 1,
      keepAliveTimeout: 60_000,
      // Both are bounded by the limit of each request.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: address.timeoutMs, ...(address.tls === null ? {} : readTlsFiles(address.tls)) },
    });
  }

  /**
   * Posts JSON, or gets without a body, and gives the answer, whatever its status, late ones too. Rejects with a
   * `TransportFailure` only.
   */
  post(host: string, path: string, body: string | null, patience: Patience): Promise<HttpAnswer> {
    const { lateMs, onLate, openMs } = patience;
    if (this.#isClosed) return Promise.reject(new TransportFailure('the registry is closed', false));
    return new Promise((resolve, reject) => {
      const settle: Settle = (outcome) => {
        clearTimeout(timer);
        this.#inFlight.delete(exchange.give);
        if (outcome instanceof TransportFailure) reject(outcome);
        else resolve(outcome);
      };
      const exchange = new Exchange(this.#maxAnswerBytes, settle);
      const giveAfter = (limitMs: number): void =>
        exchange.give(`no answer within ${Math.round(limitMs)} ms`);
      let timer = setTimeout(() => {
        if (!exchange.isSent || openMs <= lateMs) {
          giveAfter(lateMs);
          return;
        }
        timer = setTimeout(() => giveAfter(openMs), openMs - lateMs);
        onLate();
      }, lateMs);
      this.#inFlight.add(exchange.give);
      const origin = `${this.#scheme}://${host}`;
      try {
        this.#agent.dispatch(
          body === null
            ? { origin, path, method: 'GET', headers: this.#login }
            : { origin, path, method: 'POST', headers: { ...this.#login, ...json }, body },
          exchange,
        );
      } catch (error) {
        exchange.give(error instanceof Error ? error.message : String(error));
      }
    });
  }

  /** Ends every request in flight and frees all sockets. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const give of [...this.#inFlight]) give('the registry was closed');
    await this.#agent.destroy();
  }
}

/** What happens to one request between its dispatch and its end. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxAnswerBytes: number;
  readonly #settle: Settle;
  #controller: Dispatcher.DispatchController | null = null;
  #isOver = false;
  #status = 0;
  #servedBy: string | null = null;
  #chunks: Buffer[] = [];
  #byteCount = 0;

  constructor(maxAnswerBytes: number, settle: Settle) {
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#settle = settle;
  }

  /** Whether the server may have received any of it. */
  get isSent(): boolean {
    return this.#controller !== null;
  }

  /** Gives up on the answer. */
  readonly give = (reason: string): void => {
    this.#fail(new TransportFailure(reason, this.isSent));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It waited for a free connection until after its time: nothing of it may be sent any more.
    if (this.#isOver) controller.abort(new Error('too late'));
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    const servedBy = headers['x-rqlite-served-by'];
    this.#status = status;
    this.#servedBy = typeof servedBy === 'string' ? servedBy : null;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    this.#byteCount += chunk.length;
    if (this.#byteCount > this.#maxAnswerBytes) {
      const message = `the answer is larger than ${this.#maxAnswerBytes} bytes`;
      this.#fail(new TransportFailure(message, true, { isTooLarge: true }));
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const body = Buffer.concat(this.#chunks).toString();
    this.#settle({ status: this.#status, body, servedBy: this.#servedBy });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(new TransportFailure(describe(error), this.isSent, { cause: error }));
  }

  #fail(failure: TransportFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#chunks = [];
    this.#settle(failure);
    this.#controller?.abort(failure);
  }
}

function passwordOf({ password, passwordFile }: RqliteAddress): string {
  return passwordFile === null ? password : readPasswordFile(passwordFile);
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Node's own text, with its code: a refused connection to several addresses has no text of its own. */
function describe(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error.message === '' ? error.name : error.message;
  return code === '' || message.includes(code) ? message : `${message} (${code})`;
}

function readTlsFiles(tls: RqliteTls): Record<string, string | boolean> {
  const { caFile, certFile, keyFile, isInsecure } = tls;
  return {
    rejectUnauthorized: !isInsecure,
    ...(caFile === null ? {} : { ca: readPem(caFile) }),
    ...(certFile === null ? {} : { cert: readPem(certFile) }),
    ...(keyFile === null ? {} : { key: readPem(keyFile) }),
  };
}

function readPem(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RegistryError('invalid', `rqlite URL: the file ${path} cannot be read.`, { cause });
  }
  if (!text.includes('-----BEGIN ')) {
    throw new RegistryError('invalid', `rqlite URL: the file ${path} is not a PEM file.`);
  }
  return text;
}
