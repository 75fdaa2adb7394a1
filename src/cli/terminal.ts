/** Where a command writes: what goes to people, what to scripts, and whether in colours. */
import { styleText } from 'node:util';
import { rest } from './time-limit.ts';

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

/** Writes lines for people to stdout, as `terminalSafe` leaves them. */
export function print(text: string): void {
  write(terminalSafe(text.endsWith('\n') ? text : `${text}\n`));
}

/** Writes one value as one line of JSON to stdout. */
export function printJson(value: unknown): void {
  write(jsonLine(value));
}

/** The answer is there; from now on its reader takes the time. */
function write(text: string): void {
  rest();
  process.stdout.write(text);
}

/** Writes a message to stderr, as `terminalSafe` leaves it. */
export function printError(text: string): void {
  process.stderr.write(terminalSafe(text.endsWith('\n') ? text : `${text}\n`));
}

/** The message of an error as a line of stderr. A line break is its own; what it quotes of a registry may hold anything. */
export function errorText(message: string): string {
  const mark = paintFor(process.stderr)('bad', 'error:');
  return terminalSafe(`${mark} ${message.split('\n').map(printable).join('\n')}\n`);
}

/**
 * What a terminal obeys and what no reader sees: controls, marks that turn the direction of a line, joiners and other
 * characters without a width. Two names that differ by one of these would look the same.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const everyUnseen = new RegExp(unseen, 'gu');

/** Text from the registry or the network, fit for a terminal: each unseen character is shown as `�`, line breaks too. */
export function printable(text: string): string {
  return text.replace(everyUnseen, '\ufffd');
}

const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const ours = new RegExp(`${colour.source}|\\n|(${unseen.source})`, 'gu');

/** Lines of our own, with their breaks and colours: every other unseen character is shown as `�`. */
export function terminalSafe(text: string): string {
  return text.replace(ours, (found, strange: string | undefined) =>
    strange === undefined ? found : '\ufffd',
  );
}

/** One value as a line of JSON, fit for a terminal. */
export function jsonLine(value: unknown): string {
  return `${jsonSafe(JSON.stringify(value))}\n`;
}

/** JSON on one line, in which each unseen character is escaped: a parser reads the same. Its last line break stays. */
export function jsonSafe(json: string): string {
  return json.replace(everyUnseen, (found, index: number) =>
    found === '\n' && index === json.length - 1 ? found : escaped(found),
  );
}

function escaped(character: string): string {
  return character
    .split('')
    .map((half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
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
  return text.replaceAll(colour, '');
}

/** The text, cut to `length` characters with an ellipsis. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(1, length - 1)).join('')}…`;
}
