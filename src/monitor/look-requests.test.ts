import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import type { NodeRecord } from '../core/node.ts';
import { newPeer } from '../core/peer.ts';
import { resolveSettings } from '../core/settings/config.ts';
import { newDetector } from '../core/state.ts';
import type { LookRequest, MessageReceiver } from '../ports/messenger.ts';
import type { Neighbors } from '../ports/registry.ts';
import { inputOfLook, LookRequests } from './look-requests.ts';

const nodeOf = (id: string, change: Partial<NodeRecord> = {}): NodeRecord => ({
  ...{ id, address: `10.0.0.${id.charCodeAt(0)}`, port: null, epoch: 2, lifecycle: 'alive' },
  ...{ decisionCount: 0, beatOrder: 0, refutationCount: 0, obituary: null, isNamed: true },
  ...change,
});

function setUp(neighbors: Neighbors | null, hasMessenger = true) {
  const clock = new ManualClock();
  const sent: [MessageReceiver, LookRequest][] = [];
  let readCount = 0;
  const messenger = {
    send: (receiver: MessageReceiver, message: LookRequest) => void sent.push([receiver, message]),
  };
  const looks = new LookRequests({
    ...{ settings: resolveSettings({ nodeId: 'c' }), clock },
    ...(hasMessenger ? { messenger } : {}),
    calls: {
      readNeighbors: async () => {
        readCount++;
        return neighbors;
      },
    },
    self: () => ({ nodeId: 'c', epoch: 4 }),
  });
  const ask = () => looks.askOthers({ kind: 'ask-others', targetId: 'd', targetEpoch: 2, isNoticed: false });
  return { clock, ask, sent, readCount: () => readCount };
}

const around: Neighbors = {
  predecessors: [nodeOf('c'), nodeOf('b', { port: 7_000 }), nodeOf('a', { isNamed: false })],
  successors: [nodeOf('e'), nodeOf('b', { port: 7_000 })],
};

describe('at a miss', () => {
  it('the other observers and the successors are asked, each once, and no node without an agent', async () => {
    const { ask, sent } = setUp(around);
    await ask();
    expect(sent.map(([{ id, port }]) => [id, port])).toEqual([
      ['b', 7_000],
      ['e', 6_001],
    ]);
    expect(sent[0]?.[1]).toEqual({ kind: 'look', targetId: 'd', targetEpoch: 2, isNoticed: false });
  });

  it('who they are is read eight times at once at most, and then once a second', async () => {
    const { clock, ask, readCount } = setUp(around);
    for (let count = 0; count < 20; count++) await ask();
    expect(readCount()).toBe(8);
    await clock.run(1_000);
    for (let count = 0; count < 5; count++) await ask();
    expect(readCount()).toBe(9);
  });

  it('nothing is read without a way to send', async () => {
    const { ask, readCount } = setUp(around, false);
    await ask();
    expect(readCount()).toBe(0);
  });

  it('none is asked while the registry does not tell who they are', async () => {
    const { ask, sent } = setUp(null);
    await ask();
    expect(sent).toEqual([]);
  });
});

describe('a request to look', () => {
  const state = { ...newDetector(4), peers: new Map([['d', newPeer(nodeOf('d'))]]), watching: ['d'] };
  const from = { nodeId: 'b', epoch: 1 };
  const inputOf = (targetId: string, targetEpoch: number, sender = from) =>
    inputOfLook({ kind: 'look', targetId, targetEpoch }, sender, 'c', state);

  it('at a watched target is a hint', () => {
    const hint = { kind: 'hinted', targetId: 'd', source: 'observer' };
    expect([inputOf('d', 2), inputOf('d', 3)]).toEqual([hint, hint]);
  });

  it('at a target that can know of it says so', () => {
    const look = { kind: 'look', targetId: 'd', targetEpoch: 2, isNoticed: true } as const;
    expect(inputOfLook(look, from, 'c', state)).toMatchObject({ kind: 'hinted', isNoticed: true });
  });

  it('at this node says that it may be accused', () => {
    expect(inputOf('c', 4)).toEqual({ kind: 'self-suspected' });
  });

  it.each([
    ['an unknown node', 'stranger', 1],
    ['an epoch that is over', 'd', 1],
    ['an old epoch of this node', 'c', 3],
    ['an epoch of this node that has not begun', 'c', 5],
  ])('at %s is ignored', (_what, targetId, targetEpoch) => {
    expect(inputOf(targetId, targetEpoch)).toBeNull();
  });

  it('that this node would have sent itself is ignored', () => {
    expect(inputOf('d', 2, { nodeId: 'c', epoch: 4 })).toBeNull();
  });
});
