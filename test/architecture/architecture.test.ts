import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readMarkdown, tablesOf } from '../docs/markdown.ts';
import { findViolations } from './check.ts';
import { findUndocumented } from './documentation.ts';
import { importTable, pureParts, typeOnlyEdges } from './table.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the tree', () => {
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));
  const files = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

  test('keeps the import table and the other rules', () => {
    expect(files.size).toBeGreaterThan(10);
    expect(findViolations(files)).toEqual([]);
  });

  test('has a sentence on every name that the entry points reach', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, { readonly default?: string }>;
    };
    const entries = Object.values(exports)
      .map((entry) => entry.default?.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'))
      .filter((path) => path !== undefined);

    expect(entries).toContain('src/index.ts');
    expect(entries.filter((path) => !files.has(path))).toEqual([]);
    expect(findUndocumented(files, entries)).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const parts = Object.keys(importTable);
  const { text } = readMarkdown('ARCHITECTURE.md');
  const rowsUnder = (second: string): readonly (readonly string[])[] =>
    tablesOf(text).find(({ header }) => header[1] === second)?.rows ?? [];
  /** The parts that a cell names; `adapters/*` is each adapter, and `all but` names the others. */
  const partsIn = (cell: string): string[] => {
    const named = [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) =>
      name.endsWith('/*') ? parts.filter((part) => part.startsWith(name.slice(0, -1))) : [name],
    );
    return (cell.startsWith('all but') ? parts.filter((part) => !named.includes(part)) : named).toSorted();
  };

  test('says what each part is', () => {
    expect(
      rowsUnder('what it is')
        .flatMap(([part = '']) => partsIn(part))
        .toSorted(),
    ).toEqual(parts.toSorted());
  });

  test('says who may import whom as the import table does', () => {
    const documented = rowsUnder('may import').flatMap(([part = '', others = '']) =>
      partsIn(part).map((name) => [name, partsIn(others).filter((other) => other !== name)] as const),
    );

    expect(documented.map(([part]) => part).toSorted()).toEqual(parts.toSorted());
    for (const [part, others] of documented)
      expect([part, others]).toEqual([part, importTable[part]?.toSorted()]);
  });

  test('says which edges carry types only, and which parts are pure', () => {
    const typeOnly = rowsUnder('may import').filter(([, others = '']) => others.endsWith('types only'));
    const pure = /^(`core`[^.]*) are pure:/m.exec(text)?.[1] ?? '';

    expect(typeOnly.map(([part = '', others = '']) => [partsIn(part)[0], partsIn(others)])).toEqual(
      Object.entries(typeOnlyEdges),
    );
    expect(partsIn(pure)).toEqual(pureParts.toSorted());
  });
});

describe('the checker', () => {
  const good: Readonly<Record<string, string>> = {
    'src/core/a.ts': '/** A. */\nexport const a = 1;\n',
    'src/ports/b.ts': "/** B. */\nimport type { A } from '../core/a.ts';\nexport type B = A;\n",
    'src/monitor/c.ts': "/** C. */\nimport { a } from '../core/a.ts';\nexport const c = a;\n",
    'src/adapters/sqlite/d.ts':
      "/** D. */\nimport Database from 'libsql';\nimport 'node:fs';\nexport const d = Database;\n",
    'src/core/a.test.ts': "import { c } from '../monitor/c.ts';\nexport default Date.now();\n",
  };
  const withFile = (path: string, text: string): string[] =>
    findViolations(new Map(Object.entries({ ...good, [path]: text })));

  test('has nothing to say about a good tree, tests included', () => {
    expect(findViolations(new Map(Object.entries(good)))).toEqual([]);
  });

  test.each([
    ['an import', "import { c } from '../monitor/c.ts'; export const x = c;"],
    ['a type import', "import type { C } from '../monitor/c.ts'; export type X = C;"],
    ['a re-export', "export { c } from '../monitor/c.ts';"],
    ['a dynamic import', "export const x = () => import('../monitor/c.ts');"],
    ['an import type', "export type X = import('../monitor/c.ts').C;"],
    ['a cast to an import type', "export const x = 1 as unknown as import('../monitor/c.ts').C;"],
  ])('sees %s that the table forbids', (_, text) => {
    expect(withFile('src/core/x.ts', `/** X. */\n${text}\n`)).toEqual([
      'src/core/x.ts: core may not import monitor (../monitor/c.ts)',
    ]);
  });

  test.each([
    ['Date', 'Date.now()'],
    ['Date', 'new Date()'],
    ['Date', 'new Date(...[])'],
    ['Date', 'Date()'],
    ['Date', '[Date].map((D) => new D())'],
    ['Math.random', 'Math.random()'],
    ['Math.random', "Math['random']()"],
    ['Math.random', '(({ random }) => random())(Math)'],
    ['Math.exp', 'Math.exp(1)'],
    ['Math.pow', 'Math.pow(2, 0.5)'],
    ['the power operator', '3 ** 0.5'],
    ['the power operator', '[(a: number) => (a **= 3)]'],
    ['performance', 'performance.now()'],
    ['globalThis', "globalThis['Date'].now()"],
    ['getHours', '(at: Date) => at.getHours()'],
    ['localeCompare', "'a'.localeCompare('b')"],
    ['Intl', 'new Intl.DateTimeFormat()'],
  ])('sees the impurity %s in a pure part: %s', (name, expression) => {
    expect(withFile('src/core/x.ts', `/** X. */\nexport const x = ${expression};\n`)).toEqual([
      `src/core/x.ts: uses ${name}, but core is pure`,
    ]);
  });

  test('lets pure parts speak of dates, of exact mathematics and of whole powers of two', () => {
    const text =
      '/** `Date.now()` is not used here. */\nexport const x = (at: Date | number, y: typeof globalThis): number =>\n  at instanceof Date ? Math.floor(at.getTime()) + Date.UTC(2026, 1) + new Date(0).getUTCHours() + Math.sqrt(2 ** 3) : at + { Date: 1 }.Date + (y ? 1 : 0);\n';
    expect(withFile('src/core/x.ts', text)).toEqual([]);
  });

  test('lets adapters read the clock', () => {
    expect(withFile('src/adapters/system/x.ts', '/** X. */\nexport const x = Date.now();\n')).toEqual([]);
  });

  test.each([
    ['src/core/x.ts', "import 'node:fs';", 'imports node:fs, but core is pure'],
    ['src/sim/x.ts', "import 'libsql';", 'imports libsql, but sim is pure'],
    [
      'src/sim/x.ts',
      "import '../adapters/system/s.ts';",
      'sim may not import adapters/system (../adapters/system/s.ts)',
    ],
    [
      'src/adapters/sqlite/x.ts',
      "import '../rqlite/r.ts';",
      'adapters/sqlite may not import adapters/rqlite (../rqlite/r.ts)',
    ],
    ['src/adapters/http/x.ts', "import 'undici';", 'adapters/http may not use the package undici'],
    [
      'src/agent/x.ts',
      "import '../adapters/http/h.ts';",
      'agent may not import adapters/http (../adapters/http/h.ts)',
    ],
    ['src/cli/x.ts', "import '@scope/name/deep';", 'cli may not use the package @scope/name/deep'],
    [
      'src/cli/x.ts',
      'export const x = (name: string) => import(name);',
      'cli may not use the package (computed)',
    ],
    [
      'src/ports/x.ts',
      "import { a } from '../core/a.ts'; export const x = a;",
      'ports may import only types of core (../core/a.ts)',
    ],
    ['src/core/x.ts', "import './a.js';", 'imports ./a.js without its .ts extension'],
    ['src/core/x.ts', "import '../../test/y.ts';", 'imports ../../test/y.ts, which is outside src'],
    ['src/core/x.ts', "import './a.test.ts';", 'imports the test ./a.test.ts'],
    ['src/core/x.ts', 'export default 1;', 'default is not allowed; export an explicit list of names'],
    [
      'src/core/x.ts',
      'const x = 1; export { x as default };',
      'default is not allowed; export an explicit list of names',
    ],
    ['src/core/x.ts', "export * from './a.ts';", 'export * is not allowed; export an explicit list of names'],
    ['src/core/utils.ts', '', 'is called utils; name the one idea that it holds'],
    ['src/core/types/x.ts', '', 'is called types; name the one idea that it holds'],
    ['src/core/WatchList.ts', '', 'WatchList.ts is not in kebab-case'],
    ['src/server/x.ts', '', 'the folder server has no row in the import table'],
    ['src/core/x.ts', '\n'.repeat(299), 'has 301 lines, at most 300 are allowed'],
  ])('sees in %s: %s', (path, text, what) => {
    expect(withFile(path, `/** X. */\n${text}\n`)).toEqual([`${path}: ${what}`]);
  });

  test('asks for a first line that says what a file is', () => {
    expect(withFile('src/core/x.ts', 'export const x = 1;\n')).toEqual([
      'src/core/x.ts: does not begin with a comment that says what it is',
    ]);
  });

  test('sees import cycles, of types too', () => {
    const files = {
      'src/core/x.ts': "/** X. */\nimport type { Y } from './y.ts';\nexport type X = Y;\n",
      'src/core/y.ts': "/** Y. */\nimport type { Z } from './z.ts';\nexport type Y = Z;\n",
      'src/core/z.ts': "/** Z. */\nimport type { X } from './x.ts';\nexport type Z = X;\n",
    };
    expect(findViolations(new Map(Object.entries(files)))).toEqual([
      'src/core/x.ts: import cycle src/core/x.ts -> src/core/y.ts -> src/core/z.ts -> src/core/x.ts',
    ]);
  });
});

describe('the search for names without a sentence', () => {
  const found = (text: string): string[] =>
    findUndocumented(
      new Map([
        ['src/index.ts', "/** All. */\nexport { a as b } from './core/a.ts';\n"],
        ['src/core/a.ts', `/** A file. */\nimport type { X } from './x.ts';\n${text}\n`],
        ['src/core/x.ts', 'export interface X {}\nexport interface Y {}\n'],
      ]),
      ['src/index.ts'],
    );

  test.each([
    ['a function', 'export function a(): void {}', ['a']],
    ['a constant', '// Why.\nexport const a = 1;', ['a']],
    ['a type', 'export type a = 1;', ['a']],
    ['what a signature mentions', '/** A. */\nexport function a(x: readonly X[]): void {}', ['X']],
    ['a base', '/** A. */\nexport interface a extends X {}', ['X']],
    ['a base class that is hidden', '/** A. */\nexport class a extends B {}\nclass B { x(): X {} }', ['X']],
    ['a method', '/** A. */\nexport class a {\n  on(): void {}\n  get it(): void {}\n}', ['a.on', 'a.it']],
  ])('sees %s', (_, text, names) => {
    const expected = names.map(
      (name) => `src/core/${name === 'X' ? 'x' : 'a'}.ts: ${name} has no doc comment`,
    );
    expect(found(text)).toEqual(expected);
  });

  test('passes over what users do not see', () => {
    const members = '#x: X; #y(): X {} constructor() {} override z(): void { const x: X = 1; }';
    expect(found(`/** A. */\nexport class a extends B {\n  ${members}\n}\nexport class B {}`)).toEqual([
      'src/core/a.ts: B has no doc comment',
    ]);
  });
});
