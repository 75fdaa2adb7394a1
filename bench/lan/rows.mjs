/** What each row of the table is: how it is measured, and how its cells read. */
import { figure, median } from '../table.mjs';
import { conditions, idle, suffer } from './conditions.mjs';
import { gone, hung, kill, owner, pauses } from './deaths.mjs';

/** By name, in the order in which they run. `cells` are lines of the table: a title and what stands in its cell. */
export const rows = {
  idle: {
    run: idle,
    cells: ({ bytes, packets }) => [
      ['idle: bytes sent a second, median of the nodes / most', spread(bytes)],
      ['idle: packets sent a second', spread(packets)],
    ],
  },
  kill: {
    run: kill,
    cells: (row) => [
      ['SIGKILL: to the first verdict', times(row.first, row)],
      ['SIGKILL: to the last node that knows', times(row.last)],
      ["SIGKILL: from the first verdict to the handler's first line", times(row.handler)],
      ['SIGKILL: runs of the handler for a death', spread(row.runs)],
      ['SIGKILL: from the return to the last node that knows', times(row.back)],
    ],
  },
  gone: {
    run: gone,
    cells: (row) => [['host gone: to the first verdict', times(row.first, row)]],
  },
  hung: {
    run: hung,
    cells: (row) => [['process stopped: to the first verdict', times(row.first, row)]],
  },
  pauses: {
    run: pauses,
    cells: ({ count, convicted, reports }) => [
      ['pauses of 6 s: found dead', `${convicted} of ${count} (${reports} reports)`],
    ],
  },
  owner: {
    fits: ({ system, members }) => system.hasOwners && members.length >= 5,
    run: owner,
    cells: (row) => [['owner killed in its handler: to the next one', times(row.next, row)]],
  },
  ...Object.fromEntries(
    Object.entries(conditions).map(([name, { title }]) => [
      name,
      {
        run: (cluster, options) => suffer(cluster, name, options),
        cells: (row) => [
          [`${title}: reports of a suspicion`, String(row.suspicions)],
          [`${title}: healthy ones found dead`, `${row.healthyConvicted} (${row.reports} reports)`],
          [`${title}: the same, by healthy ones`, String(row.byHealthy)],
          [`${title}: the hurt one found dead, by others`, String(row.hurtConvicted)],
          [`${title}: runs of the handler`, `${row.runs}${row.isHealed ? '' : ', not healed in 180 s'}`],
        ],
      },
    ]),
  ),
};

/** Seconds: median / worst (how many), then what went wrong. */
function times(values, { missed = 0, others = 0, lost = 0 } = {}) {
  const parts = [values.length === 0 ? '-' : `${spread(values)} s (${values.length})`];
  if (missed > 0) parts.push(`${missed} never`);
  if (lost > 0) parts.push(`${lost} not back for all in 120 s`);
  if (others > 0) parts.push(`${others} reports of healthy ones`);
  return parts.join(', ');
}

function spread(values) {
  return values.length === 0 ? '-' : `${figure(median(values))} / ${figure(Math.max(...values))}`;
}
