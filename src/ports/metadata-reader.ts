/** An optional second source on peers, asked before each probe (a discovery service, for instance). */
export interface MetadataReader {
  /**
   * What is known of a peer's lifecycle. `maintenance` seen within 2 minutes and `active` seen within
   * 30 seconds count as a hit without a probe; all else, a time in the future included, falls through
   * to the probe. May throw or reject: that falls through too, with a warning.
   */
  getPeerLifecycleState(nodeId: string): PeerLifecycle | Promise<PeerLifecycle>;
}

/** One answer of a metadata reader. */
export interface PeerLifecycle {
  readonly found: boolean;
  /** `active`, `maintenance`, or any other word. */
  readonly state?: string;
  /** By the wall clock of the machine that asks; a `Date` or milliseconds since 1970. */
  readonly lastSeen?: Date | number;
}
