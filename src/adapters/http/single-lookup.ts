/**
 * Name look-ups that share one question per name. A resolver that does not answer holds a thread of a small pool for
 * many seconds; without this, the probes of one such name would in time hold them all.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Callback = Parameters<LookupFunction>[2];
type Lookup = (
  hostname: string,
  options: Parameters<LookupFunction>[1],
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void;

/** A look-up function for `net.connect`; at most one look-up of a name runs at a time. */
export function createSingleLookup(lookup: Lookup = systemLookup as Lookup): LookupFunction {
  const waiting = new Map<string, Callback[]>();
  return (hostname, options, callback) => {
    const key = `${hostname} ${options.all === true} ${options.family ?? 0} ${options.hints ?? 0}`;
    const sharing = waiting.get(key);
    if (sharing !== undefined) {
      sharing.push(callback);
      return;
    }
    waiting.set(key, [callback]);
    lookup(hostname, options, (error, address, family) => {
      const callbacks = waiting.get(key) ?? [];
      waiting.delete(key);
      for (const answer of callbacks) answer(error, address, family);
    });
  };
}
