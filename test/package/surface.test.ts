/** What each entry point exports, written down, so that a change of it is a deliberate one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { root } from './packed.ts';

const surface: Readonly<Record<string, readonly string[]>> = {
  '.': [
    'ConfigError',
    'MemoryRegistry',
    'Monitor',
    'MonitorStateError',
    'RegistryError',
    'openRegistry',
    'pingAnswer',
    'pingPath',
    'presets',
    'resolveSettings',
    'ringNeighbors',
    'validateConfig',
  ],
  './sqlite': ['openSqliteRegistry'],
  './rqlite': ['openRqliteRegistry'],
  './postgres': ['PostgresRegistry', 'openPostgresRegistry'],
  './agent': [
    'Agent',
    'AgentStateError',
    'ListenError',
    'NodeIdInUseError',
    'commandHandler',
    'commandSelfDeadHook',
  ],
  './store': ['Plus', 'Problems', 'StoreRegistry', 'Taken', 'columnsOf', 'keyOf'],
  './testing': ['proberContract', 'registryCasesFor', 'registryContract'],
  './sim': [
    'ExperimentOptionsError',
    'World',
    'always',
    'evenly',
    'experimentOptions',
    'experimentPresets',
    'idsInARow',
    'latencies',
    'nodeIdsOf',
    'partOf',
    'racksOf',
    'registryHost',
    'runExperiment',
    'runSlowGrid',
    'runSwarmSeed',
    'schedule',
    'seededRandom',
    'slowGrid',
    'storyLine',
    'summarize',
  ],
};

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { readonly types: string; readonly default: string }>;
};

test('the entry points are those of this list', () => {
  expect(Object.keys(exports)).toEqual([...Object.keys(surface), './package.json']);
});

test.each(Object.entries(surface))('%s exports what this list says', async (subpath, names) => {
  const entry = exports[subpath];
  const file = typeof entry === 'object' ? entry.default : '';
  const module = (await import(pathToFileURL(join(root, file)).href)) as object;

  expect(Object.keys(module).toSorted()).toEqual(names.toSorted());
});
