/** A cluster secret over real sockets: what is believed, what is a miss, and that no copy counts. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HttpMessenger, HttpProber } from '../../src/adapters/http/index.ts';
import { HmacSigner } from '../../src/adapters/system/hmac-signer.ts';
import { PingServer, type PingServerOptions } from '../../src/agent/ping-server.ts';
import { pingAnswer } from '../../src/core/wire/ping-answer.ts';
import type { ProbeOutcome } from '../../src/ports/prober.ts';
import type { Signer } from '../../src/ports/signer.ts';
import { answer, RawTarget } from './prober-targets.ts';

const patient = { timeout: 20_000 };
const sender = { nodeId: 'a', epoch: 3 };

function signerWith(
  secrets: readonly [string, ...string[]] = ['the secret of ours'],
  acceptsUnsigned = false,
) {
  return new HmacSigner({ secrets, acceptsUnsigned, warning: null });
}

interface Served {
  readonly port: number;
  /** In the order in which it came. */
  readonly told: string[];
  beginEpoch(next: number): void;
}

/** The ping port of node b in epoch 7. */
async function serve(signer: Signer | undefined, changes: Partial<PingServerOptions> = {}): Promise<Served> {
  const told: string[] = [];
  let epoch = 7;
  const server = new PingServer({
    ...{ nodeId: 'b', keepAliveMs: 60_000, roundMs: 60_000, signer },
    epoch: () => epoch,
    state: () => ({ kind: 'healthy', epoch }),
    readNodes: async () => [],
    onTrouble: (trouble, what) => told.push(`${trouble}: ${what}`),
    onProbe: ({ nodeId }) => told.push(`asked by ${nodeId}`),
    onLook: ({ targetId }) => told.push(`look at ${targetId}`),
    ...changes,
  });
  onTestFinished(() => server.close());
  return {
    ...{ port: await server.listen({ host: '127.0.0.1', port: 0 }), told },
    beginEpoch: (next) => {
      epoch = next;
    },
  };
}

function proberWith(signer: Signer | undefined): HttpProber {
  const prober = new HttpProber({ signer });
  onTestFinished(() => prober.close());
  return prober;
}

interface Question {
  readonly id?: string;
  readonly epoch?: number | null;
}

function probe(
  prober: HttpProber,
  port: number,
  { id = 'b', epoch = 7 }: Question = {},
): Promise<ProbeOutcome> {
  const { signal } = new AbortController();
  return prober.probe({ id, address: '127.0.0.1', port, epoch }, { timeoutMs: 10_000, signal, sender });
}

/** Sends these bytes on a connection of their own, and gives what comes back. */
async function send(port: number, bytes: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(bytes);
  const [text] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return String(text);
}

/** What a prober or messenger with this signer writes, as it stands on the wire. */
async function capture(ask: (port: number) => unknown): Promise<string> {
  const target = await RawTarget.start((socket) => socket.end(answer(200, '{}')));
  onTestFinished(() => target.stop());
  void ask(target.port);
  await expect.poll(() => target.heads.length, patient).toBe(1);
  return `${target.heads[0]}\r\n\r\n`;
}

const captureProbe = (signer: Signer, question?: Question): Promise<string> =>
  capture((port) => probe(proberWith(signer), port, question));

function captureLook(signer: Signer, epoch = 7): Promise<string> {
  const messenger = new HttpMessenger({ signer });
  onTestFinished(() => messenger.close());
  const message = { kind: 'look', targetId: 'c', targetEpoch: 1 } as const;
  return capture((port) => messenger.send({ id: 'b', address: '127.0.0.1', port, epoch }, message, sender));
}

describe('a probe under a secret', () => {
  test('is that of a named observer, and its answer counts, on a new connection and on a kept one', async () => {
    const { port, told } = await serve(signerWith());
    const prober = proberWith(signerWith());
    for (let count = 0; count < 3; count++)
      expect(await probe(prober, port)).toMatchObject({ kind: 'answer', nodeId: 'b', epoch: 7 });
    expect([prober.connectionCount, told]).toEqual([1, Array(3).fill('asked by a')]);
  });

  test('costs few bytes more', async () => {
    const plain = await capture((port) => probe(proberWith(undefined), port));
    const signed = await captureProbe(signerWith());
    expect(signed.length - plain.length).toBeLessThan(50);
  });

  test('counts once: a copy is answered as that of a stranger', async () => {
    const { port, told } = await serve(signerWith());
    const bytes = await captureProbe(signerWith());
    for (let count = 0; count < 3; count++) expect(await send(port, bytes)).toMatch(/^HTTP\/1.1 200 /);
    expect(told).toEqual([
      'asked by a',
      ...Array(2).fill(expect.stringContaining('signature: one is a copy')),
    ]);
  });

  test('counts for the epoch that it was meant for, and is answered in any', async () => {
    const { port, told, beginEpoch } = await serve(signerWith());
    const bytes = await captureProbe(signerWith());
    beginEpoch(8);
    expect(await send(port, bytes)).toMatch(/^HTTP\/1.1 200 /);
    // An observer that has not read of the new epoch yet learns of it so.
    const outcome = await probe(proberWith(signerWith()), port, { epoch: 7 });
    expect([outcome, told]).toEqual([expect.objectContaining({ kind: 'answer', epoch: 8 }), []]);
  });

  test.each([
    ['without a signature', /\r\nSigned: [^\r]*/, ''],
    ['with another sender', 'Observer: 3 a', 'Observer: 3 c'],
    ['with another time of the next one', /(Observer: 3 a)/, '$1 60000'],
    ['with another tag', /[\w-]{22}(?=\r\n)/, 'A'.repeat(22)],
    ['with a megabyte less a signature', /Signed: [^\r]*/, `Signed: ${'x'.repeat(5_000)}`],
  ])('%s is answered, and that of a stranger', async (_what, part, other) => {
    const { port, told } = await serve(signerWith());
    const bytes = (await captureProbe(signerWith())).replace(part, other);
    expect(await send(port, bytes)).toMatch(/^HTTP\/1.1 200 /);
    expect(told).toEqual([expect.stringMatching(/^signature: .*, and counts as that of a stranger$/)]);
  });

  test('of a load balancer or a node of the original is answered as ever, and is no reason for a warning', async () => {
    const { port, told } = await serve(signerWith());
    const text = await send(port, 'GET /v1/internal/ping HTTP/1.1\r\nHost: b\r\n\r\n');
    expect([text.includes('Signed'), text.includes(pingAnswer('b', 7)), told]).toEqual([false, true, []]);
  });
});

describe('an answer', () => {
  test.each([
    ['without a signature', undefined, 'the answer is not signed'],
    [
      'under another secret',
      signerWith(['a secret of theirs']),
      'not signed with the secret of this cluster',
    ],
  ])('%s is a miss of its own kind', async (_what, signer, detail) => {
    const { port } = await serve(signer);
    const outcome = await probe(proberWith(signerWith()), port);
    expect(outcome).toMatchObject({ failure: 'bad-signature', detail: expect.stringContaining(detail) });
  });

  test('that was given before answers no later question', async () => {
    const healthy = await serve(signerWith());
    const recorded = await send(healthy.port, await captureProbe(signerWith()));
    expect(recorded).toMatch(/\r\nSigned: [\w-]{22}\r\n/);
    const impostor = await RawTarget.start((socket) => socket.write(recorded));
    onTestFinished(() => impostor.stop());
    const outcome = await probe(proberWith(signerWith()), impostor.port);
    expect(outcome).toMatchObject({ failure: 'bad-signature' });
  });

  test('whose body was changed on its way is a miss', async () => {
    const { port } = await serve(signerWith());
    const between = await RawTarget.start((socket, head) => {
      void send(port, `${head}\r\n\r\n`).then((text) => socket.write(text.replace('"epoch":7', '"epoch":9')));
    });
    onTestFinished(() => between.stop());
    expect(await probe(proberWith(signerWith()), between.port)).toMatchObject({ failure: 'bad-signature' });
  });

  test('of a node that cannot sign counts as without a secret', async () => {
    const { port } = await serve(undefined);
    const bytes = await captureProbe(signerWith(), { epoch: null });
    const outcome = await probe(proberWith(signerWith()), port, { epoch: null });
    expect([bytes.includes('Signed'), outcome.kind]).toEqual([false, 'answer']);
  });
});

describe('a request to look under a secret', () => {
  test('is taken once, and no copy of it', async () => {
    const { port, told } = await serve(signerWith());
    const bytes = await captureLook(signerWith());
    expect(await send(port, bytes)).toMatch(/^HTTP\/1.1 204 /);
    expect(await send(port, bytes)).toMatch(/^HTTP\/1.1 403 /);
    expect(told).toEqual(['look at c', expect.stringContaining('signature: one is a copy')]);
  });

  test('without a signature, under another secret, or for another epoch is refused', async () => {
    const { port, told } = await serve(signerWith());
    const bytes = await captureLook(signerWith());
    expect(await send(port, bytes.replace(/\r\nSigned: [^\r]*/, ''))).toMatch(/^HTTP\/1.1 403 /);
    expect(await send(port, await captureLook(signerWith(['a secret of theirs'])))).toMatch(
      /^HTTP\/1.1 403 /,
    );
    expect(await send(port, await captureLook(signerWith(), 6))).toMatch(/^HTTP\/1.1 403 /);
    expect(told).toEqual([
      expect.stringContaining('signature: one is not signed, from'),
      expect.stringContaining('signature: one is not signed with the secret'),
    ]);
  });
});

describe('two secrets', () => {
  test.each([
    ['before and at the first step', ['old-secret-of-ours'], ['old-secret-of-ours', 'new-secret-of-ours']],
    [
      'at the first and the second',
      ['old-secret-of-ours', 'new-secret-of-ours'],
      ['new-secret-of-ours', 'old-secret-of-ours'],
    ],
    ['at the second and the last', ['new-secret-of-ours', 'old-secret-of-ours'], ['new-secret-of-ours']],
  ] as const)('let nodes understand each other %s', async (_what, one, other) => {
    for (const [asking, asked] of [[one, other] as const, [other, one] as const]) {
      const { port, told } = await serve(signerWith(asked));
      expect((await probe(proberWith(signerWith(asking)), port)).kind).toBe('answer');
      expect(told).toEqual(['asked by a']);
    }
  });
});

describe('while a cluster gets its secret', () => {
  const lenient = signerWith(undefined, true);

  test.each([
    ['without one', undefined],
    ['with another one', signerWith(['a secret of theirs'])],
  ])('a node that accepts unsigned ones and a node %s hear each other', async (_what, other) => {
    const { port, told } = await serve(other);
    expect(await probe(proberWith(lenient), port)).toMatchObject({
      ...{ kind: 'answer', nodeId: 'b', unsigned: expect.stringContaining('not signed') },
    });
    expect(told.filter((line) => line.startsWith('asked'))).toHaveLength(other === undefined ? 1 : 0);
    const own = await serve(lenient);
    const asked = await probe(proberWith(undefined), own.port);
    expect([asked.kind, own.told[1]]).toEqual(['answer', 'asked by a']);
  });

  test('it and a node that accepts none hear each other', async () => {
    for (const [asking, asked] of [[lenient, signerWith()] as const, [signerWith(), lenient] as const]) {
      const { port, told } = await serve(asked);
      const outcome = await probe(proberWith(asking), port);
      expect(outcome).toMatchObject({ kind: 'answer', nodeId: 'b' });
      expect([outcome, told]).toEqual([
        expect.not.objectContaining({ unsigned: expect.anything() }),
        ['asked by a'],
      ]);
    }
  });
});
