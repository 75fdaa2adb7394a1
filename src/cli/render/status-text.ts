/** `status` on a terminal: how many nodes are how, one line a node, the brake and the newest events. Pure. */
import type { RegistryEvent } from '../../ports/registry.ts';
import { shorten, wrap } from '../terminal.ts';
import { agreementLines } from './agreement.ts';
import { renderBrake } from './brake-view.ts';
import type { ClusterView, NodeState } from './cluster-view.ts';
import { describeEvent, toneOf } from './event-words.ts';
import { looks, nodeTable, omittedCount, type TableLayout } from './node-table.ts';
import { formatClock } from './times.ts';

export interface StatusLayout extends TableLayout {
  /** Lines that the picture may have; what matters least is left out. Default: as many as it needs. */
  readonly height?: number;
}

/** Lines of the brake, and events, where the height is limited. */
const fewBrakeLines = 4;
const fewEvents = 3;
/** In a lower picture all room is for the nodes. */
const heightWithEvents = 20;
const eventHeadLines = 2;

/** The whole picture as text. */
export function renderStatus(view: ClusterView, layout: StatusLayout): string {
  if (view.nodes.length === 0) {
    return 'No node is in this registry yet. Start one with `ringwatch agent`.';
  }
  const { height = Number.POSITIVE_INFINITY } = layout;
  const summary = summaryLine(view, layout).split('\n');
  const brake = renderBrake(view.brake, layout);
  const shownBrake = Number.isFinite(height) ? brake.slice(0, fewBrakeLines) : brake;
  // A blank line comes after the summary, and before the brake.
  const room = height - summary.length - shownBrake.length - 2;
  const forEvents = height >= heightWithEvents ? eventHeadLines + Math.min(fewEvents, view.events.length) : 0;
  const nodes = nodeTable(view, layout, room - forEvents);
  const events = eventLines(view.events, layout, room - nodes.length);
  return [...summary, '', ...nodes, '', ...shownBrake, ...events].join('\n');
}

function summaryLine({ nodes, omitted, agreement }: ClusterView, { paint, width }: StatusLayout): string {
  const counts = new Map(Object.entries(omitted) as [NodeState, number][]);
  for (const { state } of nodes) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = (Object.keys(looks) as NodeState[])
    .filter((state) => counts.has(state))
    .map((state) => paint(looks[state].tone, `${counts.get(state)} ${state}`));
  const count = nodes.length + omittedCount(omitted);
  const total = `${count} ${count === 1 ? 'node' : 'nodes'}`;
  const listed = parts.map((part, index) => (index < parts.length - 1 ? `${part},` : part));
  const summary = wrap([`${paint('strong', total)}:`, ...listed], width);
  return [summary, ...agreementLines(agreement, { paint, width })].join('\n');
}

/** The newest of them under a title, in at most `height` lines. */
function eventLines(
  events: readonly RegistryEvent[],
  { paint, width }: StatusLayout,
  height: number,
): string[] {
  const count = Math.min(events.length, height - eventHeadLines);
  if (count <= 0) return [];
  const lines = events.slice(-count).map((event) => {
    const words = shorten(describeEvent(event), width - 12);
    return `  ${paint('quiet', formatClock(event.at))}  ${paint(toneOf(event), words)}`;
  });
  return ['', paint('strong', 'Newest events') + paint('quiet', ' (UTC)'), ...lines];
}
