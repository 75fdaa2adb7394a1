/** `ring` on a terminal: the order of the ring and who watches whom. Pure. */
import type { Paint } from '../terminal.ts';
import type { NodeView } from './cluster-view.ts';
import { type ShortNames, shortNames } from './names.ts';
import { markOf } from './node-table.ts';
import { columns } from './table.ts';

const nameLength = 40;

/** The nodes of the ring in order, each with those that it watches; the last line closes the circle. */
export function renderRing(nodes: readonly NodeView[], paint: Paint): string {
  const ring = nodes.filter(({ isOnRing }) => isOnRing);
  const [first] = ring;
  if (first === undefined) return 'The ring is empty: every node has left, is dead or is away.';
  const { nameOf } = shortNames(
    ring.map(({ id }) => id),
    nameLength,
    { dropsEnding: false },
  );
  const rows = ring.map((node) => [
    `${markOf(node.state, paint)} ${nameOf(node.id)}`,
    node.watches.length === 0
      ? paint('quiet', 'watches no node')
      : `watches ${watchWords(node, nameOf, paint)}`,
  ]);
  return [...columns(rows), paint('quiet', `↺ back to ${nameOf(first.id)}`)].join('\n');
}

/** One node and its state: which nodes it watches, and which watch it. */
export function renderPlace(node: NodeView, watchers: readonly string[], paint: Paint): string {
  const ids = [node.id, ...watchers, ...node.watches.map(({ id }) => id)];
  const { nameOf } = shortNames(ids, nameLength, { dropsEnding: false });
  const watches = node.watches.length === 0 ? 'no node' : watchWords(node, nameOf, paint);
  return [
    `${markOf(node.state, paint)} ${paint('strong', nameOf(node.id))}: ${node.state}${node.isOnRing ? '' : ', not on the ring'}`,
    `  watches     ${watches}`,
    `  watched by  ${watchers.length === 0 ? 'no node' : watchers.map(nameOf).join(', ')}`,
  ].join('\n');
}

function watchWords({ watches }: NodeView, nameOf: ShortNames['nameOf'], paint: Paint): string {
  return watches
    .map(({ id, isBeyond }) => (isBeyond ? paint('warning', `+${nameOf(id)}`) : nameOf(id)))
    .join(', ');
}
