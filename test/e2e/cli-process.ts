/** The built command line as processes, for tests: run to the end, or watched while they run. Each is ended by its pid. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type EventLine, parseEventLine } from '../../src/cli/event-lines.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly directory?: string;
  /** How many files it may open. Default: as many as this process. */
  readonly openFiles?: number;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function launch(args: readonly string[], { environment = {}, directory, openFiles }: CommandOptions): Child {
  if (!existsSync(main)) throw new Error(`There is no ${main}: run "npm run build" first.`);
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(RINGWATCH_|NO_COLOR|FORCE_COLOR)/.test(name),
  );
  const command = [process.execPath, main, ...args];
  const limited = ['sh', '-c', 'ulimit -n "$1"; shift; exec "$@"', 'sh', String(openFiles), ...command];
  const [program = '', ...rest] = openFiles === undefined ? command : limited;
  return spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(own), ...environment },
    cwd: directory,
  });
}

/** Runs a command to its end; one that takes 110 s is killed and has the code null. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandEnd> {
  const child = launch(args, options);
  child.stdin.end();
  const limit = setTimeout(() => child.kill('SIGKILL'), 110_000);
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  clearTimeout(limit);
  return { code, stdout, stderr };
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/** A command that prints event lines, and that the test may signal. */
export interface Running {
  readonly pid: number;
  /** All lines so far. */
  readonly lines: readonly EventLine[];
  /** Waits for a line that came, or comes; rejects when it has not come in time. */
  waitFor(isWanted: (line: EventLine) => boolean, what: string): Promise<EventLine>;
  /** Waits until its output has this in it. */
  waitForOutput(pattern: RegExp): Promise<void>;
  /** Waits until its stderr has this in it. */
  waitForErrors(pattern: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  closeStdin(): void;
  closeStdout(): void;
  readonly ended: Promise<CommandEnd>;
}

const eventLimitMs = 45_000;

/** Starts a command whose stdout is event lines; it is killed at the end of the test. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): Running {
  const child = launch(args, options);
  const lines: EventLine[] = [];
  const texts: string[] = [];
  const watchers = new Set<() => void>();
  const notify = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (text) => {
    texts.push(text);
    const line = parseEventLine(text);
    if (line !== null) lines.push(line);
    notify();
  });
  let errorsSoFar = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errorsSoFar += chunk;
  });
  const errors = new Promise<string>((resolve) => child.stderr.once('close', () => resolve(errorsSoFar)));
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = Promise.all([closed, errors]).then(([code, stderr]) => ({
    code,
    stdout: texts.join('\n'),
    stderr,
  }));
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
    notify();
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    waitForOutput: (pattern) =>
      eventually(() => pattern.test(texts.join('\n')), `${args[0]} to print ${pattern}`),
    waitForErrors: (pattern) =>
      eventually(() => pattern.test(errorsSoFar), `${args[0]} to say ${pattern} on stderr`),
    signal: (name) => child.kill(name),
    closeStdin: () => child.stdin.end(),
    closeStdout: () => child.stdout.destroy(),
    waitFor: (isWanted, what) =>
      new Promise((resolve, reject) => {
        const finish = (act: () => void): void => {
          clearTimeout(timer);
          watchers.delete(look);
          act();
        };
        const give = (why: string): void => {
          finish(() =>
            reject(
              new Error(`${args.join(' ')}: ${what} ${why}; it printed:\n${texts.slice(-30).join('\n')}`),
            ),
          );
        };
        const look = (): void => {
          const line = lines.find(isWanted);
          if (line !== undefined) finish(() => resolve(line));
          else if (hasEnded) void errors.then((text) => give(`did not come before its end: ${text}`));
        };
        const timer = setTimeout(() => give(`did not come within ${eventLimitMs} ms`), eventLimitMs);
        watchers.add(look);
        look();
      }),
  };
}

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ringwatch-cli-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** Asks again until it holds; fails when it does not within half a minute. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endsAt = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`expected ${what} within 60 s`);
    await sleep(50);
  }
}

/** Whether a process with this id runs. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
