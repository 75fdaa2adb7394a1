/** Answers `GET /v1/internal/ping`, at once and from memory. Not for: anything else over HTTP. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pingAnswer, pingPath } from '../core/ping-answer.ts';
import { ListenError } from './errors.ts';

/** What the node says of itself when it is asked. */
export type PingState =
  | { readonly kind: 'healthy'; readonly epoch: number }
  | { readonly kind: 'unhealthy'; readonly reason: string };

export interface PingServerOptions {
  readonly nodeId: string;
  /** Asked for each answer. */
  readonly state: () => PingState;
  /** How long an idle connection is kept: longer than the observers' interval. */
  readonly keepAliveMs: number;
}

/** An observer's request is a line and a few headers, sent at once: larger and slower requests are refused. */
const headLimitBytes = 8_192;
const requestTimeoutMs = 5_000;

/** Far more than the observers of any node; beyond it new connections are closed at once. */
const connectionCap = 10_000;

export class PingServer {
  readonly #options: PingServerOptions;
  readonly #server: Server;

  constructor(options: PingServerOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        maxHeaderSize: headLimitBytes,
        headersTimeout: requestTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: options.keepAliveMs,
        noDelay: true,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = connectionCap;
  }

  /** Listens, and resolves with the port. Rejects with `ListenError`. Without a host, on all interfaces. */
  listen({ host, port }: { readonly host: string | null; readonly port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        reject(new ListenError(`${host ?? 'all interfaces'}, port ${port}`, error.code ?? 'unknown', error));
      };
      this.#server.once('error', onError);
      this.#server.listen({ port, ...(host === null ? {} : { host }) }, () => {
        this.#server.off('error', onError);
        // Later errors (no file handle for one more connection) leave the listener as it is.
        this.#server.on('error', () => {});
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Stops listening and closes every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.sendDate = false;
    const path = request.url?.split('?', 1)[0];
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (path !== pingPath) refuse(response, 404, `only ${pingPath} is here`);
    else if (request.method !== 'GET') {
      response.setHeader('Allow', 'GET');
      refuse(response, 405, 'only GET is answered');
    } else if ((length !== undefined && length !== '0') || encoding !== undefined) {
      refuse(response, 413, 'a ping has no body');
    } else {
      // An observer takes it for granted that HTTP/1.1 keeps the connection. To say so would be a quarter of the answer.
      if (request.headers.connection === undefined) response.removeHeader('Connection');
      this.#answerPing(response);
    }
  }

  #answerPing(response: ServerResponse): void {
    const { nodeId, state } = this.#options;
    const now = state();
    if (now.kind === 'healthy') send(response, 200, pingAnswer(nodeId, now.epoch));
    else send(response, 503, JSON.stringify({ status: 'unavailable', node: nodeId, reason: now.reason }));
  }
}

/** Only observers ask for pings, so the connection of another request is not kept. */
function refuse(response: ServerResponse, status: number, error: string): void {
  response.setHeader('Connection', 'close');
  send(response, status, JSON.stringify({ error }));
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
