/** One agent of the demo: a real `ringwatch agent` process whose event lines are read. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type EventLine, parseEventLine } from '../event-lines.ts';

export interface AgentProcessOptions {
  readonly id: string;
  /** Its URL may have a password, so it is in the environment: every user of the machine sees flags. */
  readonly registry: string;
  /** Further flags of `ringwatch agent`. */
  readonly flags: readonly string[];
  readonly onLine: (line: EventLine) => void;
  /** Told once, when the process is gone. */
  readonly onExit: (process: AgentProcess) => void;
}

const mainPath = fileURLToPath(new URL('../main.js', import.meta.url));
const keptErrorLength = 4_000;

export class AgentProcess {
  readonly id: string;
  readonly ended: Promise<void>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #errors = '';
  #hasEnded = false;

  constructor({ id, registry, flags, onLine, onExit }: AgentProcessOptions) {
    this.id = id;
    // Its standard input stays open as long as this process runs: that is how it notices our end.
    this.#child = spawn(process.execPath, [mainPath, 'agent', '--until-stdin-ends', ...flags], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...environment(), RINGWATCH_REGISTRY: registry },
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-keptErrorLength);
    });
    createInterface({ input: this.#child.stdout }).on('line', (text) => {
      const line = parseEventLine(text);
      if (line !== null) onLine(line);
    });
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        if (this.#hasEnded) return;
        this.#hasEnded = true;
        onExit(this);
        resolve();
      };
      this.#child.once('error', (error) => {
        this.#errors += error.message;
        end();
      });
      this.#child.once('close', end);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Null unless it has ended by itself. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The end of what it wrote to stderr. */
  get errors(): string {
    return this.#errors.trim();
  }

  /** Does nothing when it has ended. */
  signal(name: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(name);
  }
}

/** This process's own environment without settings of agents: the demo shows what it says it shows. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RINGWATCH_')));
}
