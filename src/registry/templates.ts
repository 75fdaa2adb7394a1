/** What nodes ask and write again and again. */
import type { Commit } from '../ports/store.ts';
import { sampleBeat } from './membership.ts';
import { importedNodeQueries, importQueries } from './original/import.ts';
import { roundQueries } from './round.ts';
import type { Template } from './template.ts';

/** A round's, and those of an import that finds little. */
export const templates: readonly Template[] = [roundQueries, importQueries, importedNodeQueries];

/** A heartbeat of a node that keeps its row of the shared table, and one of a node that does not. */
export const sampleCommits: readonly Commit[] = [true, false].map((keepsShared) => {
  const { operationIds, guards, writes } = sampleBeat(keepsShared);
  return { operationIds, guards, writes, now: 0 };
});
