/** Which tests a file would run, by its source: those that are skipped, or stand in a skipped group, are none. */
import { parseAst } from 'vitest/node';

type Node = Readonly<Record<string, unknown>>;

/** Ways to keep a test from running, as vitest writes them. */
const skipping = new Set(['skip', 'todo', 'skipIf', 'runIf', 'fails']);

/** The titles of the tests and groups of tests that run. A group with a skipped test in it is not one of them. */
export function runningTitlesIn(source: string): ReadonlySet<string> {
  const titles = new Set<string>();
  collect(parseAst(source, { lang: 'ts' }) as unknown as Node, titles);
  return titles;
}

interface Found {
  readonly testCount: number;
  readonly isAnySkipped: boolean;
}

/** Adds the titles below a node; what is not there yet is added only if it runs whole. */
function collect(node: unknown, titles: Set<string>): Found {
  if (Array.isArray(node)) return sum(node.map((child) => collect(child, titles)));
  if (!isNode(node)) return { testCount: 0, isAnySkipped: false };
  const call = callOf(node);
  if (call === null) return sum(Object.values(node).map((child) => collect(child, titles)));
  const below = new Set<string>();
  const inside = call.isTest
    ? { testCount: 1, isAnySkipped: skipsItself(node) }
    : collect(node['arguments'], below);
  const isSkipped = call.isSkipped || hasSkippingOption(node);
  if (isSkipped) return { testCount: inside.testCount, isAnySkipped: true };
  for (const title of below) titles.add(title);
  if (inside.testCount > 0 && !inside.isAnySkipped) titles.add(call.title);
  return inside;
}

function sum(all: readonly Found[]): Found {
  return {
    testCount: all.reduce((total, { testCount }) => total + testCount, 0),
    isAnySkipped: all.some(({ isAnySkipped }) => isAnySkipped),
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** A call of `it`, `test` or `describe`, or of what `.each(…)` and the like make of them. */
function callOf(node: Node): { title: string; isTest: boolean; isSkipped: boolean } | null {
  if (node['type'] !== 'CallExpression') return null;
  const [first] = node['arguments'] as readonly unknown[];
  const title = textOf(first);
  if (title === null) return null;
  const words: string[] = [];
  let callee = node['callee'];
  while (isNode(callee) && callee['type'] !== 'Identifier') {
    if (callee['type'] === 'MemberExpression') words.push(nameOf(callee['property']));
    callee = callee['type'] === 'MemberExpression' ? callee['object'] : (callee['callee'] ?? callee['tag']);
  }
  const name = nameOf(callee);
  if (name !== 'it' && name !== 'test' && name !== 'describe') return null;
  return { title, isTest: name !== 'describe', isSkipped: words.some((word) => skipping.has(word)) };
}

function nameOf(node: unknown): string {
  return isNode(node) && typeof node['name'] === 'string' ? node['name'] : '';
}

/** The text of a literal; a template's parts are joined by `…`. */
function textOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node['type'] === 'Literal') return typeof node['value'] === 'string' ? node['value'] : null;
  if (node['type'] !== 'TemplateLiteral') return null;
  const quasis = node['quasis'] as readonly { readonly value: { readonly cooked: string } }[];
  return quasis.map(({ value }) => value.cooked).join('…');
}

/** `{ skip: true }` beside the title. */
function hasSkippingOption(node: Node): boolean {
  return (node['arguments'] as readonly unknown[])
    .filter((argument) => isNode(argument) && argument['type'] === 'ObjectExpression')
    .flatMap((argument) => (argument as { properties: readonly Node[] }).properties)
    .some(({ key }) => skipping.has(nameOf(key)));
}

/** A test that calls `skip` in its body. */
function skipsItself(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(skipsItself);
  if (!isNode(node)) return false;
  const { type, callee } = node;
  if (type === 'CallExpression' && isNode(callee) && nameOf(callee['property'] ?? callee) === 'skip')
    return true;
  return Object.values(node).some(skipsItself);
}
