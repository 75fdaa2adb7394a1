/** The original's rules for some observers, driven round by round over shared tables: the test says who answers and when it is. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import type { ProbeOutcome } from '../../src/core/probe.ts';
import { createVirtualAbort } from '../../src/sim/abort.ts';
import { OriginalMonitor, type OriginalOptions } from '../../src/sim/original/original-monitor.ts';
import { RegistryTables } from '../../src/sim/original/shared-tables.ts';

const startsAt = 1_767_225_600_000;

export class OriginalDriver {
  readonly registry: MemoryRegistry;
  readonly tables: RegistryTables;
  /** No node gets an answer from these. */
  readonly silent = new Set<string>();
  /** `observer target`, in order. */
  readonly probed: string[] = [];
  /** `observer target` for every run of the dead-node callback. */
  readonly acted: string[] = [];
  /** `observer target` for every run of the recovered callback. */
  readonly recovered: string[] = [];
  /** Replaces the answers when a test needs more than silence. */
  answer: ((address: string, id: string) => Promise<ProbeOutcome>) | null = null;
  now = 0;
  readonly #ids: readonly string[];

  constructor(ids: readonly string[]) {
    this.#ids = ids;
    this.registry = new MemoryRegistry({ now: () => startsAt + this.now });
    this.tables = new RegistryTables(this.registry, ids);
    this.beat();
  }

  /** Rows as `observer says status of target`. */
  get rows(): string[] {
    return this.registry
      .readSharedEvents()
      .map(({ observerId, status, targetId }) => `${observerId} says ${status} of ${targetId}`);
  }

  /** A new monitor for that observer; its grace has ended unless the options say otherwise. */
  observer(nodeId: string, options: Partial<OriginalOptions> = {}): OriginalMonitor {
    const monitor = new OriginalMonitor(
      { startupGracePeriodMs: 0, ...options, nodeId },
      {
        clock: {
          now: () => this.now,
          wallNow: () => startsAt + this.now,
          setTimer: () => ({ cancel: () => undefined }),
        },
        prober: {
          probe: ({ id, address }) => {
            this.probed.push(`${nodeId} ${id}`);
            if (this.answer !== null) return this.answer(address, id);
            return Promise.resolve(this.silent.has(id) ? refused : answered);
          },
          close: () => Promise.resolve(),
        },
        tables: this.tables,
        createAbort: createVirtualAbort,
      },
    );
    monitor.callbacks.onNodeDead = (targetId) => void this.acted.push(`${nodeId} ${targetId}`);
    monitor.callbacks.onNodeRecovered = (targetId) => void this.recovered.push(`${nodeId} ${targetId}`);
    return monitor;
  }

  /** Lets the nodes (all, unless named) send a heartbeat now. */
  beat(ids: readonly string[] = this.#ids): void {
    for (const id of ids) this.tables.beat(id, `address of ${id}`);
  }

  /** So many rounds of those observers, ten seconds apart, with every row kept fresh. */
  async rounds(count: number, ...observers: readonly OriginalMonitor[]): Promise<void> {
    for (let round = 0; round < count; round++) {
      this.now += 10_000;
      this.beat();
      for (const observer of observers) await observer.round();
    }
  }
}

const refused: ProbeOutcome = { kind: 'failure', failure: 'refused', detail: 'refused' };
const answered: ProbeOutcome = { kind: 'answer', nodeId: null, epoch: null };
