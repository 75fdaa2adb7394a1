/** Looks whether pings at this node's own address reach it: with a wrong one the whole cluster would miss it. */
import { isIP } from 'node:net';
import { ConfigError } from '../core/settings/config.ts';
import { endpointText } from '../core/wire/address-text.ts';
import { startOf } from '../core/wire/text.ts';
import type { CancelScope } from '../monitor/cancel-scope.ts';
import type { Signal } from '../ports/abort.ts';
import type { ProbeOutcome, Prober } from '../ports/prober.ts';
import { interfaceAddresses, isOwnAddress } from './own-interface.ts';

export interface OwnAddressOptions {
  readonly nodeId: string;
  readonly address: string;
  /** Peers prefer it; null for none. */
  readonly internalAddress: string | null;
  readonly port: number;
  /** Whether the agent answers pings at a port of its own. */
  readonly listen: boolean;
  readonly prober: Prober;
  readonly timeoutMs: number;
  readonly signal: Signal;
  readonly scope: CancelScope;
  /** How many pings this node has been asked so far. */
  readonly askedCount: () => number;
}

/** The program's own server may begin to listen just after the join, so only the last look counts. */
const lookCount = 3;
const pauseMs = 1_000;
/** A busy machine may need longer to answer itself than peers wait. */
const leastTimeoutMs = 1_000;

/** Throws `ConfigError` for what is no address. */
export async function checkAddressForm(options: OwnAddressOptions): Promise<void> {
  const { nodeId, address, internalAddress, port, prober, signal } = options;
  for (const [path, target] of Object.entries({ address, internalAddress })) {
    if (target === null) continue;
    const outcome = await prober.probe({ id: nodeId, address: target, port }, { timeoutMs: 1, signal });
    if (outcome.kind === 'failure' && outcome.failure === 'bad-address')
      throw new ConfigError([{ path, message: outcome.detail }]);
  }
}

/**
 * Null when a ping reaches this node within some seconds, its own or one of a peer; else what is wrong and what to do, in
 * words. The address may still be right, since some networks do not lead a machine back to itself.
 */
export async function problemOfOwnAddress(options: OwnAddressOptions): Promise<string | null> {
  const { nodeId, internalAddress, port, prober, signal, scope, askedCount } = options;
  const address = internalAddress ?? options.address;
  const timeoutMs = Math.max(leastTimeoutMs, options.timeoutMs);
  for (let look = 1; ; look++) {
    const before = askedCount();
    const outcome = await prober.probe({ id: nodeId, address, port }, { timeoutMs, signal, isFresh: true });
    if (outcome.kind === 'aborted' || askedCount() > before) return null;
    if (look === lookCount) return `${problemOf(outcome, address, port)}${adviceOf(options, address)}`;
    if (!(await scope.wait(pauseMs))) return null;
  }
}

function problemOf(
  outcome: Exclude<ProbeOutcome, { kind: 'aborted' }>,
  address: string,
  port: number,
): string {
  const place = endpointText(address, port);
  if (outcome.kind === 'answer') {
    const { nodeId } = outcome;
    const who = nodeId === null ? 'another program' : startOf(`another process, as node ${nodeId},`, 200);
    return `${who} answers at ${place}, the address of this node, so others will find this node dead`;
  }
  if (outcome.failure === 'status')
    return `what answers at ${place}, the address of this node, is not this node (${outcome.detail}), so others will find it dead`;
  if (outcome.failure === 'unresolved')
    return `the address of this node, ${address}, is a name that this machine cannot resolve (${outcome.detail}); others that cannot either will find this node dead: mend the name, or give an IP address`;
  return `this node does not reach itself at ${place} (${outcome.detail}); if others do not either, they will find it dead`;
}

function adviceOf({ listen }: OwnAddressOptions, address: string): string {
  if (!listen)
    return '; listen is false: your own server does not listen there, or does not pass requests to pingHandler()';
  const own = interfaceAddresses();
  if (own === null || isIP(address) === 0 || isOwnAddress(address, own)) return '';
  return '; no interface of this machine has that address: give one that it has, unless others reach it there all the same (NAT, a container)';
}
