/** Agents as a cluster on loopback: joining, dying, coming back, leaving. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RingAgent, SelfDeath } from '../../src/agent/index.ts';
import { unknownMarks } from '../../src/core/marks.ts';
import { RegistryError } from '../../src/ports/registry.ts';
import { AgentBench, ask, next, portOf } from './agent-bench.ts';

let bench: AgentBench;

beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.close());

/** What this process holds open. */
function handles(): readonly string[] {
  const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'ProcessWrap', 'Timeout'];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind));
}

async function allAnswer(...agents: readonly RingAgent[]): Promise<void> {
  await Promise.all(
    agents.map((agent) =>
      expect
        .poll(
          () =>
            agent.snapshot().monitor?.targets.filter(({ sinceAnswerMs }) => sinceAnswerMs !== null).length,
          {
            timeout: 20_000,
          },
        )
        .toBe(agents.length - 1),
    ),
  );
}

/** A verdict on a running agent: its answers end, and it may not refute. */
async function killByVerdict(victim: RingAgent, ...others: readonly RingAgent[]): Promise<void> {
  const { nodeId, epoch } = victim.snapshot();
  for (const { settings } of others) {
    const observer = await bench.registry.readNode(settings.nodeId);
    const observerEpoch = observer?.epoch ?? 0;
    const said = { observerId: settings.nodeId, observerEpoch, targetId: nodeId, targetEpoch: epoch ?? 0 };
    await bench.registry.record([
      { kind: 'dead', operationId: `${settings.nodeId}-${epoch}`, evidence: null, ...said },
    ]);
  }
  const [first] = others;
  const observerId = first?.settings.nodeId ?? '';
  const result = await bench.registry.decide({
    targetId: nodeId,
    targetEpoch: epoch ?? 0,
    observerId,
    observerEpoch: first?.snapshot().epoch ?? 0,
    minQuorum: others.length,
    isQuorumStrict: false,
    quorumWindowMs: 60_000,
    watchedSince: null,
    newestBeat: 0,
    refutationCount: null,
    maxDeadFraction: 1,
    marks: unknownMarks,
    flapWindowMs: 0,
  });
  expect(result).toMatchObject({ outcome: 'dead' });
}

describe('a cluster of agents', () => {
  it('finds a silent one dead, recovers it once, and sees it return as the next epoch', async () => {
    const recovered: string[] = [];
    const onDead = (nodeId: string, { epoch, fence }: { epoch: number; fence: number }): void => {
      recovered.push(`${nodeId} ${epoch} ${fence}`);
    };
    const [a, b, c] = [
      await bench.start('a', { onDead }),
      await bench.start('b', { onDead }),
      await bench.start('c', { onDead }),
    ];
    await allAnswer(a, b, c);
    const verdicts = [next(a, 'verdict'), next(b, 'verdict')];
    const recoveries = Promise.race([next(a, 'handler-ended'), next(b, 'handler-ended')]);
    await c.stop({ leave: false });
    expect(await c.whenStopped()).toEqual({ reason: 'stopped', error: null });
    for (const verdict of await Promise.all(verdicts))
      expect(verdict).toMatchObject({ targetId: 'c', targetEpoch: 1, voterIds: ['a', 'b'] });
    expect(await recoveries).toMatchObject({ targetId: 'c', targetEpoch: 1, outcome: 'completed' });
    expect(recovered).toEqual(['c 1 1']);

    const isOfC = ({ targetId }: { targetId: string }): boolean => targetId === 'c';
    const seenAgain = [next(a, 'recovered', isOfC), next(b, 'recovered', isOfC)];
    const again = await bench.start('c', { onDead });
    expect(again.snapshot().epoch).toBe(2);
    for (const event of await Promise.all(seenAgain)) expect(event).toMatchObject({ was: 'dead' });
    expect(recovered).toHaveLength(1);
  });

  it('never calls one dead that left, and forgets it', async () => {
    const onDead = vi.fn();
    const [a, b] = [await bench.start('a', { onDead }), await bench.start('b')];
    await allAnswer(a, b);
    const suspicions: unknown[] = [];
    a.on('dead', (statement) => {
      suspicions.push(statement);
    });
    const leaving = next(b, 'left');
    await b.stop();
    expect(await leaving).toMatchObject({ targetId: 'b', targetEpoch: 1 });
    expect(await bench.registry.readNode('b')).toMatchObject({ lifecycle: 'left' });
    await expect.poll(() => a.snapshot().monitor?.targets, { timeout: 20_000 }).toEqual([]);
    expect(suspicions).toEqual([]);
    expect(onDead).not.toHaveBeenCalled();
  });
});

describe('an agent whose epoch is over by a verdict', () => {
  it('says so, answers 503 while its hook runs, and then begins the next epoch', async () => {
    const [a, b] = [await bench.start('a'), await bench.start('b')];
    let release = (): void => {};
    const told = new Promise<SelfDeath>((resolve) => {
      const onSelfDead = (selfDeath: SelfDeath): Promise<void> => {
        resolve(selfDeath);
        return new Promise((done) => {
          release = done;
        });
      };
      bench.create('c', { onSelfDead });
    });
    const c = bench.agents[2] as RingAgent;
    await c.start();
    const selfDead = next(c, 'self-dead');
    await killByVerdict(c, a, b);
    expect(await selfDead).toEqual({ targetId: 'c', targetEpoch: 1, reason: 'verdict' });
    expect(await told).toMatchObject({ nodeId: 'c', epoch: 1, reason: 'verdict' });
    const { status, body } = await ask(portOf(c));
    expect([status, JSON.parse(body).reason]).toEqual([503, 'self-dead']);
    const joined = next(c, 'joined');
    release();
    expect(await joined).toMatchObject({ targetId: 'c', targetEpoch: 2, port: portOf(c) });
    expect(await ask(portOf(c))).toMatchObject({ body: '{"status":"ok","node":"c","epoch":2}' });
  });

  it('comes back although its hook fails, with a warning', async () => {
    const [a, b] = [await bench.start('a'), await bench.start('b')];
    const onSelfDead = (): void => {
      throw new Error('cannot stop serving');
    };
    const c = await bench.start('c', { onSelfDead });
    const warning = next(c, 'warning', ({ code }) => code === 'callback-failed');
    const joined = next(c, 'joined');
    await killByVerdict(c, a, b);
    expect((await warning).message).toMatch(/cannot stop serving/);
    expect(await joined).toMatchObject({ targetEpoch: 2 });
  });

  it('ends instead when the policy is exit, and leaves its verdict to be recovered', async () => {
    const [a, b] = [await bench.start('a'), await bench.start('b')];
    const c = await bench.start('c', { selfDeadPolicy: 'exit' });
    const port = portOf(c);
    await killByVerdict(c, a, b);
    expect(await c.whenStopped()).toEqual({ reason: 'self-dead', error: null });
    await expect(ask(port)).rejects.toThrow(/ECONNREFUSED/);
    const { verdicts } = await bench.registry.readCluster({});
    expect(verdicts).toMatchObject([{ nodeId: 'c', epoch: 1, resolution: null }]);
  });

  it('can be stopped while its hook hangs', async () => {
    const [a, b] = [await bench.start('a'), await bench.start('b')];
    const signals: SelfDeath['signal'][] = [];
    const c = await bench.start('c', {
      onSelfDead: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    await killByVerdict(c, a, b);
    await expect.poll(() => signals.length, { timeout: 20_000 }).toBe(1);
    await c.stop();
    expect(signals[0]?.aborted).toBe(true);
    expect(await c.whenStopped()).toEqual({ reason: 'stopped', error: null });
  });
});

describe('two agents with one id', () => {
  it('the second is refused, with the place of the first, and the first goes on', async () => {
    const first = await bench.start('a');
    const second = bench.create('a');
    await expect(second.start()).rejects.toMatchObject({
      code: 'node-id-in-use',
      message: expect.stringMatching(`answers at 127.0.0.1, port ${portOf(first)};.*--replace`),
    });
    expect(await second.whenStopped()).toMatchObject({ reason: 'failed', error: { code: 'node-id-in-use' } });
    expect(first.snapshot()).toMatchObject({ phase: 'running', epoch: 1 });
    expect(await bench.registry.readNode('a')).toMatchObject({ epoch: 1 });
  });

  it('the second begins at once when the first is gone without a word', async () => {
    const first = await bench.start('a');
    await first.stop({ leave: false });
    const second = await bench.start('a');
    expect(second.snapshot().epoch).toBe(2);
  });

  it('with replace the second takes over, and the first ends and does not come back', async () => {
    const first = await bench.start('a');
    const selfDead = next(first, 'self-dead');
    const second = await bench.start('a', { replace: true });
    expect(second.snapshot().epoch).toBe(2);
    expect(await selfDead).toEqual({ targetId: 'a', targetEpoch: 1, reason: 'superseded' });
    expect(await first.whenStopped()).toMatchObject({ reason: 'failed', error: { code: 'node-id-in-use' } });
    expect(await bench.registry.readNode('a')).toMatchObject({ epoch: 2, lifecycle: 'alive' });
    expect(second.snapshot().phase).toBe('running');
  });

  it('one that an operator took out of the cluster ends, and stays out', async () => {
    const agent = await bench.start('a');
    await bench.registry.leave({ nodeId: 'a', epoch: 1 });
    expect(await agent.whenStopped()).toEqual({ reason: 'removed', error: null });
    expect(await bench.registry.readNode('a')).toMatchObject({ epoch: 1, lifecycle: 'left' });
  });
});

describe('starting', () => {
  it('on a port that is taken is refused with what to do, and leaves nothing', async () => {
    const first = await bench.start('a');
    const second = bench.create('b', { port: portOf(first) });
    await expect(second.start()).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringMatching(/another process listens there/),
    });
    expect(await bench.registry.readNode('b')).toBeNull();
  });

  it('with an address that no node can ask is refused', async () => {
    for (const change of [{ address: '10.0.0.1:6001' }, { address: '0.0.0.0' }, { internalAddress: 'a b' }]) {
      await expect(bench.create('a', change).start()).rejects.toMatchObject({ code: 'config' });
    }
    expect(await bench.registry.readNode('a')).toBeNull();
  });

  it('at an address where it does not reach itself is allowed, with a warning', async () => {
    const agent = bench.create('a', {
      host: '127.0.0.1',
      address: 'localhost',
      internalAddress: '127.0.0.2',
    });
    const warning = next(agent, 'warning');
    await agent.start();
    expect((await warning).message).toMatch(/does not reach itself at 127\.0\.0\.2:\d+ .*ECONNREFUSED/);
  });

  it('at an address that no interface of this machine has is told so, with what to do', async () => {
    const agent = bench.create('a', { host: '127.0.0.1', address: '203.0.113.9' });
    const warning = next(agent, 'warning', ({ code }) => code === 'own-address');
    await agent.start();
    expect((await warning).message).toContain('no interface of this machine has that address: give one');
  });

  it('twice is refused, and the first goes on', async () => {
    const agent = await bench.start('a');
    await expect(agent.start()).rejects.toMatchObject({ code: 'already-started' });
    expect(await ask(portOf(agent))).toMatchObject({ status: 200 });
  });

  it('waits for a registry that is out of reach, and can be stopped meanwhile', async () => {
    const readNode = vi.spyOn(bench.registry, 'readNode');
    readNode.mockRejectedValue(new RegistryError('unavailable', 'no leader'));
    const agent = bench.create('a');
    const warning = next(agent, 'warning');
    const starting = agent.start();
    expect((await warning).message).toBe('cannot join the cluster yet: no leader');
    await agent.stop();
    await starting;
    readNode.mockRestore();

    const other = bench.create('b');
    vi.spyOn(bench.registry, 'join').mockRejectedValueOnce(new RegistryError('unavailable', 'no leader'));
    await other.start();
    expect(other.snapshot()).toMatchObject({ phase: 'running', epoch: 1 });
  });

  it('ends with an error that a person must mend', async () => {
    vi.spyOn(bench.registry, 'readNode').mockRejectedValue(
      new RegistryError('unauthorized', 'wrong password'),
    );
    await expect(bench.create('a').start()).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('stopping', () => {
  it('leaves no timer, socket or process, whatever was going on', async () => {
    const before = handles();
    await bench.start('a', { check: 'exit 0', checkIntervalMs: 20 });
    const waiting = bench.create('b', { check: 'sleep 60', checkIntervalMs: 20, checkTimeoutMs: 60_000 });
    const starting = waiting.start();
    await expect.poll(() => handles().includes('ProcessWrap'), { timeout: 20_000 }).toBe(true);
    await bench.close();
    await starting;
    await expect.poll(handles, { timeout: 20_000 }).toEqual(before);
  });

  it('before the start makes the start a refusal, and twice is once', async () => {
    const agent = bench.create('a');
    await agent.stop();
    await agent.stop();
    expect(await agent.whenStopped()).toEqual({ reason: 'stopped', error: null });
    await expect(agent.start()).rejects.toMatchObject({ code: 'already-started' });
  });

  it('is bounded while the registry hangs, and says that the node may be called dead', async () => {
    const agent = await bench.start('a', { registryTimeoutMs: 300 });
    vi.spyOn(bench.registry, 'leave').mockReturnValue(new Promise(() => {}));
    const warning = next(agent, 'warning');
    await agent.stop();
    expect((await warning).message).toMatch(/could not leave the cluster/);
    expect(await agent.whenStopped()).toMatchObject({
      reason: 'stopped',
      error: { name: 'RegistryError', code: 'ambiguous', message: (await warning).message },
    });
  });

  it('repeats a leave that the registry could not take at once', async () => {
    const agent = await bench.start('a');
    vi.spyOn(bench.registry, 'leave').mockRejectedValueOnce(new RegistryError('unavailable', 'no leader'));
    await agent.stop();
    expect(await bench.registry.readNode('a')).toMatchObject({ lifecycle: 'left' });
  });

  it('takes back a joining whose result it never learnt', async () => {
    const join = bench.registry.join.bind(bench.registry);
    vi.spyOn(bench.registry, 'join').mockImplementation(async (request) => {
      await join(request);
      return new Promise(() => {});
    });
    const agent = bench.create('a');
    const starting = agent.start();
    await expect.poll(() => bench.registry.readNode('a'), { timeout: 20_000 }).not.toBeNull();
    await agent.stop();
    await starting;
    expect(await bench.registry.readNode('a')).toMatchObject({ epoch: 1, lifecycle: 'left' });
  });
});
