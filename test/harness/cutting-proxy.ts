/**
 * A TCP proxy that loses answers: the request is passed on, the server does what it says and answers, and then the
 * connection is cut. For HTTP/1.1 without pipelining; it looks at requests as text and at nothing else.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Requests whose answers were lost so far. */
  readonly cutCount: number;
  /** Loses the answers of all requests that match (headers and body as text), until `stop` is called. */
  cutAnswers(matches: (request: string) => boolean): { stop(): void };
  /** Loses one answer and resolves with the text of its request. */
  cutNextAnswer(matches?: (request: string) => boolean): Promise<string>;
  close(): Promise<void>;
}

/** Passes connections on to `target` (`host:port`). */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const colon = target.lastIndexOf(':');
  const upstreamAt = { host: target.slice(0, colon), port: Number(target.slice(colon + 1)) };
  const sockets = new Set<Socket>();
  const rules = new Set<(request: string) => boolean>();
  let cutCount = 0;

  const server = createServer((client) => {
    const upstream = connect({ ...upstreamAt, noDelay: true });
    client.setNoDelay(true);
    let request = '';
    let isAnswering = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on('data', (chunk) => {
      request = (isAnswering ? '' : request) + chunk.toString('latin1');
      isAnswering = false;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      isAnswering = true;
      if ([...rules].some((matches) => matches(request))) {
        cutCount += 1;
        end();
      } else {
        client.write(chunk);
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cutCount() {
      return cutCount;
    },
    cutAnswers(matches) {
      rules.add(matches);
      return { stop: () => rules.delete(matches) };
    },
    cutNextAnswer(matches = () => true) {
      return new Promise((resolve) => {
        const rule = (request: string): boolean => {
          if (!matches(request)) return false;
          rules.delete(rule);
          resolve(request);
          return true;
        };
        rules.add(rule);
      });
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
