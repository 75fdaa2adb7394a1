/** `ring` on a terminal: the order of the ring and who watches whom. Pure. */
import type { Paint } from '../terminal.ts';
import { printable, shorten } from '../terminal.ts';
import type { NodeView } from './cluster-view.ts';
import { markOf } from './node-table.ts';
import { columns } from './table.ts';

/** The nodes of the ring in order, each with those that it watches; the last line closes the circle. */
export function renderRing(nodes: readonly NodeView[], paint: Paint): string {
  const ring = nodes.filter(({ isOnRing }) => isOnRing);
  const [first] = ring;
  if (first === undefined) return 'The ring is empty: every node has left, is dead or is away.';
  const rows = ring.map((node) => [
    `${markOf(node.state, paint)} ${nameOf(node.id)}`,
    node.watches.length === 0 ? paint('quiet', 'watches no node') : `watches ${watchWords(node, paint)}`,
  ]);
  return [...columns(rows), paint('quiet', `↺ back to ${nameOf(first.id)}`)].join('\n');
}

/** One node on the ring: which nodes it watches, and which watch it. */
export function renderPlace(node: NodeView, watchers: readonly string[], paint: Paint): string {
  const watches = node.watches.length === 0 ? 'no node' : watchWords(node, paint);
  return [
    `${markOf(node.state, paint)} ${paint('strong', nameOf(node.id))}${node.isOnRing ? '' : ' is not on the ring'}`,
    `  watches     ${watches}`,
    `  watched by  ${watchers.length === 0 ? 'no node' : watchers.map(nameOf).join(', ')}`,
  ].join('\n');
}

function watchWords({ watches }: NodeView, paint: Paint): string {
  return watches
    .map(({ id, isBeyond }) => (isBeyond ? paint('warning', `+${nameOf(id)}`) : nameOf(id)))
    .join(', ');
}

function nameOf(id: string): string {
  return shorten(printable(id), 40);
}
