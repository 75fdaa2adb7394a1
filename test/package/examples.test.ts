/** The examples do what they say. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from '../../src/cli/free-ports.ts';
import type { AgentSnapshot, Member } from '../../src/library/agent.ts';
import { codeBlocksOf, readMarkdown } from '../docs/markdown.ts';
import { root, run } from './packed.ts';

let folder: string;
const running: ChildProcessByStdio<null, Readable, Readable>[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-examples-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('three nodes, one death: one survivor takes over, in a second run on the same file too', async () => {
  for (const epoch of [1, 2]) {
    const program = ['examples/three-nodes.mjs', `sqlite:${join(folder, 'cluster.db')}`];
    const { exitCode, stdout, stderr } = await run(process.execPath, program, root);

    // Warnings and errors of the agents: all of them about the node that dies, but for stalls of a busy machine.
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.includes('stood still'));
    for (const line of lines) expect(line).toMatch(/^ringwatch .*node b\b/);
    const takeOver = new RegExp(`[ac] takes over from b, epoch ${epoch}, voted dead by a and c\n`, 'g');
    expect(stdout.match(takeOver)).toHaveLength(1);
    expect(stdout).not.toContain('gives up');
    expect(stdout).toMatch(/shards are owned by \{ '1': 'a', '2': '[ac]', '3': 'c' \}\n$/);
    expect(exitCode).toBe(0);
  }
}, 60_000);

test('the shortest node tells of its joining within a second, and of a death and its recovery', async () => {
  const ports = await freePorts(3);
  const text = await readFile(join(root, 'examples/node.mjs'), 'utf8');
  // With probes, which say when each node has answered the others: before that there is a grace for it.
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/ringwatch'));
  await writeFile(join(folder, 'node.mjs'), text.replace('events()', 'events({ probes: true })'));
  const begun = performance.now();
  const nodes = ['a', 'b', 'c'].map((id, index) => start(join(folder, 'node.mjs'), id, String(ports[index])));
  await Promise.all(nodes.map((node) => node.says(/event: 'joined'/)));
  // A second on an idle machine, of which half is the start of Node.
  expect(performance.now() - begun).toBeLessThan(20_000);
  const hits = ['a', 'b', 'c'].map(
    (id) => new RegExp(`targetId: '${id}',\\s+targetEpoch: 1,\\s+result: 'hit'`),
  );
  await Promise.all(
    nodes.flatMap((node, index) => hits.filter((_, target) => target !== index).map((hit) => node.says(hit))),
  );

  nodes[1]?.kill();

  await Promise.any([nodes[0]?.says(/recover b/), nodes[2]?.says(/recover b/)]);
  await Promise.all([nodes[0]?.says(/event: 'verdict'/), nodes[2]?.says(/event: 'verdict'/)]);
}, 60_000);

test('Express and Fastify answer the pings beside their own pages, and recover each other', async () => {
  const ports = await freePorts(3);
  const registry = `sqlite:${join(folder, 'cluster.db')}`;
  const programs = ['examples/express.mjs', 'examples/fastify.mjs', 'examples/express.mjs'];
  const nodes = programs.map((program, index) =>
    start(program, `node-${index}`, String(ports[index]), registry),
  );
  await Promise.all(nodes.map((node) => node.says(/ has joined/)));
  for (const [index, port] of ports.entries()) {
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect(await page.text()).toBe(`node-${index} is at your service\n`);
    const ping = await fetch(`http://127.0.0.1:${port}/v1/internal/ping`);
    expect(await ping.json()).toEqual({ status: 'ok', node: `node-${index}`, epoch: 1 });
    await expect.poll(() => answeringTargets(port), { timeout: 45_000 }).toBe(2);
    await expect.poll(() => membersOf(port), { timeout: 15_000 }).toEqual(['node-0', 'node-1', 'node-2']);
  }

  nodes[2]?.kill();

  await expect.poll(() => membersOf(ports[0]), { timeout: 45_000 }).toEqual(['node-0', 'node-1']);
  await Promise.any([0, 1].map((index) => nodes[index]?.says(/recover node-2 under fence 1/)));
  nodes[1]?.kill('SIGTERM');
  expect(await nodes[1]?.ended).toBe(0);
}, 60_000);

test('on a port that is taken each says so in one line, and ends', async () => {
  const squatter = createServer().listen(0);
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const programs = ['examples/node.mjs', 'examples/express.mjs', 'examples/fastify.mjs'];
  const ends = await Promise.all(
    programs.map(async (program, index) => {
      const registry = `sqlite:${join(folder, `${index}.db`)}`;
      // The port of every interface, and that of loopback, which a server of Fastify listens on.
      const args = [resolve(root, program), 'a', String(port), registry];
      const { exitCode, stderr } = await run(process.execPath, args, folder);
      return [exitCode, ...stderr.trimEnd().split('\n')];
    }),
  );
  squatter.close();
  const own = /^expected to listen on all interfaces, port \d+, but another process listens there/;
  const inUse = expect.stringMatching(/^listen EADDRINUSE: address already in use/);
  expect(ends).toEqual([
    [0, expect.stringMatching(own)],
    [1, inUse],
    [1, inUse],
  ]);
}, 60_000);

test('the recovery command refuses a fence that is not newer', async () => {
  const takeOver = (fence: number) =>
    run(
      'env',
      [
        `TAKEOVER_FOLDER=${folder}`,
        'RINGWATCH_NODE=b',
        `RINGWATCH_FENCE=${fence}`,
        'RINGWATCH_VOTERS=a,c',
        './examples/on-dead.sh',
      ],
      root,
    );
  expect(await takeOver(7)).toEqual({
    exitCode: 0,
    stdout: 'taking over from b, voted dead by a,c\n',
    stderr: '',
  });
  expect(await takeOver(6)).toMatchObject({ exitCode: 1, stdout: '' });
  expect(await takeOver(8)).toMatchObject({ exitCode: 0 });
});

test('the first program of embedding.md is plain JavaScript, and says why it cannot start', async () => {
  const program = codeBlocksOf(readMarkdown('docs/embedding.md')).find(({ language }) => language === 'ts');
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/ringwatch'));
  const path = join(folder, 'node.mjs');
  await writeFile(path, program?.code ?? '');
  const [port, other] = (await freePorts(2)).map(String);
  const node = start(path, 'a', port ?? '');
  await node.says(/a node now, in a cluster of 1/);
  const hasPortInUse = start(path, 'b', port ?? '');
  const hasIdInUse = start(path, 'a', other ?? '');
  await Promise.all([
    hasPortInUse.says(/another process listens there/),
    hasIdInUse.says(/expected to be the only instance of node "a"/),
  ]);
  expect(await Promise.all([hasPortInUse.ended, hasIdInUse.ended])).toEqual([1, 1]);
  node.kill('SIGTERM');
  expect(await node.ended).toBe(0);
}, 60_000);

/** Whom the node of an example lists as members. */
async function membersOf(port: number | undefined): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/members`);
  return ((await response.json()) as Member[]).map(({ nodeId }) => nodeId);
}

/** How many targets have answered the node of an example. */
async function answeringTargets(port: number | undefined): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/status`);
  const { monitor } = (await response.json()) as AgentSnapshot;
  return monitor?.targets.filter(({ sinceAnswerMs }) => sinceAnswerMs !== null).length ?? 0;
}

/** An example as a process of its own, in the folder of the test. */
function start(program: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [resolve(root, program), ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let text = '';
  const readers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      for (const read of readers) read();
    });
  }
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return {
    ended,
    kill: (signal: NodeJS.Signals = 'SIGKILL') => child.kill(signal),
    /** Resolves when it has printed what fits the pattern. */
    says: (pattern: RegExp): Promise<void> =>
      new Promise((done, reject) => {
        const read = (): void => {
          if (pattern.test(text)) done();
        };
        readers.add(read);
        read();
        const refuse = (): void => reject(new Error(`${program} did not say ${pattern}:\n${text}`));
        setTimeout(refuse, 45_000).unref();
        void ended.then(refuse);
      }),
  };
}
