/**
 * What a value that came from outside must look like, said as data. A shape looks at a value and tells everything that is
 * wrong with it, with the path. Not for: what a plan's fields are (plan-json.ts).
 */
import type { Violation } from '../../core/settings/config.ts';
import { registryHost } from '../network.ts';

/** Every violation of a value at a path; empty when it is good. */
export type Shape = (value: unknown, path: string, frame: ShapeFrame) => Violation[];

/** What a value is judged against besides its shape. */
export interface ShapeFrame {
  readonly nodeIds: ReadonlySet<string>;
}

/** A number between two others, both included. `what` says its unit. */
export function numberBetween(least: number, most: number, what: string): Shape {
  return (value, path) =>
    typeof value === 'number' && value >= least && value <= most
      ? []
      : wrong(path, `${what} from ${least} to ${most}`, value);
}

/** A whole number between two others, both included. */
export function wholeBetween(least: number, most: number): Shape {
  return (value, path) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? []
      : wrong(path, `a whole number from ${least} to ${most}`, value);
}

/** A text of 1 to 255 characters without control characters. */
export const text: Shape = (value, path) =>
  typeof value === 'string' && value.length >= 1 && value.length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(value)
    ? []
    : wrong(path, 'a text of 1 to 255 characters without control characters', value);

/** true or false. */
export const truth: Shape = (value, path) =>
  typeof value === 'boolean' ? [] : wrong(path, 'true or false', value);

/** One of these texts. */
export function oneOf(names: readonly string[]): Shape {
  return (value, path) =>
    names.includes(value as string) ? [] : wrong(path, `one of ${names.map(show).join(', ')}`, value);
}

/** null, or what the other shape says. */
export function orNull(shape: Shape): Shape {
  return (value, path, frame) => (value === null ? [] : shape(value, path, frame));
}

/** A list with at most so many items, each of one shape. */
export function listOf(shape: Shape, mostCount: number): Shape {
  return (value, path, frame) => {
    if (!Array.isArray(value)) return wrong(path, 'a list', value);
    if (value.length > mostCount)
      return wrong(path, `at most ${mostCount} items`, `${value.length} items`, String);
    return value.flatMap((item: unknown, index) => shape(item, `${path}[${index}]`, frame));
  };
}

/** The id of a node of the plan. */
export const nodeId: Shape = (value, path, { nodeIds }) =>
  nodeIds.has(value as string) ? [] : wrong(path, 'the id of a node of this plan', value);

/** The id of a node of the plan, or the registry's name. */
export const host: Shape = (value, path, { nodeIds }) =>
  nodeIds.has(value as string) || value === registryHost
    ? []
    : wrong(path, `the id of a node of this plan, or ${show(registryHost)} for the registry`, value);

/** An object from node ids to values of one shape. */
export function byNodeId(shape: Shape): Shape {
  return (value, path, frame) => {
    if (!isObject(value)) return wrong(path, 'an object with node ids as names', value);
    return Object.entries(value).flatMap(([id, item]) => [
      ...nodeId(id, `${path} (its name)`, frame),
      ...shape(item, `${path}[${show(id)}]`, frame),
    ]);
  };
}

/** An object with all of the first fields, any of the second ones, and no others. */
export function objectOf(
  fields: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  const known = { ...fields, ...optional };
  return (value, path, frame) => {
    if (!isObject(value)) return wrong(path, 'an object', value);
    const violations: Violation[] = [];
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(known, name))
        violations.push({
          path: at(path, name),
          message: `expected none of that name, only ${Object.keys(known).join(', ')}; take it out`,
        });
    }
    for (const [name, shape] of Object.entries(known)) {
      if (Object.hasOwn(value, name)) violations.push(...shape(value[name], at(path, name), frame));
      else if (Object.hasOwn(fields, name))
        violations.push({ path: at(path, name), message: 'expected a value, got none; add it' });
    }
    return violations;
  };
}

/** An object whose other fields depend on the name in one of them. */
export function oneKindOf(field: string, shapes: Readonly<Record<string, Shape>>): Shape {
  const isKnown = oneOf(Object.keys(shapes));
  return (value, path, frame) => {
    if (!isObject(value)) return wrong(path, 'an object', value);
    const kind = value[field];
    const unknown = isKnown(kind, at(path, field), frame);
    return unknown.length > 0 ? unknown : (shapes[kind as string]?.(value, path, frame) ?? []);
  };
}

/** Whether a value is an object that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function wrong(path: string, expected: string, given: unknown, word = show): Violation[] {
  return [{ path: path === '' ? 'the plan' : path, message: `expected ${expected}, got ${word(given)}` }];
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return String(value);
}
