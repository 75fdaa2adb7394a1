/**
 * The answer to every commit is lost once, and the commit sent again as the rqlite client does: each writing call has its
 * effect once all the same. `test/e2e/rqlite-lost-answers.test.ts` loses the answers of real servers.
 */
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { keyOf } from '../../src/ports/columns.ts';
import type { TableName } from '../../src/ports/rows.ts';
import type { Commit, CommitResult } from '../../src/ports/store.ts';
import { StoreRegistry } from '../../src/registry/registry.ts';
import { select } from '../../src/registry/rule.ts';
import { type Life, Scene } from '../../src/testing/registry-scene.ts';

/** Does what it is told, and is told it again before it answers. */
class UnluckyStore extends MemoryStore {
  lostCount = 0;
  isUnlucky = false;

  override commit(commit: Commit): CommitResult {
    const first = super.commit(commit);
    if (!this.isUnlucky || first.outcome === 'moved') return first;
    this.lostCount++;
    return super.commit(commit);
  }
}

const now = 1_700_000_000_000;

async function open() {
  const store = new UnluckyStore(() => now);
  const registry = new StoreRegistry(store, { random: () => 0.5 });
  const noPlace = (): never => {
    throw new Error('the scene has one place only');
  };
  const stage = new Scene(registry, { open: noPlace, another: noPlace, openUnmigrated: noPlace });
  const lives = await stage.joinAll('a', 'b', 'victim', 'other');
  const [a, b, victim, other] = lives as [Life, Life, Life, Life];
  return { store, registry, stage, a, b, victim, other };
}

type Place = Awaited<ReturnType<typeof open>>;

/** What stands in the tables. A place in the order of heartbeats may be passed over, and a revision, and a refutation counted twice: any change of it is an answer. */
function contents(store: MemoryStore): unknown {
  const tables = Object.keys(keyOf) as TableName[];
  const passed = new Set(['beatOrder', 'beat', 'rev', 'refutationCount']);
  return tables.map((name) => [
    name,
    store
      .read([select(name, [])()])[0]
      .map((row) => Object.entries(row).filter(([column]) => !passed.has(column)))
      .map((row) => JSON.stringify(row))
      .toSorted(),
  ]);
}

async function died({ stage, victim, a, b }: Place): Promise<void> {
  await stage.say(a, 'dead', victim);
  await stage.say(b, 'dead', victim);
  await stage.decide(a, victim, { maxDeadFraction: 1 });
}

const prune = { maxAgeMs: 0, maxEventCount: 1_000, departedAfterMs: 0, everyMs: 60_000 };

/** What comes before, and the call. */
type Call = readonly [(place: Place) => Promise<unknown>, (place: Place) => Promise<unknown>];
const nothing = async (): Promise<void> => {};
/** The third one that the scene has given. */
const victimInstance = 'operation-3';

const calls: Readonly<Record<string, Call>> = {
  join: [nothing, ({ stage }) => stage.join('new', { instanceId: 'i' })],
  'a later join': [died, ({ stage }) => stage.join('victim', { instanceId: 'i' })],
  heartbeat: [nothing, ({ registry, a }) => registry.heartbeat(a)],
  leave: [died, ({ registry, victim }) => registry.leave(victim)],
  setHandler: [nothing, ({ registry, a }) => registry.setHandler({ ...a, hasHandler: false })],
  'the begin of a maintenance': [
    died,
    ({ registry }) => registry.setMaintenance({ nodeId: 'victim', durationMs: 60_000 }),
  ],
  'the end of a maintenance': [
    ({ registry }) => registry.setMaintenance({ nodeId: 'b', durationMs: 60_000 }),
    ({ registry }) => registry.setMaintenance({ nodeId: 'b', durationMs: 0 }),
  ],
  'a vote': [nothing, ({ stage, a, victim }) => stage.say(a, 'dead', victim)],
  'a recovered that takes a verdict back': [
    died,
    ({ stage, a, victim }) => stage.say(a, 'recovered', victim),
  ],
  refute: [nothing, ({ registry, a }) => registry.refute(a)],
  claim: [died, ({ stage, a, victim }) => stage.claim(a, victim, 'mine')],
  renew: [
    async (place) => {
      await died(place);
      await place.stage.claim(place.a, place.victim, 'mine');
    },
    ({ registry, victim }) => registry.renew({ ...victim, claimId: 'mine', fence: 1, leaseMs: 90_000 }),
  ],
  finish: [
    async (place) => {
      await died(place);
      await place.stage.claim(place.a, place.victim, 'mine');
    },
    ({ stage, victim }) => stage.finish(victim, { claimId: 'mine', fence: 1 }, 'failed', 'it rains'),
  ],
  'an obituary that the brake holds': [
    ({ stage, other, a, b }) => stage.kill(other, a, b),
    ({ stage, victim }) => stage.bury(victim, victimInstance, { maxDeadFraction: 0.01 }),
  ],
  dismiss: [
    died,
    ({ registry, victim }) => registry.dismiss({ ...victim, operatorId: 'me', operationId: 'word' }),
  ],
};

describe('a call whose answer is lost', () => {
  it.each(Object.entries(calls))(
    '%s: answers the same and has its effect once',
    async (_, [prepare, call]) => {
      const [lucky, unlucky] = [await open(), await open()];
      await prepare(lucky);
      await prepare(unlucky);
      unlucky.store.isUnlucky = true;
      expect(await call(unlucky)).toEqual(await call(lucky));
      expect(unlucky.store.lostCount).toBeGreaterThan(0);
      expect(contents(unlucky.store)).toEqual(contents(lucky.store));
    },
  );

  it('decide: tells of the one verdict, as one that stands', async () => {
    const [lucky, unlucky] = [await open(), await open()];
    await died(lucky);
    unlucky.store.isUnlucky = true;
    await died(unlucky);
    expect(contents(unlucky.store)).toEqual(contents(lucky.store));
    expect(await unlucky.stage.decide(unlucky.a, unlucky.victim)).toMatchObject({
      outcome: 'dead',
      isNew: false,
    });
  });

  it('obituary: makes one verdict, which stands', async () => {
    const [lucky, unlucky] = [await open(), await open()];
    await lucky.stage.bury(lucky.victim, victimInstance);
    unlucky.store.isUnlucky = true;
    const answer = await unlucky.stage.bury(unlucky.victim, victimInstance);
    expect(answer).toMatchObject({ outcome: 'dead', isNew: false });
    expect(contents(unlucky.store)).toEqual(contents(lucky.store));
  });

  it('prune: has pruned, and says that it was done already', async () => {
    const [lucky, unlucky] = [await open(), await open()];
    for (const { registry, b } of [lucky, unlucky]) await registry.leave(b);
    expect(await lucky.registry.prune({ ...lucky.a, ...prune })).toMatchObject({ isMine: true });
    unlucky.store.isUnlucky = true;
    expect(await unlucky.registry.prune({ ...unlucky.a, ...prune })).toMatchObject({ isMine: false });
    expect(contents(unlucky.store)).toEqual(contents(lucky.store));
  });
});
