/** The nodes of `status` as a table with what is said of each beneath, trouble first where not all of them fit. Pure. */
import { formatDuration } from '../durations.ts';
import { type Paint, printable, shorten, type Tone } from '../terminal.ts';
import { type ClusterView, isTroubled, type NodeState, type NodeView } from './cluster-view.ts';
import { type ShortNames, shortenMiddle, shortNames } from './names.ts';
import { nodeDetails } from './node-details.ts';
import { columns } from './table.ts';
import type { WatchView } from './watched.ts';

export interface TableLayout {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly width: number;
  /** Lists every node, also in a large cluster. */
  readonly showsAll: boolean;
}

/** Past this many nodes the healthy ones are only counted. */
const listedCount = 50;
const idLength = 24;
/** On a terminal of fewer than 100 columns. */
const shortIdLength = 18;
const leastAddress = 12;
/** What names of watched nodes get in any case. All else is for addresses first: a cut one cannot be copied. */
const leastWatches = 10;

/** How each state looks, the worst first. */
export const looks: Readonly<Record<NodeState, { readonly mark: string; readonly tone: Tone }>> = {
  'confirmed dead': { mark: '✖', tone: 'bad' },
  dead: { mark: '▼', tone: 'bad' },
  unreachable: { mark: '◆', tone: 'warning' },
  suspect: { mark: '▲', tone: 'warning' },
  silent: { mark: '·', tone: 'warning' },
  flapping: { mark: '↻', tone: 'warning' },
  healthy: { mark: '●', tone: 'good' },
  maintenance: { mark: '◌', tone: 'name' },
  'dead and settled': { mark: '✖', tone: 'quiet' },
  left: { mark: '○', tone: 'quiet' },
  away: { mark: '○', tone: 'quiet' },
};

const ranks = new Map((Object.keys(looks) as NodeState[]).map((state, rank) => [state, rank]));
const uneventful: ReadonlySet<NodeState> = new Set(['healthy', 'left', 'dead and settled']);

/** The sign of a state, coloured. */
export function markOf(state: NodeState, paint: Paint): string {
  return paint(looks[state].tone, looks[state].mark);
}

/** A node with the lines beneath it. */
interface Block {
  readonly node: NodeView;
  readonly details: readonly string[];
}

/** At most `height` lines: in the ring's order where all nodes are listed, else the worst ones first and the others counted. */
export function nodeTable(
  { nodes, omitted }: Pick<ClusterView, 'nodes' | 'omitted'>,
  layout: TableLayout,
  height: number,
): string[] {
  const { paint, showsAll } = layout;
  const isLarge = nodes.length > listedCount && !showsAll;
  const shown = isLarge ? nodes.filter((node) => isTroubled(node) || !uneventful.has(node.state)) : nodes;
  const names = shortNames(
    shown.flatMap(({ id, watches }) => [id, ...watches.map((watch) => watch.id)]),
    layout.width < 100 ? shortIdLength : idLength,
  );
  const ending = names.ending === '' ? [] : [paint('quiet', `  all names end in ${names.ending}`)];
  const all = shown.map((node): Block => ({ node, details: nodeDetails(node) }));
  const room = height - ending.length - 1;
  const isInOrder = !isLarge && lineCount(all) <= room;
  const listed = isInOrder ? all : mostUrgent(all, room - 1, isLarge ? listedCount : all.length);
  const lines = [...ending, ...tableOf(listed, names, layout)];
  const hiddenCount = nodes.length - listed.length + omittedCount(omitted);
  if (hiddenCount > 0) {
    const how = Number.isFinite(height) ? '' : ' (--all lists them)';
    lines.push(paint('quiet', `  and ${hiddenCount} more ${hiddenCount === 1 ? 'node' : 'nodes'}${how}`));
  }
  return lines;
}

/** How many nodes are only counted. */
export function omittedCount(omitted: ClusterView['omitted']): number {
  return Object.values(omitted).reduce((sum, count) => sum + count, 0);
}

function lineCount(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { details }) => sum + 1 + details.length, 0);
}

/** As many as have room, the worst first; without what is said of those in trouble where that would hide one of them. */
function mostUrgent(blocks: readonly Block[], room: number, most: number): Block[] {
  const sorted = [...blocks].sort((one, other) => urgencyOf(one.node) - urgencyOf(other.node)).slice(0, most);
  const isTold = lineCount(sorted.filter(({ node }) => isTroubled(node))) <= room;
  const chosen: Block[] = [];
  let left = room;
  for (const { node, details } of sorted) {
    const block = { node, details: isTold ? details : [] };
    left -= 1 + block.details.length;
    if (left < 0) break;
    chosen.push(block);
  }
  return chosen;
}

/** A node that is well again, but has a recovery open, comes before those that are well. */
function urgencyOf(node: NodeView): number {
  const rank = ranks.get(node.state) ?? 0;
  return isTroubled(node) ? rank : rank + ranks.size;
}

function tableOf(blocks: readonly Block[], { nameOf }: ShortNames, { paint, width }: TableLayout): string[] {
  if (blocks.length === 0) return [];
  const head = ['  NODE', 'STATE', 'BEAT', 'EPOCH'];
  const cells = blocks.map(({ node }) => [
    `${looks[node.state].mark} ${nameOf(node.id)}`,
    node.state,
    node.heartbeatAgeMs === null ? '-' : formatDuration(node.heartbeatAgeMs),
    node.epoch === 0 ? '-' : String(node.epoch),
  ]);
  const used = head.reduce(
    (sum, title, index) => sum + 2 + widest([title, ...cells.map((row) => row[index] ?? '')]),
    0,
  );
  const addresses = blocks.map(({ node }) => addressOf(node, nameOf, width));
  const rest = width - used;
  const addressWidth = Math.min(
    widest(['ADDRESS', ...addresses]),
    Math.max(leastAddress, rest - 2 - leastWatches),
  );
  const room = Math.max(leastWatches, rest - 2 - addressWidth);
  const lines = columns([
    [...head, 'ADDRESS', 'WATCHES'].map((title) => paint('quiet', title)),
    ...blocks.map(({ node }, index) => {
      const [name = '', state = '', ...others] = cells[index] ?? [];
      const { tone, mark } = looks[node.state];
      return [
        paint(tone, mark) + name.slice(mark.length),
        paint(tone, state),
        ...others,
        addressOf(node, nameOf, addressWidth),
        watchList(node.watches, nameOf, room, paint),
      ];
    }),
  ]);
  const [header = '', ...rows] = lines;
  const indent = '      ';
  const beneath = ({ details }: Block): string[] =>
    details.map((text) => indent + paint('quiet', shorten(printable(text), width - indent.length)));
  return [header, ...rows.flatMap((row, index) => [row, ...blocks.slice(index, index + 1).flatMap(beneath)])];
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, [...text].length), 0);
}

/** The host is often the id, and then has its name. */
function addressOf({ address, port }: NodeView, nameOf: ShortNames['nameOf'], length: number): string {
  if (address === '') return '-';
  const place = port === null ? '' : `:${port}`;
  const host = address.includes(':') ? printable(`[${address}]`) : nameOf(address);
  return shortenMiddle(host, Math.max(5, length - place.length)) + place;
}

/** As many names as there is room for, the first one in any case; `+` marks those past K, and the others are counted. */
function watchList(
  watches: readonly WatchView[],
  nameOf: (id: string) => string,
  room: number,
  paint: Paint,
): string {
  let text = '';
  let left = room;
  for (const [index, { id, isBeyond }] of watches.entries()) {
    const rest = watches.length - index - 1;
    const gap = index === 0 ? 0 : 1;
    const most = left - gap - (rest > 0 ? 4 : 0);
    const whole = `${isBeyond ? '+' : ''}${nameOf(id)}`;
    const name = index === 0 ? shortenMiddle(whole, Math.max(4, most)) : whole;
    const length = [...name].length;
    if (index > 0 && length > most) return `${text} …${rest + 1}`;
    text += `${index === 0 ? '' : ' '}${isBeyond ? paint('warning', name) : name}`;
    left -= gap + length;
  }
  return text;
}
