/** Servers, databases and roles with which a registry cannot work, or can only read: each is told in one clear line, without the password. */
import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openPostgresRegistry,
  type PostgresPool,
  PostgresRegistry,
} from '../../src/adapters/postgres/index.ts';
import { type PostgresServer, startPostgres } from '../../src/cli/postgres-server.ts';
import type { Registry, RegistryError } from '../../src/ports/registry.ts';
import { createAuthority, createCertificate } from '../harness/certificates.ts';
import { postgresServers } from '../harness/postgres-servers.ts';
import { runCommand, temporaryDirectory } from './cli-process.ts';

const [binaries] = postgresServers();
const member = {
  ...{ nodeId: 'a', address: '10.0.0.1', internalAddress: null, port: 6001, region: null },
  ...{ isNamed: true, hasHandler: true, instanceId: 'one', afterEpoch: 0 },
};

describe.skipIf(binaries === undefined)('PostgreSQL', () => {
  let server: PostgresServer;
  let admin: pg.Pool;

  beforeAll(async () => {
    server = await startPostgres({
      ...(binaries === undefined ? {} : { binaries }),
      settings: ['max_connections=12', 'superuser_reserved_connections=3'],
    });
    admin = new pg.Pool({ connectionString: server.url, max: 2 });
    admin.on('error', () => undefined);
    await admin.query(`
      CREATE ROLE writer LOGIN PASSWORD 'let-me-write';
      CREATE ROLE reader LOGIN PASSWORD 'let-me-read';
      CREATE SCHEMA theirs; CREATE TABLE theirs.ringwatch_nodes (node_id text); CREATE TABLE theirs.dns_nodes (id text)`);
    await using(server.url, (registry) => registry.migrate());
  });
  afterAll(async () => {
    await admin?.end();
    await server?.dispose();
  });

  /** The server's URL for another login, database or parameter. */
  function urlOf(login: string, database = 'postgres', parameters = ''): string {
    return `postgres://${login}@127.0.0.1:${server.port}/${database}?deadline=1s${parameters}`;
  }

  async function using<T>(url: string, run: (registry: Registry) => Promise<T>): Promise<T> {
    const registry = await openPostgresRegistry(url);
    try {
      return await run(registry);
    } finally {
      await registry.close();
    }
  }

  async function refusalOf(url: string): Promise<{ readonly code: string; readonly message: string }> {
    const error = await using(url, (registry) => registry.migrate()).then(
      () => null,
      (thrown: RegistryError) => thrown,
    );
    const { code = '', message = '' } = error ?? {};
    expect(message).not.toContain('\n');
    for (const password of ['let-me-write', 'wrong-password', new URL(server.url).password])
      expect(message).not.toContain(password);
    return { code, message };
  }

  it('refuses a wrong password', async () => {
    expect(await refusalOf(urlOf('writer:wrong-password'))).toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/28P01.*Give the right user and password/),
    });
  });

  it('asks for a password where none is given', async () => {
    expect(await refusalOf(urlOf('writer'))).toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/Expected a password, found none.*PGPASSWORD/),
    });
  });

  it('has no TLS where it is demanded', async () => {
    expect(await refusalOf(urlOf('writer:let-me-write', 'postgres', '&sslmode=verify-full'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/Expected a server with TLS, found one without.*sslmode=disable/),
    });
  });

  it('has no such database', async () => {
    expect(await refusalOf(urlOf('writer:let-me-write', 'nowhere'))).toMatchObject({
      code: 'schema',
      message: expect.stringMatching(/"nowhere" does not exist.*Create the database/),
    });
  });

  it('refuses a role without grants, which has made nothing', async () => {
    expect(await refusalOf(urlOf('writer:let-me-write', 'postgres', '&schema=of_writer'))).toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/42501.*grants/),
    });
    expect(await using(urlOf('writer:let-me-write'), failureOfReading)).toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/42501.*grants/),
    });
    const { rows } = await admin.query("SELECT 1 FROM pg_namespace WHERE nspname = 'of_writer'");
    expect(rows).toEqual([]);
  });

  it('has tables of another application in that schema', async () => {
    const login = `postgres:${new URL(server.url).password}`;
    expect(await refusalOf(urlOf(login, 'postgres', '&schema=theirs'))).toMatchObject({
      code: 'schema',
      message: expect.stringMatching(/Expected the columns .* in the table dns_nodes/),
    });
    await admin.query('DROP TABLE theirs.dns_nodes');
    expect(await refusalOf(urlOf(login, 'postgres', '&schema=theirs'))).toMatchObject({
      code: 'schema',
      message: expect.stringMatching(/already exists.*Expected the tables of Ringwatch, found others/),
    });
  });

  it('has been migrated by a newer version', async () => {
    const note = 'ringwatch.ringwatch_migrations';
    await admin.query(`INSERT INTO ${note} VALUES (99, 'of later', 0)`);
    try {
      expect(await refusalOf(server.url)).toMatchObject({
        code: 'schema',
        message: expect.stringMatching(/migration 99.*update Ringwatch/),
      });
    } finally {
      await admin.query(`DELETE FROM ${note} WHERE number = 99`);
    }
  });

  it('is of a version that is too old', async () => {
    const rows = [{ now: 1, is_standby: 0, version: 120_018 }];
    const ignore = (): void => undefined;
    const events = { on: ignore, removeListener: ignore };
    const client = { query: async () => ({ rows }), release: ignore, ...events };
    const pool: PostgresPool = { connect: (give) => give(undefined, client), ...events };
    await expect(new PostgresRegistry({ pool }).migrate()).rejects.toMatchObject({
      code: 'invalid',
      message: 'Expected PostgreSQL 13 or newer, found 12; update the server.',
    });
  });

  it('has no connection left', async () => {
    await admin.query('GRANT USAGE ON SCHEMA ringwatch TO writer');
    const config = { connectionString: urlOf('writer:let-me-write') };
    const held: pg.Client[] = [];
    try {
      for (;;) {
        const client = new pg.Client(config);
        client.on('error', () => undefined);
        await client.connect();
        held.push(client);
      }
    } catch {
      expect(await refusalOf(config.connectionString)).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/53300.*max_connections/),
      });
    } finally {
      await Promise.all(held.map((client) => client.end()));
    }
  });

  it('lets a role that only reads see status, events and why', async () => {
    await using(server.url, (registry) => registry.join(member));
    await admin.query(
      'GRANT USAGE ON SCHEMA ringwatch TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA ringwatch TO reader',
    );
    for (const command of [['status'], ['events'], ['why', 'a']]) {
      const end = await runCommand([...command, '--registry', urlOf('reader:let-me-read')]);
      expect(end).toMatchObject({ code: 0, stderr: '' });
      expect(end.stdout).toMatch(/\ba\b/);
    }
    // It learns nothing of what others may write.
    const checked = await runCommand(['status', '--check', '--registry', urlOf('reader:let-me-read')]);
    expect(checked).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Whether the registry takes writes was not checked: .*42501/),
    });
  });

  it('is asked with the password of a file that the URL names', async () => {
    const file = join(await temporaryDirectory(), 'pass word');
    await writeFile(file, 'let-me-read\n');
    const url = urlOf('reader', 'postgres', `&password-file=${encodeURIComponent(file)}`);
    expect(await runCommand(['status', '--registry', url])).toMatchObject({ code: 0, stderr: '' });
  });

  it('is asked with the password of pgpass, which stands in no URL', async () => {
    const file = join(await temporaryDirectory(), 'pgpass');
    await writeFile(file, `127.0.0.1:${server.port}:*:reader:let-me-read\n`, { mode: 0o600 });
    const end = await runCommand(['status', '--registry', urlOf('reader')], {
      environment: { PGPASSFILE: file },
    });
    // Newer versions of `pg` warn that they will read it no more.
    expect(end).toMatchObject({ code: 0 });
  });

  it('is asked over TLS, where its certificate is of an authority that is named', async () => {
    const authority = createAuthority('an authority');
    const { cert, key } = createCertificate('a server', authority, 'an authority');
    const ca = join(await temporaryDirectory(), 'ca.pem');
    await writeFile(ca, authority.cert);
    const { uid, gid } = await stat(server.directory);
    for (const [name, text] of [
      ['server.crt', cert],
      ['server.key', key],
    ] as const) {
      await writeFile(join(server.directory, 'data', name), text, { mode: 0o600 });
      await chown(join(server.directory, 'data', name), uid, gid);
    }
    await admin.query('ALTER SYSTEM SET ssl = on');
    await admin.query('SELECT pg_reload_conf()');
    const own = `postgres:${new URL(server.url).password}`;
    const secure = urlOf(own, 'postgres', `&sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`);
    // The server reads its settings anew in its own time.
    await expect.poll(() => using(secure, succeeds), { timeout: 20_000 }).toBe(true);
    expect(await refusalOf(urlOf(own, 'postgres', '&sslmode=verify-full'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/certificate/),
    });
  });

  it('lets a role with the grants of the documentation work, which may make no tables', async () => {
    await admin.query(`
      GRANT USAGE ON SCHEMA ringwatch TO writer;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ringwatch TO writer;
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA ringwatch TO writer`);
    await using(urlOf('writer:let-me-write'), async (registry) => {
      await registry.migrate();
      expect(await registry.join({ ...member, nodeId: 'b', instanceId: 'two' })).toMatchObject({
        outcome: 'joined',
      });
    });
  });

  it('lets the owner of the schema make the tables, who may make no other schema', async () => {
    await admin.query('CREATE SCHEMA given AUTHORIZATION writer');
    await using(urlOf('writer:let-me-write', 'postgres', '&schema=given'), async (registry) => {
      await registry.migrate();
      expect(await registry.join(member)).toMatchObject({ outcome: 'joined' });
    });
  });

  it('is a standby', async () => {
    server.signal('SIGINT');
    await expect.poll(() => server.isRunning).toBe(false);
    await writeFile(join(server.directory, 'data', 'standby.signal'), '');
    await server.start();
    expect(await refusalOf(server.url)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/Expected the primary.*found a standby/),
    });
  });
});

async function succeeds(registry: Registry): Promise<boolean> {
  return registry.readCluster({}).then(
    () => true,
    () => false,
  );
}

async function failureOfReading(registry: Registry): Promise<unknown> {
  return registry.readCluster({}).catch((error: unknown) => error);
}
