/**
 * Probes over HTTP: `GET http://<address>:<port>/v1/internal/ping`. 200 with a whole, small body is an answer; all
 * else is a failure of a kind. Redirects are not followed and proxies of the environment not used.
 */

import { readPingAnswer } from '../../core/wire/ping-answer.ts';
import { type PingSender, senderHeader, senderText } from '../../core/wire/ping-sender.ts';
import { startOf } from '../../core/wire/text.ts';
import type { Signal } from '../../ports/abort.ts';
import type { ProbeOptions, ProbeOutcome, Prober, ProbeTarget } from '../../ports/prober.ts';
import type { Signer } from '../../ports/signer.ts';
import { isPort, parseAddress } from './address.ts';
import { Connections } from './connections.ts';
import { Exchange, type ProbeHeaders } from './exchange.ts';
import { ProbeSignature } from './probe-signature.ts';
import { remembered } from './remembered.ts';

export interface HttpProberOptions {
  /** Signs probes that name a sender, and checks their answers. Default: nothing is signed. */
  readonly signer?: Signer | undefined;
}

export class HttpProber implements Prober {
  readonly #signer: Signer | undefined;
  readonly #closedListeners = new Set<(targetId: string) => void>();
  readonly #connections = new Connections((targetId) => {
    for (const tell of this.#closedListeners) tell(targetId);
  });
  readonly #inFlight = new Set<Exchange>();
  readonly #bySignal = new WeakMap<Signal, Set<Exchange>>();
  // Parsing costs as much as a tenth of a probe, and so does reading an answer.
  readonly #parse = remembered(parseAddress);
  readonly #readAnswer = remembered(readPingAnswer);
  /** Of the sender that asked last: a monitor has the same one for all its probes, and mostly the same next time. */
  #sender: PingSender | undefined;
  #nextDueMs: number | null = null;
  #headers: ProbeHeaders = {};
  #isClosed = false;

  constructor({ signer }: HttpProberOptions = {}) {
    this.#signer = signer;
  }

  /** How many connections are open now, in use or kept for the next probe. */
  get connectionCount(): number {
    return this.#connections.openCount;
  }

  async probe(
    { id, address, port, epoch = null }: ProbeTarget,
    options: ProbeOptions,
  ): Promise<ProbeOutcome> {
    const { timeoutMs, signal, sender, isFresh = false, nextDueMs = null } = options;
    if (this.#isClosed || signal.aborted) return { kind: 'aborted' };
    const parsed = this.#parse(address);
    if (!parsed.isUsable) return badAddress(parsed.problem);
    if (!isPort(port)) return badAddress(`expected a port from 1 to 65535, got ${port}`);
    const { host } = parsed;
    const cohort = this.#cohortOf(signal);
    return new Promise((resolve) => {
      const connections = this.#connections;
      const readAnswer = this.#readAnswer;
      const headers = this.#headersOf(sender, nextDueMs);
      const signature = this.#signatureOf(headers, id, epoch);
      const exchange = new Exchange(
        {
          ...{ connections, readAnswer, headers, signature, timeoutMs },
          ...{ targetId: id, host, port, isFresh, nextDueMs },
        },
        (outcome) => {
          cohort.delete(exchange);
          this.#inFlight.delete(exchange);
          resolve(outcome);
        },
      );
      cohort.add(exchange);
      this.#inFlight.add(exchange);
      exchange.start();
    });
  }

  onClosed(listener: (targetId: string) => void): () => void {
    this.#closedListeners.add(listener);
    return () => void this.#closedListeners.delete(listener);
  }

  /** Probes in flight end as `aborted`, and so does every later one. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const exchange of this.#inFlight) exchange.abort();
    await this.#connections.close();
  }

  #headersOf(sender: PingSender | undefined, nextDueMs: number | null): ProbeHeaders {
    if (sender !== this.#sender || nextDueMs !== this.#nextDueMs) {
      const text = sender === undefined ? null : senderText(sender, nextDueMs);
      this.#sender = sender;
      this.#nextDueMs = nextDueMs;
      this.#headers = text === null ? {} : { [senderHeader]: text };
    }
    return this.#headers;
  }

  #signatureOf(headers: ProbeHeaders, id: string, epoch: number | null): ProbeSignature | null {
    const name = headers[senderHeader];
    if (this.#signer === undefined || name === undefined || epoch === null) return null;
    return new ProbeSignature(this.#signer, name, { id, epoch });
  }

  /** The probes in flight that one signal ends: one listener a signal, since a monitor has the same one for all its probes. */
  #cohortOf(signal: Signal): Set<Exchange> {
    const known = this.#bySignal.get(signal);
    if (known !== undefined) return known;
    const cohort = new Set<Exchange>();
    this.#bySignal.set(signal, cohort);
    signal.addEventListener(
      'abort',
      () => {
        for (const exchange of cohort) exchange.abort();
      },
      { once: true },
    );
    return cohort;
  }
}

function badAddress(detail: string): ProbeOutcome {
  return { kind: 'failure', failure: 'bad-address', detail: startOf(detail, 200) };
}
