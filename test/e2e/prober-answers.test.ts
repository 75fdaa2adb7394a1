/** The HTTP prober with targets that speak HTTP badly, on every kind of address, and when this process stands still. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, it, test } from 'vitest';
import { HttpProber } from '../../src/adapters/http/index.ts';
import { createAbort } from '../../src/adapters/system/index.ts';
import { PingServer } from '../../src/agent/ping-server.ts';
import type { ProbeOutcome } from '../../src/ports/prober.ts';
import { answer, RawTarget } from './prober-targets.ts';

const prober = new HttpProber();
const targets: RawTarget[] = [];
const { signal } = createAbort();

afterEach(() => Promise.all(targets.splice(0).map((target) => target.stop())));
afterAll(() => prober.close());

async function serve(bytes: string, address?: string): Promise<RawTarget> {
  const target = await RawTarget.start((socket) => socket.write(bytes, 'latin1'), address);
  targets.push(target);
  return target;
}

function probe({ port }: { port: number }, address = '127.0.0.1', timeoutMs = 10_000): Promise<ProbeOutcome> {
  return prober.probe({ id: 'a', address, port }, { timeoutMs, signal });
}

const healthy = answer(200, '{"status":"ok","node":"a","epoch":2}');

describe('an answer', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::1', '[::1]'],
    ['127.0.0.1', 'localhost'],
  ])('of a target on %s is had at %s, with the right Host', async (listenOn, address) => {
    const target = await serve(healthy, listenOn);
    expect(await probe(target, address)).toMatchObject({ kind: 'answer', nodeId: 'a', epoch: 2 });
    const host = address === '::1' ? '[::1]' : address;
    expect(target.heads[0]).toContain(`Host: ${host}:${target.port}`);
    expect(target.heads[0]).toMatch(/^GET \/v1\/internal\/ping HTTP\/1\.1/);
  });

  it.each([
    ['nothing', answer(200, '')],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['bytes that are no text', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nÿþ'],
    ['a body after an early hint', `HTTP/1.1 103 X\r\n\r\n${answer(200, 'ok')}`],
  ])('of %s names no node', async (_, bytes) => {
    expect(await probe(await serve(bytes))).toMatchObject({ kind: 'answer', nodeId: null, epoch: null });
  });

  it('may end with its connection', async () => {
    const target = await RawTarget.start((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nok'));
    targets.push(target);
    expect(await probe(target)).toMatchObject({ kind: 'answer', nodeId: null });
  });
});

describe('a failure', () => {
  it.each([
    ['bad-answer', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['bad-answer', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['status', answer(204, '')],
    ['status', answer(404, 'no')],
    ['status', answer(500, 'x'.repeat(1_000_000))],
    ['status', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['too-large', 'HTTP/1.1 103 X\r\nX-A: x\r\n\r\n'.repeat(1_000)],
    ['too-large', `HTTP/1.1 200 OK\r\n${'X-A: x\r\n'.repeat(1_000)}\r\n`],
  ])('of kind %s is %j', async (failure, bytes) => {
    expect(await probe(await serve(bytes))).toMatchObject({ kind: 'failure', failure });
  });

  it('leaves no connection behind', async () => {
    const ours = new HttpProber();
    const switching = 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n';
    for (const bytes of [answer(503, 'no'), answer(200, 'x'.repeat(9_000)), 'nonsense\r\n\r\n', switching]) {
      const { id, address, port } = await serve(bytes);
      await ours.probe({ id, address, port }, { timeoutMs: 10_000, signal });
    }
    await expect.poll(() => ours.connectionCount, { timeout: 20_000 }).toBe(0);
    await ours.close();
  });
});

describe('connections', () => {
  it('are all closed by close', async () => {
    const ours = new HttpProber();
    const target = await serve(healthy);
    const probes = Array.from({ length: 50 }, () =>
      ours.probe({ id: 'a', address: '127.0.0.1', port: target.port }, { timeoutMs: 10_000, signal }),
    );
    await Promise.all(probes);
    expect(ours.connectionCount).toBeGreaterThan(0);
    await ours.close();
    expect(ours.connectionCount).toBe(0);
    await expect.poll(() => target.sockets.size, { timeout: 20_000 }).toBe(0);
    expect(
      await ours.probe({ id: 'a', address: '127.0.0.1', port: target.port }, { timeoutMs: 10, signal }),
    ).toEqual({
      kind: 'aborted',
    });
  });

  it('are kept one to a target, and replaced after 25 probes', async () => {
    const target = await serve(healthy);
    await Promise.all(Array.from({ length: 8 }, () => probe(target)));
    await expect.poll(() => target.sockets.size, { timeout: 20_000 }).toBe(1);
    const before = target.connectionCount;
    for (let count = 0; count < 50; count++) await probe(target);
    expect(target.connectionCount - before).toBe(2);
  });

  it.each([
    ['for no longer than the target announces', 'timeout=2'],
    ['not at all where the target announces next to nothing', 'timeout=1'],
    ['for one use after another where it announces long enough', 'timeout=90, max=1000'],
  ])('are kept %s', async (_, announced) => {
    const ours = new HttpProber();
    const target = await serve(answer(200, 'ok', [`Keep-Alive: ${announced}`]));
    const { id, address, port } = target;
    const ask = (): Promise<ProbeOutcome> => ours.probe({ id, address, port }, { timeoutMs: 10_000, signal });
    for (let count = 0; count < 3; count++) {
      expect(await ask()).toMatchObject({ kind: 'answer' });
      if (announced === 'timeout=1') await expect.poll(() => ours.connectionCount).toBe(0);
    }
    expect(target.connectionCount).toBe(announced === 'timeout=1' ? 3 : 1);
    if (announced === 'timeout=2') await expect.poll(() => ours.connectionCount, { timeout: 20_000 }).toBe(0);
    await ours.close();
  });
});

test.skipIf(process.platform !== 'linux')(
  "the kernel sends nothing of its own on an idle connection, at neither of the agents' ends",
  async () => {
    const server = new PingServer({
      nodeId: 'a',
      state: () => ({ kind: 'healthy', epoch: 2 }),
      keepAliveMs: 60_000,
      readNodes: async () => [],
      roundMs: 1_000,
      onTrouble: () => {},
    });
    const port = await server.listen({ host: '127.0.0.1', port: 0 });
    try {
      for (let count = 0; count < 2; count++) expect(await probe({ port })).toMatchObject({ kind: 'answer' });
      await expect.poll(() => kernelTimers(port), { timeout: 20_000 }).toEqual(['00', '00']);
    } finally {
      await server.close();
    }
  },
);

/** What the kernel waits for on both ends of the connections at a port: `00` nothing, `01` an ack, `02` keep-alive. */
function kernelTimers(port: number): string[] {
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const established = '01';
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote, state]) => state === established && `${local} ${remote}`.includes(hexPort))
    .map(([, , , , , timer]) => timer?.slice(0, 2) ?? '');
}

describe('an observer that stood still', () => {
  it('takes an answer that came meanwhile, though its deadline has passed', async () => {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(
      `
      const { workerData: shared, parentPort } = require('node:worker_threads');
      const server = require('node:net').createServer((socket) => {
        socket.on('data', () => {
          socket.write(${JSON.stringify(healthy)}, () => {
            Atomics.add(shared, 0, 1);
            Atomics.notify(shared, 0);
          });
        });
        socket.on('error', () => {});
      });
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
      `,
      { eval: true, workerData: shared },
    );
    try {
      const port = await new Promise<number>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      expect(await probe({ port })).toMatchObject({ kind: 'answer' });
      const startedAt = performance.now();
      const probing = probe({ port }, '127.0.0.1', 100);
      // One turn, so that the question is on its way; then nothing until the answer and the deadline have both come.
      await new Promise((resolve) => setImmediate(resolve));
      Atomics.wait(shared, 0, 1, 10_000);
      Atomics.wait(shared, 1, 0, Math.max(0, 150 - (performance.now() - startedAt)));
      expect(Atomics.load(shared, 0)).toBe(2);
      expect(await probing).toMatchObject({ kind: 'answer', nodeId: 'a' });
    } finally {
      await worker.terminate();
    }
  });
});
