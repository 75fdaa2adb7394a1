/**
 * Answers `GET /v1/internal/ping`, at once and from memory, at a port of its own or on a server of the program. Not for:
 * anything else over HTTP.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { NodeRecord } from '../core/node.ts';
import { endpointText } from '../core/wire/address-text.ts';
import { lookHeader, lookPath } from '../core/wire/look-message.ts';
import { pingAnswer, pingPath } from '../core/wire/ping-answer.ts';
import { type NamedProbe, type PingSender, readSender, senderHeader } from '../core/wire/ping-sender.ts';
import { answerText, readSignature, signatureHeader } from '../core/wire/signed-text.ts';
import { LookGate, type LookGateOptions } from '../monitor/look-gate.ts';
import type { Signer } from '../ports/signer.ts';
import { BelievedObservers } from './believed-observers.ts';
import { ListenError } from './errors.ts';
import { openFileLimit } from './open-file-limit.ts';
import { PingConnections } from './ping-connections.ts';
import { SignatureCheck } from './signature-check.ts';

/** What the node says of itself when it is asked. */
export type PingState =
  | { readonly kind: 'healthy'; readonly epoch: number }
  | { readonly kind: 'unhealthy'; readonly reason: string };

/** What a person should know of the port. `closed`: no new connection comes in any more. */
export type PingTrouble = 'crowd' | 'name' | 'look' | 'signature' | 'closed';

export interface PingServerOptions {
  readonly nodeId: string;
  /** Asked for each answer. */
  readonly state: () => PingState;
  /** This node's present epoch, which senders sign their messages for; null while it has none. Default: null. */
  readonly epoch?: () => number | null;
  /** Signs answers, and checks who sends. Default: none, and every name is believed. */
  readonly signer?: Signer | undefined;
  /** How long an idle connection is kept: longer than the observers' interval. */
  readonly keepAliveMs: number;
  /** Looks senders up in the registry, when connections are many; not more often than once in `roundMs`. May reject. */
  readonly readNodes: (nodeIds: readonly string[]) => Promise<readonly NodeRecord[]>;
  readonly roundMs: number;
  /** Told of each named probe that was answered as that of a healthy node. */
  readonly onProbe?: (probe: NamedProbe) => void;
  /** Told when the other end has closed the newest connection of a named observer, unasked. */
  readonly onObserverClosed?: (sender: PingSender) => void;
  /** Takes what another observer asks this node to look at. Without it such requests are 404. */
  readonly onLook?: LookGateOptions['onLook'] | undefined;
  /**
   * Called for each connection that had to make room, each name that cannot be, each request to look that is refused,
   * each message without a good signature, and when the listener was closed by other hands: `what` in words, for a person.
   */
  readonly onTrouble: (trouble: PingTrouble, what: string) => void;
  /** How many connections are kept. Default: 4,096, or what the limit of open files leaves. */
  readonly connectionCap?: number;
}

/** An observer's request is a line and a few headers, sent at once: larger and slower requests are refused. */
const headLimitBytes = 8_192;

/** With the time between two looks at the connections: 5 s at most until a question must be whole. */
const requestTimeoutMs = 4_000;
const checkEveryMs = 1_000;

/** Many times more than a node has observers: to keep an idle one costs less than to have it come again. */
const connectionCap = 4_096;

/** More than the observers of a node that are not known yet; two connections of each are kept, whatever comes. */
const mostNames = 64;

/** With these `accept` says for good that there is no listener; all else is of one connection, or passes. */
const listenerEnds: ReadonlySet<string> = new Set(['EBADF', 'EINVAL', 'ENOTSOCK', 'EOPNOTSUPP']);

/** Files that the rest of the process needs. */
const reservedFiles = 64;
const fewestConnections = 16;

/**
 * Answers what other nodes ask of this one on a server of the program, such as one of `node:http` or a middleware of
 * Express. Everything else goes to `next`, or is answered 404 without it.
 */
export type PingHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

export class PingServer {
  readonly #options: PingServerOptions;
  readonly #server: Server;
  readonly #connections: PingConnections;
  readonly #looks: LookGate | null;
  readonly #signatures: SignatureCheck;
  #isClosing = false;

  constructor(options: PingServerOptions) {
    this.#options = options;
    const { nodeId, epoch = () => null, signer, keepAliveMs, readNodes, roundMs, onTrouble } = options;
    const cap = options.connectionCap ?? connectionCapFor(openFileLimit());
    const nameLimit = Math.min(mostNames, Math.floor(cap / 8));
    const observers = new BelievedObservers({
      ...{ readNodes, everyMs: roundMs, nameLimit },
      now: () => performance.now(),
    });
    this.#connections = new PingConnections({
      cap,
      isBelieved: (sender) => observers.has(sender),
      onPressure: (senders) => observers.lookUp(senders),
      onSenderClosed: (sender) => {
        if (!this.#isClosing) options.onObserverClosed?.(sender);
      },
      onDrop: (address) =>
        onTrouble('crowd', `${this.#connections.count} of at most ${cap}, the last of ${address}`),
    });
    this.#signatures = new SignatureCheck({
      ...{ nodeId, epoch, signer },
      onTrouble: (what) => onTrouble('signature', what),
    });
    const { onLook } = options;
    const now = (): number => performance.now();
    const onRefusal = (what: string): void => onTrouble('look', what);
    const isBelieved: LookGateOptions['isBelieved'] = (look) => this.#signatures.isBelieved(look);
    this.#looks =
      onLook === undefined ? null : new LookGate({ now, isBelieved, onLook, onTrouble: onRefusal });
    this.#server = createServer(
      {
        maxHeaderSize: headLimitBytes,
        headersTimeout: requestTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: checkEveryMs,
        keepAliveTimeout: keepAliveMs,
        noDelay: true,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.on('connection', (socket: Socket) => this.#connections.add(socket));
  }

  /** Listens, and resolves with the port. Rejects with `ListenError`. Without a host, on all interfaces. */
  listen({ host, port }: { readonly host: string | null; readonly port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        const place = host === null ? `all interfaces, port ${port}` : endpointText(host, port);
        reject(new ListenError(place, error.code ?? 'unknown', error));
      };
      this.#server.once('error', onError);
      this.#server.listen({ port, ...(host === null ? {} : { host }) }, () => {
        this.#server.off('error', onError);
        this.#noteEndOfListener();
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /**
   * As `PingHandler`. The program's server may close idle connections sooner than an observer comes again, Node's own after
   * 5 s. That would be a hint of a death, so a connection on which a ping came is kept for as long as at a port of its own.
   */
  readonly handle: PingHandler = (request, response, next) => {
    const path = pathOf(request);
    const isOurs = path === pingPath || (path === lookPath && this.#looks !== null);
    if (next !== undefined && !isOurs) {
      next();
      return;
    }
    const { socket } = request;
    if (!this.#connections.has(socket)) this.#connections.add(socket);
    // The server has set its own time when the answer is finished; ours comes after it.
    const keep = (): void => void socket.setTimeout(this.#options.keepAliveMs);
    response.once('finish', () => process.nextTick(keep));
    this.#answer(request, response);
  };

  /** Stops listening and closes every connection of its own port. */
  close(): Promise<void> {
    this.#isClosing = true;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #noteEndOfListener(): void {
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      if (listenerEnds.has(error.code ?? '')) this.#server.close();
    });
    this.#server.once('close', () => {
      if (!this.#isClosing) this.#options.onTrouble('closed', 'the process itself goes on');
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const sender = this.#senderOf(request);
    if (!this.#connections.hasAsked(socket, sender)) {
      // It was told on this connection that the server is full.
      socket.destroySoon();
      return;
    }
    response.sendDate = false;
    const path = pathOf(request);
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (path === lookPath && this.#looks !== null) this.#takeLook(this.#looks, request, response);
    else if (path !== pingPath) refuse(response, 404, `only ${pingPath} is here`);
    else if (request.method !== 'GET') {
      response.setHeader('Allow', 'GET');
      refuse(response, 405, 'only GET is answered');
    } else if ((length !== undefined && length !== '0') || encoding !== undefined) {
      refuse(response, 413, 'a ping has no body');
    } else {
      // An observer takes it for granted that HTTP/1.1 keeps the connection. To say so would be a quarter of the answer.
      if (request.headers.connection === undefined) response.removeHeader('Connection');
      const isHealthy = this.#answerPing(request, response);
      if (sender !== null && isHealthy) this.#options.onProbe?.(sender);
    }
  }

  /**
   * Null for a stranger, and for a name that cannot be or is not signed. Only the name is refused then, and not the
   * question: it must bring no verdict on this node.
   */
  #senderOf({ headers, socket }: IncomingMessage): NamedProbe | null {
    const text = headers[senderHeader.toLowerCase()];
    if (text === undefined) return null;
    const header = String(text);
    const sender = readSender(header);
    const address = addressOf(socket);
    if (sender === null) {
      this.#options.onTrouble('name', `from ${address}`);
      return null;
    }
    const signature = signatureOf(headers);
    const message = { kind: 'probe', header, sender, signature, address } as const;
    return this.#signatures.isBelieved(message) ? sender : null;
  }

  /** A message has a connection of its own, which ends with it. */
  #takeLook(looks: LookGate, { method, headers, socket }: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Connection', 'close');
    if (method === 'POST') {
      const text = headers[lookHeader.toLowerCase()];
      const header = text === undefined ? undefined : String(text);
      const signature = signatureOf(headers);
      response.writeHead(looks.take({ header, signature, address: addressOf(socket) })).end();
    } else response.writeHead(405, { Allow: 'POST' }).end();
  }

  /** Whether the answer is that of a healthy node: any other one is a miss, of which this node must take notice. */
  #answerPing({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { nodeId, state, signer } = this.#options;
    const now = state();
    if (now.kind === 'healthy') {
      // Without a type, which would be a quarter of the answer: every observer knows what it has asked for.
      const body = pingAnswer(nodeId, now.epoch);
      // Also where the probe's own signature is not good: only the sender of a tag can use the answer to it.
      const probe = readSignature(signatureOf(headers));
      if (signer !== undefined && probe !== null)
        response.setHeader(signatureHeader, signer.sign(answerText(probe.tag, body)));
      send(response, 200, body);
      return true;
    }
    response.setHeader('Content-Type', 'application/json');
    send(response, 503, JSON.stringify({ status: 'unavailable', node: nodeId, reason: now.reason }));
    return false;
  }
}

function pathOf({ url }: IncomingMessage): string | undefined {
  return url?.split('?', 1)[0];
}

function addressOf({ remoteAddress }: Socket): string {
  return remoteAddress ?? 'an address';
}

function signatureOf(headers: IncomingMessage['headers']): string | undefined {
  const text = headers[signatureHeader.toLowerCase()];
  return text === undefined ? undefined : String(text);
}

function connectionCapFor(fileLimit: number): number {
  // Those that are told to go, a quarter at most, are open for a moment more.
  const room = Math.floor((fileLimit - reservedFiles) / 2);
  return Math.max(fewestConnections, Math.min(connectionCap, room));
}

/** Only observers ask for pings, so the connection of another request is not kept. */
function refuse(response: ServerResponse, status: number, error: string): void {
  response.setHeader('Connection', 'close');
  response.setHeader('Content-Type', 'application/json');
  send(response, status, JSON.stringify({ error }));
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Length': Buffer.byteLength(body),
    // No cache may answer with it (RFC 9111, 4.1): the shortest way to say so.
    Vary: '*',
  });
  response.end(body);
}
