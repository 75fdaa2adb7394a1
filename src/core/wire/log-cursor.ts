/**
 * A place in the registry's log: the id of a line, in one generation of the registry. As text it is a cursor: the number
 * alone, with the generation before it once the registry went back. Not for: what the lines say.
 */

/** The line up to which the log is known; id 0 for none of it. */
export interface LogPlace {
  readonly generation: number;
  readonly id: number;
}

/** The place as a cursor. */
export function cursorOf({ generation, id }: LogPlace): string {
  return generation === 0 ? String(id) : `${generation}:${id}`;
}

/** The place that a cursor names; null for a text that is none. */
export function placeOf(cursor: string): LogPlace | null {
  const [, generation = '0', id] = /^(?:(\d{1,7}):)?(\d{1,15})$/.exec(cursor) ?? [];
  return id === undefined ? null : { generation: Number(generation), id: Number(id) };
}

/** Whether one place comes after the other: every line of a later generation does. */
export function isBeyond(one: LogPlace, other: LogPlace): boolean {
  return one.generation === other.generation ? one.id > other.id : one.generation > other.generation;
}
