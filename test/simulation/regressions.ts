/**
 * Worlds of the swarm that once broke a promise, each kept as a plan in the folder `plans`, so that they stay what they
 * were when the swarm draws others. Each says what was wrong then.
 */
import { readFileSync } from 'node:fs';
import type { SwarmPlan } from '../../src/sim/swarm/plan.ts';
import { planFromJson } from '../../src/sim/swarm/plan-json.ts';

export interface Regression {
  /** The seed that drew it, and the name of its plan. */
  readonly seed: number;
  /** Whether it is run again with other wall clocks. */
  readonly needsTwin?: boolean;
  /** What was wrong then. */
  readonly wrong: string;
}

export const regressions: readonly Regression[] = [
  { seed: 4, wrong: 'a target dropped with a probe in flight was probed twice at once' },
  { seed: 26, wrong: 'a walk that came back to a target sent it a second probe' },
  {
    seed: 297,
    wrong: 'a stale row of an older epoch made an observer forget what it had said',
  },
  { seed: 128, wrong: 'an observer without readings took all others for silent' },
  { seed: 244, wrong: 'a node that was back counted twice in the base of the brake' },
  { seed: 250, wrong: 'a second unresolved death of five passed the brake' },
  {
    seed: 2619,
    wrong: 'nodes that a lagging follower showed as silent were left out as voters',
  },
  { seed: 293, wrong: 'a third unresolved death of seven passed the brake' },
  { seed: 950, wrong: 'a registry clock that was set back held a lease for as long' },
  { seed: 10738, wrong: 'a suspect was forgotten while stale readings had no row of it' },
  { seed: 11637, wrong: 'no node was left to close the verdict on a former life' },
  { seed: 20, wrong: 'an owner counted its lease from the repetition of its claim' },
  {
    seed: 10,
    wrong: 'S4 promised for observers whose heartbeats do not reach the registry',
  },
  { seed: 200890, wrong: 'neighbours in maintenance used the look-ahead up' },
  { seed: 501001, wrong: 'the vote of a silent node stood for the one that was there' },
  {
    seed: 641172,
    wrong: 'nodes beyond the cap that had begun new epochs together were all probed at once',
  },
  {
    seed: 601306,
    wrong: 'dead nodes beyond the cap that came back together were all probed at once',
  },
  {
    seed: 700625,
    wrong: 'a look-ahead past nodes in maintenance grew by a row a reading, all in one round',
  },
  { seed: 500470, wrong: 'a maintenance did not end after the clock was set back' },
  {
    seed: 801163,
    wrong: 'a dead node in maintenance was forgotten when the clock jumped past its end and the window',
  },
  { seed: 802203, wrong: 'the same of a node that died in a maintenance' },
  {
    seed: 803139,
    wrong: 'L1 promised for observers that may not speak yet, in their startup grace',
  },
  {
    seed: 909189,
    wrong: 'who had come back did not see the node that a vote called dead, off the ring by then',
  },
  {
    seed: 910090,
    needsTwin: true,
    wrong: 'S7 promised for a clock that is set back in a suspension, which hides it',
  },
  { seed: 2050, wrong: 'one voice was enough after a restore, since an older order made all others silent' },
  { seed: 819, wrong: 'a vote that had been taken back counted again after a restore' },
  { seed: 2200, wrong: 'a refutation after a restore was not heard, since its count had gone back' },
  { seed: 1933, wrong: 'L1 promised for a node whose later life a restore had taken back' },
  { seed: 50767, wrong: 'after a restore a count of refutations was equal again, and hid a refutation' },
  {
    seed: 81580,
    wrong: 'after a restore a vote that had been taken back counted again, until its voter knew',
  },
  {
    seed: 50617,
    wrong: 'an observer whose full list was missed had no proof of its network, and voted for no death',
  },
  { seed: 30297, wrong: 'the same in a small cluster, whose every vote is needed' },
  {
    seed: 200187,
    wrong: 'a watch began anew with an own heartbeat that stood still, of a registry that took no writes',
  },
  {
    seed: 200175,
    wrong: 'an answer to a former epoch, which had waited for a reading, was a miss of the next one',
  },
  {
    seed: 341394,
    wrong: 'a node that a restored registry did not know raised the generation again with each reading',
  },
  {
    seed: 391211,
    wrong: 'a vote from before the clock was set back did not count, and was not said again for minutes',
  },
  {
    seed: 623804,
    wrong: 'C2 knew nothing of accusers that a lagging follower had shown to the accused',
  },
];

/** The path of the plan of that seed, from the project's folder. */
export function planPathOf(seed: number): string {
  return `test/simulation/plans/seed-${seed}.json`;
}

/** The plan that was kept of that seed. */
export function planOf(seed: number): SwarmPlan {
  return planFromJson(readFileSync(new URL(`../../${planPathOf(seed)}`, import.meta.url), 'utf8'));
}
