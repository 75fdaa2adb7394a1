/** How addresses are written: without brackets where they are kept, with them before a port. Not for: what is an address. */

/** An IPv6 literal without its brackets; all else as it is. */
export function bareAddress(address: string): string {
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
}

/** `10.0.0.5:6001` or `[::1]:6001`. */
export function endpointText(address: string, port: number): string {
  const bare = bareAddress(address);
  return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`;
}
