/** When rows of the original are imported: before a decision what it is about, the rest about once a heartbeat. */
import type { HeartbeatRequest } from '../../ports/registry.ts';
import type { ClusterRow } from '../../ports/rows.ts';
import type { Awaitable, Store } from '../../ports/store.ts';
import { after } from '../awaitable.ts';
import type { Transactions } from '../transactions.ts';
import { type Imported, importOriginal, type Scope } from './import.ts';

/** Default of `HeartbeatRequest.importEveryMs`. */
const importEveryMs = 30_000;

/** The imports of one registry object. A store without the tables of the original has none. */
export class Imports {
  readonly #transactions: Transactions;
  readonly #hasOriginal: boolean;
  #windowMs: number | undefined;
  #importedAt = Number.NEGATIVE_INFINITY;
  #importedId: number | undefined;

  constructor(transactions: Transactions, { hasOriginal }: Pick<Store, 'hasOriginal'>) {
    this.#transactions = transactions;
    this.#hasOriginal = hasOriginal;
  }

  /** Takes over what a reading says of the newest import, by whichever node. */
  noteReading(cluster: Pick<ClusterRow, 'importedAt' | 'importedId'> | undefined): void {
    this.#importedAt = cluster?.importedAt ?? this.#importedAt;
    this.#importedId = cluster?.importedId;
  }

  /** Takes over the window of a node whose heartbeat has come, whether it is taken or not. */
  noteHeartbeat({ membershipWindowMs }: HeartbeatRequest): void {
    this.#windowMs = membershipWindowMs ?? this.#windowMs;
  }

  /** Imports all that nodes of the original have written, when no node has done so for a while. */
  runDue({ importEveryMs: everyMs = importEveryMs }: HeartbeatRequest): Awaitable<unknown> {
    if (!this.#hasOriginal) return null;
    return after(this.#transactions.now(), (now) => {
      const ageMs = now - this.#importedAt;
      if (ageMs >= 0 && ageMs < everyMs) return null;
      this.#importedAt = now;
      return this.run('all', everyMs);
    });
  }

  /** Imports now; `all` does nothing when it was done within `everyMs` milliseconds. */
  run(scope: Scope, everyMs = 0): Awaitable<Imported> {
    if (!this.#hasOriginal) return { upTo: 0, importedId: 0 };
    const request = { scope, everyMs, membershipWindowMs: this.#windowMs, importedId: this.#importedId };
    return after(
      this.#transactions.run((now) => importOriginal(request, now)),
      (imported) => {
        this.#importedId = imported.importedId;
        return imported;
      },
    );
  }
}
