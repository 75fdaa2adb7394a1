/** A dead application is a dead node: agents that look at their application with `--check`. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AgentBench, next } from './agent-bench.ts';
import { eventually, type Running, startCommand, temporaryDirectory } from './cli-process.ts';

/** An application that answers with a status, on a free port. */
async function startApplication(): Promise<{
  status: number;
  readonly url: string;
  readonly server: Server;
}> {
  const server = createServer((_, response) => response.writeHead(application.status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const application = { status: 200, url: `http://127.0.0.1:${port}/health`, server };
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return application;
}

function newBench(): AgentBench {
  const bench = new AgentBench();
  onTestFinished(() => bench.close());
  return bench;
}

const quickCheck = { checkIntervalMs: 50, checkFailures: 2 } as const;

test('an application whose check fails as often as asked is a verdict with the reason, and one recovery', async () => {
  const bench = newBench();
  const application = await startApplication();
  const recoveries: string[] = [];
  const onDead = (
    nodeId: string,
    { reason, voters }: { reason: string | null; voters: readonly string[] },
  ) => {
    recoveries.push(`${nodeId}: ${reason} (${voters.length} voters)`);
  };
  const selfDeaths: string[] = [];
  const observers = [await bench.start('a', { onDead }), await bench.start('b', { onDead })];
  const sick = await bench.start('c', {
    ...quickCheck,
    check: application.url,
    onSelfDead: ({ reason }) => void selfDeaths.push(reason),
  });
  const told = next(sick, 'obituary');
  const over = next(sick, 'self-dead');
  const ended = Promise.any(observers.map((agent) => next(agent, 'handler-ended')));
  application.status = 500;
  expect(await told).toMatchObject({ targetEpoch: 1, outcome: 'dead', reason: 'HTTP 500' });
  expect(await over).toMatchObject({ targetId: 'c', targetEpoch: 1, reason: 'application' });
  expect(await ended).toMatchObject({ targetId: 'c', targetEpoch: 1, outcome: 'completed' });
  expect(recoveries).toEqual(['c: HTTP 500 (0 voters)']);
  expect(selfDeaths).toEqual(['application']);
  expect(await bench.registry.readNode('c')).toMatchObject({ lifecycle: 'dead', epoch: 1 });

  const joined = next(sick, 'joined');
  application.status = 200;
  expect(await joined).toMatchObject({ targetEpoch: 2 });
  expect(recoveries).toHaveLength(1);
});

test('an application that restarts within the grace costs no failover', async () => {
  const bench = newBench();
  const application = await startApplication();
  let recoveryCount = 0;
  const onDead = (): void => void recoveryCount++;
  const restartGraceMs = 60_000;
  for (const id of ['a', 'b']) await bench.start(id, { onDead, restartGraceMs });
  const sick = await bench.start('c', { ...quickCheck, check: application.url });
  const over = next(sick, 'self-dead');
  application.status = 503;
  await over;
  const joined = next(sick, 'joined');
  application.status = 200;
  await joined;
  const { verdicts } = await bench.registry.readCluster({});
  expect(verdicts.map(({ nodeId, resolution }) => [nodeId, resolution])).toEqual([['c', 'superseded']]);
  expect(recoveryCount).toBe(0);
});

test('an obituary waits for the end of a maintenance', async () => {
  const bench = newBench();
  const application = await startApplication();
  await bench.start('a');
  const sick = await bench.start('c', { ...quickCheck, check: application.url });
  await bench.registry.setMaintenance({ nodeId: 'c', durationMs: 600_000 });
  const refused = next(sick, 'obituary');
  application.status = 500;
  expect(await refused).toMatchObject({ outcome: 'refused' });
  expect(await bench.registry.readNode('c')).toMatchObject({ lifecycle: 'maintenance', obituary: null });
  const told = next(sick, 'obituary', ({ outcome }) => outcome === 'dead');
  await bench.registry.setMaintenance({ nodeId: 'c', durationMs: 0 });
  await told;
});

test('a bad check everywhere is held by the brake, and each node that is well again begins a new epoch', async () => {
  const bench = newBench();
  const application = await startApplication();
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  let recoveryCount = 0;
  const onDead = async (): Promise<void> => {
    recoveryCount++;
    await new Promise<void>((resolve) => application.server.once('close', resolve));
  };
  const agents = [];
  for (const id of ids) agents.push(await bench.start(id, { ...quickCheck, check: application.url, onDead }));
  const told = Promise.all(agents.map((agent) => next(agent, 'obituary')));
  application.status = 500;
  const outcomes = (await told).map(({ outcome }) => outcome).sort();
  // A third of six.
  expect(outcomes).toEqual(['dead', 'dead', 'held', 'held', 'held', 'held']);
  const { nodes } = await bench.registry.readCluster({});
  expect(nodes.filter(({ lifecycle }) => lifecycle === 'alive')).toHaveLength(4);
  const joined = Promise.all(
    agents.map((agent) => next(agent, 'joined', ({ targetId }) => targetId === agent.settings.nodeId)),
  );
  application.status = 200;
  expect((await joined).map(({ targetEpoch }) => targetEpoch)).toEqual(ids.map(() => 2));
  expect(recoveryCount).toBeLessThanOrEqual(2);
  application.server.emit('close');
});

test('a check whose command cannot be found is a warning, and the node lives', async () => {
  const bench = newBench();
  const directory = await temporaryDirectory();
  const command = join(directory, 'check');
  await writeFile(command, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await bench.start('a');
  const agent = await bench.start('c', { ...quickCheck, check: command });
  const warned = next(agent, 'warning', ({ code }) => code === 'check-not-run');
  await rm(command);
  await warned;
  expect(await bench.registry.readNode('c')).toMatchObject({ lifecycle: 'alive', obituary: null });
});

test('an agent that stops while its obituary stands does not leave: that would cancel its recovery', async () => {
  const bench = newBench();
  const application = await startApplication();
  const maxDeadFraction = 0.01;
  for (const id of ['a', 'b']) await bench.start(id, { maxDeadFraction });
  const sick = [];
  for (const id of ['c', 'd'])
    sick.push(await bench.start(id, { ...quickCheck, check: application.url, maxDeadFraction }));
  const told = Promise.all(sick.map((agent) => next(agent, 'obituary')));
  application.status = 500;
  const outcomes = (await told).map(({ outcome }) => outcome);
  const held = sick[outcomes.indexOf('held')];
  if (held === undefined) throw new Error(`expected one that is held, got ${outcomes}`);
  await held.stop();
  const row = await bench.registry.readNode(held.settings.nodeId);
  expect(row).toMatchObject({ lifecycle: 'alive', obituary: 'HTTP 500' });
});

test('as users start it: kill the application, and another node takes over once', async () => {
  const directory = await temporaryDirectory();
  const witness = join(directory, 'takeovers');
  const registry = `sqlite:${join(directory, 'cluster.db')}`;
  const application = await startApplication();
  const start = (id: string, ...flags: string[]): Running =>
    startCommand([
      ...['agent', '--registry', registry, '--node-id', id, '--listen', '127.0.0.1:0', '--preset', 'local'],
      ...['--log-level', 'silent', '--events', '--on-dead'],
      ...[`echo "$RINGWATCH_NODE $RINGWATCH_EPOCH $RINGWATCH_REASON" >> '${witness}'`, ...flags],
    ]);
  const agents = ['a', 'b'].map((id) => start(id));
  const sick = start('c', '--check', application.url, '--check-interval', '100ms');
  for (const agent of [...agents, sick])
    await agent.waitFor(
      ({ event, targetIds: targets }) =>
        event === 'watching' && Array.isArray(targets) && targets.length === 2,
      'a whole ring',
    );
  application.server.closeAllConnections();
  application.server.close();
  await sick.waitFor(({ event, outcome }) => event === 'obituary' && outcome === 'dead', 'its obituary');
  for (const agent of agents) {
    const verdict = await agent.waitFor(
      ({ event, targetId }) => event === 'verdict' && targetId === 'c',
      'the verdict',
    );
    expect(verdict).toMatchObject({ targetEpoch: 1, quorum: 0, voterIds: [] });
    expect(verdict['reason']).toContain('ECONNREFUSED');
  }
  await eventually(async () => (await readFile(witness, 'utf8').catch(() => '')) !== '', 'a recovery');
  expect(await readFile(witness, 'utf8')).toMatch(/^c 1 connect ECONNREFUSED .*\n$/);
});
