/**
 * Runs a command as a process of its own, and ends it when its time is over. A registry that is large is read and put
 * together in steps that let no timer fire, so that only another process can end them. A SIGKILL leaves no lock of SQLite
 * behind, and no half of a transaction.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type InterruptingSignal,
  interruptingSignals,
  interruptionCodes,
  type TimeLimit,
  type Word,
} from './time-limit.ts';

/** How long a process that was killed may take to end. */
const killLimitMs = 1_000;

/**
 * Ends this process as the command ended. `limit`: what holds until the command says a limit of its own, and no later one
 * is its first. Returns only when no process could be started.
 */
export async function supervise(argv: readonly string[], limit: TimeLimit): Promise<void> {
  const child = start(argv);
  if (child === null) return;
  const watch = new Watch(child, limit);
  const end = await new Promise<CommandEnd | null>((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve(null);
    });
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  watch.dispose();
  if (end !== null) await endAs(end, watch.forcedCode);
}

function start(argv: readonly string[]): ChildProcess | null {
  const entry = fileURLToPath(new URL('./supervised.js', import.meta.url));
  try {
    return spawn(process.execPath, [...process.execArgv, entry, ...argv], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
  } catch {
    return null;
  }
}

interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Watches over one command. */
class Watch {
  /** The exit code of a command that was killed here: its time was over, or a second signal came. */
  forcedCode: number | null = null;
  readonly #child: ChildProcess;
  #timer: NodeJS.Timeout | null = null;
  #hearsSignals = false;
  #isInterrupted = false;
  /** A signal from before the command was known to hear them. Where it had begun to, the signal itself did nothing. */
  #early: InterruptingSignal | null = null;
  /** Until the command rests for the first time. */
  #latestEndAt: number;

  constructor(child: ChildProcess, first: TimeLimit) {
    this.#child = child;
    this.#latestEndAt = performance.now() + first.limitMs;
    this.#endIn(first);
    child.on('message', (word: Word) => this.#hear(word));
    for (const name of interruptingSignals) process.on(name, () => this.#pass(name));
    process.stderr.on('error', () => undefined);
  }

  dispose(): void {
    this.#stopTimer();
    for (const name of interruptingSignals) process.removeAllListeners(name);
  }

  /** The first one is passed on; a second one ends the command at once. */
  #pass(name: InterruptingSignal): void {
    if (!this.#hearsSignals) {
      this.#early = name;
      this.#child.kill(name);
      return;
    }
    if (this.#isInterrupted || !this.#child.connected) this.#kill(interruptionCodes[name]);
    else this.#child.send(name, () => undefined);
    this.#isInterrupted = true;
  }

  #hear(word: Word): void {
    if (word.kind === 'hearing') {
      this.#hearsSignals = true;
      if (this.#early !== null) this.#pass(this.#early);
      return;
    }
    if (word.kind === 'limit') {
      this.#endIn(word);
      return;
    }
    this.#stopTimer();
    this.#latestEndAt = Number.POSITIVE_INFINITY;
  }

  #endIn(limit: TimeLimit): void {
    this.#stopTimer();
    const leftMs = Math.max(1, Math.min(limit.limitMs, this.#latestEndAt - performance.now()));
    const timer = setTimeout(() => {
      // What the command has said meanwhile is heard first.
      setImmediate(() => {
        if (this.#timer === timer) this.#end(limit);
      });
    }, leftMs);
    this.#timer = timer;
  }

  #end({ text, exitCode }: TimeLimit): void {
    process.stderr.write(text);
    this.#kill(exitCode);
  }

  #kill(exitCode: number): void {
    this.forcedCode = exitCode;
    this.#child.kill('SIGKILL');
    setTimeout(() => process.exit(exitCode), killLimitMs);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** A signal that ended the command ends this process too, as a shell would see it. */
async function endAs({ exitCode, signal }: CommandEnd, forcedCode: number | null): Promise<never> {
  if (forcedCode !== null) process.exit(forcedCode);
  if (signal === null) process.exit(exitCode ?? 1);
  process.kill(process.pid, signal);
  await delay(killLimitMs);
  process.exit(1);
}
