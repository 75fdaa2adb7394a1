/**
 * Which host to ask first, learnt from the answers alone: no request is made to find the leader. A host that
 * answers for the leader without passing the request on is the leader; one that passes it on names the leader
 * by an address of the cluster's own, which tells us only that it changed.
 */

/** Whether a request needs the leader. A follower passes such a request on. */
export type Target = 'any' | 'leader';

/** The order of hosts, changed by what they answer. Never without one. */
export class Route {
  readonly #hosts: readonly string[];
  #lastGood = 0;
  #leader: string | null = null;
  #leaderName: string | null = null;
  readonly #followers = new Set<string>();
  #leaderCount = 0;

  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
  }

  /** Grows whenever another leader, or the same one in another way, has answered. */
  get leaderCount(): number {
    return this.#leaderCount;
  }

  /** Every host once, the most promising first. */
  order(target: Target): readonly string[] {
    const inTurn = [...this.#hosts.slice(this.#lastGood), ...this.#hosts.slice(0, this.#lastGood)];
    if (target === 'any') return inTurn;
    const rank = (host: string): number => (host === this.#leader ? 0 : this.#followers.has(host) ? 2 : 1);
    return inTurn.sort((one, other) => rank(one) - rank(other));
  }

  /** Notes an answer with results; `servedBy` is the leader that the host passed the request on to, if it did. */
  worked(host: string, target: Target, servedBy: string | null): void {
    if (target === 'any') {
      this.#lastGood = Math.max(0, this.#hosts.indexOf(host));
    } else if (servedBy === null) {
      if (this.#leader !== host) this.#leaderCount += 1;
      this.#leader = host;
      this.#followers.delete(host);
    } else {
      if (this.#leaderName !== servedBy) {
        this.#leaderName = servedBy;
        this.#leaderCount += 1;
        this.#leader = null;
        this.#followers.clear();
      }
      if (this.#leader === host) this.#leader = null;
      this.#followers.add(host);
    }
  }

  /** Notes that a host did not do what it was asked: it is not looked to for the leader first any more. */
  failed(host: string, target: Target): void {
    if (target === 'any') return;
    if (this.#leader === host) {
      this.#leader = null;
      this.#leaderName = null;
      this.#followers.clear();
    }
    this.#followers.add(host);
  }
}
