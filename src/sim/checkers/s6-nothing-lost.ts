/** S6: no verdict while the registry is out of reach; nothing written is lost when it returns. */
import type { Entry } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

export const nothingIsLost: CreateChecker = ({ world, report }) => {
  /** Statements that a life has made and the registry has not got, by node, epoch, kind and target. */
  const owed = new Map<string, number>();
  const seenOperations = new Set<string>();
  const keyOf = (nodeId: string, epoch: number, kind: string, targetId: string | null): string =>
    [nodeId, epoch, kind, targetId].join('\n');
  const add = (key: string, count: number): void => void owed.set(key, (owed.get(key) ?? 0) + count);
  return {
    onCall: ({ method, request }) => {
      if (method === 'decide' && world.registry.state !== 'up')
        report('a verdict was asked for of a registry that is out of reach');
      if (method !== 'record') return;
      for (const { operationId, observerId, observerEpoch, kind, targetId } of request as readonly Entry[]) {
        if (seenOperations.has(operationId)) continue;
        seenOperations.add(operationId);
        add(keyOf(observerId, observerEpoch, kind, targetId), -1);
      }
    },
    onHistory: (entry) => {
      if (entry.kind === 'suspect' || entry.kind === 'dead' || entry.kind === 'recovered') {
        add(keyOf(entry.nodeId, entry.epoch, entry.kind, entry.event.targetId), 1);
      }
    },
    atRest: () => {
      for (const [key, count] of owed) {
        const [nodeId = '', epoch = '', kind, targetId] = key.split('\n');
        const node = world.node(nodeId);
        const isThatLife = node.isRunning && node.epoch === Number(epoch);
        if (isThatLife && count > 0)
          report(`${nodeId}#${epoch} said "${kind}" of ${targetId}, and the registry never got it`);
      }
    },
  };
};
