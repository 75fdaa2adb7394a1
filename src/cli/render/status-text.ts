/** `status` on a terminal: one line a node, what is said of it beneath, the brake and the newest events. Pure. */
import type { VerdictDetail } from '../../ports/registry.ts';
import { formatDuration } from '../durations.ts';
import { type Paint, printable, shorten, type Tone, withoutColours, wrap } from '../terminal.ts';
import { agreementLines } from './agreement.ts';
import { renderBrake } from './brake-view.ts';
import {
  type ClusterView,
  isTroubled,
  type NodeState,
  type NodeView,
  type WatchView,
} from './cluster-view.ts';
import { describeEvent, describeMisses, enumerate, oneLine, toneOf } from './event-words.ts';
import { columns } from './table.ts';
import { formatClock } from './times.ts';

export interface StatusLayout {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly width: number;
  /** Lists every node, also in a large cluster. */
  readonly showsAll: boolean;
}

/** Past this many nodes the healthy ones are only counted. */
const listedCount = 50;
const idLength = 24;

const looks: Readonly<Record<NodeState, { readonly mark: string; readonly tone: Tone }>> = {
  healthy: { mark: '●', tone: 'good' },
  suspect: { mark: '▲', tone: 'warning' },
  dead: { mark: '▼', tone: 'bad' },
  'confirmed dead': { mark: '✖', tone: 'bad' },
  unreachable: { mark: '◆', tone: 'warning' },
  maintenance: { mark: '◌', tone: 'name' },
  left: { mark: '○', tone: 'quiet' },
  away: { mark: '○', tone: 'quiet' },
  silent: { mark: '·', tone: 'quiet' },
};

/** The sign of a state, coloured. */
export function markOf(state: NodeState, paint: Paint): string {
  return paint(looks[state].tone, looks[state].mark);
}

/** The whole picture as text. */
export function renderStatus(view: ClusterView, layout: StatusLayout): string {
  const { paint } = layout;
  if (view.nodes.length === 0) {
    return 'No node is in this registry yet. Start one with `ringwatch agent`.';
  }
  const lines = [
    summaryLine(view, layout),
    '',
    ...nodeLines(view, layout),
    '',
    ...renderBrake(view.brake, layout),
  ];
  if (view.events.length > 0) lines.push('', paint('strong', 'Newest events') + paint('quiet', ' (UTC)'));
  for (const event of view.events) {
    const words = shorten(describeEvent(event), layout.width - 12);
    lines.push(`  ${paint('quiet', formatClock(event.at))}  ${paint(toneOf(event), words)}`);
  }
  return lines.join('\n');
}

function summaryLine({ nodes, agreement }: ClusterView, { paint, width }: StatusLayout): string {
  const counts = new Map<NodeState, number>();
  for (const { state } of nodes) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = (Object.keys(looks) as NodeState[])
    .filter((state) => counts.has(state))
    .map((state) => paint(looks[state].tone, `${counts.get(state)} ${state}`));
  const total = `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`;
  const listed = parts.map((part, index) => (index < parts.length - 1 ? `${part},` : part));
  const summary = wrap([`${paint('strong', total)}:`, ...listed], width);
  return [summary, ...agreementLines(agreement, { paint, width })].join('\n');
}

function nodeLines({ nodes }: ClusterView, layout: StatusLayout): string[] {
  const isLarge = nodes.length > listedCount && !layout.showsAll;
  const shown = isLarge ? nodes.filter(({ state }) => state !== 'healthy' && state !== 'left') : nodes;
  const inOrder = isLarge
    ? [...shown.filter(isTroubled), ...shown.filter((node) => !isTroubled(node))]
    : shown;
  const listed = isLarge ? inOrder.slice(0, listedCount) : inOrder;
  const lines = table(listed, layout);
  const hiddenCount = nodes.length - listed.length;
  if (hiddenCount > 0)
    lines.push(layout.paint('quiet', `  and ${hiddenCount} more nodes (--all lists them)`));
  return lines;
}

function table(nodes: readonly NodeView[], { paint, width }: StatusLayout): string[] {
  if (nodes.length === 0) return [];
  const cells = nodes.map((node) => [
    `${markOf(node.state, paint)} ${shorten(printable(node.id), idLength)}`,
    paint(looks[node.state].tone, node.state),
    node.heartbeatAgeMs === null ? '-' : formatDuration(node.heartbeatAgeMs),
    node.epoch === 0 ? '-' : String(node.epoch),
    printable(addressOf(node)) || '-',
  ]);
  const head = ['  NODE', 'STATE', 'BEAT', 'EPOCH', 'ADDRESS'];
  // Measured without what it watches, which gets whatever room is left.
  const measured = columns([
    head,
    ...nodes.map((node, index) => [
      ...(cells[index] ?? []).slice(0, 1),
      node.state,
      ...(cells[index] ?? []).slice(2),
    ]),
  ]);
  const usedWidth = Math.max(...measured.map((line) => [...withoutColours(line)].length)) + 2;
  const room = Math.max(10, width - usedWidth);
  const lines = columns([
    [...head.map((title) => paint('quiet', title)), paint('quiet', 'WATCHES')],
    ...nodes.map((node, index) => [...(cells[index] ?? []), watchList(node.watches, room, paint)]),
  ]);
  const [header = '', ...rows] = lines;
  return [header, ...rows.flatMap((row, index) => [row, ...detailLines(nodes[index], { paint, width })])];
}

function addressOf({ address, port }: NodeView): string {
  const host = shorten(address.includes(':') ? `[${address}]` : address, 28);
  return port === null || address === '' ? host : `${host}:${port}`;
}

/** As many ids as there is room for; `+` marks those past K. */
function watchList(watches: readonly WatchView[], room: number, paint: Paint): string {
  let text = '';
  let length = 0;
  for (const [index, { id, isBeyond }] of watches.entries()) {
    const name = `${isBeyond ? '+' : ''}${shorten(printable(id), idLength)}`;
    const rest = watches.length - index - 1;
    const needed = (index === 0 ? 0 : 1) + [...name].length;
    if (length + needed + (rest > 0 ? 4 : 0) > room) return `${text}${index === 0 ? '' : ' '}…${rest + 1}`;
    text += `${index === 0 ? '' : ' '}${isBeyond ? paint('warning', name) : name}`;
    length += needed;
  }
  return text;
}

function detailLines(
  node: NodeView | undefined,
  { paint, width }: Pick<StatusLayout, 'paint' | 'width'>,
): string[] {
  if (node === undefined) return [];
  const indent = '      ';
  return details(node).map(
    (text) => indent + paint('quiet', shorten(printable(text), width - indent.length)),
  );
}

function details({
  state,
  accusations,
  obituary,
  verdict,
  maintenanceLeftMs,
  flapCount,
}: NodeView): string[] {
  const lines: string[] = [];
  if (obituary !== null)
    lines.push(
      'its agent says that its application is dead; the brake holds that back',
      `its reason: ${oneLine(obituary)}`,
    );
  if (flapCount > 1) lines.push(`flapping: ${flapCount} deaths in a row, each soon after it was back`);
  if (state === 'maintenance' && maintenanceLeftMs !== null)
    lines.push(`maintenance ends in ${formatDuration(maintenanceLeftMs)}`);
  if (state !== 'confirmed dead') {
    for (const { observerId, status, evidence } of accusations) {
      const what = status === 'dead' ? 'votes it dead' : 'suspects it';
      lines.push(`${observerId} ${what}${evidence === null ? '' : `: ${describeMisses(evidence)}`}`);
    }
    if (state === 'unreachable') lines.push('it states in the registry that it is alive');
  }
  if (verdict !== null) lines.push(...verdictLines(verdict, state, maintenanceLeftMs));
  return lines;
}

function verdictLines(verdict: VerdictDetail, state: NodeState, maintenanceLeftMs: number | null): string[] {
  const voters = verdict.votes.map(({ observerId }) => observerId);
  const epoch = state === 'confirmed dead' ? '' : ` in epoch ${verdict.epoch}`;
  const lines = [
    verdict.reason === null
      ? `found dead${epoch} by ${enumerate(voters)} (quorum ${verdict.quorum})`
      : `declared dead${epoch} by its own agent: ${oneLine(verdict.reason)}`,
    recoveryLine(verdict, maintenanceLeftMs),
  ];
  if (verdict.lastError !== null && verdict.resolution === null)
    lines.push(`last error: ${oneLine(verdict.lastError)}`);
  return lines;
}

function recoveryLine(verdict: VerdictDetail, maintenanceLeftMs: number | null): string {
  const { resolution, ownerId, fence, attemptCount } = verdict;
  const attempt = attemptCount > 1 ? `, attempt ${attemptCount}` : '';
  switch (resolution) {
    case null:
      return `recovery: ${openRecovery(verdict, attempt, maintenanceLeftMs)}`;
    case 'completed':
      return `recovery: completed by ${ownerId ?? 'no node'}, fence ${fence}${attempt}`;
    default:
      return `recovery: not needed any more (${resolution})`;
  }
}

/** Who works on it; else what it waits for. */
function openRecovery(
  { nodeId, ownerId, fence, attemptCount, isGivenUp, leaseLeftMs, retryInMs }: VerdictDetail,
  attempt: string,
  maintenanceLeftMs: number | null,
): string {
  if (isGivenUp) return `given up after ${attemptCount} attempts; try again with: ringwatch retry ${nodeId}`;
  if (leaseLeftMs !== null) return `${ownerId} owns it, fence ${fence}${attempt}`;
  if (maintenanceLeftMs !== null)
    return `waits for the end of maintenance in ${formatDuration(maintenanceLeftMs)}`;
  if (ownerId === null && retryInMs !== null && retryInMs > 0)
    return `waits ${formatDuration(retryInMs)}; try it now with: ringwatch retry ${nodeId}`;
  if (ownerId === null) return 'no node has claimed it yet';
  if (retryInMs === null) return `the lease of ${ownerId} has run out, fence ${fence}${attempt}`;
  const next = retryInMs === 0 ? 'is due' : `in ${formatDuration(retryInMs)}`;
  return `attempt ${attemptCount} failed, next try ${next} (last by ${ownerId}, fence ${fence})`;
}
