/** Seeds of the swarm that once broke a promise. What was mended is told in docs/decisions/0020 to 0022. */
export interface Regression {
  readonly seed: number;
  /** What was wrong then. */
  readonly wrong: string;
}

export const regressions: readonly Regression[] = [
  { seed: 4, wrong: 'a target dropped with a probe in flight was probed twice at once' },
  { seed: 26, wrong: 'a walk that came back to a target sent it a second probe' },
  { seed: 297, wrong: 'a stale row of an older epoch made an observer forget what it had said' },
  { seed: 128, wrong: 'an observer without readings took all others for silent' },
  { seed: 244, wrong: 'a node that was back counted twice in the base of the brake' },
  { seed: 250, wrong: 'a second unresolved death of five passed the brake' },
  { seed: 2619, wrong: 'nodes that a lagging follower showed as silent were left out as voters' },
  { seed: 293, wrong: 'a third unresolved death of seven passed the brake' },
];
