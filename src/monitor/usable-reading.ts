/** Checks the shape of a round's reading, since a registry may be the user's own. */
import { RegistryError } from '../ports/registry.ts';

const lists = ['accuserIds', 'successors', 'beating', 'watched', 'statements', 'openVerdicts'] as const;

/** What is wrong with it, as the error that says so; null when the core can read it. */
export function problemOfReading(reading: unknown): RegistryError | null {
  if (!isObject(reading)) return unusable('an object', reading);
  for (const name of lists) {
    if (!Array.isArray(reading[name])) return unusable(`a list ${name}`, reading[name]);
  }
  const { self, successors, beating, watched } = reading;
  if (self !== null && !isNode(self)) return unusable('this node or null as self', self);
  for (const nodes of [successors, beating, watched] as readonly unknown[][]) {
    if (!nodes.every(isNode))
      return unusable(
        'nodes with an id',
        nodes.find((node) => !isNode(node)),
      );
  }
  return null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isNode(value: unknown): boolean {
  return isObject(value) && typeof value['id'] === 'string';
}

function unusable(expected: string, found: unknown): RegistryError {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'a list' : typeof found;
  return new RegistryError(
    'invalid',
    `Expected ${expected} in the registry's reading of a round, found ${kind}; mend the readRound() of the registry.`,
  );
}
