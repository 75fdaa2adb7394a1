/** Every type that an entry point mentions can be imported from one, unless it is private to its file. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import { root } from './packed.ts';

type Node = { readonly type: string; readonly [key: string]: unknown };

/** What one declaration file declares, and what its names of other files mean. */
interface Module {
  readonly declared: ReadonlyMap<string, Node>;
  readonly imported: ReadonlyMap<string, { readonly file: string; readonly name: string }>;
  readonly exported: ReadonlyMap<string, string>;
  /** Exported as types, whatever they are. */
  readonly typesOnly: ReadonlySet<string>;
}

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { readonly types: string }>;
};
const modules = new Map<string, Module>();
/** A simulated world shows all of its inner parts, for looking at them; nothing of a program is typed by them. */
const left = ['./package.json', './sim'];
const subpaths = Object.keys(exports).filter((subpath) => !left.includes(subpath));
const everywhere = new Set(subpaths.flatMap((subpath) => publicOf(entryFile(subpath))));

test.each(subpaths)('the types that %s mentions are exported', (subpath) => {
  const open = publicOf(entryFile(subpath));
  const built = new Set(publicOf(entryFile(subpath), 'value'));
  const known = new Set(everywhere);
  const missing = new Set<string>();
  expect(open.length).toBeGreaterThan(0);
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const [file = '', name = ''] = key.split('#');
    const declaration = moduleOf(file).declared.get(name);
    if (declaration === undefined) continue;
    for (const { mentioned, isPart } of mentionsOf(declaration, built.has(key))) {
      const found = resolve(file, mentioned);
      if (found === null || known.has(found)) continue;
      known.add(found);
      if (isPart || isPrivate(found)) open.push(found);
      else missing.add(`${relative(root, file)}: ${name} mentions ${mentioned}`);
    }
  }
  expect([...missing]).toEqual([]);
});

function isPrivate(key: string): boolean {
  const [file = '', name = ''] = key.split('#');
  return ![...moduleOf(file).exported.values()].includes(name);
}

function entryFile(subpath: string): string {
  const entry = exports[subpath];
  if (typeof entry !== 'object') throw new Error(`${subpath} has no types`);
  return join(root, entry.types);
}

function publicOf(file: string, kind: 'value' | 'any' = 'any'): string[] {
  const { exported, typesOnly } = moduleOf(file);
  const names = [...exported.keys()].filter((name) => kind === 'any' || !typesOnly.has(name));
  return names.flatMap((name) => resolveExport(file, name) ?? []);
}

function resolveExport(file: string, name: string): string | null {
  const local = moduleOf(file).exported.get(name);
  return local === undefined ? null : resolve(file, local);
}

/** `file#name` of the declaration; null for a type parameter or a name of the platform. */
function resolve(file: string, name: string): string | null {
  const { declared, imported } = moduleOf(file);
  if (declared.has(name)) return `${file}#${name}`;
  const from = imported.get(name);
  return from === undefined ? null : resolveExport(from.file, from.name);
}

function moduleOf(file: string): Module {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const { program } = parseSync(file, readFileSync(file, 'utf8'), { lang: 'dts' });
  const declared = new Map<string, Node>();
  const imported = new Map<string, { file: string; name: string }>();
  const exported = new Map<string, string>();
  const typesOnly = new Set<string>();
  const target = (source: unknown): string | null => {
    const specifier = String((source as { value: unknown }).value);
    return specifier.startsWith('.') ? join(dirname(file), specifier.replace(/\.(ts|js)$/, '.d.ts')) : null;
  };
  for (const statement of program.body as unknown as Node[]) {
    const { source } = statement;
    const specifiers = (statement['specifiers'] ?? []) as Node[];
    const from = source === null || source === undefined ? null : target(source);
    for (const specifier of specifiers) {
      const local = nameOf(specifier['local']);
      if (statement.type === 'ImportDeclaration') {
        if (from !== null) imported.set(local, { file: from, name: nameOf(specifier['imported']) });
      } else {
        const name = nameOf(specifier['exported']);
        exported.set(name, local);
        if (statement['exportKind'] === 'type' || specifier['exportKind'] === 'type') typesOnly.add(name);
        if (from !== null) imported.set(local, { file: from, name: local });
      }
    }
    const isExported = statement.type === 'ExportNamedDeclaration';
    const declaration = (isExported ? statement['declaration'] : statement) as Node | null;
    for (const name of namesDeclared(declaration)) {
      declared.set(name, declaration as Node);
      if (isExported) exported.set(name, name);
    }
  }
  const module = { declared, imported, exported, typesOnly };
  modules.set(file, module);
  return module;
}

function namesDeclared(declaration: Node | null): string[] {
  if (declaration === null || declaration === undefined) return [];
  if (declaration.type === 'VariableDeclaration')
    return (declaration['declarations'] as Node[]).map(({ id }) => nameOf(id));
  return declaration['id'] === undefined ? [] : [nameOf(declaration['id'])].filter((name) => name !== '');
}

/** A part is what a declaration is composed of, such as the base of a class: its members are looked at, its name is not needed. */
interface Mention {
  readonly mentioned: string;
  readonly isPart: boolean;
}

const compositions =
  /^(TS(Intersection|Union|Parenthesized)Type|TSTypeReference|TSTypeParameterInstantiation|TSInterfaceHeritage|TS(TypeAlias|Interface)Declaration|ClassDeclaration)$/;

/** A base class is built by its own heirs, so what its constructor takes is no part of the surface, nor what only they see. */
function mentionsOf(declaration: Node, isBuiltByUsers: boolean): Mention[] {
  const mentions: Mention[] = [];
  const visit = (value: unknown, isPart: boolean): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, isPart);
    if (typeof value !== 'object' || value === null || !('type' in value)) return;
    const node = value as Node;
    if ((node['kind'] === 'constructor' && !isBuiltByUsers) || node['accessibility'] === 'protected') return;
    if (node.type === 'TSTypeReference') mentions.push({ mentioned: nameOf(node['typeName']), isPart });
    if (node.type === 'TSInterfaceHeritage') mentions.push({ mentioned: nameOf(node['expression']), isPart });
    if (node.type === 'ClassDeclaration' && node['superClass'] !== null)
      mentions.push({ mentioned: nameOf(node['superClass']), isPart });
    const isComposed = isPart && compositions.test(node.type);
    for (const child of Object.values(node)) visit(child, isComposed);
  };
  visit(declaration, true);
  return mentions;
}

function nameOf(node: unknown): string {
  return String((node as { readonly name?: unknown } | null)?.name ?? '');
}
