/** What the rqlite adapter makes of servers that hang, lie, flood or are not there: none of them is a real one. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { Transport } from '../../src/adapters/rqlite/transport.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';

const write = [{ sql: 'UPDATE t SET a = ?', values: [1] }];
const select = [{ sql: 'SELECT a FROM t', values: [] }];
/** For servers that answer. */
const patient = 'timeout=10s&deadline=20s';
/** For calls that end by their bound only. */
const brief = 'timeout=400ms&deadline=1s';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const open: Record<'executors' | 'servers', { close(): Promise<void> }[]> = {
  executors: [],
  servers: [],
};

afterEach(async () => {
  await Promise.all(open.executors.splice(0).map((executor) => executor.close()));
  await Promise.all(open.servers.splice(0).map((server) => server.close()));
});

function connectTo(hosts: string, parameters = patient, maxAnswerBytes?: number): SqlExecutor {
  const options = maxAnswerBytes === undefined ? {} : { maxAnswerBytes };
  const executor = openRqliteExecutor(parseRqliteUrl(`rqlite://${hosts}?${parameters}`), options);
  open.executors.push(executor);
  return executor;
}

/** A server whose answers the test makes up; `address` is where it listens. */
async function serve(
  answer: Answer,
): Promise<{ address: string; requests: string[]; connections: ReadonlySet<Socket> }> {
  const requests: string[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      requests.push(`${request.url} ${body}`);
      answer(request, response, body);
    });
  });
  const connections = new Set<Socket>();
  return { address: await listen(server, connections), requests, connections };
}

async function listen(server: Server, sockets: Set<Socket>): Promise<string> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.servers.push({
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address that refuses connections. */
async function deadAddress(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return `127.0.0.1:${port}`;
}

const good: Answer = (request, response, body) => {
  const asked = new URL(request.url ?? '', 'http://server').searchParams.get('q');
  const statements = asked === null ? (JSON.parse(body) as [string][]) : [[asked] as const];
  const results = statements.map(([sql]) =>
    sql.startsWith('SELECT')
      ? { columns: ['leader_now'], types: ['integer'], values: [[1_700_000_000_000]] }
      : { last_insert_id: 1, rows_affected: 1 },
  );
  response.end(JSON.stringify({ results }));
};

describe('a server that is not one', () => {
  it.each<[string, Answer]>([
    ['never answers', () => {}],
    ['answers half a header', (request) => void request.socket.write('HTTP/1.1 200 OK\r\ncontent-')],
    ['never ends its body', (_request, response) => void response.write('{"results":')],
    [
      'cuts its body off',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"results":', () => request.socket.destroy());
      },
    ],
    ['ends in the middle of the JSON', (_request, response) => void response.end('{"results":[{"rows_aff')],
    ['resets the connection', (request) => void request.socket.resetAndDestroy()],
    ['answers a page', (_request, response) => void response.end('<html>hello</html>')],
    ['answers in another protocol', (request) => void request.socket.end('+PONG\r\n\r\n')],
    ['answers nothing', (_request, response) => void response.end()],
    ['is a proxy without a server', (_request, response) => void response.writeHead(502).end('bad gateway')],
  ])('and %s leaves a write ambiguous and a read without effect, within the bound', async (_what, answer) => {
    const { address } = await serve(answer);
    const executor = connectTo(address, brief);
    const outcomes = await Promise.allSettled([
      executor.transact(write),
      executor.read(select, 'leader'),
      executor.read(select, 'cheap'),
      executor.now(),
    ]);
    const message = expect.stringContaining(address);
    const failed = (code: string) => ({
      status: 'rejected',
      reason: { name: 'RegistryError', code, message },
    });
    expect(outcomes).toMatchObject([failed('ambiguous'), ...Array(3).fill(failed('unavailable'))]);
  });

  it('floods its reader with 100 MB and is given up on after the first few', async () => {
    let sentBytes = 0;
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const { address } = await serve((_request, response) => {
      const more = (): void => {
        while (sentBytes < 100 * chunk.length && !response.destroyed) {
          sentBytes += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    const executor = connectTo(address, 'timeout=30s&deadline=30s', 2 * chunk.length);
    await expect(executor.read(select, 'leader')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('larger than 2097152 bytes'),
    });
    await expect(executor.transact(write)).rejects.toMatchObject({ code: 'ambiguous' });
    expect(sentBytes).toBeLessThan(50 * chunk.length);
  });

  it('answers 401 and is not asked again', async () => {
    const { address, requests } = await serve((_request, response) => response.writeHead(401).end());
    await expect(connectTo(address).transact(write)).rejects.toMatchObject({ code: 'unauthorized' });
    expect(requests).toHaveLength(1);
  });

  it('redirects, and the redirect is not followed', async () => {
    const elsewhere = await serve(good);
    const { address } = await serve((_request, response) => {
      response.writeHead(301, { location: `http://${elsewhere.address}/db/request` }).end();
    });
    await expect(connectTo(address).transact(write)).rejects.toMatchObject({ code: 'invalid' });
    expect(elsewhere.requests).toHaveLength(0);
  });
});

describe('a server that owes an answer', () => {
  it('gets one request of each kind, however many calls there are, and all again once it has answered', async () => {
    const owed: (() => void)[] = [];
    let isStopped = true;
    const { address, requests } = await serve((request, response, body) => {
      if (isStopped) owed.push(() => good(request, response, body));
      else good(request, response, body);
    });
    const executor = connectTo(address, 'timeout=100ms&deadline=300ms');
    const failures: string[] = [];
    for (let round = 0; round < 5; round++) {
      const calls = [
        executor.transact(write),
        executor.read(select, 'cheap'),
        executor.read(select, 'leader'),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        if (outcome.status === 'rejected') failures.push(`${outcome.reason.code} ${outcome.reason.message}`);
      }
    }
    expect(requests).toHaveLength(2);
    expect(failures).toHaveLength(15);
    // Only the first write may have been done: nothing of the others was sent.
    expect(failures.filter((text) => text.startsWith('ambiguous'))).toHaveLength(1);
    const reason = new RegExp(`an earlier request to ${address} is still unanswered after \\d+\\.\\d s`);
    expect(failures.at(-1)).toMatch(reason);

    isStopped = false;
    for (const answer of owed) answer();
    await expect(executor.transact(write)).resolves.toEqual([{ rows: [], changes: 1 }]);
    await expect(executor.read(select, 'cheap')).resolves.toHaveLength(1);
  });

  it('is left for the next host meanwhile', async () => {
    const { address, requests } = await serve(() => {});
    const other = await serve(good);
    const executor = connectTo(`${address},${other.address}`, 'timeout=100ms&deadline=20s');
    for (let round = 0; round < 5; round++) {
      await expect(executor.transact(write)).resolves.toEqual([{ rows: [], changes: 1 }]);
    }
    expect(requests).toHaveLength(1);
    expect(other.requests).toHaveLength(5);
  });

  it('is believed when it answers late', async () => {
    const { address, requests } = await serve((request, response, body) => {
      setTimeout(() => good(request, response, body), 500);
    });
    const executor = connectTo(address, 'timeout=50ms&deadline=20s');
    await expect(executor.transact(write)).resolves.toEqual([{ rows: [], changes: 1 }]);
    expect(requests).toHaveLength(1);
  });
});

describe('hosts that are not there', () => {
  it('are passed over, and the one that answered is asked first from then on', async () => {
    const dead = await deadAddress();
    const { address, requests } = await serve(good);
    const executor = connectTo(`${dead},${address}`);
    await expect(executor.transact(write)).resolves.toEqual([{ rows: [], changes: 1 }]);
    await expect(executor.read(select, 'cheap')).resolves.toHaveLength(1);
    expect(requests).toHaveLength(2);
  });

  it('leave nothing done when all of them refuse', async () => {
    const [one, other] = [await deadAddress(), await deadAddress()];
    const executor = connectTo(`${one},${other}`, brief);
    await expect(executor.transact(write)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/ECONNREFUSED.*See that the servers run and have a leader/),
    });
  });

  it('have names that no resolver knows', async () => {
    const executor = connectTo('no-such-host.invalid', brief);
    await expect(executor.transact(write)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('what a cluster says with status 200', () => {
  it('is no success when a follower could not pass the write on', async () => {
    let count = 0;
    const lost = 'node failed to process Request on remote node at 10.0.0.1:4002: read protobuf length: EOF';
    const { address, requests } = await serve((request, response, body) => {
      count += 1;
      if (count === 1) response.end(JSON.stringify({ results: [], error: lost }));
      else good(request, response, body);
    });
    await expect(connectTo(address).transact(write)).resolves.toEqual([{ rows: [], changes: 1 }]);
    expect(requests).toHaveLength(2);
    expect(requests[1]?.replace(/timeout=\d+/, '')).toBe(requests[0]?.replace(/timeout=\d+/, ''));
  });

  it('stays ambiguous when a repetition only found no leader', async () => {
    let count = 0;
    const { address } = await serve((_request, response) => {
      count += 1;
      if (count === 1) response.end('{"results":[],"error":"leadership lost while committing log"}');
      else response.writeHead(503).end('leader not found\n');
    });
    await expect(connectTo(address, brief).transact(write)).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('is unavailable, with no effect, when there never was a leader', async () => {
    const { address } = await serve((_request, response) =>
      response.writeHead(503).end('leader not found\n'),
    );
    await expect(connectTo(address, brief).transact(write)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('leader not found'),
    });
  });

  it('is final when one statement was refused', async () => {
    const { address, requests } = await serve((_request, response) => {
      response.end('{"results":[{"error":"near \\"UPDAT\\": syntax error"}]}');
    });
    await expect(connectTo(address).transact(write)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('syntax error'),
    });
    expect(requests).toHaveLength(1);
  });
});

describe('requests', () => {
  it('carry a bound for the server, and name level and freshness', async () => {
    const { address, requests } = await serve(good);
    const executor = connectTo(address);
    await executor.transact(write);
    await executor.read(select, 'committed');
    await executor.read(select, 'leader');
    await executor.read(select, 'cheap');
    expect(requests.map((request) => request.replace(/timeout=\d+ms/, 'timeout=N'))).toEqual([
      '/db/execute?transaction&timeout=N [["UPDATE t SET a = ?",1]]',
      '/db/query?level=strong&q=SELECT+a+FROM+t&timeout=N ',
      // What is written by such a read is guarded. It brings the leader's clock along.
      `/db/query?level=weak&q=SELECT+CAST(unixepoch('now',+'subsec')+*+1000+AS+INTEGER)+AS+leader_now,+a+FROM+t&timeout=N `,
      // So does a cheap one shortly after a write, to see it.
      `/db/query?level=weak&q=SELECT+CAST(unixepoch('now',+'subsec')+*+1000+AS+INTEGER)+AS+leader_now,+a+FROM+t&timeout=N `,
    ]);
  });

  it('are cheap, and one for each read, once the clock is known', async () => {
    const { address, requests } = await serve(good);
    const executor = connectTo(address);
    await executor.now();
    await executor.read(select, 'cheap');
    await executor.now();
    await executor.read(select, 'cheap');
    expect(requests.slice(1).map((request) => request.replace(/timeout=\d+ms/, 'timeout=N'))).toEqual([
      '/db/query?level=none&freshness=5s&q=SELECT+a+FROM+t&timeout=N ',
      '/db/query?level=none&freshness=5s&q=SELECT+a+FROM+t&timeout=N ',
    ]);
  });

  it('carry no value that the database would change', async () => {
    const { address, requests } = await serve(good);
    const executor = connectTo(address);
    const values: unknown[] = [
      2 ** 53,
      Number.NaN,
      Infinity,
      undefined,
      true,
      1n,
      {},
      [],
      new Date(0),
      'a\ud800',
    ];
    for (const value of values) {
      const statement = { sql: 'UPDATE t SET a = ?', values: [value as string] };
      await expect(executor.transact([statement])).rejects.toMatchObject({ code: 'invalid' });
      await expect(executor.read([statement], 'leader')).rejects.toMatchObject({ code: 'invalid' });
    }
    expect(requests).toHaveLength(0);
  });

  it('are not made when there is nothing to ask', async () => {
    const { address, requests } = await serve(good);
    const executor = connectTo(address);
    await expect(executor.transact([])).resolves.toEqual([]);
    await expect(executor.read([], 'cheap')).resolves.toEqual([]);
    expect(requests).toHaveLength(0);
  });

  it('are never sent after they were given up on', async () => {
    const answerFirst: (() => void)[] = [];
    const { address, requests } = await serve((request, response, body) => {
      if (requests.length > 2) good(request, response, body);
      else answerFirst.push(() => good(request, response, body));
    });
    const transport = new Transport(parseRqliteUrl(`rqlite://${address}?connections=2`), 1_000_000);
    open.executors.push(transport);
    const post = (what: string, lateMs: number) =>
      transport.post(address, '/', `[["${what}"]]`, { lateMs, openMs: 60_000, onLate: () => {} });
    const first = [post('first', 60_000), post('first', 60_000)];
    // It waits for one of the two connections until its time is over.
    await expect(post('second', 100)).rejects.toMatchObject({ wasSent: false });
    await expect.poll(() => answerFirst.length, { timeout: 20_000 }).toBe(2);
    for (const answer of answerFirst) answer();
    expect(await Promise.all(first)).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(await post('third', 60_000)).toMatchObject({ status: 200 });
    expect(requests).toEqual(['/ [["first"]]', '/ [["first"]]', '/ [["third"]]']);
  });
});

describe('closing', () => {
  it('ends calls in flight and refuses later ones', async () => {
    const { address, requests } = await serve(() => {});
    const executor = connectTo(address, 'timeout=30s&deadline=30s&connections=3');
    const writing = executor.transact(write).catch((error: unknown) => error);
    const reading = executor.read(select, 'leader').catch((error: unknown) => error);
    await expect.poll(() => requests.length, { timeout: 20_000 }).toBe(2);
    await executor.close();
    await executor.close();
    expect(await writing).toMatchObject({ code: 'ambiguous' });
    expect(await reading).toMatchObject({ code: 'unavailable' });
    await expect(executor.transact(write)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The rqlite registry is closed.',
    });
  });

  it('frees every socket', async () => {
    const { address, connections } = await serve(good);
    const executor = connectTo(address, `${patient}&connections=4`);
    await Promise.all(Array.from({ length: 20 }, () => executor.transact(write)));
    expect(connections.size).toBeGreaterThan(0);
    expect(connections.size).toBeLessThanOrEqual(4);
    await executor.close();
    await expect.poll(() => connections.size, { timeout: 20_000 }).toBe(0);
  });

  it('ends the pause between two attempts', async () => {
    const dead = await deadAddress();
    const executor = connectTo(dead, 'timeout=300ms&deadline=60s');
    const writing = executor.transact(write).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await executor.close();
    expect(await writing).toMatchObject({ code: 'unavailable' });
  });
});

describe('the password', () => {
  it('is sent, and shown nowhere', async () => {
    let header: string | undefined;
    const { address } = await serve((request, response) => {
      header = request.headers.authorization;
      response.writeHead(401).end();
    });
    const executor = connectTo(`bob:hunter%402@${address}`);
    const failure = await executor.transact(write).catch((error: unknown) => error);
    expect(Buffer.from(header?.slice('Basic '.length) ?? '', 'base64').toString()).toBe('bob:hunter@2');
    const shown =
      inspect([failure, executor], { depth: 20, showHidden: true }) +
      String(executor) +
      JSON.stringify(executor);
    expect(shown).toContain('unauthorized');
    expect(shown).not.toMatch(/hunter/);
    expect(shown).not.toContain(header?.slice('Basic '.length));
  });
});
