/** Ids of nodes short enough for a column, and still told apart: an ending that all share is left out, the middle cut. Pure. */
import { printable } from '../terminal.ts';

/** How ids are shown together. */
export interface ShortNames {
  /** What all ids end in and no name shows, from a dot on; empty for nothing. */
  readonly ending: string;
  /** The name of an id; of one that was not among them, all of it. */
  nameOf(id: string): string;
}

/**
 * Names of at most `length` characters for these ids; longer ones only where no cut tells two of them apart. Where the
 * ending is not told to the reader, it is not left out (`dropsEnding`).
 */
export function shortNames(
  ids: readonly string[],
  length: number,
  { dropsEnding = true }: { readonly dropsEnding?: boolean } = {},
): ShortNames {
  const whole = new Map([...new Set(ids)].map((id) => [id, printable(id)]));
  const isLong = [...whole.values()].some((name) => lengthOf(name) > length);
  const ending = isLong && dropsEnding ? sharedEnding([...whole.values()]) : '';
  const names = new Map([...whole].map(([id, name]) => [id, name.slice(0, name.length - ending.length)]));
  const cut = cutFor([...names.values()], length);
  return { ending, nameOf: (id) => cut(names.get(id) ?? printable(id)) };
}

/** The text in so many characters, its middle left out. */
export function shortenMiddle(
  text: string,
  length: number,
  headLength = Math.ceil((length - 1) / 2),
): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const tailLength = Math.max(0, length - 1 - headLength);
  return `${characters.slice(0, headLength).join('')}…${characters.slice(characters.length - tailLength).join('')}`;
}

/** From the first dot on that leaves something of every name. */
function sharedEnding(names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (others.length === 0) return '';
  let shared = first;
  for (const name of others) {
    let count = 0;
    while (count < shared.length && shared.at(-1 - count) === name.at(-1 - count)) count++;
    shared = shared.slice(shared.length - count);
  }
  const shortest = Math.min(...[first, ...others].map((name) => name.length));
  for (let dot = shared.indexOf('.'); dot >= 0; dot = shared.indexOf('.', dot + 1)) {
    if (shared.length - dot < shortest) return shared.slice(dot);
  }
  return '';
}

/** The cut nearest to the middle that gives each of these names another one. */
function cutFor(names: readonly string[], length: number): (name: string) => string {
  const middle = Math.ceil((length - 1) / 2);
  const heads = Array.from({ length }, (_, head) => head).sort(
    (one, other) => Math.abs(one - middle) - Math.abs(other - middle),
  );
  const isApart = (head: number): boolean =>
    new Set(names.map((name) => shortenMiddle(name, length, head))).size === new Set(names).size;
  const head = heads.find(isApart);
  return (name) => (head === undefined ? name : shortenMiddle(name, length, head));
}

function lengthOf(text: string): number {
  return [...text].length;
}
