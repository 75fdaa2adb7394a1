import { afterEach, describe, expect, it } from 'vitest';
import { HttpProber } from '../../src/adapters/http/index.ts';
import { createAbort } from '../../src/adapters/system/index.ts';
import { type ProberHarness, proberContract } from '../../src/testing/prober-contract.ts';
import { deserted, RawTarget, respondAs } from './prober-targets.ts';

const targets: RawTarget[] = [];
const probers: HttpProber[] = [];

const harness: ProberHarness = {
  createProber: () => {
    const prober = new HttpProber();
    probers.push(prober);
    return prober;
  },
  createTarget: async (behaviour) => {
    const target = await RawTarget.start(respondAs(behaviour));
    targets.push(target);
    return target;
  },
  createDeserted: deserted,
  createAbort,
  now: () => performance.now(),
};

afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.stop()));
});

describe('the HTTP prober keeps the contract:', () => {
  it.each(proberContract)('$title', async ({ run }) => {
    await run(harness);
    expect(probers.splice(0).map(({ connectionCount }) => connectionCount)).toEqual([0]);
  });
});
