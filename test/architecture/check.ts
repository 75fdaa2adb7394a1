/** The architecture rules as one function over file texts, so that planted violations can prove that it bites. */
import { posix } from 'node:path';
import { findCycles } from './cycles.ts';
import { type ImportEdge, readSource } from './source.ts';
import { importTable, packageTable, pureParts, typeOnlyEdges } from './table.ts';

const maxLineCount = 300;
const bannedNames = /^(utils?|helpers?|commons?|types?|misc)$/;

/** Every broken rule as `path: what`; empty when all hold. Paths begin with `src/`; test files are passed over. */
export function findViolations(files: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of files) {
    if (path.endsWith('.test.ts')) continue;
    const report = (what: string): void => {
      violations.push(`${path}: ${what}`);
    };
    const part = partOf(path);
    const source = readSource(path, text);

    for (const name of path.split('/').slice(1)) {
      const stem = name.replace(/\.ts$/, '');
      if (bannedNames.test(stem)) report(`is called ${stem}; name the one idea that it holds`);
      if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) report(`${name} is not in kebab-case`);
    }
    if (!(part in importTable)) report(`the folder ${part} has no row in the import table`);
    if (source.lineCount > maxLineCount)
      report(`has ${source.lineCount} lines, at most ${maxLineCount} are allowed`);
    if (!source.hasIntroduction) report('does not begin with a comment that says what it is');
    for (const name of source.forbiddenExports)
      report(`${name} is not allowed; export an explicit list of names`);
    if (pureParts.includes(part)) {
      for (const name of source.impurities) report(`uses ${name}, but ${part} is pure`);
    }
    const targets: string[] = [];
    for (const edge of source.edges) {
      const wrong = checkEdge(path, part, edge);
      if (wrong !== null) report(wrong);
      if (edge.specifier.startsWith('.')) targets.push(resolveFrom(path, edge.specifier));
    }
    graph.set(path, targets);
  }
  for (const cycle of findCycles(graph)) violations.push(`${cycle[0]}: import cycle ${cycle.join(' -> ')}`);
  return violations;
}

/** The part that a file of `src` belongs to. */
function partOf(path: string): string {
  const [, folder = '', second = ''] = path.split('/');
  if (folder === 'index.ts') return 'index';
  return folder === 'adapters' ? `${folder}/${second}` : folder;
}

function checkEdge(path: string, part: string, { specifier, isTypeOnly }: ImportEdge): string | null {
  if (specifier.startsWith('.')) {
    const target = resolveFrom(path, specifier);
    const targetPart = partOf(target);
    if (!target.startsWith('src/')) return `imports ${specifier}, which is outside src`;
    if (!target.endsWith('.ts')) return `imports ${specifier} without its .ts extension`;
    if (target.endsWith('.test.ts')) return `imports the test ${specifier}`;
    if (targetPart === part) return null;
    if (!importTable[part]?.includes(targetPart))
      return `${part} may not import ${targetPart} (${specifier})`;
    if (!isTypeOnly && typeOnlyEdges[part]?.includes(targetPart)) {
      return `${part} may import only types of ${targetPart} (${specifier})`;
    }
    return null;
  }
  if (pureParts.includes(part)) return `imports ${specifier}, but ${part} is pure`;
  if (specifier.startsWith('node:')) return null;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return packageTable[part]?.includes(name) ? null : `${part} may not use the package ${specifier}`;
}

function resolveFrom(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}
