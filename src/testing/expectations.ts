/** The few assertions of the contract suites, so that they need no test runner of their own. */

/** Throws unless both values are the same plain data; the order of properties does not matter. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [show(actual), show(expected)];
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, found ${found}`);
}

/** Throws unless the properties that are named have these values. */
export function expectLike(actual: object | null | undefined, expected: object, what: string): void {
  if (actual === null || actual === undefined)
    throw new Error(`${what}: expected ${show(expected)}, found ${show(actual)}`);
  const values = new Map<string, unknown>(Object.entries(actual));
  expectSame(Object.fromEntries(Object.keys(expected).map((key) => [key, values.get(key)])), expected, what);
}

/** Throws unless the condition holds. */
export function expectThat(isTrue: boolean, what: string, found?: unknown): void {
  if (!isTrue)
    throw new Error(found === undefined ? `expected ${what}` : `expected ${what}, found ${show(found)}`);
}

/** Throws unless the call rejects; gives what it rejected with. */
export async function expectRejection(call: Promise<unknown>, what: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await call;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: expected a rejection, found ${show(value)}`);
}

function show(value: unknown): string {
  return JSON.stringify(value, sortedKeys) ?? 'undefined';
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (value === undefined) return '(undefined)';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
