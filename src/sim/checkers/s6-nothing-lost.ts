/**
 * S6: no verdict while the registry is out of reach; nothing written is lost when it returns.
 *
 * Checked as:
 * - no node tells of a verdict or handles a death that the registry does not hold;
 * - all that an observer says in an epoch reaches the registry once and in order;
 * - a node that reads is told of the verdict on its epoch that stands, and of none that was taken back;
 * - what the registry has acknowledged it holds at rest. The log has every entry in its order, and the statements and
 *   verdicts are those that follow from all calls.
 *
 * A registry that is restored holds what it had acknowledged until then.
 */
import type { DecideResult, RoundReading } from '../../core/reading.ts';
import type { ClaimResult, Entry, RoundRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';
import { firstHole, heldStatements, heldVerdicts } from './held-by-registry.ts';

/** What an observer has said in one epoch, and how much of that the registry has. */
interface Sayings {
  readonly said: string[];
  arrivedCount: number;
  /** The newest statement that the registry has of each target: a vote may be affirmed, a `recovered` said again. */
  readonly newest: Map<string, Entry['kind']>;
}

export const nothingIsLost: CreateChecker = ({ world, ledger, settings, report }) => {
  let acknowledged: { readonly at: number; readonly entry: Entry }[] = [];
  const saidInEpochs = new Map<string, Sayings>();
  const heldOperations = new Set<string>();
  const seenOperations = new Set<string>();
  /** Epochs that a verdict was ever made on. A node may still tell of one that a restore has taken back. */
  const madeVerdicts = new Set<string>();
  const givenFences = new Set<number>();
  /** From a restore on, all that is held true may be said again. */
  let isRestored = false;
  const sayingsOf = (nodeId: string, epoch: number): Sayings => {
    const epochName = `${nodeId}#${epoch}`;
    const known = saidInEpochs.get(epochName) ?? { said: [], arrivedCount: 0, newest: new Map() };
    saidInEpochs.set(epochName, known);
    return known;
  };

  const arrive = ({ observerId, observerEpoch, kind, targetId }: Entry): void => {
    if ((kind !== 'suspect' && kind !== 'dead' && kind !== 'recovered') || targetId === null) return;
    if (ledger.isUndone(observerId, observerEpoch)) return;
    const sayings = sayingsOf(observerId, observerEpoch);
    const { said, arrivedCount, newest } = sayings;
    const what = `${kind} ${targetId}`;
    if (said[arrivedCount] === what) {
      sayings.arrivedCount++;
    } else if ((kind === 'suspect' && !isRestored) || newest.get(targetId) !== kind) {
      const next = said[arrivedCount] ?? 'nothing';
      report(`${observerId}#${observerEpoch} had "${next}" to say, and the registry got "${what}"`);
      const place = said.indexOf(what, arrivedCount);
      if (place !== -1) sayings.arrivedCount = place + 1;
    }
    newest.set(targetId, kind);
  };

  return {
    restored: (toAt) => {
      isRestored = true;
      acknowledged = acknowledged.filter(({ at }) => at <= toAt);
      heldOperations.clear();
      for (const { entry } of acknowledged) heldOperations.add(entry.operationId);
    },
    onCall: ({ method, request, at }, result) => {
      if (method === 'decide' || method === 'obituary') {
        const decision = result as DecideResult;
        if (decision.outcome === 'dead')
          madeVerdicts.add(`${decision.verdict.nodeId}#${decision.verdict.epoch}`);
      }
      if (method === 'readRound') {
        const { nodeId, epoch } = request as RoundRequest;
        const { isSelfDead } = result as RoundReading;
        if (isSelfDead && !ledger.isDead(nodeId))
          report(`the registry says of ${nodeId}#${epoch} that it is dead, and no verdict stands`);
        const node = ledger.nodes.get(nodeId);
        if (!isSelfDead && node?.epoch === epoch && !node.hasLeft && ledger.isDead(nodeId))
          report(`the registry does not tell ${nodeId}#${epoch} of the verdict on it, which stands`);
      }
      if (method === 'claim') {
        const answer = result as ClaimResult;
        if (answer.outcome === 'claimed') givenFences.add(answer.fence);
      }
      if (method !== 'record') return;
      for (const entry of request as readonly Entry[]) {
        if (heldOperations.has(entry.operationId)) continue;
        heldOperations.add(entry.operationId);
        acknowledged.push({ at, entry });
        // What came before a restore may come again.
        if (!seenOperations.has(entry.operationId)) arrive(entry);
        seenOperations.add(entry.operationId);
      }
    },
    onHistory: (entry) => {
      if (entry.kind === 'suspect' || entry.kind === 'dead' || entry.kind === 'recovered') {
        sayingsOf(entry.nodeId, entry.epoch).said.push(`${entry.kind} ${entry.event.targetId}`);
      } else if (entry.kind === 'verdict-read') {
        const { nodeId, epoch } = entry.event.verdict;
        if (!madeVerdicts.has(`${nodeId}#${epoch}`))
          report(`${entry.nodeId} tells of a verdict on ${nodeId}#${epoch} that the registry does not hold`);
      } else if (entry.kind === 'handlerBegan' && !givenFences.has(entry.fence)) {
        report(`${entry.nodeId} handles ${entry.targetId} under fence ${entry.fence}, which was never given`);
      }
    },
    atRest: async () => {
      const { leader } = world.registry;
      const hole = await firstHole(
        acknowledged.map(({ entry }) => entry),
        leader,
      );
      const cluster = await leader.readCluster(settings);
      const others = [heldStatements(ledger, cluster.statements), heldVerdicts(ledger, cluster.verdicts)];
      for (const message of [hole, ...others]) if (message !== null) report(message);
      for (const [epochName, { said, arrivedCount }] of saidInEpochs) {
        const nodeId = epochName.slice(0, epochName.lastIndexOf('#'));
        const node = world.node(nodeId);
        if (!node.isRunning || epochName !== `${nodeId}#${node.epoch}`) continue;
        if (ledger.isUndone(nodeId, node.epoch)) continue;
        for (const what of said.slice(arrivedCount))
          report(`${epochName} said "${what}", and the registry never got it`);
      }
    },
  };
};
