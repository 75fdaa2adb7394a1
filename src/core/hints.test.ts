/** Which hints were in vain. What a hint brings is tested in fresh-proof.test.ts. */
import { expect, it } from 'vitest';
import { DetectorDriver } from '../../test/harness/detector-driver.ts';

it('a hint is not in vain where the process was started anew', () => {
  const driver = new DetectorDriver(['t000', 't001', 't002', 't003'], {
    ...{ nodeId: 'self', hints: true, startupGracePeriodMs: 0, graceSparesAll: false },
    ...{ probeIntervalMs: 5_000, retryIntervalMs: 500, retryIntervalRefusedMs: 100, deadAfter: 4 },
    ...{ minSilenceMs: 2_000, answerWindowMs: 2_100 },
  });
  const hint = (): void => driver.input({ kind: 'hinted', targetId: 't000', source: 'closed' });
  driver.run(7_000);
  for (let epoch = 2; epoch <= 5; epoch++) {
    driver.silent.add('t000');
    hint();
    driver.run(100);
    driver.ring = driver.ring.map((node) => (node.id === 't000' ? { ...node, epoch } : node));
    driver.input({ kind: 'registry-changed' });
    driver.silent.clear();
    driver.run(10_000);
  }

  driver.probed.length = 0;
  hint();
  driver.run(25);
  expect(driver.probed).toMatchObject([{ id: 't000' }]);
});
