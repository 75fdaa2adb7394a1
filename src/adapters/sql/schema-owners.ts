/** The step of the schema that every SQL database shares: when a lease ends with its owner. */

import { sql } from './sql.ts';
import type { SqlStatement } from './statement.ts';

/** Adds the columns; `integer` is the database's type of whole numbers up to 2^53. Leases of before end as they would have. */
export function ownerColumns(integer: string): readonly SqlStatement[] {
  return [
    { sql: `ALTER TABLE ringwatch_verdicts ADD COLUMN hold_ms ${integer} NOT NULL DEFAULT 0`, values: [] },
    sql`ALTER TABLE ringwatch_verdicts ADD COLUMN is_owner_over INTEGER NOT NULL DEFAULT 0`,
    sql`CREATE INDEX ringwatch_verdicts_owned ON ringwatch_verdicts (owner_id)
      WHERE claim_id IS NOT NULL AND resolution IS NULL`,
  ];
}
