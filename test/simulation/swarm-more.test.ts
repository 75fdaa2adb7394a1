/** More seeds of the swarm, in a file of their own so that the test runner can use another core. */
import { describe, it } from 'vitest';
import { expectSeedsKept } from './swarm-seeds.ts';

describe.skipIf(process.env['SWARM_SEEDS'] !== undefined)('every promise is kept', () => {
  it('by the worlds of the seeds 41 to 80', { timeout: 600_000 }, () => expectSeedsKept(41, 80));
});
