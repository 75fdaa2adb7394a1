/** A machine of the virtual network, and what listens on it. Not for: messages between machines (network.ts). */

import type { ProbeAnswer } from '../core/probe.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';
import type { VirtualProcess } from './process.ts';

/** What a ping at a listening port gives; null when no answer ever comes. */
export type PingAnswer = Pick<ProbeAnswer, 'nodeId' | 'epoch'> | { readonly status: number } | null;

/** A process that answers pings at a host. */
export interface Listener {
  readonly process: VirtualProcess;
  readonly answer: () => PingAnswer;
  /** A probe that names its sender has arrived. `nextDueMs`: when that sender asks again at the latest; null when it did not say. */
  readonly probed?: (sender: PingSender, nextDueMs: number | null) => void;
  /** The connection that an observer kept to it was closed by the other end, or between. */
  readonly observerClosed?: (sender: PingSender) => void;
  /** A message has arrived, as the text of its header, from that address. */
  readonly looked?: (text: string, address: string) => void;
}

/** A machine of the virtual network. */
export interface Host {
  readonly id: string;
  readonly address: string;
  /** A machine that is down answers nothing at all; one that is up refuses what no program listens for. */
  isUp: boolean;
  readonly listeners: Map<number, Listener>;
}
