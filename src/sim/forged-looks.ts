/** What a stranger writes into requests to look: about any node, about the receiver itself, and nonsense. */
import { lookText } from '../core/wire/look-message.ts';
import type { SeededRandom } from './random.ts';

/** What of a node a stranger may know. */
interface Known {
  readonly id: string;
  readonly epoch: number;
}

/** One of them, for that receiver. Its sender is a node, or a name that no node has. */
export function drawForgedLook(random: SeededRandom, receiver: Known, nodes: readonly Known[]): string {
  if (random.chance(0.05)) return random.pick(['', 'nonsense', '1 a', '3 %zz 7 b', 'x'.repeat(5_000)]);
  const stranger = { id: `stranger-${random.integer(1, 500)}`, epoch: random.integer(1, 3) };
  const { id: nodeId, epoch } = random.chance(0.5) ? random.pick(nodes) : stranger;
  const target = random.pick([receiver, random.pick(nodes), random.pick(nodes), stranger]);
  const targetEpoch = random.pick([target.epoch, target.epoch, target.epoch + 1, 0]);
  return lookText({ nodeId, epoch }, { kind: 'look', targetId: target.id, targetEpoch }) ?? 'nonsense';
}
