/** The commands for people, on a registry whose contents the test knows: texts, JSON, exit codes and errors. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { unknownMarks } from '../../src/core/marks.ts';
import { openRegistry } from '../../src/library/open-registry.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { eventually, runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const commandNames = [
  'demo',
  'agent',
  'explain',
  'status',
  'ring',
  'events',
  'why',
  'leave',
  'maintenance',
  'resolve',
  'retry',
  'brake',
];

/** Four nodes; node-c is found dead by node-a and node-b, and no node has claimed its recovery. */
async function newCluster(): Promise<{ readonly url: string; readonly registry: Registry }> {
  const url = `sqlite:${join(await temporaryDirectory(), 'cluster.db')}`;
  const registry = await openRegistry(url);
  onTestFinished(() => registry.close());
  await registry.migrate();
  for (const letter of ['a', 'b', 'c', 'd']) {
    const place = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
    const nodeId = `node-${letter}`;
    await registry.join({
      nodeId,
      ...place,
      isNamed: true,
      hasHandler: true,
      instanceId: nodeId,
      afterEpoch: 0,
    });
  }
  for (const observerId of ['node-a', 'node-b']) {
    const target = { observerId, observerEpoch: 1, targetId: 'node-c', targetEpoch: 1, evidence: null };
    await registry.record([{ operationId: `vote of ${observerId}`, kind: 'dead', ...target }]);
  }
  await registry.decide({
    ...{ targetId: 'node-c', targetEpoch: 1, observerId: 'node-a', observerEpoch: 1, minQuorum: 2 },
    ...{
      isQuorumStrict: false,
      quorumWindowMs: 300_000,
      watchedSince: null,
      newestBeat: 0,
      refutationCount: null,
    },
    ...{ maxDeadFraction: 1 / 3, marks: unknownMarks, flapWindowMs: 0 },
  });
  return { url, registry };
}

/** Runs a command as a user whom the permissions of files bind, which they do not for root. */
async function runAsReader(args: readonly string[]) {
  const isRoot = process.getuid?.() === 0;
  const dropped = '-dac_override,-dac_read_search';
  const drop = isRoot ? ['setpriv', `--bounding-set=${dropped}`, `--inh-caps=${dropped}`] : [];
  const [program = '', ...rest] = [...drop, process.execPath, main, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...texts };
}

describe('status', () => {
  test('tells the state of the cluster without colours, and exits with 3 when asked to check it', async () => {
    const { url } = await newCluster();

    const told = await runCommand(['status', '--registry', url]);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toContain('4 nodes: 3 healthy, 1 confirmed dead');
    expect(told.stdout).toContain('recovery: no node has claimed it yet');
    expect(told.stdout).toContain(
      'brake: 1 of at most 1 death weighs; no further verdict while so many weigh',
    );
    expect(told.stdout).not.toContain('\u001b');

    expect((await runCommand(['status', '--check'], { environment: { RINGWATCH_REGISTRY: url } })).code).toBe(
      3,
    );
  });

  test('says which settings of the agents it has assumed, since the registry does not hold them', async () => {
    const { url } = await newCluster();
    const assumed = await runCommand(['status', '--registry', url]);
    expect(assumed.stdout).toContain(
      'assumed of the agents: --neighbors 3, --max-dead-fraction 1/3,\n--membership-window 15m, --brake-window 5m, --brake-return 30s\n',
    );
    const json = await runCommand(['status', '--registry', url, '-k', '2', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      settings: {
        ...{ neighbors: 2, maxDeadFraction: 1 / 3, membershipWindow: 900_000 },
        ...{ brakeWindow: 300_000, brakeReturn: 30_000 },
      },
      assumed: ['max-dead-fraction', 'membership-window', 'brake-window', 'brake-return'],
    });
    const told = await runCommand(['status', '--registry', url, '--membership-window', '1m', '-k', '2'], {
      environment: {
        RINGWATCH_MAX_DEAD_FRACTION: '0.5',
        RINGWATCH_BRAKE_WINDOW: '1m',
        RINGWATCH_BRAKE_RETURN: '9s',
      },
    });
    expect(told.stdout).not.toContain('assumed');
    expect(told.stdout).toContain('brake: 1 of at most 2');
  });

  test('--watch tells it again and again until it is interrupted', async () => {
    const { url, registry } = await newCluster();
    const status = startCommand(['status', '--watch', '--json', '--registry', url]);
    await status.waitForOutput(/"node-d","state":"healthy"/);
    await registry.leave({ nodeId: 'node-d', epoch: 1 });
    await status.waitForOutput(/"node-d","state":"left"/);

    status.signal('SIGINT');
    expect((await status.ended).code).toBe(0);
  });
});

test('ring tells who watches whom, and who watches one node', async () => {
  const { url } = await newCluster();

  const whole = await runCommand(['ring', '--registry', url, '-k', '1', '--json']);
  expect(
    JSON.parse(whole.stdout).map(({ watches }: { watches: { id: string }[] }) => watches.map(({ id }) => id)),
  ).toEqual([['node-b', 'node-c'], ['node-c', 'node-d'], ['node-a']]);
  const place = await runCommand(['ring', '--registry', url, '-k', '1', '--of', 'node-d']);
  expect(place.stdout).toContain('watches     node-a\n  watched by  node-b\n');
  expect(await runCommand(['ring', '--registry', url, '--of', 'node-x'])).toMatchObject({
    code: 1,
    stderr: 'error: No node "node-x" is in the registry; `ringwatch status --all` lists the nodes.\n',
  });
});

test('events are told oldest first, of one node, or as JSON lines, and followed', async () => {
  const { url, registry } = await newCluster();

  const words = await runCommand(['events', '--registry', url, '--node', 'node-c', '--limit', '2']);
  expect(words.stdout.split('\n').map((line) => line.slice(25))).toEqual([
    'node-b votes node-c dead',
    'verdict: node-c is dead by node-a and node-b (quorum 2)',
    '',
  ]);
  const lines = (await runCommand(['events', '--registry', url, '--json', '--limit', '1'])).stdout.trim();
  expect(JSON.parse(lines)).toMatchObject({ kind: 'verdict', targetId: 'node-c', targetEpoch: 1 });

  const follower = spawn(process.execPath, [main, 'events', '--follow', '--limit', '1', '--registry', url]);
  onTestFinished(() => {
    follower.kill('SIGKILL');
  });
  let text = '';
  follower.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await eventually(() => text.includes('verdict: node-c'), 'the newest event');
  await registry.leave({ nodeId: 'node-d', epoch: 1 });
  await eventually(() => text.includes('node-d left'), 'the new event');
  expect(text.split('\n')).toHaveLength(3);
  follower.kill('SIGINT');
  expect(await once(follower, 'close')).toEqual([0, null]);
});

test('events go on after a cursor that --json has printed, and say what was pruned since', async () => {
  const { url, registry } = await newCluster();
  const read = async (...flags: string[]) => {
    const { stdout, ...ended } = await runCommand(['events', '--registry', url, '--json', ...flags]);
    const lines = stdout.trim().split('\n').filter(Boolean);
    return { ...ended, events: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
  };
  const { events: all } = await read();
  const kinds = all.map(({ kind }) => kind);
  const cursorOf = (index: number): string => String(all.at(index)?.['cursor']);
  expect((await read('--after', cursorOf(1), '--limit', '2')).events.map(({ kind }) => kind)).toEqual(
    kinds.slice(2, 4),
  );
  expect(await read('--after', cursorOf(-1))).toMatchObject({ code: 0, events: [], stderr: '' });
  expect(await read('--after', 'soon')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Expected a cursor, as --json prints it.'),
  });

  const never = Number.MAX_SAFE_INTEGER;
  const limits = { maxAgeMs: never, departedAfterMs: never, everyMs: 0, maxEventCount: 1 };
  await registry.leave({ nodeId: 'node-d', epoch: 1 });
  await registry.dismiss({ nodeId: 'node-c', epoch: 1, operatorId: 'me', operationId: 'word' });
  await registry.prune({ nodeId: 'node-a', epoch: 1, ...limits });
  const left = await read('--after', cursorOf(0));
  expect(left.events.map(({ kind }) => kind)).toEqual(['verdict-closed']);
  expect(left.stderr).toBe(`${all.length} events after the cursor were pruned, and are lost.\n`);
});

test('a reader that has seen enough is no error', async () => {
  const { url } = await newCluster();
  const script = `"${process.execPath}" "${main}" events --follow --registry "${url}" | head -n 1`;
  const shell = spawn('bash', ['-o', 'pipefail', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    shell.kill('SIGKILL');
  });
  let errors = '';
  shell.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  shell.stdout.resume();
  // The next event meets a closed pipe.
  const registry = await openRegistry(url);
  let beat = 0;
  const timer = setInterval(() => {
    beat++;
    void registry.setMaintenance({ nodeId: 'node-d', durationMs: beat * 120_000 }).catch(() => undefined);
  }, 500);
  onTestFinished(async () => {
    clearInterval(timer);
    await registry.close();
  });

  expect(await once(shell, 'close')).toEqual([0, null]);
  expect(errors).toBe('');
});

test('why tells the story of a node, and says so when there is none', async () => {
  const { url } = await newCluster();

  const story = await runCommand(['why', 'node-c', '--registry', url]);
  expect(story.stdout).toContain('node-c: confirmed dead, epoch 1, 10.0.0.1:6001');
  expect(story.stdout).toContain('Epoch 1: it was found dead');
  const { epochs } = JSON.parse((await runCommand(['why', 'node-c', '--registry', url, '--json'])).stdout);
  expect(epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([1]);
  expect((await runCommand(['why', 'node-x', '--registry', url])).code).toBe(1);
});

test('leave refuses a node that beats, and one without a confirmation; and makes the others leave', async () => {
  const { url } = await newCluster();
  const leave = (...flags: string[]) => runCommand(['leave', 'node-d', '--registry', url, ...flags]);

  expect(await leave('--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('its agent seems to be running'),
  });
  expect(await leave('--silent-for', '0')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes'),
  });
  expect(await leave('--silent-for', '0', '--yes')).toMatchObject({
    code: 0,
    stdout: 'node-d has left (epoch 1).\n',
  });
  expect(await leave('--force', '--yes')).toMatchObject({ code: 0, stdout: 'node-d has left already.\n' });
});

test('maintenance begins and ends, and wants to know which of both', async () => {
  const { url } = await newCluster();
  const maintenance = (...flags: string[]) =>
    runCommand(['maintenance', 'node-d', '--registry', url, ...flags]);

  expect((await maintenance('--for', '10m')).stdout).toBe('node-d is in maintenance for 10 min.\n');
  expect((await runCommand(['status', '--registry', url])).stdout).toMatch(/maintenance ends in (10|9) min/);
  expect((await maintenance('--end')).stdout).toBe('The maintenance of node-d has ended.\n');
  expect((await maintenance()).code).toBe(2);
  expect((await maintenance('--for', '10m', '--end')).code).toBe(2);
  expect((await maintenance('--for', 'ever')).code).toBe(2);
  expect((await runCommand(['maintenance', 'node-x', '--for', '1m', '--registry', url])).code).toBe(1);
});

test('resolve dismisses an open verdict by an operator, once', async () => {
  const { url } = await newCluster();

  const first = await runCommand(['resolve', 'node-c', '--as', 'operator:ada', '--registry', url]);
  expect(first).toMatchObject({ code: 0, stdout: 'The verdict on node-c (epoch 1) is dismissed.\n' });
  const status = await runCommand(['status', '--registry', url]);
  expect(status.stdout).toContain('recovery: not needed any more (dismissed)');
  expect(status.stdout).toContain('the verdict on node-c is closed: dismissed by operator:ada');
  expect(await runCommand(['resolve', 'node-c', '--registry', url])).toMatchObject({
    code: 1,
    stderr:
      'error: No verdict on "node-c" is open, so there is nothing to resolve; `ringwatch why node-c` tells its story.\n',
  });
});

describe('help and errors', () => {
  test('the program and every command explain themselves', async () => {
    const { code, stdout } = await runCommand(['--help']);
    expect(code).toBe(0);
    for (const name of commandNames) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));

    for (const name of commandNames) {
      const help = await runCommand([name, '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain('Examples:\n  ringwatch ');
      expect(help.stdout).toContain('Exit codes: 0 ');
    }
  });

  test('settings are explained without a registry, as text and as JSON', async () => {
    const flags = ['--preset', 'lan', '--nodes', '200', '--probe-interval', '4s'];
    const text = await runCommand(['explain', ...flags]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain('Preset lan, 200 nodes\n  with --probe-interval 4s\n');
    const { code, stdout } = await runCommand(['explain', ...flags, '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      nodes: 200,
      edits: { probeIntervalMs: 4_000 },
      toVerdict: { crash: { worstMs: expect.any(Number) } },
    });
    expect(await runCommand(['explain', '--jitter', 'much'])).toMatchObject({ code: 2, stdout: '' });
  });

  test('no command at all is answered with the help', async () => {
    expect(await runCommand([])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: ringwatch'),
    });
    expect((await runCommand(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    ['an unknown command', ['stauts'], /unknown command 'stauts'.*Did you mean status/s],
    ['an unknown option', ['status', '--colour'], /unknown option '--colour'/],
    ['a missing argument', ['why'], /missing required argument 'node'/],
    ['a bad number', ['ring', '-k', '0'], /whole number from 1 to 100/],
    ['a bad duration', ['status', '--timeout', 'soon'], /duration such as 500ms/],
    ['too many agents', ['demo', '--nodes', '51'], /whole number from 3 to 50/],
    [
      'an unknown kind of registry',
      ['status', '-r', 'redis://h'],
      /--registry: expected sqlite:<file>, rqlite:/,
    ],
    ['an unknown preset', ['agent', '--preset', 'fast'], /default, original, local, lan, wan/],
    ['a file without a name', ['status', '-r', 'sqlite:'], /--registry: expected the path of a SQLite file/],
    [
      'a database in memory',
      ['ring', '-r', 'SQLite::memory:'],
      /--registry: expected .* processes can share/,
    ],
    ['a cluster without a host', ['events', '-r', 'rqlite://'], /--registry: rqlite URL: a host is empty/],
    ['a port that is none', ['status', '-r', 'rqlite://h:0'], /--registry: rqlite URL: the port of host "h"/],
    [
      'an unknown parameter',
      ['why', 'a', '-r', 'rqlite://h?x=1'],
      /--registry: .*parameter "x" is not known/,
    ],
    ['half a scheme', ['leave', 'a', '-r', 'rqlite:h'], /--registry: .*must begin with rqlite:\/\//],
    [
      'a certificate that is not there',
      ['status', '-r', 'rqlites://h?ca=/none.pem'],
      /--registry: .*\/none\.pem cannot be read/,
    ],
  ])('%s is wrong usage: exit code 2, and nothing on stdout', async (_what, args, message) => {
    const { code, stdout, stderr } = await runCommand(args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each(['foo', 'sqlite:', 'sqlite::memory:', 'rqlite://', 'rqlite://h:0', 'rqlite://h?x=1', 'rqlite:h'])(
    'an agent tells of the registry %s together with all else that is wrong',
    async (url) => {
      const { code, stdout, stderr } = await runCommand(['agent', '-r', url, '--listen', '::x']);

      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^error: Invalid configuration:\n(?=.*--registry: ).*--listen: /s);
    },
  );

  test('a registry that is not there is not created by looking at it', async () => {
    const directory = await temporaryDirectory();

    const { code, stderr } = await runCommand(['status'], { directory });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: There is no registry at ./ringwatch.db: no agent has been started with it. Name the right one with --registry.\n',
    );
    await writeFile(
      join(directory, 'ringwatch.db'),
      'This is a letter and no database, whatever it is called.'.repeat(99),
    );
    const letter = await runCommand(['status'], { directory });
    expect(letter.code).toBe(1);
    expect(letter.stderr).toContain('found a file of another kind');
  });

  test.skipIf(process.platform !== 'linux')(
    'a registry that may only be read is read while a process has it open, and else it is said what to do',
    async () => {
      const { url, registry } = await newCluster();
      const path = url.slice('sqlite:'.length);
      for (const suffix of ['', '-wal', '-shm']) await chmod(path + suffix, 0o444);
      await chmod(dirname(path), 0o555);
      onTestFinished(() => chmod(dirname(path), 0o755));

      const told = await runAsReader(['status', '--registry', url]);
      expect(told).toMatchObject({ code: 0, stderr: '' });
      expect(told.stdout).toContain('4 nodes: 3 healthy, 1 confirmed dead');

      await chmod(dirname(path), 0o755);
      await registry.close();
      await chmod(dirname(path), 0o555);
      const refused = await runAsReader(['status', '--registry', url]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(
        /^error: Expected to open .*cluster\.db, which this user may read but not write.*while an agent runs.*\.\n$/,
      );
    },
  );

  test('the stack of an error is for those who ask for it', async () => {
    const directory = await temporaryDirectory();

    const { stderr } = await runCommand(['status'], { directory, environment: { RINGWATCH_DEBUG: '1' } });
    expect(stderr).toMatch(/^\s+at /m);
  });

  test('a registry without tables of Ringwatch says that no agent has been started with it', async () => {
    const path = join(await temporaryDirectory(), 'empty.db');
    await writeFile(path, '');
    for (const args of [['status'], ['ring'], ['events'], ['why', 'a']]) {
      const { code, stderr } = await runCommand([...args, '--registry', `sqlite:${path}`]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: Expected a table \S+, found none: no agent has been started .*\.\n$/);
    }
  });

  test('a directory is no registry, and the user is not told to look whether it runs', async () => {
    const directory = await temporaryDirectory();
    const url = `sqlite:${directory}`;
    for (const args of [
      ['status', '--registry', url],
      ['agent', '--registry', url, '--log-level', 'silent', '--listen', '127.0.0.1:0'],
    ]) {
      expect(await runCommand(args)).toMatchObject({
        code: 1,
        stderr: `error: Expected a SQLite file at ${directory}, found a directory; name a file in it, such as ${directory}/cluster.db.\n`,
      });
    }
  });

  test('a registry that nothing answers for, and one that never answers, end in time', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => {
      silent.close();
    });
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    for (const url of ['rqlite://127.0.0.1:1', `rqlite://127.0.0.1:${port}`]) {
      const { code, stdout, stderr } = await runCommand(['status', '--registry', url, '--timeout', '1s']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: .*\n/);
      expect(stderr).not.toContain('may or may not');
      if (url.endsWith(':1')) expect(stderr).toContain('ECONNREFUSED');
    }
  });
});
