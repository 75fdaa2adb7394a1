/** Every checker of one world by the promise that it guards. S7 compares two worlds (s7-clocks-decide-nothing.ts). */
import { probesAreBounded } from './c1-probes.ts';
import { rowsReadAreBounded } from './c2-rows-read.ts';
import type { Checker, CreateChecker, PromiseName } from './checker.ts';
import { crashIsConfirmed } from './l1-crash-confirmed.ts';
import { recoveryCompletes } from './l2-recovery-completes.ts';
import { healthyIsHealthy } from './l3-healthy-is-healthy.ts';
import { startsAlone } from './l4-starts-alone.ts';
import { oneFence } from './s1-one-fence.ts';
import { quorumOfValidVotes } from './s2-quorum.ts';
import { noRecoveryOfTheLiving } from './s3-only-the-dead.ts';
import { answeringNodeLives } from './s4-answering-node.ts';
import { votesHaveProof } from './s4-own-network.ts';
import { brakeHolds } from './s5-brake.ts';
import { nothingIsLost } from './s6-nothing-lost.ts';

export const checkers: Readonly<Partial<Record<PromiseName, CreateChecker>>> = {
  S1: oneFence,
  S2: quorumOfValidVotes,
  S3: noRecoveryOfTheLiving,
  S4: both(answeringNodeLives, votesHaveProof),
  S5: brakeHolds,
  S6: nothingIsLost,
  L1: crashIsConfirmed,
  L2: recoveryCompletes,
  L3: healthyIsHealthy,
  L4: startsAlone,
  C1: probesAreBounded,
  C2: rowsReadAreBounded,
};

/** Two checkers of one promise as one. */
function both(one: CreateChecker, other: CreateChecker): CreateChecker {
  return (context) => {
    const all: readonly Checker[] = [one(context), other(context)];
    return {
      onCall: (call, result) => {
        for (const checker of all) checker.onCall?.(call, result);
      },
      onProbeBegan: (probe) => {
        for (const checker of all) checker.onProbeBegan?.(probe);
      },
      onProbeEnded: (probe, outcome) => {
        for (const checker of all) checker.onProbeEnded?.(probe, outcome);
      },
      onObserverClosed: (targetId) => {
        for (const checker of all) checker.onObserverClosed?.(targetId);
      },
      onAskedToLook: (receiverId, targetId) => {
        for (const checker of all) checker.onAskedToLook?.(receiverId, targetId);
      },
      onHistory: (entry) => {
        for (const checker of all) checker.onHistory?.(entry);
      },
      restored: (toAt) => {
        for (const checker of all) checker.restored?.(toAt);
      },
      healed: () => {
        for (const checker of all) checker.healed?.();
      },
      atRest: async () => {
        for (const checker of all) await checker.atRest?.();
      },
    };
  };
}
