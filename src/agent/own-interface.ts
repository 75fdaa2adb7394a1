/** Whether an address is one of this machine's, and whether it still has the one at which other nodes reach it. */
import { BlockList, isIP, isIPv6 } from 'node:net';
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

/**
 * Whether an IP address is one of these. All of 127.0.0.0/8 is loopback, whichever of it an interface names. Other
 * spellings of an address are the same one.
 */
export function isOwnAddress(address: string, ownAddresses: readonly string[]): boolean {
  const own = new BlockList();
  own.addSubnet('127.0.0.0', 8, 'ipv4');
  for (const one of ownAddresses) if (isIP(one) !== 0) own.addAddress(one, isIPv6(one) ? 'ipv6' : 'ipv4');
  return own.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
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
