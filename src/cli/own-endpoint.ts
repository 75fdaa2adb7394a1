/**
 * Where an agent listens and under which address its peers reach it, from what the user gave and what this machine
 * has. Pure. The rules: listen on nothing wider than what is advertised, never guess between two addresses, and take for
 * an address of this machine only what is one.
 */
import { isIP, isIPv6 } from 'node:net';
import { parseAddress } from '../adapters/http/address.ts';
import { isOwnAddress } from '../agent/own-interface.ts';
import type { Violation } from '../core/settings/config.ts';
import { bareAddress, endpointText } from '../core/wire/address-text.ts';

/** What the user gave, and what is known of the machine. */
export interface EndpointFacts {
  /** An address of this machine; peers are told it unless `advertise` says otherwise. */
  readonly address: string | undefined;
  readonly internalAddress: string | undefined;
  /** Where peers reach this node, `host:port` or `host`, though it listens elsewhere. */
  readonly advertise: string | undefined;
  /** As written: `host:port`, `host`, `:port` or `port`. */
  readonly listen: string | undefined;
  /** Whether all nodes are processes of this machine, as with an SQLite registry. */
  readonly isOneMachine: boolean;
  /** Addresses of this machine's interfaces, without loopback and link-local ones: one may be what peers are told. */
  readonly machineAddresses: readonly string[];
  /** Those of all its interfaces. */
  readonly ownAddresses: readonly string[];
}

/** The agent's options that follow. */
export interface Endpoint {
  readonly address: string;
  readonly internalAddress: string | undefined;
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** Undefined for the default. */
  readonly port: number | undefined;
  /** The port that peers are told; undefined for the one that is listened on. */
  readonly advertisedPort: number | undefined;
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
  const advertised = readAdvertised(facts.advertise, violations);
  const given = bare(facts.address);
  const internalAddress = bare(facts.internalAddress);
  const mayBind = listen !== null && listen.host === undefined;
  checkAddress('--internal-address', internalAddress, mayBind, facts, violations);
  checkAddress('--address', given, mayBind && internalAddress === undefined, facts, violations);
  const own = given ?? advertised?.host ?? defaultAddress(facts, listen?.host);
  if (own === null) violations.push({ path: '--address', message: unknownAddress(facts) });
  if (listen === null || own === null || violations.length > 0) return { endpoint: null, violations };
  const host = listen.host ?? narrowHost(internalAddress ?? own, facts.ownAddresses);
  const isEverywhere = host === undefined || host === '0.0.0.0' || host === '::';
  const address = advertised?.host ?? own;
  const endpoint = { address, internalAddress, port: listen.port, advertisedPort: advertised?.port };
  return { endpoint: { ...endpoint, host: isEverywhere ? undefined : host }, violations: [] };
}

function bare(address: string | undefined): string | undefined {
  return address === undefined ? undefined : bareAddress(address);
}

function readAdvertised(text: string | undefined, violations: Violation[]) {
  if (text === undefined) return undefined;
  const { host, port } = parseListen(text) ?? {};
  const problem =
    host === undefined || port === 0
      ? `expected host:port at which the other nodes reach this one, such as 203.0.113.9:7001, got ${JSON.stringify(text)}`
      : problemOf(host);
  if (problem !== null) violations.push({ path: '--advertise', message: problem });
  return problem === null && host !== undefined ? { host, port } : undefined;
}

/** What is to be bound must be of this machine. A host name is asked for when the agent starts. */
function checkAddress(
  path: string,
  address: string | undefined,
  isBound: boolean,
  { ownAddresses, machineAddresses, isOneMachine, listen }: EndpointFacts,
  violations: Violation[],
): void {
  if (address === undefined) return;
  const problem = problemOf(address);
  if (problem !== null) violations.push({ path, message: problem });
  else if (isBound && isIP(address) !== 0 && !isOwnAddress(address, ownAddresses)) {
    const port = parseListen(listen ?? '')?.port ?? 6001;
    // All nodes of a registry in a file are of this machine, so there loopback is the one to take.
    const named = isOneMachine ? ['127.0.0.1', ...machineAddresses] : machineAddresses;
    const found = named.length === 0 ? 'only loopback' : named.join(', ');
    violations.push({
      path,
      message: `expected an address of this machine, which has ${found}, got ${address}; if the other nodes reach this one there all the same (NAT, a container), give it as --advertise ${endpointText(address, port)}`,
    });
  }
}

function problemOf(address: string): string | null {
  const parsed = parseAddress(address);
  return parsed.isUsable ? null : parsed.problem;
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

/** The address itself where it is one of this machine's, else every interface. */
function narrowHost(address: string, ownAddresses: readonly string[]): string | undefined {
  if (address === 'localhost') return '127.0.0.1';
  return isIP(address) !== 0 && isOwnAddress(address, ownAddresses) ? address : undefined;
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
