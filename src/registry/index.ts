/** What a registry on another database is made of: all rules, over a store of one's own. */
export { type ColumnKind, columnsOf, keyOf } from '../ports/columns.ts';
export type {
  AccusationRow,
  ClusterRow,
  EventRow,
  ForeignEventRow,
  ListedRow,
  NodeRow,
  OperationRow,
  RecoveryRow,
  Rows,
  SharedEventRow,
  SharedNodeRow,
  TableName,
  VerdictRow,
  VoteRow,
} from '../ports/rows.ts';
export {
  type Awaitable,
  type Change,
  type Changes,
  type Commit,
  type CommitResult,
  type Comparison,
  type Freshness,
  type Guard,
  Plus,
  type Query,
  type QueryShape,
  type Results,
  type Store,
  Taken,
  type Value,
  type Write,
} from '../ports/store.ts';
export { Problems } from './problems.ts';
export { StoreRegistry } from './registry.ts';
export type { StoreRegistryOptions } from './registry-options.ts';
