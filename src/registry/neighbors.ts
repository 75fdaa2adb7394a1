/** Who stands around a node on the ring: its observers before it, and the nodes that it observes behind it. */
import type { Neighbors, NeighborsRequest } from '../ports/neighbors.ts';
import type { NodeRow } from '../ports/rows.ts';
import { recordOf } from './node-row.ts';
import { ahead, aroundStart, onRing } from './round.ts';
import { answer, ask, type Rule, select } from './rule.ts';

const behind = select('nodes', [...onRing, ['nodeId', '<']], {
  orderBy: [['nodeId', 'desc']],
  isLimited: true,
});
const aroundEnd = select('nodes', [...onRing, ['nodeId', '>']], {
  orderBy: [['nodeId', 'desc']],
  isLimited: true,
});

/** Reads them as one request. The node itself need not be on the ring. */
export function readNeighbors({ nodeId, count }: NeighborsRequest, now: number): Rule<Neighbors> {
  const values = ['alive', now, nodeId, count] as const;
  return ask(
    [behind(...values), aroundEnd(...values), ahead(...values), aroundStart(...values)],
    ([before, last, after, first]) => {
      const nearest = (rows: readonly NodeRow[]) => rows.slice(0, count).map((row) => recordOf(row, now));
      return answer({
        predecessors: nearest([...before, ...last]),
        successors: nearest([...after, ...first]),
      });
    },
  );
}
