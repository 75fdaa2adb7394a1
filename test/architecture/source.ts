/** Reads from one source file what the architecture rules ask about. Not for: judging it (check.ts). */
import { parseSync } from 'oxc-parser';

/** One import, re-export, dynamic import or `import('…')` type. */
export interface ImportEdge {
  readonly specifier: string;
  /** Gone after compilation. */
  readonly isTypeOnly: boolean;
}

export interface Source {
  readonly edges: readonly ImportEdge[];
  /** Exports that the rules forbid, in words. */
  readonly forbiddenExports: readonly string[];
  /** Uses of clocks, chance and other things that differ between two runs, e.g. `Date`. */
  readonly impurities: readonly string[];
  /** Whether the file begins with a comment, after a `#!` line. */
  readonly hasIntroduction: boolean;
  readonly lineCount: number;
}

/** Reads a TypeScript file; throws when it does not parse. */
export function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text, { lang: 'ts', sourceType: 'module' });
  if (errors[0] !== undefined) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const edges: ImportEdge[] = [];
  const forbiddenExports: string[] = [];
  const impurities = new Set<string>();
  visit(program, (node, parent, key, isInType) => {
    const specifier = specifierOf(node);
    if (specifier !== null) edges.push({ specifier, isTypeOnly: isTypeOnly(node) });
    if (node.type === 'ExportDefaultDeclaration' || isDefaultSpecifier(node))
      forbiddenExports.push('default');
    if (node.type === 'ExportAllDeclaration') forbiddenExports.push('export *');
    const impurity = isInType ? null : impurityOf(node, parent, key);
    if (impurity !== null) impurities.add(impurity);
  });
  return {
    edges,
    forbiddenExports,
    impurities: [...impurities],
    hasIntroduction: /^(#![^\n]*\n)?\/[/*]/.test(text),
    lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
  };
}

type AnyNode = { readonly type: string; readonly [key: string]: unknown };
type Visitor = (node: AnyNode, parent: AnyNode | null, key: string, isInType: boolean) => void;

/** TypeScript nodes that stand among expressions. */
const expressionWrappers = [
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
];

function visit(
  value: unknown,
  visitor: Visitor,
  parent: AnyNode | null = null,
  key = '',
  isInType = false,
): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, visitor, parent, key, isInType);
    return;
  }
  if (!isNode(value)) return;
  const isType = isInType || (value.type.startsWith('TS') && !expressionWrappers.includes(value.type));
  visitor(value, parent, key, isType);
  for (const [childKey, child] of Object.entries(value)) visit(child, visitor, value, childKey, isType);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string';
}

function specifierOf(node: AnyNode): string | null {
  const source = node.type === 'TSExternalModuleReference' ? node['expression'] : node['source'];
  if (!isNode(source)) return null;
  const { value } = source;
  // A dynamic import of something computed cannot be followed, so it is reported as it is.
  return typeof value === 'string' ? value : node.type === 'ImportExpression' ? '(computed)' : null;
}

function isTypeOnly(node: AnyNode): boolean {
  if (node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type')
    return true;
  const { specifiers } = node;
  return (
    Array.isArray(specifiers) &&
    specifiers.length > 0 &&
    specifiers.every((one: AnyNode) => one['importKind'] === 'type' || one['exportKind'] === 'type')
  );
}

function isDefaultSpecifier(node: AnyNode): boolean {
  return node.type === 'ExportSpecifier' && nameOf(node['exported']) === 'default';
}

/** Names that the compiler's pure library still has, though what they give differs from run to run. */
const impureNames = ['performance', 'globalThis', 'WeakRef', 'FinalizationRegistry', 'Intl'];

/** What gives the same number on every machine; the standard leaves the others, such as `Math.exp`, to the engine. */
const exactMathematics =
  /^(abs|ceil|clz32|floor|fround|imul|max|min|round|sign|sqrt|trunc|E|LN2|LN10|LOG2E|LOG10E|PI|SQRT1_2|SQRT2)$/;

/** Methods that depend on the machine's time zone or language. */
const localMethods =
  /^(toLocale\w+|localeCompare|getTimezoneOffset|[gs]et(FullYear|Month|Date|Day|Hours|Minutes))$/;

function impurityOf(node: AnyNode, parent: AnyNode | null, key: string): string | null {
  if (node['operator'] === '**=' || (node['operator'] === '**' && !isTwo(node['left'])))
    return 'the power operator';
  if (node.type !== 'Identifier' || parent === null) return null;
  const name = nameOf(node) ?? '';
  if (parent.type === 'MemberExpression' && key === 'property') return localMethods.test(name) ? name : null;
  if (key === 'key' && parent['computed'] === false && parent['shorthand'] !== true) return null;
  if (name === 'Date') return isFixedDate(parent, key) ? null : 'Date';
  if (name === 'Math') {
    const member = parent['computed'] === false ? nameOf(parent['property']) : null;
    if (member === null || member === 'random') return 'Math.random';
    return exactMathematics.test(member) ? null : `Math.${member}`;
  }
  return impureNames.includes(name) ? name : null;
}

/** Whole powers of two are exact in every engine; that the power is whole is for the author to see to. */
function isTwo(node: unknown): boolean {
  return isNode(node) && node['value'] === 2;
}

/** `new Date(at)`, `Date.UTC` and `Date.parse` reckon from what they are given; all other uses may read the clock. */
function isFixedDate(parent: AnyNode, key: string): boolean {
  if (parent['operator'] === 'instanceof') return true;
  if (parent.type === 'MemberExpression') {
    return parent['computed'] === false && ['UTC', 'parse'].includes(nameOf(parent['property']) ?? '');
  }
  const given = parent['arguments'];
  return (
    parent.type === 'NewExpression' &&
    key === 'callee' &&
    Array.isArray(given) &&
    given.length > 0 &&
    given[0].type !== 'SpreadElement'
  );
}

function nameOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  const name = node['name'] ?? node['value'];
  return typeof name === 'string' ? name : null;
}
