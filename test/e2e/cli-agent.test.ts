/** Agents as users start them: real processes that share a SQLite file. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventLine } from '../../src/cli/event-lines.ts';
import {
  eventually,
  isRunning,
  type Running,
  runCommand,
  startCommand,
  temporaryDirectory,
} from './cli-process.ts';

interface Ring {
  readonly directory: string;
  readonly registry: string;
  start(id: string, ...flags: string[]): Running;
  /** Starts them and waits until each one watches all the others. */
  raise(ids: readonly string[], ...flags: string[]): Promise<Map<string, Running>>;
}

async function newRing(): Promise<Ring> {
  const directory = await temporaryDirectory();
  const registry = `sqlite:${join(directory, 'cluster.db')}`;
  const start = (id: string, ...flags: string[]): Running =>
    startCommand([
      ...['agent', '--registry', registry, '--node-id', id, '--listen', '127.0.0.1:0'],
      ...['--preset', 'local', '--log-level', 'silent', '--events', ...flags],
      // Some are killed before all of their observers have heard them.
      ...['--startup-grace-period', '1s', '--lone-grace', '1s'],
    ]);
  return {
    directory,
    registry,
    start,
    async raise(ids, ...flags) {
      const agents = new Map(ids.map((id) => [id, start(id, ...flags)]));
      for (const agent of agents.values()) {
        const isWhole = (line: { event: string; targetIds?: unknown }): boolean =>
          line.event === 'watching' &&
          Array.isArray(line.targetIds) &&
          line.targetIds.length === ids.length - 1;
        await agent.waitFor(isWhole, 'a whole ring');
      }
      return agents;
    },
  };
}

function agentOf(agents: ReadonlyMap<string, Running>, id: string): Running {
  const agent = agents.get(id);
  if (agent === undefined) throw new Error(`no agent ${id}`);
  return agent;
}

test('a killed node is found dead by a quorum, recovered once, and comes back as a new epoch', async () => {
  const ring = await newRing();
  const witness = join(ring.directory, 'recoveries');
  const command = `echo "$RINGWATCH_NODE $RINGWATCH_EPOCH $RINGWATCH_FENCE $RINGWATCH_VOTERS" >> '${witness}'`;
  const agents = await ring.raise(['node-a', 'node-b', 'node-c'], '--on-dead', command);
  const survivors = [agentOf(agents, 'node-a'), agentOf(agents, 'node-c')];

  agentOf(agents, 'node-b').signal('SIGKILL');
  for (const agent of survivors) {
    const verdict = await agent.waitFor(
      ({ event, targetId }) => event === 'verdict' && targetId === 'node-b',
      'the verdict',
    );
    expect(verdict).toMatchObject({ targetEpoch: 1, quorum: 2, voterIds: ['node-a', 'node-c'] });
  }
  const isEnded = ({ event }: { event: string }): boolean => event === 'recovery-ended';
  const ended = await Promise.any(
    survivors.map((agent) => agent.waitFor(isEnded, 'the end of the recovery')),
  );
  expect(ended).toMatchObject({
    targetId: 'node-b',
    targetEpoch: 1,
    fence: 1,
    outcome: 'completed',
    error: null,
  });
  expect(await readFile(witness, 'utf8')).toBe('node-b 1 1 node-a,node-c\n');

  const again = ring.start('node-b', '--on-dead', command);
  const joined = await again.waitFor(({ event }) => event === 'joined', 'the return');
  expect(joined['targetEpoch']).toBe(2);
  for (const agent of survivors) {
    // On a busy machine another node may have been suspect for a moment.
    const isBack = ({ event, targetId, ...line }: EventLine): boolean =>
      event === 'recovered' && targetId === 'node-b' && line['was'] === 'dead';
    expect(await agent.waitFor(isBack, 'recovered')).toMatchObject({ targetEpoch: 1 });
  }

  const status = await runCommand(['status', '--registry', ring.registry, '--check', '--json']);
  const { nodes, brake } = JSON.parse(status.stdout);
  expect(
    nodes.map(({ id, state, epoch }: { id: string; state: string; epoch: number }) => [id, state, epoch]),
  ).toEqual([
    ['node-a', 'healthy', 1],
    ['node-b', 'healthy', 2],
    ['node-c', 'healthy', 1],
  ]);
  // It weighs until it has been back for a while; its recovery has ended.
  expect(brake).toMatchObject({ unresolvedCount: 1, limit: 1, isHolding: true, heldIds: [], release: null });
  expect(brake.weighing).toMatchObject([{ nodeId: 'node-b', isBack: true, isRecoveryRunning: false }]);
  expect(status.code).toBe(0);

  const why = await runCommand(['why', 'node-b', '--registry', ring.registry]);
  expect(why.stdout).toContain('Epoch 1: it was found dead and was recovered; it came back as a new epoch');
  expect(why.stdout).toContain('verdict: node-b is dead by node-a and node-c (quorum 2)');
  expect(await readFile(witness, 'utf8')).toBe('node-b 1 1 node-a,node-c\n');
});

test('an agent that gets SIGTERM leaves, exits with 0, and no node calls it dead', async () => {
  const ring = await newRing();
  const agents = await ring.raise(['node-a', 'node-b', 'node-c']);
  const leaver = agentOf(agents, 'node-b');

  leaver.signal('SIGTERM');
  const { code, stderr } = await leaver.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(leaver.lines.at(-1)).toMatchObject({ event: 'left', targetId: 'node-b', targetEpoch: 1 });

  for (const id of ['node-a', 'node-c']) {
    const agent = agentOf(agents, id);
    const other = id === 'node-a' ? 'node-c' : 'node-a';
    // The newest line: at its start the agent may have watched one only, too.
    await eventually(
      () => String(agent.lines.findLast(({ event }) => event === 'watching')?.['targetIds']) === other,
      'a smaller ring',
    );
    expect(agent.lines.filter(({ event }) => event === 'dead' || event === 'verdict')).toEqual([]);
  }
  const status = await runCommand(['status', '--registry', ring.registry]);
  expect(status.stdout).toMatch(/^3 nodes: 2 healthy, 1 left$/m);
});

test('an agent that cannot leave the cluster exits with 1, since it may be called dead', async () => {
  const ring = await newRing();
  const agents = await ring.raise(['node-a', 'node-b']);
  await rename(join(ring.directory, 'cluster.db'), join(ring.directory, 'gone.db'));

  const leaver = agentOf(agents, 'node-a');
  leaver.signal('SIGTERM');
  const { code, stderr } = await leaver.ended;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^error: this node could not leave the cluster, so it may be called dead: .*\n$/,
    ),
  });
});

test('a second signal ends an agent at once that still answers for its observers', async () => {
  const ring = await newRing();
  // It would answer for 4.4 s after it has left.
  const slow = ['--probe-interval', '4s', '--retry-interval', '250ms', '--suspect-after', '2', '--probes'];
  const [observer, leaver] = [ring.start('node-a', ...slow), ring.start('node-b', ...slow)];
  await observer.waitFor((line) => line.event === 'probe' && line['result'] === 'hit', 'a probe');

  leaver.signal('SIGTERM');
  await leaver.waitFor(({ event }) => event === 'left', 'the leave');
  leaver.signal('SIGTERM');
  expect((await leaver.ended).code).toBe(143);
});

test('a second agent with the same id is refused, and --replace takes the place of the first', async () => {
  const ring = await newRing();
  const agents = await ring.raise(['node-a', 'node-b']);

  const refused = await ring.start('node-a').ended;
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^error: expected to be the only instance of node "node-a".*--replace/);
  // On a busy machine it may say that it does not reach itself in time; it has not joined.
  const told = refused.stdout
    .split('\n')
    .filter((line) => line !== '' && !line.includes('"event":"warning"'));
  expect(told).toEqual([]);

  const successor = ring.start('node-a', '--replace');
  const joined = await successor.waitFor(({ event }) => event === 'joined', 'the takeover');
  expect(joined['targetEpoch']).toBe(2);
  const first = await agentOf(agents, 'node-a').ended;
  expect(first.code).toBe(1);
  expect(first.stderr).toContain('only instance of node "node-a"');
});

test.skipIf(process.platform === 'win32')(
  'a registry file that is replaced is an outage for the agents that have the old one, until it is back',
  async () => {
    const ring = await newRing();
    const agents = await ring.raise(['node-a', 'node-b']);
    const move = async (from: string, to: string): Promise<void> => {
      for (const suffix of ['', '-wal', '-shm']) {
        await rename(
          join(ring.directory, from, `cluster.db${suffix}`),
          join(ring.directory, to, `cluster.db${suffix}`),
        );
      }
    };
    await mkdir(join(ring.directory, 'kept'));
    await mkdir(join(ring.directory, 'other'));

    await move('', 'kept');
    const stranger = ring.start('node-a');
    expect(await stranger.waitFor(({ event }) => event === 'joined', 'joined')).toMatchObject({
      targetEpoch: 1,
    });
    for (const agent of agents.values()) {
      const outage = await agent.waitFor(
        (line) => line.event === 'outage' && line['isOn'] === true,
        'outage',
      );
      expect(outage['message']).toMatch(/it was removed or replaced.*Stop all agents that used it/);
    }

    await move('', 'other');
    await move('kept', '');
    for (const agent of agents.values()) {
      await agent.waitFor(
        (line) => line.event === 'outage' && line['isOn'] === false,
        'the end of the outage',
      );
    }
    await stranger.waitFor(
      (line) => line.event === 'outage' && line['isOn'] === true,
      'an outage of its own',
    );
  },
);

test('a node whose check fails is dead by its own word, and a new epoch when the check passes', async () => {
  const ring = await newRing();
  const application = join(ring.directory, 'application');
  await writeFile(application, 'up');
  const agents = await ring.raise(['node-a', 'node-c']);
  const checked = ring.start('node-b', '--check', `test -e '${application}'`, '--check-interval', '100ms');
  const observer = agentOf(agents, 'node-a');
  const isWatched = (line: { event: string; targetIds?: unknown }): boolean =>
    line.event === 'watching' && Array.isArray(line.targetIds) && line.targetIds.includes('node-b');
  await observer.waitFor(isWatched, 'the third node');

  await rm(application);
  const unhealthy = await checked.waitFor(
    (line) => line.event === 'check' && line['isHealthy'] === false,
    'the check',
  );
  expect(unhealthy).toMatchObject({ nodeId: 'node-b', reason: expect.stringContaining('exit code 1') });
  const verdict = await observer.waitFor(
    ({ event, targetId }) => event === 'verdict' && targetId === 'node-b',
    'the verdict',
  );
  expect(verdict).toMatchObject({
    targetEpoch: 1,
    voterIds: [],
    reason: expect.stringContaining('exit code 1'),
  });

  await writeFile(application, 'up');
  const joined = await checked.waitFor(
    (line) => line.event === 'joined' && line['targetEpoch'] === 2,
    'the return',
  );
  expect(joined).toMatchObject({ targetId: 'node-b' });
});

test('commands for suspicions and returns get the node and the evidence', async () => {
  const ring = await newRing();
  const [suspicion, back] = [join(ring.directory, 'suspicion'), join(ring.directory, 'back')];
  const hooks = ['--on-suspect', `(echo "$RINGWATCH_NODE $RINGWATCH_EPOCH"; cat) >> '${suspicion}'`];
  hooks.push('--on-recovered', `echo "$RINGWATCH_NODE" >> '${back}'`);
  const observer = ring.start('node-a', ...hooks);
  const target = ring.start('node-b');
  await observer.waitFor(
    (line) => line.event === 'watching' && String(line['targetIds']) === 'node-b',
    'node-b',
  );

  target.signal('SIGSTOP');
  await observer.waitFor(({ event }) => event === 'suspect', 'suspect');
  const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  await eventually(
    async () => /^.*\n.*\n/.test(await text(suspicion)),
    'the command to have read the evidence',
  );
  target.signal('SIGCONT');
  await observer.waitFor(({ event }) => event === 'recovered', 'recovered');
  await eventually(async () => (await text(back)).startsWith('node-b\n'), 'the other command');

  const [who, facts] = (await text(suspicion)).split('\n');
  expect(who).toBe('node-b 1');
  expect(JSON.parse(facts ?? '')).toMatchObject({ nodeId: 'node-b', epoch: 1, evidence: { missCount: 2 } });
});

test.each([
  ['its standard input ends, when it is told to watch that', (agent: Running) => agent.closeStdin()],
  ['the reader of its events goes away', (agent: Running) => agent.closeStdout()],
])('an agent leaves in an orderly way when %s', async (_what, end) => {
  const ring = await newRing();
  const agent = ring.start('node-a', '--until-stdin-ends', '--probes');
  ring.start('node-b');
  await agent.waitFor(({ event }) => event === 'probe', 'a probe');

  end(agent);
  expect((await agent.ended).code).toBe(0);
  expect(isRunning(agent.pid)).toBe(false);
  const status = await runCommand(['status', '--registry', ring.registry, '--json']);
  expect(JSON.parse(status.stdout).nodes[0]).toMatchObject({ id: 'node-a', state: 'left' });
});

test('everything that is wrong with the settings is told at once, by flags and variables alike', async () => {
  const flags = [
    'agent',
    '--probe-timeout',
    'soon',
    '--dead-after',
    '2',
    '--listen',
    'here:there:',
    '--node-id',
    '',
  ];
  const { code, stdout, stderr } = await runCommand(flags, { environment: { RINGWATCH_JITTER: '7' } });

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.split('\n').filter((line) => line !== '')).toEqual([
    'error: Invalid configuration:',
    '  --probe-timeout: expected a duration such as 500ms, 10s, 5m or 1h, got "soon"',
    expect.stringMatching(/^ {2}--node-id: expected a string of 1 to 255 characters/),
    '  --jitter: expected a fraction from 0 to 0.5, got 7',
    expect.stringMatching(/^ {2}--suspect-after: expected at most --dead-after/),
    expect.stringMatching(/^ {2}--listen: expected host:port/),
  ]);
});

test('a port that is taken, and a directory that is not there, are told in one line', async () => {
  const ring = await newRing();
  const agent = ring.start('node-a');
  const { port } = await agent.waitFor(({ event }) => event === 'joined', 'joined');

  const taken = await runCommand([
    ...['agent', '--registry', ring.registry, '--node-id', 'node-b', '--listen', `127.0.0.1:${port}`],
    ...['--log-level', 'silent'],
  ]);
  expect(taken.code).toBe(1);
  expect(taken.stderr).toMatch(
    /^error: expected to listen on 127\.0\.0\.1, port \d+, but another process listens there/,
  );

  const nowhere = await runCommand([
    'agent',
    '--registry',
    `sqlite:${ring.directory}/none/c.db`,
    '--log-level',
    'silent',
  ]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toContain('create it first');
});

test('a switch in the environment means what its value says', async () => {
  const ring = await newRing();
  const started = {
    RINGWATCH_NODE_ID: 'node-v',
    RINGWATCH_REGISTRY: ring.registry,
    RINGWATCH_REPLACE: 'false',
  };
  const environment = {
    ...started,
    RINGWATCH_EVENTS: '1',
    RINGWATCH_PRESET: 'local',
    RINGWATCH_REFUTATION: 'false',
  };
  const agent = startCommand(['agent', '--listen', '127.0.0.1:0', '--log-level', 'silent'], { environment });
  await agent.waitFor(({ event, targetId }) => event === 'joined' && targetId === 'node-v', 'joined');

  const second = await runCommand(['agent', '--listen', '127.0.0.1:0', '--log-level', 'silent'], {
    environment,
  });
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('only instance of node "node-v"'),
  });
  const odd = await runCommand(['agent'], { environment: { RINGWATCH_REPLACE: 'perhaps' } });
  expect(odd).toMatchObject({
    code: 2,
    stderr: 'error: RINGWATCH_REPLACE: expected true or false, got "perhaps".\n',
  });
  const unsure = await runCommand(['agent'], { environment: { RINGWATCH_REFUTATION: 'perhaps' } });
  expect(unsure).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--refutation: expected true or false'),
  });
});
