/**
 * What a recovery changes: a service that takes a fence with each order, and refuses one smaller than the largest
 * that it has seen for the node. Recovery commands of the agents under test call it over HTTP.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface Order {
  readonly step: 'begin' | 'end';
  readonly node: string;
  readonly epoch: number;
  readonly fence: number;
  readonly owner: string;
  /** The recovery command's own process. */
  readonly pid: number;
}

export interface ReceivedOrder extends Order {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly isRefused: boolean;
}

export interface Callee {
  /** The `--on-dead` command of an agent. */
  commandFor(owner: string): string;
  /** Every order as it came, when, and whether it was refused. */
  readonly orders: readonly ReceivedOrder[];
  /** Called when a recovery begins, before it is answered. */
  onBegin: (order: Order) => void | Promise<void>;
  close(): Promise<void>;
}

const command = fileURLToPath(new URL('recovery-command.mjs', import.meta.url));

/** `workMs`: how long a recovery takes between its two orders. */
export async function startCallee(workMs: number): Promise<Callee> {
  const orders: ReceivedOrder[] = [];
  const largest = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Order;
    const isRefused = order.fence < (largest.get(order.node) ?? 0);
    if (!isRefused) largest.set(order.node, order.fence);
    orders.push({ ...order, at: Date.now(), isRefused });
    if (order.step === 'begin' && !isRefused) await callee.onBegin(order);
    response.statusCode = isRefused ? 409 : 200;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const callee: Callee = {
    orders,
    onBegin: () => {},
    commandFor: (owner) => `exec '${process.execPath}' '${command}' ${port} ${owner} ${workMs}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return callee;
}
