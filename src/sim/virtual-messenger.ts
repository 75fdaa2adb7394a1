/** A node's messages to other observers in the virtual world. Not for: their way over the network (messages.ts). */
import { lookText } from '../core/wire/look-message.ts';
import type { Messenger } from '../ports/messenger.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import type { VirtualProcess } from './process.ts';

export interface VirtualMessengerParts {
  readonly network: Network;
  readonly process: VirtualProcess;
  /** The machine that the messages leave from. */
  readonly host: Host;
}

/** The messenger of one process. It sends all that it is given: a real one drops some where there are many. */
export function virtualMessenger({ network, process, host }: VirtualMessengerParts): Messenger {
  return {
    send: ({ address, port }, message, sender) => {
      const text = lookText(sender, message);
      const to = network.hostAt(address);
      if (process.hasEnded || text === null || to === undefined) return;
      network.messages.send(host, to, port, text);
    },
  };
}
