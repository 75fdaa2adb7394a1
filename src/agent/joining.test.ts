import { describe, expect, it, vi } from 'vitest';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import { createAbort } from '../adapters/system/index.ts';
import { resolveSettings } from '../core/settings/config.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import type { ProbeOutcome } from '../ports/prober.ts';
import { type JoinRequest, type Registry, RegistryError } from '../ports/registry.ts';
import { type Joining, type JoiningOptions, joinCluster } from './joining.ts';

const endpoint = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
const elsewhere = { ...endpoint, address: '10.0.0.2' };
const refused: ProbeOutcome = { kind: 'failure', failure: 'refused', detail: 'refused' };
const silence: ProbeOutcome = { kind: 'failure', failure: 'no-answer', detail: 'no answer' };
const sick: ProbeOutcome = { kind: 'failure', failure: 'status', detail: 'HTTP 503' };

function answerOf(nodeId: string | null): ProbeOutcome {
  return { kind: 'answer', nodeId, epoch: nodeId === null ? null : 1 };
}

function setUp(outcome: ProbeOutcome = silence) {
  const clock = new ManualClock();
  const registry: Registry = new MemoryRegistry({ now: () => clock.wallNow() });
  const probe = vi.fn(async (_target: { address: string; port: number }) => outcome);
  const scope = new CancelScope(clock);
  const failures: unknown[] = [];
  const settings = resolveSettings({ nodeId: 'a' });
  const random = { next: () => Math.random() };
  const start = (change: Partial<JoiningOptions> = {}) => {
    const state: { result?: Joining; error?: unknown } = {};
    joinCluster({
      ...{ settings, registry, scope, endpoint },
      ports: { clock, random, createAbort, prober: { probe, close: async () => {} } },
      hasHandler: false,
      ...{ clusterName: 'ringwatch', settingsDigest: 'lan 1' },
      replace: false,
      previous: null,
      onFailure: (error) => failures.push(error),
      ...change,
    }).then(
      (result) => {
        state.result = result;
      },
      (error: unknown) => {
        state.error = error;
      },
    );
    return state;
  };
  const joinOther = (change: Partial<JoinRequest> = {}) =>
    registry.join({
      nodeId: 'a',
      ...elsewhere,
      isNamed: true,
      hasHandler: false,
      instanceId: 'other',
      afterEpoch: 0,
      ...change,
    });
  return { clock, registry, probe, scope, failures, start, joinOther };
}

describe('joining', () => {
  it('begins the first epoch of a new node, and says where it is', async () => {
    const { clock, registry, start, probe } = setUp();
    const joining = start();
    await clock.run(0);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 1 });
    expect(await registry.readNode('a')).toMatchObject({
      address: '10.0.0.1',
      port: 6001,
      epoch: 1,
      isNamed: true,
    });
    expect(probe).not.toHaveBeenCalled();
  });

  it('gives the digest of its settings, and tells which nodes have others', async () => {
    const { clock, registry, start, joinOther } = setUp();
    await joinOther({ nodeId: 'b', settings: 'wan 2' });
    const joining = start();
    await clock.run(0);
    const differing = [{ nodeId: 'b', epoch: 1, settings: 'wan 2' }];
    expect(joining.result).toMatchObject({ kind: 'joined', differing });
    expect(await registry.readNode('a')).toMatchObject({ settings: 'lan 1' });
  });

  it('is refused by the registry of another cluster, with what to do', async () => {
    const { clock, registry, start, joinOther } = setUp();
    await joinOther({ nodeId: 'b' });
    const joining = start({ clusterName: 'prod' });
    await clock.run(0);
    expect(joining.error).toMatchObject({ code: 'invalid', message: expect.stringContaining('"prod"') });
    expect(await registry.readNode('a')).toBeNull();
  });

  it('begins the next epoch after one that has left, without a question', async () => {
    const { clock, registry, start, joinOther, probe } = setUp(answerOf('a'));
    await joinOther();
    await registry.leave({ nodeId: 'a', epoch: 1 });
    const joining = start();
    await clock.run(0);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 2 });
    expect(probe).not.toHaveBeenCalled();
  });

  it('begins the next epoch when the heartbeat of the last is old', async () => {
    const { clock, start, joinOther, probe } = setUp(answerOf('a'));
    await joinOther();
    await clock.run(100_000);
    const joining = start();
    await clock.run(0);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 2 });
    expect(probe).not.toHaveBeenCalled();
  });

  it('is refused while another instance answers as this node, and says where that is and what to do', async () => {
    const { clock, start, joinOther, probe } = setUp(answerOf('a'));
    await joinOther();
    const joining = start();
    await clock.run(0);
    expect(probe.mock.calls[0]?.[0]).toEqual({ id: 'a', address: '10.0.0.2', port: 6001 });
    expect(joining.error).toMatchObject({ name: 'NodeIdInUseError', code: 'node-id-in-use' });
    expect(String(joining.error)).toMatch(/10\.0\.0\.2, port 6001.*--replace/);
  });

  it('is refused by any answer where the row is one of the original, whose answer has no id', async () => {
    const { clock, start, joinOther } = setUp(answerOf(null));
    await joinOther({ isNamed: false });
    const joining = start();
    await clock.run(0);
    expect(joining.error).toMatchObject({ code: 'node-id-in-use' });
  });

  it('replaces a live instance when asked to', async () => {
    const { clock, start, joinOther, probe } = setUp(answerOf('a'));
    await joinOther();
    const joining = start({ replace: true });
    await clock.run(0);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 2 });
    expect(probe).not.toHaveBeenCalled();
  });

  it('takes a refused connection as proof that the other instance is gone', async () => {
    const { clock, start, joinOther } = setUp(refused);
    await joinOther();
    const joining = start();
    await clock.run(0);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 2 });
  });

  it('knows that no other process can be at its own endpoint, since it listens there', async () => {
    const { clock, start, joinOther } = setUp(sick);
    await joinOther(endpoint);
    const joining = start();
    await clock.run(0);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 2 });
  });

  it.each([
    ['silence', silence],
    ['an unhealthy answer', sick],
    ['an answer of another node', answerOf('b')],
    ['an answer without an id', answerOf(null)],
  ])('after %s watches the heartbeat, and is refused when it moves', async (_, outcome) => {
    const { clock, registry, start, joinOther } = setUp(outcome);
    await joinOther();
    const joining = start();
    await clock.run(20_000);
    expect(joining).toEqual({});
    await registry.heartbeat({ nodeId: 'a', epoch: 1 });
    await clock.run(6_000);
    expect(joining.error).toMatchObject({ code: 'node-id-in-use' });
    expect(String(joining.error)).toMatch(/still sends heartbeats/);
  });

  it('after silence joins when the heartbeat has stood still for one and a half intervals', async () => {
    const { clock, start, joinOther } = setUp(silence);
    await joinOther();
    const joining = start();
    await clock.run(44_000);
    expect(joining).toEqual({});
    await clock.run(1_500);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 2 });
  });

  it('does not ask about an epoch of its own process that the cluster has found dead', async () => {
    const { clock, start, joinOther, probe } = setUp(answerOf('a'));
    await joinOther({ instanceId: 'mine' });
    const joining = start({ previous: { epoch: 1, instanceId: 'mine' } });
    await clock.run(0);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 2 });
    expect(probe).not.toHaveBeenCalled();
  });

  it('is refused by the instance that has replaced it, even at its own address', async () => {
    const { clock, registry, start, joinOther } = setUp(sick);
    await joinOther({ ...endpoint, instanceId: 'mine' });
    await joinOther({ ...endpoint, instanceId: 'newer', afterEpoch: 1 });
    const joining = start({ previous: { epoch: 1, instanceId: 'mine' } });
    await clock.run(10_000);
    await registry.heartbeat({ nodeId: 'a', epoch: 2 });
    await clock.run(10_000);
    expect(joining.error).toMatchObject({ code: 'node-id-in-use' });
  });

  it('does not come back after an operator took the node out', async () => {
    const { clock, registry, start, joinOther } = setUp();
    await joinOther({ instanceId: 'mine' });
    await registry.leave({ nodeId: 'a', epoch: 1 });
    const joining = start({ previous: { epoch: 1, instanceId: 'mine' } });
    await clock.run(0);
    expect(joining.result).toEqual({ kind: 'removed' });
  });
});

describe('joining through a registry with faults', () => {
  it('goes on asking for ever, less and less often, and tells of each failure', async () => {
    const { clock, registry, start, failures } = setUp();
    const readNode = vi.spyOn(registry, 'readNode');
    readNode.mockRejectedValue(new RegistryError('unavailable', 'no leader'));
    const joining = start();
    await clock.run(3_600_000);
    expect(joining).toEqual({});
    expect(failures.length).toBeGreaterThan(300);
    expect(failures.length).toBeLessThan(400);
    readNode.mockRestore();
    await clock.run(10_000);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 1 });
  });

  it('takes the epoch that a join with an unknown result has begun after all', async () => {
    const { clock, registry, start } = setUp();
    const join = registry.join.bind(registry);
    vi.spyOn(registry, 'join').mockImplementationOnce(async (request) => {
      await join(request);
      throw new RegistryError('ambiguous', 'cut off');
    });
    const joining = start();
    await clock.run(1_000);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 1 });
    expect(await registry.readNode('a')).toMatchObject({ epoch: 1 });
  });

  it.each([
    ['fails', () => Promise.reject(new RegistryError('ambiguous', 'cut off'))],
    ['never comes', () => new Promise<never>(() => {})],
  ])('tells which nodes have other settings also where the answer to its join %s', async (_, answer) => {
    const { clock, registry, start, joinOther } = setUp();
    await joinOther({ nodeId: 'b', settings: 'wan 2' });
    const join = registry.join.bind(registry);
    vi.spyOn(registry, 'join').mockImplementationOnce(async (request) => {
      await join(request);
      return answer();
    });
    const joining = start();
    await clock.run(1_000);
    const differing = [{ nodeId: 'b', settings: 'wan 2' }];
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 1, differing });
  });

  it('does not wait for long to be told of other settings, once it has found its join', async () => {
    const { clock, registry, start } = setUp();
    const join = registry.join.bind(registry);
    vi.spyOn(registry, 'join').mockImplementation(async (request) => {
      await join(request);
      return new Promise(() => {});
    });
    const joining = start();
    await clock.run(1_000);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 1, differing: [] });
  });

  it('finds within a second that a join has taken effect whose answer is lost', async () => {
    const { clock, registry, start } = setUp();
    const join = registry.join.bind(registry);
    const joinSpy = vi.spyOn(registry, 'join').mockImplementationOnce(async (request) => {
      await join(request);
      return new Promise(() => {});
    });
    const joining = start();
    await clock.run(1_000);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 1 });
    expect(joinSpy.mock.calls[1]).toEqual(joinSpy.mock.calls[0]);
    expect(joinSpy).toHaveBeenCalledTimes(2);
  });

  it('waits for the answer to a join that is slow, whatever the looks beside it show', async () => {
    const { clock, registry, start } = setUp();
    const join = registry.join.bind(registry);
    vi.spyOn(registry, 'join').mockImplementationOnce(async (request) => {
      await new Promise<void>((resolve) => void clock.setTimer(3_000, resolve));
      return join(request);
    });
    const joining = start();
    await clock.run(1_000);
    vi.spyOn(registry, 'readNode').mockRejectedValueOnce(new RegistryError('unavailable', 'no leader'));
    await clock.run(1_900);
    expect(joining).toEqual({});
    await clock.run(200);
    expect(joining.result).toMatchObject({ kind: 'joined', epoch: 1 });
    expect(clock.timerCount).toBe(0);
  });

  it('looks again when another instance was faster, and gives up after five times', async () => {
    const { clock, registry, start } = setUp();
    const join = vi.spyOn(registry, 'join');
    join.mockResolvedValue({ outcome: 'conflict', newestEpoch: 9 });
    const joining = start();
    await clock.run(1_000);
    expect(join).toHaveBeenCalledTimes(5);
    expect(joining.error).toMatchObject({ code: 'node-id-in-use' });
  });

  it.each(['unauthorized', 'schema', 'invalid'] as const)(
    'ends at once for "%s", which a person must mend',
    async (code) => {
      const { clock, registry, start, failures } = setUp();
      vi.spyOn(registry, 'readNode').mockRejectedValue(new RegistryError(code, 'no'));
      const joining = start();
      await clock.run(1_000);
      expect(joining.error).toMatchObject({ code });
      expect(failures).toEqual([]);
    },
  );

  it('stops at once while the registry hangs, and says that it may have joined', async () => {
    const { clock, registry, start, scope } = setUp();
    vi.spyOn(registry, 'join').mockReturnValue(new Promise(() => {}));
    const joining = start();
    await clock.run(1_000);
    scope.cancel();
    await settle();
    expect(joining.result).toEqual({ kind: 'stopped', instanceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(clock.timerCount).toBe(0);
  });

  it('says that it may have joined also when the registry is out of reach since', async () => {
    const { clock, registry, start, scope } = setUp();
    vi.spyOn(registry, 'join').mockRejectedValueOnce(new RegistryError('ambiguous', 'cut off'));
    const joining = start();
    await clock.run(0);
    vi.spyOn(registry, 'readNode').mockRejectedValue(new RegistryError('unavailable', 'no leader'));
    await clock.run(1_000);
    scope.cancel();
    await settle();
    expect(joining.result).toEqual({ kind: 'stopped', instanceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  it('stops at once while it watches a heartbeat, having joined nothing', async () => {
    const { clock, start, joinOther, scope } = setUp(silence);
    await joinOther();
    const joining = start();
    await clock.run(10_000);
    scope.cancel();
    await settle();
    expect(joining.result).toEqual({ kind: 'stopped', instanceId: null });
    expect(clock.timerCount).toBe(0);
  });
});
