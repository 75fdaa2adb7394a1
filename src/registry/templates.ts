/** Every list of queries that nodes ask again and again. */
import { importCheckQueries, importedNodeQueries, importQueries } from './original/import.ts';
import { roundQueries } from './round.ts';
import type { Template } from './template.ts';

/** A round's, and those of an import that finds little. */
export const templates: readonly Template[] = [
  roundQueries,
  importCheckQueries,
  importQueries,
  importedNodeQueries,
];
