/** Watches whether this machine still has the address at which other nodes reach it. */
import { networkInterfaces } from 'node:os';

/**
 * The addresses of all interfaces, loopback ones too; null where the system does not tell them, such as to a process that has
 * no file left to open.
 */
export function interfaceAddresses(): string[] | null {
  try {
    return Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address));
  } catch {
    return null;
  }
}

/** One address. A name, and an address that this machine never had (behind NAT), is not watched. */
export class OwnInterface {
  readonly #address: string;
  readonly #read: () => readonly string[] | null;
  #isThere: boolean;
  readonly #isWatched: boolean;

  constructor(address: string, read: () => readonly string[] | null = interfaceAddresses) {
    this.#address = address;
    this.#read = read;
    this.#isWatched = read()?.includes(address) === true;
    this.#isThere = this.#isWatched;
  }

  /** What to tell when the address has gone since the last look, or has come back; null when nothing has changed. */
  look(): string | null {
    if (!this.#isWatched) return null;
    // A look that shows nothing says nothing of the address.
    const isThere = this.#read()?.includes(this.#address) ?? this.#isThere;
    if (isThere === this.#isThere) return null;
    this.#isThere = isThere;
    return isThere
      ? `the address of this node, ${this.#address}, is on an interface of this machine again`
      : `the address of this node, ${this.#address}, has gone: no interface of this machine has it any more, so the other nodes cannot reach this one and will find it dead; bring it back, or start the agent with the new one`;
  }
}
