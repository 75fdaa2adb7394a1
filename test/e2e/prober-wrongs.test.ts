/** Wrongs of the original that belong to the probe, shown on a prober without our rules, and absent from ours. */
import { execFile } from 'node:child_process';
import { Agent, get, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { HttpProber } from '../../src/adapters/http/index.ts';
import { createAbort } from '../../src/adapters/system/index.ts';
import { judgeProbe } from '../../src/core/probe.ts';
import { pingAnswer } from '../../src/core/wire/ping-answer.ts';
import type { ProbeOutcome } from '../../src/ports/prober.ts';
import { answer, RawTarget, respondAs, urlOf } from './prober-targets.ts';

const prober = new HttpProber();
const naiveAgent = new Agent({ keepAlive: true });
const targets: RawTarget[] = [];
const timeoutMs = 10_000;
const probeOnce = fileURLToPath(new URL('probe-once.mjs', import.meta.url));

afterEach(() => Promise.all(targets.splice(0).map((target) => target.stop())));
afterAll(async () => {
  naiveAgent.destroy();
  await prober.close();
});

async function serve(respond: Parameters<typeof RawTarget.start>[0]): Promise<RawTarget> {
  const target = await RawTarget.start(respond);
  targets.push(target);
  return target;
}

function probe(
  target: RawTarget,
  change: { address?: string; timeoutMs?: number } = {},
): Promise<ProbeOutcome> {
  const { id, address, port } = target;
  const options = { timeoutMs: change.timeoutMs ?? timeoutMs, signal: createAbort().signal };
  return prober.probe({ id, address: change.address ?? address, port }, options);
}

function failureOf(outcome: ProbeOutcome): string {
  return outcome.kind === 'failure' ? outcome.failure : outcome.kind;
}

/** Status 200 is healthy, as the original says it; the platform's own client does the rest. */
async function isHealthyByFetch(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).catch(() => null);
  return response?.status === 200;
}

/** The same on kept connections, with the body read. */
function isHealthyByGet(endpoint: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ ...endpoint, agent: naiveAgent, path: '/v1/internal/ping' }, (response) => {
      response.resume();
      response.on('end', () => setImmediate(() => resolve(response.statusCode === 200)));
    });
    request.on('error', () => resolve(false));
  });
}

/** The same on kept connections, with the body left alone. */
function getUnread(port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: naiveAgent, path: '/v1/internal/ping' }, resolve).on(
      'error',
      reject,
    );
  });
}

describe('17: connections', () => {
  it('an answer whose body is not read costs a connection each; ours are read and share one', async () => {
    const target = await serve(respondAs({ kind: 'named', nodeId: 'a', epoch: 1 }));
    const unread: IncomingMessage[] = [];
    for (let count = 0; count < 10; count++) unread.push(await getUnread(target.port));
    expect(target.connectionCount).toBe(10);
    for (const response of unread) response.destroy();

    const other = await serve(respondAs({ kind: 'named', nodeId: 'a', epoch: 1 }));
    for (let count = 0; count < 10; count++) expect(failureOf(await probe(other))).toBe('answer');
    expect(other.connectionCount).toBe(1);
  });

  it('a kept connection hides a closed listener for ever; ours for a bounded number of probes', async () => {
    const target = await serve(respondAs({ kind: 'unnamed' }));
    const { port } = target;
    expect(await isHealthyByGet({ host: '127.0.0.1', port })).toBe(true);
    expect(failureOf(await probe(target))).toBe('answer');
    target.closeListener();
    for (let count = 0; count < 100; count++) {
      expect(await isHealthyByGet({ host: '127.0.0.1', port })).toBe(true);
    }
    const outcomes = [];
    for (let count = 0; count < 55; count++) outcomes.push(failureOf(await probe(target)));
    expect(outcomes.indexOf('refused')).toBeLessThanOrEqual(50);
    expect(outcomes.at(-1)).toBe('refused');
  });

  it('a connection that was reset while idle is no proof against a target that answers', async () => {
    const target = await serve(respondAs({ kind: 'unnamed' }));
    expect(failureOf(await probe(target))).toBe('answer');
    let isFirst = true;
    target.respondWith((socket, head) => {
      if (isFirst) socket.resetAndDestroy();
      else respondAs({ kind: 'unnamed' })(socket, head);
      isFirst = false;
    });
    expect(failureOf(await probe(target))).toBe('answer');
    expect(target.connectionCount).toBe(2);
  });

  it('a target that resets a new connection too has failed, and is not asked a third time', async () => {
    const target = await serve(respondAs({ kind: 'unnamed' }));
    await probe(target);
    target.respondWith((socket) => socket.resetAndDestroy());
    expect(failureOf(await probe(target))).toBe('reset');
    expect(target.heads).toHaveLength(3);
  });

  it('the second try shares the time of the first', async () => {
    const target = await serve(respondAs({ kind: 'unnamed' }));
    await probe(target);
    let isFirst = true;
    target.respondWith((socket) => {
      if (isFirst) socket.resetAndDestroy();
      isFirst = false;
    });
    expect(await probe(target, { timeoutMs: 300 })).toMatchObject({
      failure: 'no-answer',
      detail: 'no answer within 300 ms',
    });
    expect(target.heads).toHaveLength(3);
  });
});

describe('18: redirects and proxies', () => {
  it('a redirect to a healthy node is healthy to fetch, and a failure to ours', async () => {
    const healthy = await serve(respondAs({ kind: 'unnamed' }));
    const target = await serve(respondAs({ kind: 'redirecting', to: healthy }));
    expect(await isHealthyByFetch(urlOf(target))).toBe(true);
    expect(await probe(target)).toMatchObject({ failure: 'status', detail: 'HTTP 302' });
  });

  it('behind a proxy of the environment a node that does not exist is healthy; ours asks the node itself', async () => {
    const proxy = await serve((socket, head) => {
      socket.write(head.startsWith('CONNECT') ? 'HTTP/1.1 200 OK\r\n\r\n' : answer(200, '{"status":"ok"}'));
    });
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    // Node reads some of these only when it starts.
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
    const environment = {
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => name.toLowerCase() !== 'no_proxy'),
      ),
      ...Object.fromEntries(names.map((name) => [name, proxyUrl])),
      NODE_USE_ENV_PROXY: '1',
    };
    const ask = async (way: 'ours' | 'by the environment'): Promise<unknown> => {
      const args = [probeOnce, way, 'no-such-node.invalid', '6001', String(timeoutMs)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
      return JSON.parse(stdout);
    };
    expect(await ask('by the environment')).toBe(200);
    const seen = proxy.heads.length;
    expect(seen).toBeGreaterThan(0);
    expect(['unresolved', 'no-connection', 'no-answer']).toContain(await ask('ours'));
    expect(proxy.heads).toHaveLength(seen);
  });
});

describe('19: addresses', () => {
  it('an empty address, or an unspecified one, probes the observer itself; ours asks no node', async () => {
    const self = await serve(respondAs({ kind: 'unnamed' }));
    for (const host of ['', '0.0.0.0']) {
      expect(await isHealthyByGet({ host, port: self.port })).toBe(true);
      const seen = self.heads.length;
      expect(failureOf(await probe(self, { address: host }))).toBe('bad-address');
      expect(self.heads).toHaveLength(seen);
    }
  });

  it('an address with a port and a path probes another service; ours asks no node', async () => {
    const other = await serve(respondAs({ kind: 'unnamed' }));
    const address = `127.0.0.1:${other.port}/x?#`;
    expect(await isHealthyByFetch(`http://${address}:6001/v1/internal/ping`)).toBe(true);
    expect(other.heads[0]).toMatch(/^GET \/x\?? HTTP/);
    expect(failureOf(await probe(other, { address }))).toBe('bad-address');
    expect(other.heads).toHaveLength(1);
  });
});

describe('20: what counts as an answer', () => {
  it('a 200 whose body never ends is healthy by its status, and a timeout to ours', async () => {
    const target = await serve(respondAs({ kind: 'unending' }));
    expect(await isHealthyByFetch(urlOf(target))).toBe(true);
    expect(await probe(target, { timeoutMs: 300 })).toMatchObject({
      failure: 'no-answer',
      detail: 'no end of the body within 300 ms',
    });
  });

  it.each([
    [
      'head',
      answer(
        200,
        'ok',
        Array.from({ length: 10 }, (_, index) => `X-${index}: ${'x'.repeat(1_000)}`),
      ),
    ],
    ['body', answer(200, 'x'.repeat(10_000))],
    ['head and body together', answer(200, 'x'.repeat(2_500), [`X-A: ${'x'.repeat(2_500)}`])],
  ])('10 kB of %s are healthy by the status, and too large to ours', async (_, bytes) => {
    const target = await serve((socket) => socket.write(bytes));
    expect(await isHealthyByFetch(urlOf(target))).toBe(true);
    expect(failureOf(await probe(target))).toBe('too-large');
  });

  it('another node at the address is healthy by the status; to ours it is another node', async () => {
    const target = await serve((socket) => socket.write(answer(200, pingAnswer('b', 9))));
    expect(await isHealthyByFetch(urlOf(target))).toBe(true);
    const outcome = await probe(target);
    expect(outcome).toMatchObject({ kind: 'answer', nodeId: 'b', epoch: 9 });
    expect(judgeProbe({ id: 'a', epoch: 1, isNamed: true }, outcome, false)).toMatchObject({
      kind: 'miss',
      failure: 'wrong-node',
    });
  });
});
