/**
 * The shared tables as a node that runs the original uses them: for tests and for trying a mixed cluster by hand.
 * Not for: anything that Ringwatch itself decides or writes.
 */

import { timestamp } from '../../registry/original/time.ts';
import type { SqlExecutor } from './executor.ts';
import { sql } from './sql.ts';

/** A row of `dns_nodes`. */
export interface OriginalNodeRow {
  readonly id: string;
  readonly ipAddress: string | null;
  readonly internalIp: string | null;
  readonly status: string;
  readonly lastSeen: string;
}

/** A row of `node_health_events`. */
export interface OriginalEventRow {
  readonly observerId: string;
  readonly targetId: string;
  readonly status: string;
  readonly createdAt: string;
}

/** What is not given takes the original's own defaults. */
type Given<Row, Needed extends keyof Row> = Pick<Row, Needed> & Partial<Row>;

/** Reads and writes the shared tables over an executor; the tables must exist. */
export function originalRows(executor: SqlExecutor) {
  return {
    async putNode(node: Given<OriginalNodeRow, 'id' | 'ipAddress'>): Promise<void> {
      const lastSeen = node.lastSeen ?? timestamp(await executor.now());
      // The column allows no NULL where the tables are as the original's owner makes them.
      await executor.transact([
        sql`INSERT INTO dns_nodes (id, ip_address, internal_ip, status, last_seen)
          VALUES (${node.id}, ${node.ipAddress ?? ''}, ${node.internalIp ?? null}, ${node.status ?? 'active'}, ${lastSeen})
          ON CONFLICT (id) DO UPDATE SET ip_address = excluded.ip_address, internal_ip = excluded.internal_ip,
            status = excluded.status, last_seen = excluded.last_seen`,
      ]);
    },

    async removeNode(id: string): Promise<void> {
      await executor.transact([sql`DELETE FROM dns_nodes WHERE id = ${id}`]);
    },

    async readNode(id: string): Promise<OriginalNodeRow | null> {
      const [result] = await executor.read(
        [
          sql`SELECT ip_address, internal_ip, status, CAST(last_seen AS TEXT) AS last_seen
            FROM dns_nodes WHERE id = ${id}`,
        ],
        'committed',
      );
      const row = result?.rows[0];
      if (row === undefined) return null;
      const internalIp = row['internal_ip'];
      return {
        id,
        ipAddress: textOf(row['ip_address']),
        internalIp: typeof internalIp === 'string' ? internalIp : null,
        status: textOf(row['status']),
        lastSeen: textOf(row['last_seen']),
      };
    },

    async appendEvent(event: Given<OriginalEventRow, 'observerId' | 'targetId' | 'status'>): Promise<void> {
      const createdAt = event.createdAt ?? timestamp(await executor.now());
      await executor.transact([
        sql`INSERT INTO node_health_events (observer_id, target_id, status, created_at)
          VALUES (${event.observerId}, ${event.targetId}, ${event.status}, ${createdAt})`,
      ]);
    },

    async readEvents(): Promise<OriginalEventRow[]> {
      const [result] = await executor.read(
        [
          sql`SELECT observer_id, target_id, status, CAST(created_at AS TEXT) AS created_at
            FROM node_health_events ORDER BY id`,
        ],
        'committed',
      );
      return (result?.rows ?? []).map((row) => ({
        observerId: textOf(row['observer_id']),
        targetId: textOf(row['target_id']),
        status: textOf(row['status']),
        createdAt: textOf(row['created_at']),
      }));
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value);
}
