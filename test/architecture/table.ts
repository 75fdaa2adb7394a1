/** Who may import whom: the one fence of this project. Each part may always import itself. */

/** The adapters of one technology each. */
const adapters = [
  'adapters/http',
  'adapters/memory',
  'adapters/postgres',
  'adapters/rqlite',
  'adapters/sql',
  'adapters/sqlite',
  'adapters/system',
] as const;

/** Parts by the folder of `src` that they live in; `index` is `src/index.ts`. A folder that is not here is a violation. */
export const importTable: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ports: ['core'],
  monitor: ['core', 'ports'],
  testing: ['core', 'ports'],
  sim: ['core', 'ports', 'monitor', 'adapters/memory'],
  registry: ['core', 'ports'],
  'adapters/memory': ['core', 'ports', 'registry'],
  'adapters/sql': ['core', 'ports', 'registry'],
  'adapters/sqlite': ['core', 'ports', 'adapters/sql'],
  'adapters/rqlite': ['core', 'ports', 'adapters/sql'],
  'adapters/postgres': ['core', 'ports', 'adapters/sql'],
  'adapters/http': ['core', 'ports'],
  'adapters/system': ['core', 'ports'],
  agent: ['core', 'ports', 'monitor'],
  library: ['core', 'ports', 'monitor', 'agent', ...adapters],
  index: ['core', 'ports', 'monitor', 'library', ...adapters],
  cli: ['core', 'ports', 'monitor', 'library', 'agent', 'sim', 'index', ...adapters],
};

/** Parts without I/O, clock or chance of their own: no packages and nothing of Node either. */
export const pureParts: readonly string[] = [
  'core',
  'ports',
  'monitor',
  'registry',
  'adapters/memory',
  'testing',
  'sim',
];

/** Edges that carry types only: what is on the right exists for the part on the left at compile time alone. */
export const typeOnlyEdges: Readonly<Record<string, readonly string[]>> = { ports: ['core'] };

/** Which part may use which package; a reason for each stands in docs/decisions/0002-dependencies.md. */
export const packageTable: Readonly<Record<string, readonly string[]>> = {
  'adapters/sqlite': ['libsql'],
  'adapters/rqlite': ['undici'],
  'adapters/postgres': ['pg'],
  cli: ['commander', 'log-update', 'pino'],
};
