/**
 * Where an agent listens and under which address its peers reach it, from what the user gave and what this machine
 * has. Pure. The rule: listen on nothing wider than what is advertised, and never guess between two addresses.
 */
import { isIPv6 } from 'node:net';
import type { Violation } from '../core/config.ts';

/** What the user gave, and what is known of the machine. */
export interface EndpointFacts {
  readonly address: string | undefined;
  readonly internalAddress: string | undefined;
  /** As written: `host:port`, `host`, `:port` or `port`. */
  readonly listen: string | undefined;
  /** Whether all nodes are processes of this machine, as with an SQLite registry. */
  readonly isOneMachine: boolean;
  /** Addresses of this machine's interfaces, without loopback and link-local ones. */
  readonly machineAddresses: readonly string[];
}

/** The agent's options that follow. */
export interface Endpoint {
  readonly address: string;
  readonly internalAddress: string | undefined;
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** Undefined for the default. */
  readonly port: number | undefined;
}

export type EndpointResult =
  | { readonly endpoint: Endpoint; readonly violations: readonly [] }
  | { readonly endpoint: null; readonly violations: readonly Violation[] };

/** The endpoint, or everything that is wrong with what was given. */
export function chooseEndpoint(facts: EndpointFacts): EndpointResult {
  const violations: Violation[] = [];
  const listen = facts.listen === undefined ? {} : parseListen(facts.listen);
  if (listen === null) {
    violations.push({
      path: '--listen',
      message: `expected host:port, host, or port, such as 10.0.0.5:6001, [::1]:6001 or 6001, got ${JSON.stringify(facts.listen)}`,
    });
  }
  const address = facts.address ?? defaultAddress(facts, listen?.host);
  if (address === null) violations.push({ path: '--address', message: unknownAddress(facts) });
  if (listen === null || address === null) return { endpoint: null, violations };
  const host = listen.host ?? narrowHost(facts.internalAddress ?? address, facts.machineAddresses);
  const isEverywhere = host === undefined || host === '0.0.0.0' || host === '::';
  const endpoint = { address, internalAddress: facts.internalAddress, port: listen.port };
  return { endpoint: { ...endpoint, host: isEverywhere ? undefined : host }, violations: [] };
}

function defaultAddress(
  { isOneMachine, machineAddresses }: EndpointFacts,
  host: string | undefined,
): string | null {
  if (host !== undefined && host !== '0.0.0.0' && host !== '::') return host;
  if (isOneMachine) return '127.0.0.1';
  const [only, ...others] = machineAddresses;
  return only !== undefined && others.length === 0 ? only : null;
}

function unknownAddress({ machineAddresses }: EndpointFacts): string {
  const found =
    machineAddresses.length === 0 ? 'has none but loopback' : `has several: ${machineAddresses.join(', ')}`;
  return `expected the host name or IP address at which the other nodes reach this one; this machine ${found}`;
}

/** The advertised address itself where it is one of this machine's, else every interface. */
function narrowHost(advertised: string, machineAddresses: readonly string[]): string | undefined {
  if (/^127\./.test(advertised) || advertised === '::1') return advertised;
  if (advertised === 'localhost') return '127.0.0.1';
  return machineAddresses.includes(advertised) ? advertised : undefined;
}

/** Reads `host:port`, `host`, `:port` or `port`; null when it is none of these. IPv6 with a port stands in brackets. */
export function parseListen(text: string): { readonly host?: string; readonly port?: number } | null {
  if (/^\d+$/.test(text)) return withPort({}, text);
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) return withPort({ host: bracketed[1] ?? '' }, bracketed[2]);
  if (isIPv6(text)) return { host: text };
  const [host = '', port, ...rest] = text.split(':');
  if (rest.length > 0 || /[\s/@[\]]/.test(host) || (host === '' && port === undefined) || port === '')
    return null;
  return withPort(host === '' ? {} : { host }, port);
}

function withPort<Host extends object>(
  host: Host,
  text: string | undefined,
): (Host & { readonly port?: number }) | null {
  if (text === undefined) return host;
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= 65_535 ? { ...host, port } : null;
}
