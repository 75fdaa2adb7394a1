/** The one row of what belongs to the whole cluster. */
import { select } from './rule.ts';

/** That row: its id is 1. */
export const clusterRow = select('cluster', [['id', '=']]);
