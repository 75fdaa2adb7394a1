import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SqliteExecutor } from '../sqlite/executor.ts';
import { SqlRegistry } from './registry.ts';

it("the brake's base counts every open verdict, also those past the page that is shown", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-reading-'));
  const executor = await SqliteExecutor.open(join(folder, 'cluster.db'), { now: () => 1_000_000 });
  try {
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    await executor.transact([
      {
        sql: `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 250)
          INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at_ms, decision_count, quorum, votes, fence,
            lease_until_ms, attempt_count, next_attempt_at_ms, has_returned, returned_after_event_id)
          SELECT 'n' || i, 1, 900000, 1, 2, '[]', 0, 0, 0, 0, 0, 0 FROM c`,
        values: [],
      },
    ]);
    const cluster = await registry.readCluster({ membershipWindowMs: 60_000 });
    expect(cluster.verdicts).toHaveLength(200);
    expect([cluster.unresolvedCount, cluster.memberCount]).toEqual([250, 250]);
  } finally {
    await executor.close();
    await rm(folder, { recursive: true, force: true });
  }
});
