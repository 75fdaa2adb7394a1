/**
 * The original's two tables in the virtual world, asked over the virtual network. A statement takes time, and is lost,
 * refused or never answered as any call of the registry is. Holds only what the original's rules look at.
 * Not for: running the original beside Ringwatch on the same rows (shared-tables.ts).
 */
import { compareIds } from '../../core/ring.ts';
import { registryHost } from '../network.ts';
import type { ProgramParts } from '../program.ts';
import type { OriginalTables, OriginalTarget } from './shared-tables.ts';

/** The original's statements by short names. */
export type OriginalStatement = 'readRing' | 'heartbeat' | 'insertEvent' | 'countVotes' | 'readLowestVoter';

/** Hears what reaches the tables. */
export interface TablesTap {
  /** A statement has taken effect. */
  readonly called: (name: OriginalStatement) => void;
  /** A row of `node_health_events` was written. */
  readonly wrote: (observerId: string, targetId: string, status: string) => void;
}

interface NodeRow extends OriginalTarget {
  readonly seenSeconds: number;
}

interface DeadRow {
  readonly observerId: string;
  readonly atSeconds: number;
}

/** A statement that takes longer has failed. */
const timeoutMs = 5_000;

export class VirtualTables {
  readonly #tap: TablesTap;
  readonly #rows = new Map<string, NodeRow>();
  #sortedIds: string[] = [];
  readonly #dead = new Map<string, DeadRow[]>();

  constructor(tap: TablesTap) {
    this.#tap = tap;
  }

  /** One node's connection. */
  connect(parts: ProgramParts): OriginalTables {
    const seconds = (): number => Math.floor(parts.registry.now() / 1_000);
    const ask = <Result>(name: OriginalStatement, isWrite: boolean, act: () => Result): Promise<Result> =>
      callOver(parts, isWrite, () => {
        this.#tap.called(name);
        return act();
      });
    return {
      beat: (id, address) => {
        ask('heartbeat', true, () => this.#beat({ id, address, seenSeconds: seconds() })).catch(
          () => undefined,
        );
      },
      activeNodes: (after) => ask('readRing', false, () => this.#activeNodes(after)),
      insertEvent: (observerId, targetId, status) =>
        ask('insertEvent', true, () => this.#insert(observerId, targetId, status, seconds())),
      countDeadObservers: (targetId, after) =>
        ask('countVotes', false, () => new Set(this.#deadObservers(targetId, after)).size),
      lowestDeadObserver: (targetId, after) =>
        ask('readLowestVoter', false, () => this.#deadObservers(targetId, after).sort(compareIds)[0] ?? null),
    };
  }

  #beat(row: NodeRow): void {
    if (!this.#rows.has(row.id)) this.#sortedIds = [...this.#sortedIds, row.id].sort(compareIds);
    this.#rows.set(row.id, row);
  }

  #activeNodes(afterSeconds: number): OriginalTarget[] {
    const targets: OriginalTarget[] = [];
    for (const id of this.#sortedIds) {
      const row = this.#rows.get(id);
      if (row !== undefined && row.seenSeconds > afterSeconds) targets.push(row);
    }
    return targets;
  }

  #insert(observerId: string, targetId: string, status: string, atSeconds: number): void {
    this.#tap.wrote(observerId, targetId, status);
    if (status !== 'dead') return;
    const rows = this.#dead.get(targetId) ?? [];
    this.#dead.set(targetId, rows);
    rows.push({ observerId, atSeconds });
  }

  #deadObservers(targetId: string, afterSeconds: number): string[] {
    return (this.#dead.get(targetId) ?? [])
      .filter(({ atSeconds }) => atSeconds > afterSeconds)
      .map(({ observerId }) => observerId);
  }
}

function callOver<Result>(parts: ProgramParts, isWrite: boolean, act: () => Result): Promise<Result> {
  const { nodeId, network, registry, scheduler, process } = parts;
  return new Promise((resolve, reject) => {
    if (process.hasEnded) return;
    let isSettled = false;
    const settle = (end: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      timeout.cancel();
      end();
    };
    const timeout = process.clock.setTimer(timeoutMs, () =>
      settle(() => reject(new Error(`no answer within ${timeoutMs} ms`))),
    );
    const reply = (end: () => void): void => {
      const fate = network.fateOf(registryHost, nodeId);
      if (fate.kind === 'arrives') scheduler.after(fate.afterMs, () => process.deliver(() => settle(end)));
    };
    const fate = network.fateOf(nodeId, registryHost);
    if (fate.kind === 'lost') return;
    if (fate.kind === 'rejected') {
      const refuse = (): void => settle(() => reject(new Error('connection refused')));
      scheduler.after(fate.afterMs, () => process.deliver(refuse));
      return;
    }
    scheduler.after(fate.afterMs + (isWrite ? registry.drawCommitMs() : 0), () => {
      if (registry.state === 'silent') return;
      if (registry.state === 'no-leader') {
        reply(() => reject(new Error('leader not found')));
        return;
      }
      if (registry.state === 'unwritable' && isWrite) {
        reply(() => reject(new Error('database or disk is full')));
        return;
      }
      const result = act();
      reply(() => resolve(result));
    });
  });
}
