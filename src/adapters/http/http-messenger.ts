/**
 * Sends messages of observers over HTTP, each by a request of its own: `POST` without a body, the message in a header. An
 * answer is not waited for longer than a second, and not looked at. Nothing is sent again.
 */
import { type ClientRequest, type OutgoingHttpHeaders, request as startRequest } from 'node:http';
import { TokenBucket } from '../../core/token-bucket.ts';
import { type LookRequest, lookHeader, lookPath, lookText } from '../../core/wire/look-message.ts';
import type { PingSender } from '../../core/wire/ping-sender.ts';
import { messageText, signatureHeader, signatureText } from '../../core/wire/signed-text.ts';
import type { MessageReceiver, Messenger } from '../../ports/messenger.ts';
import type { Signer } from '../../ports/signer.ts';
import { isPort, parseAddress } from './address.ts';
import { createSingleLookup } from './single-lookup.ts';

const timeoutMs = 1_000;

/** A miss is worth 2K messages at most: enough for several misses at once, and too few to press anyone. */
const mostInFlight = 16;
const rate = { burst: 32, perSecond: 32 };

export class HttpMessenger implements Messenger {
  readonly #inFlight = new Set<ClientRequest>();
  readonly #bucket = new TokenBucket(rate);
  readonly #lookup = createSingleLookup();
  readonly #signer: Signer | undefined;
  #isClosed = false;

  /** With a signer each message is signed for the epoch of its receiver. */
  constructor({ signer }: { readonly signer?: Signer | undefined } = {}) {
    this.#signer = signer;
  }

  send(receiver: MessageReceiver, message: LookRequest, sender: PingSender): void {
    const { address, port } = receiver;
    const text = lookText(sender, message);
    const parsed = parseAddress(address);
    if (this.#isClosed || text === null || !parsed.isUsable || !isPort(port)) return;
    if (this.#inFlight.size >= mostInFlight || !this.#bucket.take(performance.now())) return;
    try {
      this.#request(parsed.host, port, this.#headersOf(text, receiver));
    } catch {
      // What cannot even be asked is a message that was lost.
    }
  }

  /** Ends what is in flight; later messages are dropped. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#inFlight) request.destroy();
  }

  #headersOf(text: string, { id, epoch }: MessageReceiver): OutgoingHttpHeaders {
    const signer = this.#signer;
    if (signer === undefined || epoch === undefined) return { [lookHeader]: text };
    const count = signer.nextCount();
    const tag = signer.sign(messageText('look', text, { id, epoch }, count));
    return { [lookHeader]: text, [signatureHeader]: signatureText({ epoch, count, tag }) };
  }

  #request(host: string, port: number, headers: OutgoingHttpHeaders): void {
    const request = startRequest({
      ...{ host, port, method: 'POST', path: lookPath, agent: false, lookup: this.#lookup },
      headers,
    });
    this.#inFlight.add(request);
    const deadline = setTimeout(() => request.destroy(), timeoutMs);
    request.on('error', () => {});
    request.on('upgrade', (_response, socket) => socket.destroy());
    request.on('response', () => request.destroy());
    request.on('close', () => {
      clearTimeout(deadline);
      this.#inFlight.delete(request);
    });
    request.end();
  }
}
