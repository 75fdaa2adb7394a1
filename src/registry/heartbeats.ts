/** Heartbeats, one conditional write each: what they have to know of their node's row is remembered from the last one. */
import type { EpochRef, HeartbeatResult, JoinRequest } from '../ports/registry.ts';
import type { Awaitable, Store } from '../ports/store.ts';
import { after } from './awaitable.ts';
import { afterBeat, type BeatFacts, beat, beatFacts } from './membership.ts';
import type { SharedPlace } from './original/mirror.ts';
import type { Transactions } from './transactions.ts';

/** How many nodes are remembered; a process has a few, a simulation many. */
const nodeLimit = 100_000;

/** The heartbeats of one process's nodes. */
export class Heartbeats {
  readonly #transactions: Transactions;
  readonly #hasOriginal: boolean;
  readonly #known = new Map<string, BeatFacts & { readonly epoch: number }>();
  /** What nodes joined with: their rows of `dns_nodes` are put back from it. */
  readonly #joined = new Map<string, SharedPlace>();

  constructor(transactions: Transactions, { hasOriginal }: Pick<Store, 'hasOriginal'>) {
    this.#transactions = transactions;
    this.#hasOriginal = hasOriginal;
  }

  /** Notes what a node of this process joins with. */
  noteJoin({ nodeId, address, internalAddress, region }: JoinRequest): void {
    if (this.#joined.size >= nodeLimit) this.#joined.clear();
    if (address !== null) this.#joined.set(nodeId, { address, internalAddress, region });
  }

  /** Sends one; where the row is not as it was known it is read, and the heartbeat sent again. */
  beat(request: EpochRef, tryCount = 1): Awaitable<HeartbeatResult> {
    const { nodeId, epoch } = request;
    const known = this.#known.get(nodeId);
    const facts =
      known?.epoch === epoch
        ? known
        : this.#transactions.run(() => beatFacts(request, this.#joined.get(nodeId)));
    return after(facts, (row): Awaitable<HeartbeatResult> => {
      if (typeof row === 'string') return row;
      // Without the tables of the original no row is missing.
      const facts = this.#hasOriginal ? row : { ...row, missing: null };
      return after(
        this.#transactions.tryOnce((now) => beat(request, facts, now)),
        (done) => {
          if (done !== null) {
            this.#remember(request, facts);
            return 'beating';
          }
          this.#known.delete(nodeId);
          return after(this.#transactions.pauseAfter(tryCount), () => this.beat(request, tryCount + 1));
        },
      );
    });
  }

  #remember({ nodeId, epoch }: EpochRef, facts: BeatFacts): void {
    if (this.#known.size >= nodeLimit) this.#known.clear();
    this.#known.set(nodeId, { ...afterBeat(facts), epoch });
  }
}
