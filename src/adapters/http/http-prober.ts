/**
 * Probes over HTTP: `GET http://<address>:<port>/v1/internal/ping`. 200 with a whole, small body is an answer; all
 * else is a failure of a kind. Redirects are not followed and proxies of the environment not used.
 */
import type { ProbeOptions, ProbeOutcome, Prober, ProbeTarget } from '../../ports/prober.ts';
import { isPort, parseAddress } from './address.ts';
import { Connections } from './connections.ts';
import { Exchange } from './exchange.ts';

export class HttpProber implements Prober {
  readonly #connections = new Connections();
  readonly #inFlight = new Set<Exchange>();
  #isClosed = false;

  /** How many connections are open now, in use or kept for the next probe. */
  get connectionCount(): number {
    return this.#connections.openCount;
  }

  async probe({ address, port }: ProbeTarget, { timeoutMs, signal }: ProbeOptions): Promise<ProbeOutcome> {
    if (this.#isClosed || signal.aborted) return { kind: 'aborted' };
    const parsed = parseAddress(address);
    if (!parsed.isUsable) return badAddress(parsed.problem);
    if (!isPort(port)) return badAddress(`expected a port from 1 to 65535, got ${port}`);
    const { host } = parsed;
    const exchange = new Exchange({ connections: this.#connections, host, port, timeoutMs });
    const abort = (): void => exchange.abort();
    this.#inFlight.add(exchange);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await exchange.outcome;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#inFlight.delete(exchange);
    }
  }

  /** Probes in flight end as `aborted`, and so does every later one. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const exchange of this.#inFlight) exchange.abort();
    await this.#connections.close();
  }
}

function badAddress(detail: string): ProbeOutcome {
  return { kind: 'failure', failure: 'bad-address', detail: detail.slice(0, 200), durationMs: 0 };
}
