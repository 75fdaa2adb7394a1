/**
 * The ring: nodes in byte order of their ids, closed into a circle, and which nodes follow a node on it.
 * Not for: which successors are watched when some are missed (watch-list.ts).
 */

/**
 * Orders ids by the bytes of their UTF-8 form, as Go and SQLite do. Negative when `a` comes first, 0 when equal.
 * JavaScript's own order is by UTF-16 code units. It differs where one id has a character past U+FFFF and the other one
 * from U+E000 to U+FFFF.
 */
export function compareIds(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

/** Lifts surrogates, the halves of characters past U+FFFF, above all other code units, as their UTF-8 bytes are. */
function byteRank(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit;
}

/**
 * The next `min(k, n - 1)` nodes clockwise after `selfId`, nearest first. Empty for one node or fewer, when self
 * is not among the nodes, and for `k` below 1. The order of `nodes` does not matter; the array is left as it is.
 */
export function ringNeighbors<Node extends { readonly id: string }>(
  nodes: readonly Node[],
  selfId: string,
  k: number,
): Node[] {
  if (nodes.length <= 1 || !(k >= 1)) return [];
  const ring = isSorted(nodes) ? nodes : [...nodes].sort((a, b) => compareIds(a.id, b.id));
  const self = ring.findIndex(({ id }) => id === selfId);
  if (self === -1) return [];
  const count = Math.min(Math.floor(k), ring.length - 1);
  const neighbors: Node[] = [];
  for (let step = 1; step <= count; step++) {
    const node = ring[(self + step) % ring.length];
    if (node !== undefined) neighbors.push(node);
  }
  return neighbors;
}

function isSorted(nodes: readonly { readonly id: string }[]): boolean {
  let previous: string | undefined;
  for (const { id } of nodes) {
    if (previous !== undefined && compareIds(previous, id) > 0) return false;
    previous = id;
  }
  return true;
}
