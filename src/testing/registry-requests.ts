/** Requests of the registry cases, with all that a case does not care about. */
import type { Evidence } from '../core/evidence.ts';
import { unknownMarks } from '../core/marks.ts';
import type { DecideRequest, EpochRef, JoinRequest, ObituaryRequest } from '../ports/registry.ts';

/** The default window for nodes that run the original. */
export const windowMs = 900_000;
export const quorumWindowMs = 300_000;
export const leaseMs = 30_000;
/** How claims and ends in the cases are tried again: without a pause. */
export const tries = { retryBackoffMs: 0, maxAttempts: 10 };

/** Evidence as a monitor gives it. */
export const evidence: Evidence = {
  missCount: 12,
  silentMs: 110_000,
  sinceAnswerMs: 120_000,
  failures: { 'no-answer': 11, refused: 1 },
  lastFailure: 'connect ECONNREFUSED 10.0.0.9:6001',
  observer: { watchedCount: 3, answeringCount: 2, inconclusiveCount: 0 },
  closedConnection: false,
  sparedMs: null,
  lastKind: 'no-answer',
};

/** Evidence of an observer that was refused each time. */
export const refusedEvidence: Evidence = {
  ...evidence,
  failures: { reset: 1, refused: 11 },
  closedConnection: true,
  lastKind: 'refused',
};

/** A first join. */
export function joinRequest(
  nodeId: string,
  instanceId: string,
  request: Partial<JoinRequest> = {},
): JoinRequest {
  return {
    nodeId,
    address: '10.0.0.1',
    internalAddress: null,
    port: null,
    region: null,
    isNamed: true,
    hasHandler: true,
    instanceId,
    afterEpoch: 0,
    ...request,
  };
}

/** A question of an observer that knows nothing of its own heartbeats and of the age of deaths. */
export function decideRequest(
  observer: EpochRef,
  target: EpochRef,
  request: Partial<DecideRequest> = {},
): DecideRequest {
  return {
    targetId: target.nodeId,
    targetEpoch: target.epoch,
    observerId: observer.nodeId,
    observerEpoch: observer.epoch,
    minQuorum: 2,
    isQuorumStrict: false,
    quorumWindowMs,
    watchedSince: null,
    newestBeat: 0,
    refutationCount: null,
    maxDeadFraction: 1 / 3,
    marks: unknownMarks,
    flapWindowMs: 0,
    ...request,
  };
}

/** A node's own word that its application is dead; it joined with this instance id. */
export function obituaryRequest(
  { nodeId, epoch }: EpochRef,
  instanceId: string,
  request: Partial<ObituaryRequest> = {},
): ObituaryRequest {
  return {
    targetId: nodeId,
    targetEpoch: epoch,
    observerId: nodeId,
    observerEpoch: epoch,
    watchedSince: null,
    newestBeat: 0,
    maxDeadFraction: 1 / 3,
    marks: unknownMarks,
    flapWindowMs: 0,
    instanceId,
    reason: 'HTTP 500',
    ...request,
  };
}
