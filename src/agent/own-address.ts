/** Probes this node's own address before others do: with a wrong one the whole cluster would miss it. */
import { endpointText } from '../core/address-text.ts';
import { ConfigError } from '../core/config.ts';
import type { Signal } from '../ports/abort.ts';
import type { ProbeOutcome, Prober } from '../ports/prober.ts';

export interface OwnAddressOptions {
  readonly nodeId: string;
  readonly address: string;
  readonly internalAddress: string | null;
  readonly port: number;
  readonly prober: Prober;
  readonly timeoutMs: number;
  readonly signal: Signal;
}

/**
 * Null when this process answers at the address that peers will use, else what is wrong, in words. The address may still
 * be right, since some networks do not lead a machine back to itself. Throws `ConfigError` for what is no address.
 */
export async function checkOwnAddress(options: OwnAddressOptions): Promise<string | null> {
  const { nodeId, address, internalAddress, port, prober, timeoutMs, signal } = options;
  const ask = async (
    path: 'address' | 'internalAddress',
    target: string,
    limitMs: number,
  ): Promise<ProbeOutcome> => {
    const outcome = await prober.probe({ id: nodeId, address: target, port }, { timeoutMs: limitMs, signal });
    if (outcome.kind === 'failure' && outcome.failure === 'bad-address') {
      throw new ConfigError([{ path, message: outcome.detail }]);
    }
    return outcome;
  };
  if (internalAddress === null) return problemOf(await ask('address', address, timeoutMs), address, port);
  // Peers prefer the internal address; of the other one only the form matters, so its answer is not waited for.
  await ask('address', address, 1);
  return problemOf(await ask('internalAddress', internalAddress, timeoutMs), internalAddress, port);
}

/** This process answers 503 until it has joined. */
function problemOf(outcome: ProbeOutcome, address: string, port: number): string | null {
  if (outcome.kind === 'aborted') return null;
  const place = endpointText(address, port);
  if (outcome.kind === 'answer') {
    return `another process answers pings at ${place}, the address of this node`;
  }
  if (outcome.failure === 'status') return null;
  if (outcome.failure === 'unresolved')
    return `the address of this node, ${address}, is a name that this machine cannot resolve (${outcome.detail}); others that cannot either will find this node dead: mend the name, or give an IP address`;
  return `this node does not reach itself at ${place} (${outcome.detail}); if others do not either, they will find it dead`;
}
