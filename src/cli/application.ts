/** The application under `ringwatch run`: a child process that is started, told signals, and ended with all that it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { withoutRegistry } from '../agent/run-command.ts';

export interface ApplicationOptions {
  /** The file, and its arguments. */
  readonly words: readonly string[];
  /** Whether it gets the standard input of this process; else it has none. */
  readonly hasInput: boolean;
  /** Time between the first signal that asks it to end and SIGKILL, milliseconds. */
  readonly stopGraceMs: number;
}

/** How it came to its end. */
export interface ApplicationEnd {
  /** Its exit code, 128 + n after signal n, or what a shell gives for one that cannot be started. */
  readonly exitCode: number;
  /** Why it is no good end, in words; null for exit code 0. */
  readonly problem: string | null;
}

/** Signals that ask an agent to leave, and its application to end. */
export const endingSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const;

export class Application {
  /** Resolves when it has ended. Never rejects. */
  readonly ended: Promise<ApplicationEnd>;
  readonly #options: ApplicationOptions;
  readonly #child: ChildProcess;
  #end: ApplicationEnd | null = null;
  #killTimer: NodeJS.Timeout | null = null;

  /** Starts it. */
  constructor(options: ApplicationOptions) {
    this.#options = options;
    const [file = '', ...args] = options.words;
    this.#child = spawn(file, args, {
      stdio: [options.hasInput ? 'inherit' : 'ignore', 'inherit', 'inherit'],
      // A group of its own: Ctrl-C on a terminal reaches it once, through this process, and nothing of it is left behind.
      detached: process.platform !== 'win32',
      env: withoutRegistry(process.env),
    });
    this.ended = new Promise((resolve) => {
      const finish = (end: ApplicationEnd): void => {
        this.#end = end;
        if (this.#killTimer !== null) clearTimeout(this.#killTimer);
        resolve(end);
      };
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        if (this.#child.pid === undefined) finish(notStarted(file, error));
      });
      this.#child.once('exit', (code, signal) => finish(endOf(code, signal)));
    });
  }

  /** Null while it runs. */
  get end(): ApplicationEnd | null {
    return this.#end;
  }

  /** Whether it has ended, or has been asked to. */
  get isEnding(): boolean {
    return this.#end !== null || this.#killTimer !== null;
  }

  /** Passes a signal on. After the first one that asks it to end, SIGKILL follows in time. */
  signal(name: NodeJS.Signals): void {
    if (this.#end !== null) return;
    this.#child.kill(name);
    const isEnding = (endingSignals as readonly string[]).includes(name);
    if (!isEnding || this.#killTimer !== null) return;
    this.#killTimer = setTimeout(() => this.#killAll(), this.#options.stopGraceMs);
  }

  /** Asks it to end unless it has been asked, and resolves when it has. */
  async stop(): Promise<void> {
    if (this.#killTimer === null) this.signal('SIGTERM');
    await this.ended;
  }

  #killAll(): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined && process.platform !== 'win32') process.kill(-pid, 'SIGKILL');
      else this.#child.kill('SIGKILL');
    } catch {
      // It has ended at this moment.
    }
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): ApplicationEnd {
  if (signal !== null)
    return { exitCode: 128 + constants.signals[signal], problem: `the application was ended by ${signal}` };
  if (code === 0) return { exitCode: 0, problem: null };
  return { exitCode: code ?? 1, problem: `the application ended with exit code ${code}` };
}

/** As a shell says it: 127 where there is no such file, 126 where it cannot be run. */
function notStarted(file: string, { code, message }: NodeJS.ErrnoException): ApplicationEnd {
  return { exitCode: code === 'ENOENT' ? 127 : 126, problem: `${file} could not be started: ${message}` };
}
