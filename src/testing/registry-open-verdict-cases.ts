/** Cases: what is read of an open recovery, and an operator's end of it. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseOf, resolutionOf } from './registry-recovery-cases.ts';
import { leaseMs } from './registry-requests.ts';
import { five, lifeOf, scene } from './registry-scene.ts';

export const openVerdictCases: readonly RegistryContractCase[] = [
  five(
    'open verdicts that are free are read oldest first',
    async (stage, a, b, c, d, e) => {
      await stage.kill(d, a, b);
      await stage.advance(10);
      await stage.kill(c, a, b);
      await stage.advance(10);
      await stage.kill(e, a, b);
      const ids = (await stage.round(a)).openVerdicts.map(({ verdict }) => verdict.nodeId);
      expectSame(ids, ['d', 'c', 'e'], 'what is open');
    },
    ['clock'],
  ),
  scene('open verdicts that are free come before any number that are held', async (stage) => {
    const ids = Array.from({ length: 36 }, (_, index) => `n${index + 10}`);
    const lives = await stage.joinAll('a', 'b', ...ids);
    const [a, b] = [lifeOf(lives, 0), lifeOf(lives, 1)];
    const last = lifeOf(lives, lives.length - 1);
    for (const life of lives.slice(2, -1)) {
      await stage.kill(life, a, b);
      await stage.mustClaim(a, life);
    }
    await stage.kill(last, a, b);
    const { openVerdicts } = await stage.round(b);
    expectThat(openVerdicts.length <= 32, `at most 32 open verdicts, not ${openVerdicts.length}`);
    expectSame(
      openVerdicts.filter(({ isClaimable }) => isClaimable).map(({ verdict }) => verdict.nodeId),
      [last.nodeId],
      'those that are free',
    );
    expectSame(openVerdicts[0]?.verdict.nodeId, last.nodeId, 'the first');
  }),
  five('a verdict on a node in maintenance is held until its end', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.kill(d, a, b);
    const read = async (): Promise<unknown> =>
      (await stage.round(a)).openVerdicts.map(({ verdict, isClaimable }) => [verdict.nodeId, isClaimable]);
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 });
    expectSame(
      await read(),
      [
        ['d', true],
        ['c', false],
      ],
      'during it',
    );
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 0 });
    expectSame(
      await read(),
      [
        ['c', true],
        ['d', true],
      ],
      'after it',
    );
  }),
  five('a long error is cut to 1,000 characters', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const text = `'"🦊${'x'.repeat(2_000)}`;
    await stage.finish(c, await stage.mustClaim(a, c), 'failed', text);
    const [open] = (await stage.round(a)).openVerdicts;
    expectSame(open?.verdict.lastError, text.slice(0, 1_000), 'what was kept');
  }),
  five('an error is kept without half characters, wherever it is cut', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const text = `\ude00 ${'x'.repeat(997)}😀`;
    expectSame(
      await stage.finish(c, await stage.mustClaim(a, c), 'failed', text),
      'recorded',
      'the end of the first attempt',
    );
    const [open] = (await stage.round(a)).openVerdicts;
    expectSame(open?.verdict.lastError, `\ufffd ${'x'.repeat(997)}`, 'what was kept');
  }),
  five('an operator dismisses an open verdict, even one that is being handled', async (stage, a, b, c) => {
    const dismiss = (): Promise<boolean> =>
      stage.registry.dismiss({ ...c, operatorId: 'me', operationId: stage.newId() });
    expectSame(await dismiss(), false, 'without a verdict');
    await stage.kill(c, a, b);
    const lease = await stage.mustClaim(a, c);
    expectSame(await dismiss(), true, 'an open one');
    expectSame(await resolutionOf(stage, 'c'), 'dismissed', 'its resolution');
    expectSame(
      await stage.registry.renew({ ...leaseOf(c, lease), leaseMs }),
      { outcome: 'lost' },
      'the lease',
    );
    expectSame(await stage.finish(c, lease), 'lost', 'its end');
    expectSame(await dismiss(), false, 'a second time');
    const closed = (await stage.events()).find(({ kind }) => kind === 'verdict-closed');
    expectLike(
      closed,
      { observerId: 'me', targetId: 'c', targetEpoch: 1, detail: { resolution: 'dismissed' } },
      'the event',
    );
  }),
];
