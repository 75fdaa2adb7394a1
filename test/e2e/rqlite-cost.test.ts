/** What an idle node sends to a real rqlite server: bytes of each request with its headers, and statements. */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor, SqlValue } from '../../src/adapters/sql/executor.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { Scene } from '../../src/testing/registry-scene.ts';
import { startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';

let cluster: TestCluster;
let wire: Server;
let executor: SqlExecutor;
/** What was sent to the server: a request each. */
let sent: string[] = [];

beforeAll(async () => {
  cluster = await startTestCluster({ nodeCount: 1 });
});
afterAll(() => cluster?.dispose());

beforeEach(async () => {
  await cluster.wipe();
  const [host = '', port = ''] = cluster.address(0).split(':');
  const sockets = new Set<Socket>();
  wire = createServer((client) => {
    const server = dial(Number(port), host);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.on('data', (data) => void other.write(data));
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
    client.on('data', (data) => void sent.push(data.toString()));
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  const address = wire.address();
  const at = typeof address === 'object' ? address?.port : 0;
  executor = openRqliteExecutor(parseRqliteUrl(`rqlite://127.0.0.1:${at}?timeout=10s&deadline=30s`));
});
afterEach(async () => {
  await executor.close();
  wire.close();
});

async function sentBy(call: () => Promise<unknown>): Promise<string[]> {
  sent = [];
  await call();
  return [...sent];
}

function statementsIn(request: string): number {
  if (request.startsWith('GET ')) return 1;
  return (JSON.parse(request.slice(request.indexOf('\r\n\r\n'))) as unknown[]).length;
}

describe('an idle node', () => {
  it('sends one statement and 200 bytes for a reading, and one and 400 bytes for a heartbeat', async () => {
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    const stage = new Scene(registry, {
      open: async () => registry,
      another: async () => registry,
      openUnmigrated: async () => [registry, registry],
    });
    const lives = [];
    for (const id of ['node-000001', 'node-000002', 'node-000003']) lives.push(await stage.join(id));
    const [self = { nodeId: '', epoch: 0 }] = lives;
    await stage.imported(self);
    const round = () => registry.readRound({ ...self, lookAhead: 4, watched: [] });
    const ordinary = await round();
    // A reading asks the leader for a second after an own write.
    await expect
      .poll(async () => (await sentBy(round)).join().includes('level=none'), { timeout: 20_000 })
      .toBe(true);
    const reading = await sentBy(async () => expect(await round()).toEqual(ordinary));
    expect(reading.map(statementsIn)).toEqual([1]);
    expect(reading.join().length).toBeLessThanOrEqual(200);
    const beat = await sentBy(() => registry.heartbeat(self));
    expect(beat.map(statementsIn)).toEqual([1]);
    expect(beat.join().length).toBeLessThanOrEqual(400);
    // It brings the leader's clock along, in one statement too.
    const afterWrite = await sentBy(round);
    expect(afterWrite.map(statementsIn)).toEqual([1]);
    expect(afterWrite.join()).toContain('level=weak');
  });
});

describe('a query in the path', () => {
  it.each<SqlValue>([
    '',
    'é😀\n"\\',
    "x'; DROP TABLE v; --",
    '?&=+;#%41 /',
    '[]{}^`|<>',
    0,
    Number.MAX_SAFE_INTEGER,
    -1,
    0.5,
    null,
  ])('carries %j as it is', async (value) => {
    for (const freshness of ['cheap', 'leader', 'committed'] as const) {
      const query = { sql: 'SELECT ? AS a, ? AS b', values: [value, 'after'] };
      const [result] = await executor.read([query], freshness);
      expect(result?.rows).toEqual([{ a: value, b: 'after' }]);
    }
  });

  it('is a body where it is long', async () => {
    const long = 'long'.repeat(1_000);
    const requests = await sentBy(async () => {
      const [result] = await executor.read([{ sql: 'SELECT ? AS a', values: [long] }], 'committed');
      expect(result?.rows).toEqual([{ a: long }]);
    });
    expect(requests[0]).toMatch(/^POST /);
  });
});
