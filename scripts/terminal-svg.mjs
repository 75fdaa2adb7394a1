/** A terminal's text with its colours as an SVG picture. Knows the few codes that the demo uses, and drops the others. */

const cell = { width: 8.2, height: 18, margin: 16 };
const colours = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff', 90: '#8b949e' };

const introducer = '\u001b';
const colourCode = new RegExp(`${introducer}\\[(\\d*)m`);
const anyCode = new RegExp(`${introducer}\\[[?\\d;]*[A-Za-z]`, 'g');

/** `text` has one line a row; `title` says in words what the picture shows. */
export function svgOf(text, title) {
  const rows = text.split('\n').map(runsOf);
  const columns = Math.max(...rows.flat().map(({ column, text: run }) => column + run.length));
  const width = Math.ceil(columns * cell.width + 2 * cell.margin);
  const height = rows.length * cell.height + 2 * cell.margin;
  const lines = rows.flatMap((runs, row) => runs.map((run) => textOf(run, row)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13.5" fill="#e6edf3">',
    ...lines,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** The parts of a line that look alike, without wider gaps, which a picture would not keep; each with its column. */
function runsOf(line) {
  const runs = [];
  let column = 0;
  const style = { colour: null, isBold: false };
  // The even parts are text, the odd ones the numbers of a colour code.
  line.split(colourCode).forEach((part, index) => {
    if (index % 2 === 1) change(style, Number(part));
    else {
      const text = part.replaceAll(anyCode, '');
      for (const { 0: word, index: start } of text.matchAll(/\S+(?: \S+)*/g))
        runs.push({ ...style, column: column + start, text: word });
      column += text.length;
    }
  });
  return runs;
}

function change(style, code) {
  if (code === 0 || code === 39) style.colour = null;
  if (code === 0 || code === 22) style.isBold = false;
  if (code === 1) style.isBold = true;
  if (code in colours) style.colour = colours[code];
}

/** Its length is given, so that another font does not move what follows. */
function textOf({ column, text, colour, isBold }, row) {
  const x = (cell.margin + column * cell.width).toFixed(1);
  const y = cell.margin + (row + 0.75) * cell.height;
  const length = (text.length * cell.width).toFixed(1);
  const fill = colour === null ? '' : ` fill="${colour}"`;
  const weight = isBold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" textLength="${length}"${fill}${weight}>${escaped(text)}</text>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
