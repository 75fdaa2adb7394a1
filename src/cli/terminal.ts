/** Where a command writes: what goes to people, what to scripts, and whether in colours. */
import { styleText } from 'node:util';

/** What a piece of text means; the terminal decides the colour. */
export type Tone = 'good' | 'warning' | 'bad' | 'quiet' | 'strong' | 'name';

/** Gives a text its colour, or returns it as it is where there are no colours. */
export type Paint = (tone: Tone, text: string) => string;

const formats = {
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  quiet: 'gray',
  strong: 'bold',
  name: 'cyan',
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

/** No colours. */
export const plain: Paint = (_tone, text) => text;

const coloured: Paint = (tone, text) =>
  text === '' ? '' : styleText(formats[tone], text, { validateStream: false });

/** The part of a stream that decides how to write to it. */
interface TargetStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Colours on a terminal only, and never against the user's will (`NO_COLOR`, `TERM=dumb`). */
export function paintFor(stream: TargetStream, environment: NodeJS.ProcessEnv = process.env): Paint {
  const isUnwanted = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return stream.isTTY === true && !isUnwanted ? coloured : plain;
}

/** Columns that a line may use; 80 where it is unknown. */
export function widthOf(stream: TargetStream): number {
  return stream.isTTY === true && stream.columns !== undefined && stream.columns >= 40 ? stream.columns : 80;
}

/** Writes lines for people to stdout. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes one value as one line of JSON to stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes a message to stderr. */
export function printError(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/**
 * Text from the registry or the network, fit for a terminal. Control characters, which could move the cursor, change
 * colours or turn the direction of a line, are shown as `�`.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** Words as lines of at most `width` columns; a longer word has a line of its own. Colours take no room. */
export function wrap(words: readonly string[], width: number): string {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    const longer = `${line} ${word}`;
    if (line !== undefined && [...withoutColours(longer)].length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n');
}

/** The text as a terminal shows it. */
export function withoutColours(text: string): string {
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
}

/** The text, cut to `length` characters with an ellipsis. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(1, length - 1)).join('')}…`;
}
