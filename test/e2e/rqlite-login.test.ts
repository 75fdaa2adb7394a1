/** TLS and logins of the rqlite adapter, against real servers with certificates of a CA of our own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { createAuthority, createCertificate } from '../harness/certificates.ts';
import { startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';

const password = 'pä:ss/w?rd@%';
const encoded = encodeURIComponent(password);
const create = [{ sql: 'CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)', values: [] }];
const select = [{ sql: 'SELECT 1 AS one', values: [] }];

let directory: string;
let guarded: TestCluster;
let mutual: TestCluster;
const executors: SqlExecutor[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-login-'));
  const authority = createAuthority('Test CA');
  const server = createCertificate('server', authority, 'Test CA');
  const client = createCertificate('client', authority, 'Test CA');
  const stranger = createAuthority('Stranger');
  const users = [
    { username: 'bob', password, perms: ['execute', 'query'] },
    { username: 'reader', password, perms: ['query'] },
    { username: '*', perms: ['ready', 'status'] },
  ];
  const files = {
    'ca.pem': authority.cert,
    'stranger.pem': stranger.cert,
    'server.pem': server.cert,
    'server-key.pem': server.key,
    'client.pem': client.cert,
    'client-key.pem': client.key,
    'users.json': JSON.stringify(users),
    'no.pem': 'no PEM at all',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const tls = ['-http-cert', join(directory, 'server.pem'), '-http-key', join(directory, 'server-key.pem')];
  [guarded, mutual] = await Promise.all([
    startTestCluster({ nodeCount: 1, tls: {}, flags: [...tls, '-auth', join(directory, 'users.json')] }),
    startTestCluster({
      nodeCount: 1,
      tls: client,
      flags: [...tls, '-http-ca-cert', join(directory, 'ca.pem'), '-http-verify-client'],
    }),
  ]);
});
afterEach(async () => {
  await Promise.all(executors.splice(0).map((executor) => executor.close()));
});
afterAll(async () => {
  await Promise.all([guarded?.dispose(), mutual?.dispose()]);
  await rm(directory, { recursive: true, force: true });
});

function connect(start: string, cluster: TestCluster, ...parameters: string[]): SqlExecutor {
  const url = `${start}${cluster.address(0)}?${['timeout=3s', ...parameters].join('&')}`;
  const executor = openRqliteExecutor(parseRqliteUrl(url));
  executors.push(executor);
  return executor;
}

function file(parameter: string, name: string): string {
  return `${parameter}=${encodeURIComponent(join(directory, name))}`;
}

describe('TLS', () => {
  it('carries logins and calls when the CA is known', async () => {
    const executor = connect(`rqlites://bob:${encoded}@`, guarded, file('ca', 'ca.pem'));
    await executor.transact(create);
    expect(await executor.read(select, 'leader')).toEqual([{ rows: [{ one: 1 }], changes: 0 }]);
    expect(await executor.read(select, 'cheap')).toEqual([{ rows: [{ one: 1 }], changes: 0 }]);
  });

  it('is turned on by a parameter, too, and takes any certificate when told so', async () => {
    const executor = connect(`rqlite://bob:${encoded}@`, guarded, 'tls=true', 'insecure=true');
    expect(await executor.transact(create)).toHaveLength(1);
  });

  it.each([
    ['with an unknown CA', []],
    ['with another CA', ['stranger.pem']],
  ])('does not speak to a server %s', async (_what, ca) => {
    const parameters = ca.map((name) => file('ca', name));
    const executor = connect(`rqlites://bob:${encoded}@`, guarded, ...parameters);
    const failure = await executor.transact(create).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/certificate/i) });
    expect(String(failure)).not.toContain(password);
  });

  it('is missed when it is left out', async () => {
    const executor = connect(`rqlite://bob:${encoded}@`, guarded);
    await expect(executor.transact(create)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('HTTPS'),
    });
  });

  it('proves who the client is where the server asks for that', async () => {
    const own = [file('cert', 'client.pem'), file('key', 'client-key.pem')];
    const executor = connect('rqlites://', mutual, file('ca', 'ca.pem'), ...own);
    expect(await executor.transact(create)).toHaveLength(1);
  });

  it('says which file cannot be used', () => {
    expect(() => connect('rqlites://', guarded, file('ca', 'absent.pem'))).toThrow(
      /absent\.pem cannot be read/,
    );
    expect(() => connect('rqlites://', guarded, file('ca', 'no.pem'))).toThrow(/no\.pem is not a PEM file/);
  });
});

describe('a login', () => {
  it.each([
    ['with a wrong password', 'bob:wrong-secret@'],
    ['of no user', 'nobody:wrong-secret@'],
    ['that is left out', ''],
    ['without the right to write', `reader:${encoded}@`],
  ])('%s is unauthorized, at once and without the password in the message', async (_what, login) => {
    const executor = connect(`rqlites://${login}`, guarded, file('ca', 'ca.pem'));
    const failure = await executor.transact(create).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'RegistryError',
      code: 'unauthorized',
      message: expect.stringContaining('permissions execute and query'),
    });
    expect(String(failure)).not.toContain('wrong-secret');
    expect(String(failure)).not.toContain(password);
  });
});
