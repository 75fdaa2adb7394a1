/** A registry's login and a cluster's secret are seen by no command that an agent runs, and no error repeats them. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

test.each([
  ['an unknown scheme', ['status', '-r', 'rqlit://bob:hunter2@db1']],
  ['no scheme', ['status', '-r', 'bob:hunter2@db1:4001']],
  ['no scheme and no host', ['status', '-r', 'bob:hunter2']],
  ['a file', ['status', '-r', 'sqlite://bob:hunter2@db1:4001']],
  ['a file without slashes', ['status', '-r', 'sqlite:bob:hunter2@db1:4001']],
  ['an agent and a file', ['agent', '-r', 'sqlite://bob:hunter2@db1:4001']],
  ['a slash in the password', ['status', '-r', 'postgres://bob:12/hunter2@db1/app']],
  ['a value of a parameter', ['status', '-r', 'rqlite://bob@db1?timeout=hunter2']],
  ['a schema', ['status', '-r', 'postgres://bob@db1/app?schema=hunter"2']],
  ['the place of a command', ['rqlite://bob:hunter2@db1']],
  ['the place of a command, without a scheme', ['bob:hunter2@db1']],
  ['a misspelt option', ['status', '--regsitry=rqlite://bob:hunter2@db1']],
  [
    'an unreachable host',
    ['status', '--timeout', '1s', '-r', 'rqlite://bob:hunter2@127.0.0.1:9?timeout=200ms'],
  ],
  ['an unreachable database', ['status', '--timeout', '1s', '-r', 'postgres://bob:hunter2@127.0.0.1:9/app']],
])('no login is printed of a URL with %s', async (_what, args) => {
  const { code, stdout, stderr } = await runCommand(args, { environment: { RINGWATCH_DEBUG: '1' } });
  expect(code).toBeGreaterThan(0);
  expect(stderr).not.toBe('');
  expect(stdout + stderr).not.toMatch(/hunter/);
});

test('commands of an agent do not get the address of its registry, nor where its secret is', async () => {
  const directory = await temporaryDirectory();
  const secret = join(directory, 'secret');
  await writeFile(secret, 'hunter2-hunter2-hunter2\n', { mode: 0o600 });
  const seen = join(directory, 'seen');
  const environment = {
    RINGWATCH_REGISTRY: `sqlite:${join(directory, 'cluster.db')}`,
    RINGWATCH_REGISTRY_PASSWORD_FILE: '/nowhere',
    RINGWATCH_SECRET_FILE: secret,
    RINGWATCH_REGION: 'north',
  };
  const agent = startCommand(
    [
      'agent',
      '--node-id',
      'a',
      '--listen',
      '127.0.0.1:0',
      '--preset',
      'local',
      '--events',
      '--check',
      `env > '${seen}'`,
    ],
    { environment },
  );
  await agent.waitFor(({ event }) => event === 'joined', 'joined');
  const variables = (): Promise<string> => readFile(seen, 'utf8').catch(() => '');
  await eventually(async () => (await variables()).includes('PATH='), 'the check to run');
  expect(await variables()).toContain('RINGWATCH_REGION=north');
  expect(await variables()).not.toMatch(/RINGWATCH_(REGISTRY|SECRET)/);
});

test.each(['in the URL', 'in the environment'])(
  'the password is read from a file that is named %s',
  async (where) => {
    const file = join(await temporaryDirectory(), 'password');
    await writeFile(file, 'p@ss/wörd\n');
    const logins: string[] = [];
    const server = createServer((request, response) => {
      logins.push(
        Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString(),
      );
      response.writeHead(401).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;

    const parameter = where === 'in the URL' ? `?password-file=${encodeURIComponent(file)}` : '';
    const environment = where === 'in the URL' ? {} : { RINGWATCH_REGISTRY_PASSWORD_FILE: file };
    const url = `rqlite://bob@127.0.0.1:${port}${parameter}`;
    const { code, stderr } = await runCommand(['status', '-r', url], { environment });
    expect({ code, logins: [...new Set(logins)] }).toEqual({ code: 1, logins: ['bob:p@ss/wörd'] });
    expect(stderr).not.toContain('p@ss');

    await writeFile(file, '\n');
    const empty = await runCommand(['status', '-r', url], { environment });
    expect(empty.stderr).toMatch(/password file .* is empty/);
  },
);

const agent = ['agent', '--node-id', 'a', '--listen', '127.0.0.1:0', '--preset', 'local', '--events'];

test.each([
  ['none', [], /no cluster secret: who is on the network can answer/],
  ['one', ['--secret-file'], /are signed and checked with the cluster secret/],
  [
    'one, and accepts unsigned',
    ['--secret-accept-unsigned', '--secret-file'],
    /what is not signed counts too/,
  ],
])(
  'an agent with a secret (%s) says at its start what that means, and shows none',
  async (_what, args, words) => {
    const directory = await temporaryDirectory();
    const secret = join(directory, 'secret');
    await writeFile(secret, 'hunter2-hunter2-hunter2\n');
    await chmod(secret, 0o644);
    const registry = ['-r', `sqlite:${join(directory, 'cluster.db')}`, '--log-level', 'debug'];
    const running = startCommand([...agent, ...registry, ...args, ...(args.length > 0 ? [secret] : [])]);
    await running.waitFor(({ event }) => event === 'joined', 'joined');
    await running.waitForErrors(words);
    const warned = running.lines.filter((line) => line['code'] === 'secret-file');
    expect(warned).toHaveLength(args.length > 0 ? 1 : 0);
    running.signal('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    expect([code, stderr.match(new RegExp(words, 'g'))?.length]).toEqual([0, 1]);
    expect(stdout + stderr).not.toMatch(/hunter/);
  },
);

test.each([
  ['a short one', ['--secret-file', 'SECRET'], 'hunter2\n', /--secret-file: expected at least 16 bytes/],
  ['three', ['--secret-file', 'SECRET'], 'hunter2-hunter2-hunter2\n'.repeat(3), /one a line, found 3/],
  ['none', ['--secret-file', '/nowhere/s'], '', /--secret-file: \/nowhere\/s cannot be read \(ENOENT\)/],
  ['no file', ['--secret-accept-unsigned'], '', /--secret-accept-unsigned: expected a secret file beside it/],
])(
  'an agent with a secret file of %s is refused, and nothing of it is shown',
  async (_what, args, text, message) => {
    const directory = await temporaryDirectory();
    const secret = join(directory, 'secret');
    await writeFile(secret, text, { mode: 0o600 });
    const words = args.map((word) => (word === 'SECRET' ? secret : word));
    const registry = ['-r', `sqlite:${join(directory, 'cluster.db')}`];
    const { code, stdout, stderr } = await runCommand([...agent, ...registry, ...words], {
      environment: { RINGWATCH_DEBUG: '1' },
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/hunter/);
  },
);

test('an application under an agent does not get where its secret is', async () => {
  const directory = await temporaryDirectory();
  const secret = join(directory, 'secret');
  const seen = join(directory, 'seen');
  await writeFile(secret, 'hunter2-hunter2-hunter2\n', { mode: 0o600 });
  const registry = ['-r', `sqlite:${join(directory, 'cluster.db')}`, '--preset', 'local'];
  const words = ['run', '--node-id', 'a', '--listen', '127.0.0.1:0', ...registry];
  const { code } = await runCommand([...words, '--', 'sh', '-c', `env > '${seen}'`], {
    environment: { RINGWATCH_SECRET_FILE: secret },
  });
  const variables = await readFile(seen, 'utf8');
  expect([code, variables.includes('PATH='), variables.includes('RINGWATCH_SECRET')]).toEqual([
    0,
    true,
    false,
  ]);
});
