/** Cases: a verdict that is made while something else is written about its node. Each comes before the other, or after it. */
import type { Registry } from '../ports/registry.ts';
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { decideRequest, joinRequest } from './registry-requests.ts';
import { type Life, type Scene, scene } from './registry-scene.ts';

const targetCount = 16;

/** Lets others run for so many turns, so that calls meet at different places. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** A case in which several nodes have two votes against them, are asked about, and something else happens to each. */
function race(
  title: string,
  act: (registry: Registry, target: Life, id: string) => Promise<unknown>,
  check: (stage: Scene, target: Life, kinds: readonly string[]) => Promise<void>,
): RegistryContractCase {
  return scene(title, async (stage) => {
    const ids = Array.from({ length: targetCount }, (_, index) => `n${index}`);
    const [a, b, ...targets] = (await stage.joinAll('a', 'b', ...ids)) as [Life, Life, ...Life[]];
    for (const target of targets) for (const observer of [a, b]) await stage.say(observer, 'dead', target);
    const other = await stage.another();
    await Promise.all(
      targets.flatMap((target, index) => {
        const question = decideRequest(a, target, { maxDeadFraction: 1, refutationCount: 0 });
        const then = turns(4 * index).then(() => act(other, target, stage.newId()));
        return [stage.registry.decide(question), then];
      }),
    );
    for (const target of targets) {
      const { events } = await stage.registry.readEvents({
        after: null,
        limit: 1_000,
        nodeId: target.nodeId,
      });
      const kinds = events.slice(3).map(({ kind }) => kind);
      await check(stage, target, kinds);
    }
  });
}

/** Every other one leaves, the others begin their next epoch. */
function endEpoch(registry: Registry, { nodeId, epoch }: Life, index: number, id: string): Promise<unknown> {
  if (index % 2 === 0) return registry.leave({ nodeId, epoch });
  return registry.join(joinRequest(nodeId, id, { afterEpoch: epoch }));
}

/** The verdict comes before the other event, or not at all. */
function expectBefore(kinds: readonly string[], other: string): void {
  const verdict = kinds.indexOf('verdict');
  expectThat(verdict < kinds.indexOf(other), `no verdict after ${other}`, kinds);
}

export const raceCases: readonly RegistryContractCase[] = [
  race(
    'a node that joins while it is found dead is alive in its next epoch',
    (registry, { nodeId, epoch }, id) => registry.join(joinRequest(nodeId, id, { afterEpoch: epoch })),
    async (stage, target, kinds) => {
      expectBefore(kinds, 'joined');
      expectLike(
        await stage.registry.readNode(target.nodeId),
        { epoch: 2, lifecycle: 'alive', decisionCount: 0 },
        target.nodeId,
      );
    },
  ),
  race(
    'a node that leaves while it is found dead has left',
    (registry, target) => registry.leave(target),
    async (stage, target, kinds) => {
      expectBefore(kinds, 'left');
      expectLike(await stage.registry.readNode(target.nodeId), { lifecycle: 'left' }, target.nodeId);
    },
  ),
  race(
    'a node that is put into maintenance is not found dead after that',
    (registry, { nodeId }) => registry.setMaintenance({ nodeId, durationMs: 60_000 }),
    async (stage, target, kinds) => {
      expectBefore(kinds, 'maintenance');
      const lifecycle = kinds.includes('verdict') ? 'dead' : 'maintenance';
      expectLike(await stage.registry.readNode(target.nodeId), { lifecycle }, target.nodeId);
    },
  ),
  race(
    'a vote that is taken back is not counted after that',
    (registry, { nodeId, epoch }, operationId) =>
      registry.record([
        {
          operationId,
          observerId: 'a',
          observerEpoch: 1,
          kind: 'recovered',
          targetId: nodeId,
          targetEpoch: epoch,
          evidence: null,
          knownDecision: 0,
        },
      ]),
    async (stage, target, kinds) => {
      expectBefore(kinds, 'recovered');
      const lifecycle = kinds.includes('verdict') ? 'dead' : 'alive';
      expectLike(await stage.registry.readNode(target.nodeId), { lifecycle }, target.nodeId);
    },
  ),
  scene('a voter that leaves or begins its next epoch is not counted after that', async (stage) => {
    const ids = Array.from({ length: targetCount }, (_, index) => `n${index}`);
    const targets = await stage.joinAll(...ids);
    const asker = await stage.join('asker');
    const voters = await stage.joinAll(...ids.map((id) => `voter of ${id}`));
    for (const [index, voter] of voters.entries())
      for (const observer of [asker, voter]) await stage.say(observer, 'dead', targets[index] as Life);
    const other = await stage.another();
    await Promise.all(
      voters.flatMap((voter, index) => [
        stage.decide(asker, targets[index] as Life, { maxDeadFraction: 1 }),
        turns(4 * index).then(() => endEpoch(other, voter, index, stage.newId())),
      ]),
    );
    const told = (await stage.events()).map(({ kind, observerId, targetId }) =>
      kind === 'verdict' ? `verdict on ${targetId}` : `${kind} ${observerId}`,
    );
    for (const [index, id] of ids.entries()) {
      const end = told.lastIndexOf(`${index % 2 === 0 ? 'left' : 'joined'} voter of ${id}`);
      expectThat(
        told.indexOf(`verdict on ${id}`) < end,
        `no verdict on ${id} after its voter was over`,
        told,
      );
    }
  }),
  scene(
    'a verdict that is claimed while its node comes back or leaves is either under its lease or closed',
    async (stage) => {
      const ids = Array.from({ length: targetCount }, (_, index) => `n${index}`);
      const [a, b, ...targets] = (await stage.joinAll('a', 'b', ...ids)) as [Life, Life, ...Life[]];
      for (const target of targets) await stage.kill(target, a, b);
      const other = await stage.another();
      await Promise.all(
        targets.flatMap((target, index) => [
          stage.claim(a, target),
          index % 2 === 0
            ? other.join(joinRequest(target.nodeId, stage.newId(), { afterEpoch: target.epoch }))
            : other.leave(target),
        ]),
      );
      const { verdicts } = await stage.registry.readCluster({});
      for (const { nodeId, resolution, attemptCount } of verdicts) {
        const closed =
          targets.findIndex((target) => target.nodeId === nodeId) % 2 === 0 ? 'superseded' : 'left';
        expectSame(resolution, attemptCount === 0 ? closed : null, `the verdict on ${nodeId}`);
      }
    },
  ),
  scene('an owner that leaves or begins its next epoch gets no lease after that', async (stage) => {
    const ids = Array.from({ length: targetCount }, (_, index) => `n${index}`);
    const [a, b, ...targets] = (await stage.joinAll('a', 'b', ...ids)) as [Life, Life, ...Life[]];
    const owners = await stage.joinAll(...ids.map((id) => `owner of ${id}`));
    for (const target of targets) await stage.kill(target, a, b);
    const other = await stage.another();
    await Promise.all(
      owners.flatMap((owner, index) => [
        turns(index).then(() => stage.claim(owner, targets[index] as Life)),
        endEpoch(other, owner, index, stage.newId()),
      ]),
    );
    const told = (await stage.events()).map(({ kind, observerId }) => `${kind} ${observerId}`);
    for (const [index, { nodeId }] of owners.entries()) {
      const end = told.lastIndexOf(`${index % 2 === 0 ? 'left' : 'joined'} ${nodeId}`);
      expectThat(told.indexOf(`claimed ${nodeId}`) < end, `no claim of ${nodeId} after it was over`, told);
    }
  }),
  scene('a silent node that is back is a voter from then on', async (stage) => {
    const ids = Array.from({ length: targetCount }, (_, index) => `n${index}`);
    const [a, c, ...targets] = (await stage.joinAll('a', 'c', ...ids)) as [Life, Life, ...Life[]];
    for (const target of targets) await stage.say(a, 'dead', target);
    const watch = await stage.watchFrom(a);
    const other = await stage.another();
    const questions = targets.map(async (target, index) => {
      await turns(4 * index);
      return stage.decide(a, target, { ...watch, maxDeadFraction: 1 });
    });
    await turns(2 * targetCount);
    await other.join(joinRequest('c', stage.newId(), { afterEpoch: c.epoch }));
    const answers = await Promise.all(questions);
    const told = (await stage.events()).map(({ kind, targetId }) => `${kind} ${targetId}`);
    const later = told.slice(told.lastIndexOf('joined c')).filter((line) => line.startsWith('verdict'));
    expectSame(later, [], 'the verdicts by one vote after it');
    for (const answer of answers) {
      if (answer.outcome !== 'dead')
        expectSame(
          answer,
          { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 },
          'another answer',
        );
    }
  }),
];
