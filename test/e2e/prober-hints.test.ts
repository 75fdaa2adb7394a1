/** What a kept connection tells when its target ends, is stopped, or closes it. Real processes and sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HttpProber } from '../../src/adapters/http/index.ts';
import type { ProbeOutcome } from '../../src/ports/prober.ts';

const { signal } = new AbortController();
const soon = { timeout: 20_000 };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Target {
  readonly port: number;
}

/** A prober, and the targets that have closed their connection to it. */
function newProber() {
  const prober = new HttpProber();
  cleanups.push(() => prober.close());
  const closed: string[] = [];
  prober.onClosed((targetId) => void closed.push(targetId));
  const ask = ({ port }: Target, isFresh = false, timeoutMs = 10_000): Promise<ProbeOutcome> =>
    prober.probe({ id: 'a', address: '127.0.0.1', port }, { timeoutMs, signal, isFresh });
  return { prober, closed, ask };
}

const program = `
  const server = require('node:http').createServer({ keepAliveTimeout: 60_000 }, (_, response) => response.end('ok'));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

async function startProcess(): Promise<Target & { readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(() => {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
  });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { port: Number(String(line)), child };
}

async function serve(headers: Readonly<Record<string, string>> = {}) {
  const sockets: Socket[] = [];
  const server: Server = createServer({ keepAliveTimeout: 0 }, (_, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end('ok');
  });
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

test('a killed process is told of by its idle connection, and refuses then', async () => {
  const { closed, ask } = newProber();
  const target = await startProcess();
  expect(await ask(target)).toMatchObject({ kind: 'answer' });
  target.child.kill('SIGKILL');
  await expect.poll(() => closed, soon).toEqual(['a']);
  await expect.poll(() => ask(target, true), soon).toMatchObject({ kind: 'failure', failure: 'refused' });
  expect(closed).toEqual(['a']);
});

test('a stopped process tells its kind on a new connection alone, and gives no hint', async () => {
  const { closed, ask } = newProber();
  const target = await startProcess();
  expect(await ask(target)).toMatchObject({ kind: 'answer' });
  target.child.kill('SIGSTOP');
  expect(await ask(target, false, 300)).toMatchObject({ failure: 'kept-connection' });
  expect(await ask(target, true, 300)).toMatchObject({ failure: 'no-answer' });
  expect(closed).toEqual([]);
});

test('a new connection replaces the kept one, which is closed after the answer and is no hint', async () => {
  const { prober, closed, ask } = newProber();
  const target = await serve();
  expect(await ask(target)).toMatchObject({ kind: 'answer' });
  expect(await ask(target, true)).toMatchObject({ kind: 'answer' });
  expect(target.sockets).toHaveLength(2);
  await expect.poll(() => prober.connectionCount, soon).toBe(1);
  await expect.poll(() => target.sockets[0]?.destroyed, soon).toBe(true);
  expect(await ask(target)).toMatchObject({ kind: 'answer' });
  expect(target.sockets).toHaveLength(2);
  expect(closed).toEqual([]);
  target.sockets[1]?.destroy();
  await expect.poll(() => closed, soon).toEqual(['a']);
});

test('a target that resets the idle connection gives a hint, and one that had announced its end gives none', async () => {
  const { closed, ask } = newProber();
  const resetting = await serve();
  expect(await ask(resetting)).toMatchObject({ kind: 'answer' });
  resetting.sockets[0]?.resetAndDestroy();
  await expect.poll(() => closed, soon).toEqual(['a']);
  const announcing = await serve({ Connection: 'close' });
  expect(await ask(announcing)).toMatchObject({ kind: 'answer' });
  await expect.poll(() => announcing.sockets[0]?.destroyed, soon).toBe(true);
  expect(closed).toEqual(['a']);
});
