/**
 * A real PostgreSQL server on loopback in a temporary directory, gone when it is disposed of: for
 * `ringwatch demo --postgres` and for the tests. Not for data that must be kept.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from './free-ports.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';

export interface PostgresServerOptions {
  /** Default: the first that are found. */
  readonly binaries?: PostgresBinaries;
  /** Settings of the server, as `name=value`. */
  readonly settings?: readonly string[];
}

/** A started server. */
export interface PostgresServer {
  /** As its superuser, with the password. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly pid: number | null;
  readonly isRunning: boolean;
  /** Starts it again after it has ended, and waits until it serves. */
  start(): Promise<void>;
  /** Sends a signal to its first process. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; waits until its first process is gone. Its others end by themselves. */
  kill(): Promise<void>;
  /** Ends it and removes its data. May be called twice. */
  dispose(): Promise<void>;
}

const readyWithinMs = 30_000;
const attemptCount = 5;

/** Makes a new database and serves it. Throws with the server's output when it does not come up. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const { binaries = findPostgres(), settings = [] } = options;
  const { folder, runAs } = binaries;
  const user = runAs ?? {};
  const directory = await mkdtemp(join(tmpdir(), 'ringwatch-postgres-'));
  const data = join(directory, 'data');
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runAs !== null) {
    for (const path of [directory, passwordFile]) await chown(path, runAs.uid, runAs.gid);
  }
  const environment = { ...process.env, LC_ALL: 'C' };
  const how = { ...user, cwd: directory, env: environment };
  const shape = ['-U', 'postgres', '-E', 'UTF8', '--no-locale', '--no-sync', '-A', 'scram-sha-256'];
  try {
    const flags = ['-D', data, `--pwfile=${passwordFile}`, ...shape];
    await promisify(execFile)(join(folder, 'initdb'), flags, how);
  } catch (cause) {
    await rm(directory, { recursive: true, force: true });
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`A PostgreSQL database could not be made by ${folder}: ${message}`, { cause });
  }

  let port = 0;
  let child: ChildProcess | null = null;
  let output = '';
  const signal = (name: NodeJS.Signals): void => void child?.kill(name);
  const atExit = (): void => {
    // Immediate shutdown: the first process ends the others.
    signal('SIGQUIT');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', atExit);

  const launch = async (): Promise<boolean> => {
    // The data are worth nothing after the machine has crashed, and the system keeps them when the server does.
    const given = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const flags = [...given, ...settings].flatMap((setting) => ['-c', setting]);
    const started = spawn(join(folder, 'postgres'), ['-D', data, ...flags], {
      ...how,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    output = '';
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), readyWithinMs);
      const settle = (isReady: boolean): void => {
        clearTimeout(limit);
        resolve(isReady);
      };
      started.stderr?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-32_000);
        if (/ready to accept( read.only)? connections/.test(output)) settle(true);
      });
      const end = (what: string): void => {
        output += `\n[${what}]`;
        if (child === started) child = null;
        settle(false);
      };
      started.once('error', (error) => end(error.message));
      started.once('exit', (code, by) => end(`ended with ${by ?? `exit code ${code}`}`));
    });
  };
  const ended = async (): Promise<void> => {
    while (child !== null) await sleep(10);
  };

  const server: PostgresServer = {
    get url() {
      return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    },
    get port() {
      return port;
    },
    directory,
    get pid() {
      return child?.pid ?? null;
    },
    get isRunning() {
      return child !== null;
    },
    async start() {
      if (child !== null) return;
      // Processes of a server that was killed may hold its memory for a moment longer.
      const endsAt = performance.now() + readyWithinMs;
      while (!(await launch())) {
        await server.kill();
        if (performance.now() > endsAt) throw new Error(`PostgreSQL does not start:\n${output}`);
        await sleep(100);
      }
    },
    signal,
    async kill() {
      signal('SIGKILL');
      await ended();
    },
    async dispose() {
      signal('SIGCONT');
      signal('SIGQUIT');
      await ended();
      process.removeListener('exit', atExit);
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
  for (let attempt = 1; ; attempt++) {
    [port = 0] = await freePorts(1);
    if (await launch()) return server;
    await server.kill();
    const hasClashed = output.includes('Address already in use');
    if (hasClashed && attempt < attemptCount) continue;
    await server.dispose();
    throw new Error(`PostgreSQL does not start:\n${output}`);
  }
}
