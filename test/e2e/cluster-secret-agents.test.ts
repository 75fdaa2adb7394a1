/** Whole clusters under a secret: an impostor, a flood of requests to look, and a cluster that gets its secret while it runs. */

import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { pingAnswer } from '../../src/core/wire/ping-answer.ts';
import { Agent, type AgentOptions } from '../../src/library/agent.ts';
import { ask, next, quickSettings } from './agent-bench.ts';
import { temporaryDirectory } from './cli-process.ts';

let registry: MemoryRegistry;
let agents: Agent[];
let warnings: string[];
let deaths: string[];
let secretFile: string;

beforeEach(async () => {
  registry = new MemoryRegistry({ now: () => Date.now() });
  agents = [];
  warnings = [];
  deaths = [];
  secretFile = join(await temporaryDirectory(), 'secret');
  await writeFile(secretFile, 'the secret of this cluster\n', { mode: 0o600 });
});
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await registry.close();
});

async function start(nodeId: string, options: Partial<AgentOptions> = {}): Promise<Agent> {
  const agent = new Agent({ nodeId, registry, ...quickSettings, hints: true, ...options });
  agents.push(agent);
  agent.on('warning', ({ code, message }) => warnings.push(`${nodeId}: ${code}: ${message}`));
  agent.on('verdict', ({ targetId }) => deaths.push(targetId));
  agent.on('self-dead', () => deaths.push(nodeId));
  await agent.start();
  return agent;
}

/** Answers at a port in the name of a node. */
async function impersonate(node: string, port: number): Promise<Server> {
  const server = createServer((_, response) => response.end(pingAnswer(node, 1)));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

const hitOf = (target: string) => (probe: { targetId: string; result: string }) =>
  probe.targetId === target && probe.result === 'hit';

test('what answers in the place of a dead node does not keep it alive, and each observer says so once', async () => {
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => start(id, { secretFile })));
  if (a === undefined || b === undefined || c === undefined) throw new Error('expected three agents');
  await Promise.all([next(a, 'probe', hitOf('c')), next(b, 'probe', hitOf('c'))]);
  const port = c.snapshot().port ?? 0;
  const verdict = next(a, 'verdict', ({ targetId }) => targetId === 'c');
  await c.stop({ leave: false });
  const impostor = await impersonate('c', port);
  try {
    const { evidence } = await next(a, 'dead', ({ targetId }) => targetId === 'c');
    expect(Object.keys(evidence.failures)).toContain('bad-signature');
    await verdict;
  } finally {
    impostor.closeAllConnections();
    impostor.close();
  }
  for (const id of ['a', 'b'])
    expect(
      warnings.filter((line) => line.startsWith(`${id}: bad-signature: node c: the answer is not signed`)),
    ).toHaveLength(1);
});

test('ten thousand requests to look without the secret are refused, with one warning and no verdict', async () => {
  const [a] = await Promise.all(['a', 'b', 'c'].map((id) => start(id, { secretFile })));
  const port = a?.snapshot().port ?? 0;
  const statuses = new Set<number>();
  for (let sent = 0; sent < 10_000; sent += 50) {
    const texts = Array.from({ length: 50 }, (_, index) => `1 ${'bc'[index % 2]} 1 ${'abx'[index % 3]}`);
    const answers = texts.map((text, index) => {
      const forged = index % 2 === 0 ? {} : { Signed: `1 ${sent + index} ${'A'.repeat(22)}` };
      return ask(port, '/v1/internal/look', { method: 'POST', headers: { Look: text, ...forged } });
    });
    for (const { status } of await Promise.all(answers)) statuses.add(status);
  }
  expect([...statuses]).toEqual([403]);
  // A busy machine makes a process stand still.
  expect(warnings.filter((line) => line.startsWith('a: ') && !line.startsWith('a: stalled'))).toEqual([
    expect.stringMatching(/^a: ping-port: .*have no good signature/),
  ]);
  expect(deaths).toEqual([]);
}, 120_000);

test('a cluster gets its secret node by node, and no probe is missed for it', async () => {
  const lenient = { secretFile, secretAcceptUnsigned: true };
  /** What the nodes have at each step: those of one step meet those of the next. */
  for (const mixture of [
    [{}, lenient, {}],
    [lenient, lenient, lenient],
    [lenient, { secretFile }, { secretFile }],
  ]) {
    const misses: string[] = [];
    const started = await Promise.all(mixture.map((options, index) => start('abc'.charAt(index), options)));
    for (const agent of started)
      agent.on('probe', ({ targetId, failure }) => {
        if (failure === 'bad-signature') misses.push(targetId);
      });
    const rounds = started.flatMap((agent) =>
      ['a', 'b', 'c']
        .filter((id) => id !== agent.settings.nodeId)
        .map(async (id) => {
          for (let count = 0; count < 4; count++) await next(agent, 'probe', hitOf(id));
        }),
    );
    await Promise.all(rounds);
    expect([misses, deaths]).toEqual([[], []]);
    await Promise.all(started.map((agent) => agent.stop()));
  }
  // Only the first step has nodes that do not sign, and is told of them.
  expect(warnings.filter((line) => line.includes('bad-signature')).map((line) => line.slice(0, 2))).toEqual([
    'b:',
    'b:',
  ]);
}, 120_000);

test('a node with another secret refutes, and is not called dead', async () => {
  const other = join(await temporaryDirectory(), 'other');
  await writeFile(other, 'a secret of another cluster\n', { mode: 0o600 });
  const [a] = await Promise.all([
    start('a', { secretFile }),
    start('b', { secretFile }),
    start('c', { secretFile: other }),
  ]);
  if (a === undefined) throw new Error('expected an agent');
  await next(a, 'unreachable', ({ targetId }) => targetId === 'c');
  expect(deaths).toEqual([]);
}, 120_000);

test('nodes that answer on their own servers sign and check as at a port of the agent', async () => {
  const servers: Server[] = [];
  const onOwnServer = async (nodeId: string): Promise<Agent> => {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const agent = new Agent({ nodeId, registry, ...quickSettings, listen: false, port, secretFile });
    agents.push(agent);
    agent.on('warning', ({ code, message }) => warnings.push(`${nodeId}: ${code}: ${message}`));
    server.on('request', agent.pingHandler());
    await agent.start();
    return agent;
  };
  try {
    const [a, b] = [await onOwnServer('a'), await onOwnServer('b')];
    await Promise.all([next(a, 'probe', hitOf('b')), next(b, 'probe', hitOf('a'))]);
    expect(warnings.filter((line) => /signature/.test(line))).toEqual([]);

    const unsigned = await ask(a.snapshot().port ?? 0, undefined, { headers: { Observer: '1 b 1000' } });
    expect(unsigned).toMatchObject({ status: 200, body: '{"status":"ok","node":"a","epoch":1}' });
    expect(warnings).toContainEqual(expect.stringMatching(/^a: ping-port: .*one is not signed/));
  } finally {
    await Promise.all(agents.map((agent) => agent.stop()));
    for (const server of servers) server.close();
  }
});
