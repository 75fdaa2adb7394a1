/** What observers tell each other, best effort. The detector is as correct without any message arriving. */
import type { LookRequest } from '../core/wire/look-message.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';

/** Where a node answers pings, which is where messages go. */
export interface MessageReceiver {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** The receiver's epoch that the sender knows, for a signature. Default: nothing is signed. */
  readonly epoch?: number;
}

/** Sends a message to another node's agent, and forgets it: nothing is told of what became of it. */
export interface Messenger {
  /** Never throws. A message may be dropped, by the sender too, where there are many. */
  send(receiver: MessageReceiver, message: LookRequest, sender: PingSender): void;
}

export type { LookRequest } from '../core/wire/look-message.ts';
