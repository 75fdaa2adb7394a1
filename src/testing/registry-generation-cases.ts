/**
 * Cases: a registry that lacks what a node knows of it, as after a backup was restored. Here nodes know of more than there
 * ever was; that is the same to a registry.
 */
import { beginOf } from '../core/fence.ts';
import type { KnownProgress, RaiseResult } from '../ports/registry.ts';
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseOf, refused } from './registry-recovery-cases.ts';
import { leaseMs, tries } from './registry-requests.ts';
import { five, type Life, type Scene } from './registry-scene.ts';

/** What a node knows of a registry that it has just read. */
async function knownBy(stage: Scene, life: Life): Promise<KnownProgress> {
  const { progress, ownBeat } = await stage.round(life);
  const { fence, newestEvent } = progress;
  return { fence, newestEvent, newestBeat: ownBeat?.order ?? 0 };
}

function raise(
  stage: Scene,
  by: Life,
  known: KnownProgress | null,
  epochFloor = 0,
  registry = stage.registry,
): Promise<RaiseResult> {
  return registry.raise({ ...by, known, epochFloor });
}

/** The same, with a little more of one kind. */
function more(known: KnownProgress, what: keyof KnownProgress): KnownProgress {
  return { ...known, [what]: known[what] + 1 };
}

function claimWith(stage: Scene, owner: Life, target: Life, known: KnownProgress, claimId = stage.newId()) {
  const { nodeId, epoch } = target;
  const [ownerId, ownerEpoch] = [owner.nodeId, owner.epoch];
  return stage.registry.claim({ nodeId, epoch, ownerId, ownerEpoch, claimId, leaseMs, known, ...tries });
}

const kinds = ['fence', 'newestEvent', 'newestBeat'] as const;
const wentBack = { outcome: 'pending', reason: 'went-back' };

export const generationCases: readonly RegistryContractCase[] = [
  five('a reading says how far the registry has come', async (stage, a, b, c) => {
    const before = await knownBy(stage, a);
    expectSame(before.fence, 0, 'the fence at first');
    await stage.kill(c, a, b);
    await stage.mustClaim(a, c);
    await stage.beat(a);
    const after = await knownBy(stage, a);
    expectSame(after.fence, 1, 'the fence after a claim');
    const { events } = await stage.registry.readEvents({ after: null, limit: 1 });
    expectThat(after.newestEvent > before.newestEvent, 'a later line of the log', { before, after });
    expectThat(events.length === 1, 'one line', events);
    expectThat(after.newestBeat > before.newestBeat, 'a later place', { before, after });
  }),
  five('a registry with all that a node knows of is of the same generation', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.mustClaim(a, c);
    const known = await knownBy(stage, a);
    await stage.say(b, 'suspect', a);
    expectSame(await raise(stage, a, known), 'current', 'the answer');
    expectSame(await knownBy(stage, a), { ...known, newestEvent: known.newestEvent + 1 }, 'what is known');
    expectSame((await stage.round(b)).statements.length, 2, 'what was said');
  }),
  ...kinds.map((what) =>
    five(`the generation is raised once where the registry lacks the ${what}`, async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      const lease = await stage.mustClaim(a, c);
      await stage.say(a, 'suspect', d);
      const known = more(await knownBy(stage, a), what);
      const other = await stage.another();
      const results = await Promise.all(
        [0, 1, 2, 3].map((index) => raise(stage, a, known, 0, index % 2 === 0 ? stage.registry : other)),
      );
      expectSame(results.filter((result) => result === 'raised').length, 1, 'how often it was raised');
      expectSame(await raise(stage, a, known), 'current', 'the same once more');
      expectSame((await knownBy(stage, b)).fence, beginOf(1), 'the fence');
      const told = (await stage.events()).filter(({ kind }) => kind === 'registry-went-back');
      expectSame(told.length, 1, 'the lines of the log');
      expectLike(told[0], { observerId: 'a', targetId: null }, 'the line');
      expectLike(told[0]?.detail, { generation: 1 }, 'its facts');
      expectSame((await stage.round(a)).statements, [], 'what was said before');
      expectLike(
        await stage.registry.renew({ ...leaseOf(c, lease), leaseMs }),
        { outcome: 'renewed' },
        'a lease of the registry',
      );
    }),
  ),
  five('every fence of a new generation is above all that was known', async (stage, a, b, c, d) => {
    const lost = { ...(await knownBy(stage, a)), fence: 7_000 };
    expectSame(await raise(stage, a, lost), 'raised', 'the first time');
    await stage.kill(c, a, b);
    expectLike(await stage.claim(a, c), { outcome: 'claimed', fence: beginOf(1) + 1 }, 'the first claim');
    // One that had read a much later generation before another backup was restored.
    const later = { ...(await knownBy(stage, b)), fence: beginOf(41) + 3 };
    expectSame(await raise(stage, b, later), 'raised', 'the second time');
    await stage.registry.prune({ ...a, maxAgeMs: 1, maxEventCount: 1, departedAfterMs: 1, everyMs: 0 });
    await stage.say(a, 'dead', d);
    await stage.say(b, 'dead', d);
    expectLike(await stage.decide(a, d, { maxDeadFraction: 1 }), { outcome: 'dead' }, 'a verdict');
    expectLike(await stage.claim(b, d), { outcome: 'claimed', fence: beginOf(42) + 1 }, 'the next claim');
  }),
  five('an older epoch in its own row shows a node that the registry went back', async (stage, a) => {
    const known = await knownBy(stage, a);
    const later = { nodeId: 'a', epoch: a.epoch + 3 };
    expectSame(await raise(stage, later, { ...known, newestBeat: 0 }), 'raised', 'the answer');
    expectSame(await stage.registry.heartbeat(later), 'forgotten', 'its heartbeat');
    expectSame(await stage.registry.heartbeat(a), 'beating', 'the heartbeat of the older epoch');
    expectSame(await stage.registry.heartbeat({ nodeId: 'x', epoch: 1 }), 'forgotten', 'that of no row');
  }),
  five('epochs that begin are above all that was known', async (stage, a, b) => {
    const known = await knownBy(stage, a);
    expectSame(await raise(stage, a, more(known, 'fence'), 9), 'raised', 'the answer');
    expectSame((await stage.round(a)).progress.epochFloor, 9, 'the floor');
    expectSame((await stage.join('b')).epoch, 10, 'an epoch');
    expectSame((await stage.join('new')).epoch, 10, 'the epoch of a new node');
    const now = await knownBy(stage, a);
    expectSame(await raise(stage, a, now, 15), 'current', 'a higher floor, where nothing is missing');
    const lifting = { ...a, known: now, liftsFloor: true };
    expectSame(await stage.registry.raise({ ...lifting, epochFloor: 12 }), 'current', 'to lift it');
    expectSame(await stage.registry.raise({ ...lifting, epochFloor: 11 }), 'current', 'to a lower one');
    expectSame((await stage.join('b')).epoch, 13, 'the next epoch');
    expectSame((await stage.join('b', { newestEpoch: 20 })).epoch, 21, 'that of a process that knows more');
    expectSame((await knownBy(stage, a)).fence, beginOf(1), 'the fence');
    expectThat(b.epoch === 1, 'the first epoch', b);
  }),
  ...kinds.map((what) =>
    five(
      `nothing is decided or claimed by one whose ${what} the registry lacks`,
      async (stage, a, b, c, d) => {
        await stage.kill(c, a, b);
        await stage.say(a, 'dead', d);
        await stage.say(b, 'dead', d);
        const known = more(await knownBy(stage, a), what);
        const asked = { maxDeadFraction: 1, known, newestBeat: known.newestBeat };
        expectSame(await stage.decide(a, d, asked), wentBack, 'the decision');
        expectSame(await claimWith(stage, a, c, known), refused('went-back'), 'the claim');
        const now = await knownBy(stage, a);
        expectLike(
          await claimWith(stage, a, c, now),
          { outcome: 'claimed', fence: 1 },
          'by one that knows less',
        );
      },
    ),
  ),
  five(
    'nothing is decided or claimed by what was known of an earlier generation',
    async (stage, a, b, c, d) => {
      const known = await knownBy(stage, a);
      await stage.kill(c, a, b);
      expectSame(await raise(stage, b, null), 'raised', "an operator's word");
      await stage.say(a, 'dead', d);
      await stage.say(b, 'dead', d);
      const asked = { maxDeadFraction: 1, known, newestBeat: known.newestBeat };
      expectSame(await stage.decide(a, d, asked), wentBack, 'the decision');
      expectSame(await claimWith(stage, a, c, known), refused('went-back'), 'the claim');
      const now = await knownBy(stage, a);
      const again = { ...asked, known: now };
      expectLike(await stage.decide(a, d, again), { outcome: 'dead' }, 'the decision after a reading');
      expectLike(await claimWith(stage, a, c, now), { outcome: 'claimed' }, 'the claim after a reading');
    },
  ),
  five(
    'a follower of the log is told once that it went back, and goes on from the line that says so',
    async (stage, a, b) => {
      const { registry } = stage;
      const read = (after: string | null) => registry.readEvents({ after, limit: 10 });
      const { cursor: before } = await read(null);
      expectSame(await raise(stage, a, null), 'raised', 'the answer');
      await stage.say(a, 'suspect', b);
      const told = await read(before);
      expectSame([told.wentBack, told.events], [true, []], 'the next page');
      const next = await read(told.cursor);
      expectSame(
        [next.wentBack, next.events.map(({ kind }) => kind)],
        [false, ['registry-went-back', 'suspect']],
        'the one after it',
      );
      for (const cursor of [next.cursor, next.events.at(-1)?.cursor ?? '']) {
        const last = await read(cursor);
        expectSame([last.wentBack, last.events], [false, []], 'the page after the end');
      }
      const first = await read(null);
      expectSame([first.wentBack, first.events.length], [false, 7], 'the log from its start');
    },
  ),
  five('a follower is told once also before any node has found it', async (stage, a, b) => {
    const { registry } = stage;
    const read = (after: string | null) => registry.readEvents({ after, limit: 10 });
    const { cursor: end } = await read(null);
    // As the log was before a backup was restored.
    const told = await read(String(Number(end) + 50));
    expectSame([told.wentBack, told.events], [true, []], 'the first page');
    await stage.say(a, 'suspect', b);
    const next = await read(told.cursor);
    expectSame(
      [next.wentBack, next.events.map(({ kind }) => kind)],
      [false, ['suspect']],
      'the one after it',
    );
    expectSame(await raise(stage, a, null), 'raised', 'the answer');
    const last = await read(next.cursor);
    expectSame(
      [last.wentBack, last.events.map(({ kind }) => kind)],
      [false, ['registry-went-back']],
      'the page after a node has found it',
    );
  }),
  five(
    'a log that was pruned has not gone back',
    async (stage, a, b) => {
      await stage.say(a, 'suspect', b);
      const known = await knownBy(stage, a);
      await stage.advance(86_400_000);
      await stage.registry.prune({ ...a, maxAgeMs: 1, maxEventCount: 0, departedAfterMs: 1, everyMs: 0 });
      expectSame(await stage.eventKinds(), ['suspect'], 'what is left of the log');
      expectSame(await raise(stage, a, known), 'current', 'the answer');
    },
    ['clock'],
  ),
];
