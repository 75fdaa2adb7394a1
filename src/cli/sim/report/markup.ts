/** HTML from templates in which every value is escaped, so that nothing that was given can become markup. */

/** Text that is HTML already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text and numbers are escaped, markup is not. */
export type Piece = string | number | Markup | readonly Markup[];

/** A template of HTML or SVG. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const parts = strings.map((text, index) => {
    const piece = pieces[index];
    return piece === undefined ? text : text + render(piece);
  });
  return new Markup(parts.join(''));
}

function render(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'number') return String(Number(piece.toFixed(3)));
  if (typeof piece === 'string') return escaped(piece);
  return piece.map(({ text }) => text).join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
