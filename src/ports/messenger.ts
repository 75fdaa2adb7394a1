/** What observers tell each other, best effort. The detector is as correct without any message arriving. */

/** Asks another observer of the same target to look at it now. It proves nothing. */
interface LookRequest {
  readonly kind: 'look';
  readonly targetId: string;
  /** The target's epoch that the sender has missed. */
  readonly targetEpoch: number;
}

/** Where a node answers pings, which is where messages go. */
interface MessageReceiver {
  readonly id: string;
  readonly address: string;
  /** Null: the sender's own setting. */
  readonly port: number | null;
}

/** Sends a message to another node's agent, and forgets it: nothing is told of what became of it. */
export interface Messenger {
  send(receiver: MessageReceiver, message: LookRequest): void;
}
