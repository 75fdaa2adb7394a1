/** Runs one command of the user's in a shell, as a process group of its own that can be ended as a whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { endOf } from '../core/wire/text.ts';
import type { Signal } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';

export interface CommandOptions {
  readonly command: string;
  readonly clock: Clock;
  /** Ends it: SIGTERM, then SIGKILL. */
  readonly signal: Signal;
  /** Added to this process's own environment, of which the address of the registry and the files with secrets are no part. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is else empty. */
  readonly input?: string;
  /** Time between SIGTERM and SIGKILL. Default 2,000. */
  readonly killAfterMs?: number;
}

/** How a command ended. */
export interface CommandEnd {
  /** Null when it could not be started or a signal ended it. */
  readonly exitCode: number | null;
  /** Why it failed, in words; null for exit code 0. */
  readonly problem: string | null;
  /** The end of what it wrote to standard output and error. */
  readonly output: string;
}

const outputLimit = 2_000;

/** What a command's own children may hold open its output for after it has ended. */
const outputGraceMs = 100;

const groupPollMs = 25;

/** Resolves when the command has ended, and after an abort when its process group has. Never rejects. */
export function runCommand(options: CommandOptions): Promise<CommandEnd> {
  const { command, signal, environment = {}, input } = options;
  if (signal.aborted)
    return Promise.resolve({ exitCode: null, problem: 'aborted before its start', output: '' });
  return new Promise((resolve) => {
    const child = spawn(command, {
      shell: true,
      // A group of its own, so that a shell's children are ended with it. Windows has none.
      detached: process.platform !== 'win32',
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...withoutRegistry(process.env), ...environment },
      windowsHide: true,
    });
    const output = collectOutput(child);
    let ending: Promise<void> = Promise.resolve();
    const onAbort = (): void => {
      ending = endGroup(child, options);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const finish = (exitCode: number | null, problem: string | null): void => {
      void ending.then(() => {
        signal.removeEventListener('abort', onAbort);
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ exitCode, problem, output: output() });
      });
    };
    child.on('error', (error) => {
      if (child.pid === undefined) finish(null, `it could not be started: ${error.message}`);
    });
    child.once('exit', (exitCode, signalName) => {
      const failure = exitCode === null ? `ended by ${signalName}` : `exit code ${exitCode}`;
      const problem = exitCode === 0 ? null : failure;
      whenRead(child, options.clock, () => finish(exitCode, problem));
    });
    // A command need not read what it is given.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** What is started here is not meant to act on the registry, whose address may hold a password, or to sign. */
export function withoutRegistry(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    RINGWATCH_REGISTRY: _url,
    RINGWATCH_REGISTRY_PASSWORD_FILE: _password,
    RINGWATCH_SECRET_FILE: _secret,
    ...rest
  } = environment;
  return rest;
}

function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  let output = '';
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      output = endOf(output + chunk, outputLimit);
    });
  }
  return () => output.trim();
}

/** Calls `run` once, when all output has been read or the grace for it is over. */
function whenRead(child: ChildProcess, clock: Clock, run: () => void): void {
  const timer = clock.setTimer(outputGraceMs, () => {
    child.off('close', onClose);
    run();
  });
  const onClose = (): void => {
    timer.cancel();
    run();
  };
  child.once('close', onClose);
}

async function endGroup(child: ChildProcess, { clock, killAfterMs = 2_000 }: CommandOptions): Promise<void> {
  const startedAt = clock.now();
  sendSignal(child, 'SIGTERM');
  while (isGroupAlive(child)) {
    if (clock.now() - startedAt >= killAfterMs) {
      sendSignal(child, 'SIGKILL');
      return;
    }
    await new Promise<void>((resolve) => clock.setTimer(groupPollMs, resolve));
  }
}

function isGroupAlive(child: ChildProcess): boolean {
  return process.platform === 'win32' ? child.exitCode === null : sendSignal(child, 0);
}

/** False when the process is gone. */
function sendSignal(child: ChildProcess, signalName: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  const { pid } = child;
  if (pid === undefined) return false;
  try {
    if (process.platform === 'win32') return child.kill(signalName);
    return process.kill(-pid, signalName);
  } catch {
    return false;
  }
}
