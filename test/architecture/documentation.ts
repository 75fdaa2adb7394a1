/** Finds what the package's entry points reach and has no sentence written on it. */
import { posix } from 'node:path';
import { parseSync } from 'oxc-parser';

type AnyNode = { readonly type: string; readonly start: number; readonly [key: string]: unknown };

/** One name at the top of a file. */
interface Declaration {
  /** The name; of a class's method `Class.method`. */
  readonly name: string;
  readonly isExported: boolean;
  readonly hasSentence: boolean;
  /** Methods that users can call, of a class. */
  readonly methods: readonly Declaration[];
  /** Names that it mentions where users see it: in types, in signatures, as its base. */
  readonly mentions: readonly string[];
}

interface Module {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** What an imported or re-exported name is called, and in which file. */
  readonly imports: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
  readonly exportedNames: readonly string[];
}

/** Every exported name without a doc comment as `path: what`, of those that `entries` export or these mention in turn. */
export function findUndocumented(files: ReadonlyMap<string, string>, entries: readonly string[]): string[] {
  const modules = new Map<string, Module>();
  const moduleAt = (path: string): Module => {
    const known = modules.get(path) ?? readModule(path, files.get(path) ?? '');
    modules.set(path, known);
    return known;
  };
  const violations: string[] = [];
  const seen = new Set<string>();

  const follow = (path: string, name: string): void => {
    const key = `${path} ${name}`;
    if (seen.has(key)) return;
    seen.add(key);
    const { declarations, imports } = moduleAt(path);
    const declaration = declarations.get(name);
    const elsewhere = imports.get(name);
    if (declaration === undefined) {
      if (elsewhere !== undefined && files.has(elsewhere.path)) follow(elsewhere.path, elsewhere.name);
      return;
    }
    for (const { name: full, isExported, hasSentence } of [declaration, ...declaration.methods]) {
      if (isExported && !hasSentence) violations.push(`${path}: ${full} has no doc comment`);
    }
    for (const mention of declaration.mentions) follow(path, mention);
  };

  for (const entry of entries) for (const name of moduleAt(entry).exportedNames) follow(entry, name);
  return violations;
}

function readModule(path: string, text: string): Module {
  const { program, comments } = parseSync(path, text, { lang: 'ts', sourceType: 'module' });
  const hasSentence = ({ start }: AnyNode): boolean =>
    comments.some(
      ({ type, value, end }) =>
        type === 'Block' && value.startsWith('*') && end <= start && text.slice(end, start).trim() === '',
    );
  const declarations = new Map<string, Declaration>();
  const imports = new Map<string, { path: string; name: string }>();
  const exportedNames: string[] = [];
  for (const statement of program.body as unknown as AnyNode[]) {
    const source = asNode(statement['source'])?.['value'];
    if (typeof source === 'string') {
      const target = posix.join(posix.dirname(path), source);
      for (const one of nodesIn(statement['specifiers'])) {
        const [inner, outer] = one.type === 'ImportSpecifier' ? ['imported', 'local'] : ['local', 'exported'];
        const name = nameOf(one[inner]);
        const local = nameOf(one[outer]);
        if (name === null || local === null) continue;
        imports.set(local, { path: target, name });
        if (one.type === 'ExportSpecifier') exportedNames.push(local);
      }
      continue;
    }
    const isExported = statement.type === 'ExportNamedDeclaration';
    for (const one of nodesIn(statement['specifiers'])) exportedNames.push(nameOf(one['exported']) ?? '');
    const declared = isExported ? asNode(statement['declaration']) : statement;
    if (declared === null) continue;
    const named = declared.type === 'VariableDeclaration' ? nodesIn(declared['declarations']) : [declared];
    for (const one of named) {
      const name = nameOf(one['id']);
      if (name === null) continue;
      const isTold = nodesIn(one['implements']).length > 0;
      const methods = nodesIn(asNode(one['body'])?.['body'])
        .filter((member) => !isTold && isPublicMethod(member))
        .map((member) => ({
          ...{ name: `${name}.${nameOf(member['key'])}`, isExported, hasSentence: hasSentence(member) },
          ...{ methods: [], mentions: [] },
        }));
      declarations.set(name, {
        ...{ name, isExported, hasSentence: hasSentence(statement) },
        ...{ methods, mentions: [...mentionsIn(one)] },
      });
      if (isExported) exportedNames.push(name);
    }
  }
  return { declarations, imports, exportedNames };
}

/** A base says already what it is for (as the interface does that a class implements), and a constructor is told by its class. */
function isPublicMethod(member: AnyNode): boolean {
  return (
    member.type === 'MethodDefinition' &&
    member['kind'] !== 'constructor' &&
    member['override'] !== true &&
    asNode(member['key'])?.type !== 'PrivateIdentifier'
  );
}

function mentionsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) mentionsIn(item, found);
  const node = asNode(value);
  if (node === null || node.type === 'BlockStatement' || asNode(node['key'])?.type === 'PrivateIdentifier')
    return found;
  const mentioned =
    node.type === 'TSTypeReference'
      ? node['typeName']
      : node.type === 'TSInterfaceHeritage'
        ? node['expression']
        : node.type === 'ClassDeclaration'
          ? node['superClass']
          : null;
  const name = nameOf(mentioned);
  if (name !== null) found.add(name);
  for (const child of Object.values(node)) mentionsIn(child, found);
  return found;
}

function nodesIn(value: unknown): AnyNode[] {
  return Array.isArray(value) ? value.map(asNode).filter((node) => node !== null) : [];
}

function asNode(value: unknown): AnyNode | null {
  return typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string'
    ? (value as AnyNode)
    : null;
}

function nameOf(value: unknown): string | null {
  const node = asNode(value);
  const name = node?.['name'] ?? node?.['value'];
  return typeof name === 'string' ? name : null;
}
