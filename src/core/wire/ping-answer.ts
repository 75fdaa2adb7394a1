/** The body of a healthy ping answer, written by the node that is probed and read by the one that probes. */

/** Where every node answers pings. */
export const pingPath = '/v1/internal/ping';

/** Who answered, as far as the answer says so. */
export interface PingName {
  readonly nodeId: string | null;
  readonly epoch: number | null;
}

/**
 * The body to answer `GET /v1/internal/ping` with, status 200, while the node is healthy. It names the node and its epoch,
 * so that no other node can be taken for it. Any other small body is healthy too, but names no node.
 */
export function pingAnswer(nodeId: string, epoch: number): string {
  return JSON.stringify({ status: 'ok', node: nodeId, epoch });
}

/** The node that a healthy answer's body names; none when the body is not ours, as the original's `{"status":"ok"}`. */
export function readPingAnswer(body: string): PingName {
  const answer = parse(body);
  const nodeId = typeof answer['node'] === 'string' && answer['node'] !== '' ? answer['node'] : null;
  const epoch = Number.isSafeInteger(answer['epoch']) ? Number(answer['epoch']) : null;
  return { nodeId, epoch: nodeId === null ? null : epoch };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
