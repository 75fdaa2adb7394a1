/**
 * A node of the virtual world that runs the original, with what an installation has around it. That is a heartbeat into
 * `dns_nodes`, an answer to pings that names no node, and a callback.
 */
import { createVirtualAbort } from '../abort.ts';
import type { CreateProgram, NodeProgram, ProgramParts } from '../program.ts';
import { OriginalMonitor, type OriginalOptions, originalDefaults } from './original-monitor.ts';
import type { OriginalTables } from './shared-tables.ts';

export interface OriginalProgramOptions {
  /** The tables that all nodes share, or this node's connection to them. */
  readonly tables: OriginalTables;
  readonly settings?: Omit<OriginalOptions, 'nodeId'>;
  /** Default 30,000. */
  readonly heartbeatIntervalMs?: number;
  /** Told of every run of a dead-node callback; null for a node that has none. */
  readonly onDead: ((run: OriginalDeath) => void) | null;
}

/** One run of the dead-node callback. */
export interface OriginalDeath {
  readonly observerId: string;
  readonly targetId: string;
  /** True time. */
  readonly at: number;
}

/** Makes the program of every node that runs the original. */
export function originalProgram(options: OriginalProgramOptions): CreateProgram {
  return (parts) => new OriginalProgram(parts, options);
}

class OriginalProgram implements NodeProgram {
  /** The original has no epochs. */
  readonly epoch = 0;
  readonly #parts: ProgramParts;
  readonly #options: OriginalProgramOptions;
  readonly #monitor: OriginalMonitor;

  constructor(parts: ProgramParts, options: OriginalProgramOptions) {
    this.#parts = parts;
    this.#options = options;
    const { nodeId, process, prober, scheduler } = parts;
    this.#monitor = new OriginalMonitor(
      { ...options.settings, nodeId },
      { clock: process.clock, prober, tables: options.tables, createAbort: createVirtualAbort },
    );
    const { onDead } = options;
    if (onDead === null) return;
    this.#monitor.callbacks.onNodeDead = (targetId) =>
      onDead({ observerId: nodeId, targetId, at: scheduler.now });
  }

  start(): void {
    const { host, process, isHung } = this.#parts;
    const port = this.#options.settings?.probePort ?? originalDefaults.probePort;
    host.listeners.set(port, {
      process,
      answer: () => (isHung('ping-answer') ? null : { nodeId: null, epoch: null }),
    });
    this.#beat();
    this.#monitor.start();
  }

  leave(): Promise<void> {
    this.#monitor.stop();
    return Promise.resolve();
  }

  #beat(): void {
    const { nodeId, host, process, isHung } = this.#parts;
    if (!isHung('heartbeat')) this.#options.tables.beat(nodeId, host.address);
    process.clock.setTimer(this.#options.heartbeatIntervalMs ?? 30_000, () => this.#beat());
  }
}
