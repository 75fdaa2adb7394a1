/** What agents of one registry must agree on, and where they say they are: real processes that share a SQLite file. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Running, runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

async function newRegistry() {
  const registry = `sqlite:${join(await temporaryDirectory(), 'cluster.db')}`;
  const flagsOf = (id: string, flags: readonly string[]): string[] => [
    ...['agent', '--registry', registry, '--node-id', id, '--preset', 'local', '--log-level', 'silent'],
    ...(flags.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']),
    ...flags,
  ];
  return {
    run: (id: string, ...flags: string[]) => runCommand(flagsOf(id, flags)),
    async join(id: string, ...flags: string[]): Promise<Running> {
      const agent = startCommand([...flagsOf(id, flags), '--events']);
      await agent.waitFor(({ event }) => event === 'joined', 'joined');
      return agent;
    },
    async status() {
      const text = (await runCommand(['status', '--registry', registry])).stdout;
      const json = JSON.parse((await runCommand(['status', '--registry', registry, '--json'])).stdout);
      return { text, json };
    },
  };
}

test('an agent of another cluster is refused, with both names and what to do', async () => {
  const { join: start, run, status } = await newRegistry();
  await start('a', '--cluster-name', 'prod');
  const { code, stderr } = await run('b', '--cluster-name', 'staging');

  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: Expected a node of the cluster "prod", .*node a.* got one of "staging"\./);
  expect((await run('b')).stderr).toContain('got one of "ringwatch"');
  await start('c', '--cluster-name', 'prod');
  const { text, json } = await status();
  expect(text).toContain('cluster prod');
  expect(json).toMatchObject({ agreement: { clusterName: 'prod' }, nodes: [{ id: 'a' }, { id: 'c' }] });
});

test('an agent with other settings than a living node is told so, and status says who differs', async () => {
  const { join: start, status } = await newRegistry();
  const first = await start('a');
  await start('b');
  expect((await status()).text).not.toContain('Settings differ');
  const other = await start('c', '--dead-after', '9');
  const warning = await other.waitFor(({ event }) => event === 'warning', 'the warning');

  expect(warning).toMatchObject({
    code: 'settings-differ',
    message: expect.stringMatching(/a has local [0-9a-f]{6}, b/),
  });
  const { text, json } = await status();
  expect(text.replace(/\s+/g, ' ')).toMatch(
    /Settings differ: local [0-9a-f]{6} \(a and b\); local\+ [0-9a-f]{6} \(c\)\./,
  );
  expect(json.agreement.settings).toMatchObject([{ nodeIds: ['a', 'b'] }, { nodeIds: ['c'] }]);
  const told = await first.waitFor(({ event }) => event === 'warning', 'the warning of one that runs');
  expect(told).toMatchObject({
    ...{ code: 'settings-differ', targetId: 'c' },
    message: expect.stringMatching(
      /^this node has the settings local [0-9a-f]{6}, but c has local\+ [0-9a-f]{6}:/,
    ),
  });
});

test('peers are told the advertised address and port, and an address is shown in one pair of brackets', async () => {
  const { join: start, status } = await newRegistry();
  const advertised = await start('a', '--advertise', '[2001:db8::1]:7001');
  expect(advertised.lines.find(({ event }) => event === 'joined')).toMatchObject({
    address: '2001:db8::1',
    port: 7_001,
  });
  const { text, json } = await status();

  expect(text).toContain(' [2001:db8::1]:7001');
  expect(json.nodes).toMatchObject([{ address: '2001:db8::1', port: 7_001 }]);
});

test('an address that is not of this machine is a mistake in the configuration', async () => {
  const { run } = await newRegistry();

  expect(await run('a', '--address', '203.0.113.9', '--listen', '0')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^error: .*\n {2}--address: expected an address of this machine, .* --advertise/,
    ),
  });
});

test('a wrong registry brings no other error, and a misspelt variable is told', async () => {
  const { code, stderr } = await runCommand(['agent', '-r', 'mysql://db/app'], {
    environment: { RINGWATCH_PROBE_INTERVALL: '5s' },
  });

  expect(code).toBe(2);
  expect(stderr.split('\n').slice(0, -1)).toEqual([
    expect.stringContaining('did you mean RINGWATCH_PROBE_INTERVAL?'),
    'error: Invalid configuration:',
    expect.stringMatching(/^ {2}--registry: expected sqlite:/),
  ]);
});

test('the configuration in effect is printed, with where each value comes from', async () => {
  const environment = { RINGWATCH_DEAD_AFTER: '9', RINGWATCH_REGISTRY: 'postgres://joe:s3cret@db/app' };
  const { code, stdout } = await runCommand(['config', 'show', '--preset', 'lan', '--address', '127.0.0.1'], {
    environment,
  });

  expect(code).toBe(0);
  const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
  expect(rows).toEqual(
    expect.arrayContaining([
      ['--registry', 'postgres://db/app?schema=ringwatch', 'RINGWATCH_REGISTRY'],
      ['--preset', 'lan', 'flag'],
      ['--dead-after', '9', 'RINGWATCH_DEAD_AFTER'],
      ['--probe-interval', '5s', 'preset lan'],
      ['--jitter', '0.1', 'default'],
    ]),
  );
  const json = await runCommand(['config', '--json', '--address', '127.0.0.1'], { environment });
  expect(JSON.parse(json.stdout).settings).toContainEqual(
    expect.objectContaining({ name: 'dead-after', value: 9, from: 'RINGWATCH_DEAD_AFTER' }),
  );
  expect(stdout + json.stdout).not.toContain('s3cret');
});
