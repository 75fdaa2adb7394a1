/** Heartbeats, one conditional write each: what they have to know of their node's row is remembered from the last one. */
import type { EpochRef, HeartbeatResult } from '../ports/registry.ts';
import type { Awaitable } from '../ports/store.ts';
import { after } from './awaitable.ts';
import { type BeatFacts, beat, beatFacts } from './membership.ts';
import type { Transactions } from './transactions.ts';

/** How many nodes are remembered; a process has a few, a simulation many. */
const nodeLimit = 100_000;

/** The heartbeats of one process's nodes. */
export class Heartbeats {
  readonly #transactions: Transactions;
  readonly #known = new Map<string, BeatFacts & { readonly epoch: number }>();

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  /** Sends one; where the row is not as it was known it is read, and the heartbeat sent again. */
  beat(request: EpochRef, tryCount = 1): Awaitable<HeartbeatResult> {
    const { nodeId, epoch } = request;
    const known = this.#known.get(nodeId);
    const facts = known?.epoch === epoch ? known : this.#transactions.run(() => beatFacts(request));
    return after(facts, (row): Awaitable<HeartbeatResult> => {
      if (typeof row === 'string') return row;
      return after(
        this.#transactions.tryOnce((now) => beat(request, row, now)),
        (done) => {
          if (done !== null) {
            this.#remember(request, row);
            return 'beating';
          }
          this.#known.delete(nodeId);
          return after(this.#transactions.pauseAfter(tryCount), () => this.beat(request, tryCount + 1));
        },
      );
    });
  }

  #remember({ nodeId, epoch }: EpochRef, { lifecycle, keepsShared, maintenanceUntil }: BeatFacts): void {
    if (this.#known.size >= nodeLimit) this.#known.clear();
    const isBack = lifecycle === 'away' && keepsShared;
    const facts = { epoch, lifecycle: isBack ? 'alive' : lifecycle, keepsShared, maintenanceUntil };
    this.#known.set(nodeId, facts);
  }
}
