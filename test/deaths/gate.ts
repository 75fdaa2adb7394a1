/** A node's ping answer in the hands of a test: it answers as the node would, or takes probes and leaves them without an answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pingAnswer } from '../../src/core/wire/ping-answer.ts';

export interface Gate {
  readonly port: number;
  /** Probes that came while it was closed, and that will never be answered. */
  readonly heldCount: number;
  readonly answeredCount: number;
  /** While it is closed, no caller is answered. */
  isClosed: boolean;
  /** Ends every connection. */
  close(): void;
}

/** Answers for the first life of a node. */
export async function startGate(nodeId: string): Promise<Gate> {
  const counts = { heldCount: 0, answeredCount: 0 };
  const server = createServer((_, response) => {
    if (gate.isClosed) {
      counts.heldCount++;
      return;
    }
    counts.answeredCount++;
    response.end(pingAnswer(nodeId, 1));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate: Gate = {
    port: (server.address() as AddressInfo).port,
    isClosed: false,
    get heldCount() {
      return counts.heldCount;
    },
    get answeredCount() {
      return counts.answeredCount;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return gate;
}
