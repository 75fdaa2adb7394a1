/** What the HTTP prober says of a target that ends, hangs or closes connections: real sockets, and processes that are killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpProber } from '../../src/adapters/http/index.ts';
import { createAbort } from '../../src/adapters/system/index.ts';
import type { ProbeOptions, ProbeOutcome } from '../../src/ports/prober.ts';
import { answer, deserted, RawTarget, respondAs } from './prober-targets.ts';

const childPath = fileURLToPath(new URL('ping-child.mjs', import.meta.url));
const patient = { timeout: 20_000 };
const { signal } = createAbort();
const targets: RawTarget[] = [];
const children: ChildProcess[] = [];
let prober: HttpProber;
let hints: string[];

beforeEach(() => {
  prober = new HttpProber();
  hints = [];
  prober.onClosed((id) => hints.push(id));
});
afterEach(async () => {
  await prober.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(targets.splice(0).map((target) => target.stop()));
});

async function spawnTarget(...args: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [childPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = child.stdout === null ? [''] : ((await once(child.stdout, 'data')) as [Buffer]);
  return { child, port: Number(String(line)) };
}

async function serve(respond: Parameters<typeof RawTarget.start>[0]): Promise<RawTarget> {
  const target = await RawTarget.start(respond);
  targets.push(target);
  return target;
}

const healthy = respondAs({ kind: 'unnamed' });

function probe(port: number, options: Partial<ProbeOptions> = {}, id = 'a'): Promise<ProbeOutcome> {
  return prober.probe({ id, address: '127.0.0.1', port }, { timeoutMs: 10_000, signal, ...options });
}

function kindOf(outcome: ProbeOutcome): string {
  return outcome.kind === 'failure' ? outcome.failure : outcome.kind;
}

describe('a closed idle connection', () => {
  it('is told when the process at its other end is killed', async () => {
    const { child, port } = await spawnTarget();
    expect(kindOf(await probe(port))).toBe('answer');
    child.kill('SIGKILL');
    await expect.poll(() => hints, patient).toEqual(['a']);
    await expect.poll(async () => kindOf(await probe(port)), patient).toBe('refused');
    expect(hints).toEqual(['a']);
  });

  it('is told when it is reset', async () => {
    const target = await serve(healthy);
    await probe(target.port);
    for (const socket of target.sockets) socket.resetAndDestroy();
    await expect.poll(() => hints, patient).toEqual(['a']);
  });

  it('is told to each target that asked on it, and no longer once the listener is taken away', async () => {
    const target = await serve(healthy);
    const later: string[] = [];
    const end = prober.onClosed((id) => later.push(id));
    await probe(target.port);
    await probe(target.port, {}, 'b');
    end();
    for (const socket of target.sockets) socket.destroy();
    await expect.poll(() => hints, patient).toEqual(['a', 'b']);
    expect(later).toEqual([]);
  });

  it.each([
    ['the target had announced it by the time that it keeps one', ['1500']],
    ['the target had announced it with its answer', ['60000', 'Connection=close']],
  ])('is not told where %s', async (_, args) => {
    const { port } = await spawnTarget(...args);
    await probe(port);
    await expect.poll(() => prober.connectionCount, patient).toBe(0);
    expect(hints).toEqual([]);
  });

  it('is not told of an older one, nor of what this end closes', async () => {
    const target = await serve(healthy);
    await probe(target.port);
    const [older] = target.sockets;
    target.respondWith((socket, head) => {
      // The newer one has been asked, and the older one is still open.
      older?.destroy();
      setTimeout(() => healthy(socket, head), 100);
    });
    expect(kindOf(await probe(target.port, { isFresh: true }))).toBe('answer');
    expect(target.connectionCount).toBe(2);
    await prober.close();
    await expect.poll(() => target.sockets.size, patient).toBe(0);
    expect(hints).toEqual([]);
  });
});

describe('a connection to each target', () => {
  it('is kept until the question on the new one has its answer', async () => {
    const target = await serve(healthy);
    await probe(target.port);
    let openCount = 0;
    target.respondWith((socket, head) => {
      openCount = target.sockets.size;
      healthy(socket, head);
    });
    expect(kindOf(await probe(target.port, { isFresh: true }))).toBe('answer');
    expect(openCount).toBe(2);
    await expect.poll(() => target.sockets.size, patient).toBe(1);
  });

  it('is there after each of two hundred questions', async () => {
    const target = await serve(healthy);
    for (let count = 0; count < 200; count++) {
      await probe(target.port);
      expect(target.sockets.size).toBeGreaterThan(0);
    }
    expect(target.connectionCount).toBe(8);
    expect(hints).toEqual([]);
  });

  it('is closed also when the question on the new one fails', async () => {
    const target = await serve(healthy);
    await probe(target.port);
    target.closeListener();
    expect(kindOf(await probe(target.port, { isFresh: true }))).toBe('refused');
    await expect.poll(() => prober.connectionCount, patient).toBe(0);
    expect(hints).toEqual([]);
  });
});

describe('a silence', () => {
  it('has no kind on a kept connection, and is that of a hung process on a new one', async () => {
    const { child, port } = await spawnTarget();
    expect(kindOf(await probe(port))).toBe('answer');
    child.kill('SIGSTOP');
    const first = await probe(port, { timeoutMs: 300 });
    expect(first).toMatchObject({
      failure: 'kept-connection',
      detail: 'no answer on a kept connection within 300 ms',
    });
    expect(kindOf(await probe(port, { timeoutMs: 300 }))).toBe('no-answer');
    child.kill('SIGCONT');
    expect(kindOf(await probe(port))).toBe('answer');
  });

  it.skipIf(process.platform !== 'linux')('is no connection where the kernel lets none in', async () => {
    const { child, port } = await spawnTarget();
    child.kill('SIGSTOP');
    const ask = async (): Promise<string> => kindOf(await probe(port, { timeoutMs: 200, isFresh: true }));
    await expect.poll(ask, patient).toBe('no-connection');
  });

  it('is refused where nothing listens, and a reset where a young connection is reset', async () => {
    const { port } = await deserted();
    expect(kindOf(await probe(port))).toBe('refused');
    const target = await serve((socket) => socket.resetAndDestroy());
    expect(kindOf(await probe(target.port))).toBe('reset');
  });
});

describe('a target that behaves badly', () => {
  it('is asked on a new connection each time where it closes after every answer, without a hint', async () => {
    const target = await serve((socket) => socket.end(answer(200, 'ok', ['Connection: close'])));
    for (let count = 0; count < 5; count++) expect(kindOf(await probe(target.port))).toBe('answer');
    expect(target.connectionCount).toBe(5);
    expect(hints).toEqual([]);
  });

  it('cannot answer a question before it is asked: the connection is closed, without a hint', async () => {
    const target = await serve((socket, head) => {
      healthy(socket, head);
      setTimeout(() => healthy(socket, head), 50);
    });
    await probe(target.port);
    await expect.poll(() => prober.connectionCount, patient).toBe(0);
    expect(hints).toEqual([]);
  });
});
