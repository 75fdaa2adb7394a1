/** What counts as an address of a target, before any of it becomes part of a request. */
import { BlockList, isIP } from 'node:net';

/** An address that can be asked, or what is wrong with it, in words. */
export type ParsedAddress =
  | { readonly isUsable: true; readonly host: string }
  | { readonly isUsable: false; readonly problem: string };

/**
 * Takes an IPv4 literal, an IPv6 literal with or without brackets, or a host name by the rules of RFC 1123.
 * Refuses all else:
 * - ports, paths and credentials;
 * - IPv6 zones, which mean something on one machine only;
 * - numbers that a resolver would take for an IPv4 address;
 * - addresses that are of no single node (unspecified, multicast, broadcast).
 */
export function parseAddress(text: string): ParsedAddress {
  if (typeof text !== 'string' || text === '') return refuse('expected an address, got none');
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const version = isIP(bare);
  if (version === 6 && bare.includes('%')) {
    return refuse(`expected an IPv6 address without a zone, got ${show(text)}`);
  }
  if (version === 6 || (version === 4 && bare === text)) {
    if (notOfOneNode.check(bare, version === 6 ? 'ipv6' : 'ipv4')) {
      return refuse(`expected the address of one node, got ${show(text)}, which is that of no single node`);
    }
    return { isUsable: true, host: bare };
  }
  if (isHostName(text)) return { isUsable: true, host: text };
  return refuse(`expected an IP address or a host name, got ${show(text)}`);
}

/** Whether a port can be asked. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

const notOfOneNode = new BlockList();
notOfOneNode.addSubnet('0.0.0.0', 8, 'ipv4');
notOfOneNode.addSubnet('224.0.0.0', 4, 'ipv4');
notOfOneNode.addAddress('255.255.255.255', 'ipv4');
notOfOneNode.addAddress('::', 'ipv6');
notOfOneNode.addSubnet('ff00::', 8, 'ipv6');

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** A last label of digits, or 0x and digits, is an IPv4 address to some resolvers: `127.1`, `0x7f000001`. */
const numericLabel = /^(?:\d+|0x[0-9a-f]*)$/i;

function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length > 253) return false;
  const labels = name.split('.');
  return labels.every((part) => label.test(part)) && !numericLabel.test(labels.at(-1) ?? '');
}

function refuse(problem: string): ParsedAddress {
  return { isUsable: false, problem };
}

function show(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
