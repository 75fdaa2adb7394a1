/** `ringwatch run`: an agent that is the parent of its application, with real processes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { refuseToBeFirst } from '../../src/cli/run-application.ts';
import {
  eventually,
  isRunning,
  type Running,
  runCommand,
  startCommand,
  temporaryDirectory,
} from './cli-process.ts';

/** A cluster in which nodes run applications; each recovery writes a line to `witness`. */
async function newCluster() {
  const directory = await temporaryDirectory();
  const registry = `sqlite:${join(directory, 'cluster.db')}`;
  const witness = join(directory, 'takeovers');
  const flagsOf = (id: string, preset = 'local'): string[] => [
    ...['--registry', registry, '--node-id', id, '--listen', '127.0.0.1:0', '--preset', preset],
    ...['--log-level', 'silent', '--on-dead', `echo "$RINGWATCH_NODE $RINGWATCH_REASON" >> '${witness}'`],
  ];
  const readTakeovers = (): Promise<string> => readFile(witness, 'utf8').catch(() => '');
  return {
    directory,
    registry,
    readTakeovers,
    agent: (id: string, ...flags: string[]) => startCommand(['agent', ...flagsOf(id), '--events', ...flags]),
    flagsOf,
    /** The application writes its id to a file, then does what the script says. */
    async run(
      id: string,
      script: string,
      ...flags: string[]
    ): Promise<Running & { readonly childPid: number }> {
      const pidFile = join(directory, `${id}.pid`);
      const words = ['sh', '-c', `echo $$ > '${pidFile}'; ${script}`];
      const running = startCommand(['run', ...flagsOf(id), '--events', ...flags, '--', ...words]);
      await running.waitFor(({ event }) => event === 'joined', 'joined');
      await eventually(
        async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '',
        'the application',
      );
      const childPid = Number(await readFile(pidFile, 'utf8'));
      // The end of a test kills `run`, and an application goes on without it.
      onTestFinished(() => void (isRunning(childPid) && process.kill(childPid, 'SIGKILL')));
      return { ...running, childPid };
    },
    async node(id: string) {
      const { stdout } = await runCommand(['status', '--json', '--all', '--registry', registry]);
      const { nodes } = JSON.parse(stdout) as { nodes: { id: string; state: string; epoch: number }[] };
      return nodes.find((node) => node.id === id);
    },
  };
}

test('a killed application is a dead node, which another one recovers once, and run ends as it did', async () => {
  const cluster = await newCluster();
  const observers = ['a', 'b'].map((id) => cluster.agent(id));
  const sick = await cluster.run('c', 'exec sleep 600');
  for (const agent of observers)
    await agent.waitFor(
      ({ event, targetIds: targets }) =>
        event === 'watching' && Array.isArray(targets) && targets.includes('c'),
      'its watch',
    );
  process.kill(sick.childPid, 'SIGKILL');
  expect(await sick.ended).toMatchObject({
    code: 137,
    stderr: 'ringwatch: the application was ended by SIGKILL\n',
  });
  const verdict = await Promise.any(
    observers.map((agent) =>
      agent.waitFor(({ event, targetId }) => event === 'verdict' && targetId === 'c', 'a verdict'),
    ),
  );
  expect(verdict).toMatchObject({ quorum: 0, voterIds: [], reason: 'the application was ended by SIGKILL' });
  await eventually(async () => (await cluster.readTakeovers()) !== '', 'a recovery');
  expect(await cluster.readTakeovers()).toBe('c the application was ended by SIGKILL\n');
});

test('an application that a supervisor restarts at once costs no recovery', async () => {
  const cluster = await newCluster();
  cluster.agent('a', '--restart-grace', '40s');
  cluster.agent('b', '--restart-grace', '40s');
  const first = await cluster.run('c', 'exec sleep 600');
  process.kill(first.childPid, 'SIGSEGV');
  expect((await first.ended).code).toBe(139);
  const second = await cluster.run('c', 'exec sleep 600');
  expect(second.lines.find(({ event }) => event === 'joined')?.['targetEpoch']).toBe(2);
  expect(await cluster.node('c')).toMatchObject({ state: 'healthy', epoch: 2 });
  expect(await cluster.readTakeovers()).toBe('');
});

test('an application that ends with exit code 0 leaves the cluster; with another one it is dead', async () => {
  const cluster = await newCluster();
  const ends = [
    ['a', 'sleep 1', 0, 'left'],
    ['b', 'sleep 1; exit 3', 3, 'confirmed dead'],
  ] as const;
  for (const [id, script, code, state] of ends) {
    const running = await cluster.run(id, script);
    expect((await running.ended).code).toBe(code);
    expect(await cluster.node(id)).toMatchObject({ state });
  }
});

test('signals are passed on, the node leaves, and SIGKILL ends all of an application that does not', async () => {
  const cluster = await newCluster();
  const kind = await cluster.run('a', "trap 'exit 5' TERM; while :; do sleep 0.05; done");
  kind.signal('SIGHUP');
  expect((await kind.ended).code).toBe(129);
  expect(await cluster.node('a')).toMatchObject({ state: 'confirmed dead' });

  const polite = await cluster.run('b', "trap 'exit 5' TERM; while :; do sleep 0.05; done");
  polite.signal('SIGTERM');
  expect((await polite.ended).code).toBe(5);
  expect(await cluster.node('b')).toMatchObject({ state: 'left' });

  const inner = join(cluster.directory, 'inner');
  const script = `trap '' TERM; sh -c 'echo $$ > "${inner}"; exec sleep 600' & while :; do sleep 0.05; done`;
  const stubborn = await cluster.run('c', script, '--stop-grace', '300ms');
  await eventually(async () => (await readFile(inner, 'utf8').catch(() => '')) !== '', 'its child');
  stubborn.signal('SIGTERM');
  expect((await stubborn.ended).code).toBe(137);
  expect(await cluster.node('c')).toMatchObject({ state: 'left' });
  const innerPid = Number(await readFile(inner, 'utf8'));
  await eventually(() => !isRunning(innerPid), 'the end of its child');
});

test('an application that cannot be started, and flags that are wrong, start nothing', async () => {
  const cluster = await newCluster();
  const missing = await runCommand(['run', ...cluster.flagsOf('a'), '--', '/no/such/file']);
  expect(missing).toMatchObject({ code: 127, stderr: expect.stringContaining('could not be started') });
  const witness = join(cluster.directory, 'started');
  const words = ['--', 'sh', '-c', `echo yes > '${witness}'`];
  const wrong = await runCommand(['run', ...cluster.flagsOf('a'), '--probe-interval', 'soon', ...words]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--probe-interval') });
  await expect(readFile(witness)).rejects.toThrow();
});

test('an agent that cannot go on stops its application', async () => {
  const cluster = await newCluster();
  await cluster.run('a', 'exec sleep 600');
  const words = ['--', 'sleep', '600'];
  const second = await runCommand(['run', ...cluster.flagsOf('a'), ...words]);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('only instance of node "a"') });
});

test('it refuses to be process 1, and says how to get an init', () => {
  expect(() => refuseToBeFirst(1)).toThrow(/docker run --init.*tini/);
  expect(() => refuseToBeFirst(2)).not.toThrow();
});
