/** Durations as people write them, for the command line and the library alike. Not for: how they are shown. */

export const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration with its unit, such as `'500ms'`, `'1.5s'`, `'10m'`, `'1h'` or `'2d'`. */
export type DurationText = `${number}${keyof typeof unitsMs}`;

/** A number of milliseconds, or a text with a unit. */
export type Duration = number | DurationText;

/** Milliseconds of `500ms`, `1.5s`, `10m`, `1h`, `2d` or `0`; null when it is none of these. Any other number needs a unit. */
export function parseDuration(text: string): number | null {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  if (count !== undefined) return Math.round(Number(count) * unitsMs[unit as keyof typeof unitsMs]);
  return /^0+$/.test(text.trim()) ? 0 : null;
}

/** What to add to a message about a text that is a number without a unit, in brackets after a blank; else empty. */
export function unitHint(text: string): string {
  const bare = text.trim();
  return /^\d+(\.\d+)?$/.test(bare) ? ` (${bare} what? write ${bare}s or ${bare}ms)` : '';
}

/** The options with each text of a name in `Ms` as milliseconds. A text that is no duration stays, and is refused where it is checked. */
export function inMilliseconds<Options extends object>(options: Options): InMilliseconds<Options> {
  const entries = Object.entries(options).map(([name, value]) =>
    name.endsWith('Ms') && typeof value === 'string' ? [name, parseDuration(value) ?? value] : [name, value],
  );
  return Object.fromEntries(entries) as InMilliseconds<Options>;
}

/** The same options without texts of durations. */
export type InMilliseconds<Options> = { [Name in keyof Options]: Exclude<Options[Name], DurationText> };
