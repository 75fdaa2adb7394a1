/**
 * Runs `npm start` in a terminal of 80 columns and draws what it showed when the recovery had ended: docs/demo.svg.
 * Needs the command `script` of util-linux.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { svgOf } from './terminal-svg.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const child = spawn('script', ['-qec', 'stty cols 80 rows 40; npm start --silent', '/dev/null'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
let shown = '';
child.stdout.setEncoding('utf8').on('data', (part) => {
  shown += part;
});
const code = await new Promise((resolve) => child.once('close', resolve));
if (code !== 0) throw new Error(`npm start ended with ${code}:\n${shown.slice(-2_000)}`);

// Each redrawing of the picture is between these two codes.
const frames = shown.split('\u001b[?2026h').map((frame) => frame.split('\u001b[?2026l')[0]);
const isRecovered = (text) => text.includes('ended the recovery') && !/Starting|is back/.test(text);
const frame = frames.findLast(isRecovered);
if (frame === undefined) throw new Error('the demo showed no recovery');
const text = `\u001b[90m$\u001b[39m npm start\n${frame.replaceAll('\r', '').trimEnd()}`;
await writeFile(
  new URL('../docs/demo.svg', import.meta.url),
  svgOf(
    text,
    'The demo in a terminal: a ring of five agents, one of them killed, voted dead by its neighbours, and recovered by one of them.',
  ),
);
