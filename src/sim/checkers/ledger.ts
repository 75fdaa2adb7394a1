/**
 * What the registry should hold, kept by a second and simpler set of rules from the calls that took effect. It is the
 * stupid twin that the checkers compare with. It knows the true order of everything and nothing of SQL.
 */

import type { DecideResult } from '../../core/reading.ts';
import type {
  ClaimRequest,
  ClaimResult,
  Entry,
  EpochRef,
  FinishRequest,
  FinishResult,
  HeartbeatResult,
  JoinRequest,
  JoinResult,
  ObituaryRequest,
  RaiseResult,
} from '../../ports/registry.ts';
import type { TappedCall } from '../virtual-registry.ts';
import type { LedgerNode, LedgerStatement, LedgerVerdict } from './ledger-rows.ts';

export class Ledger {
  readonly nodes = new Map<string, LedgerNode>();
  /** By target, then by observer. */
  readonly statements = new Map<string, Map<string, LedgerStatement>>();
  readonly verdicts: LedgerVerdict[] = [];
  /** All that has changed it. */
  #calls: { readonly call: TappedCall; readonly result: unknown }[] = [];
  readonly #undoneEpochs = new Set<string>();
  readonly #operations = new Set<string>();
  /** Heartbeats and joins of all nodes. */
  #beatCount = 0;
  /** The registry's clock when the call that is being taken over had its effect. */
  #takenAt = 0;
  readonly #registryNow: () => number;

  constructor(registryNow: () => number) {
    this.#registryNow = registryNow;
  }

  /** Takes over one call that has had its effect. */
  apply(call: TappedCall, result: unknown): void {
    if (this.#take(call, result)) this.#calls.push({ call, result });
  }

  /**
   * Goes back with the registry to what it held at that true time. When a node was last heard of stays what it is: a
   * restore makes no node silent.
   */
  restore(toAt: number): void {
    const heardOf = new Map(this.nodes);
    const calls = this.#calls.filter(({ call }) => call.at <= toAt);
    this.#calls = calls;
    this.nodes.clear();
    this.statements.clear();
    this.verdicts.length = 0;
    this.#operations.clear();
    this.#beatCount = 0;
    for (const { call, result } of calls) this.#take(call, result);
    for (const [id, { epoch: newest }] of heardOf) {
      for (let epoch = newest; epoch > (this.nodes.get(id)?.epoch ?? 0); epoch--)
        this.#undoneEpochs.add(`${id}#${epoch}`);
    }
    for (const [id, node] of this.nodes) {
      node.lastBeatTrueAt = heardOf.get(id)?.lastBeatTrueAt ?? node.lastBeatTrueAt;
    }
  }

  /** Whether it is a call that changes anything. */
  #take(call: TappedCall, result: unknown): boolean {
    this.#takenAt = call.registryAt;
    switch (call.method) {
      case 'join':
        this.#noteJoin(call.request as JoinRequest, result as JoinResult, call.at);
        break;
      case 'heartbeat':
        if ((result as HeartbeatResult) === 'beating') this.#beat((call.request as EpochRef).nodeId, call.at);
        break;
      case 'leave':
        this.#leave(call.request as EpochRef);
        break;
      case 'setMaintenance':
        this.#setMaintenance(call.request as { nodeId: string; durationMs: number });
        break;
      case 'record':
        for (const entry of call.request as readonly Entry[]) this.#record(entry, call.at);
        break;
      case 'decide':
        this.#decide(result as DecideResult, call.at);
        break;
      case 'obituary':
        this.#bury(call.request as ObituaryRequest, result as DecideResult, call.at);
        break;
      case 'claim':
        this.#claim(call.request as ClaimRequest, result as ClaimResult);
        break;
      case 'finish':
        this.#finish(call.request as FinishRequest, result as FinishResult);
        break;
      case 'raise':
        // What observers had said is void in a new generation.
        if ((result as RaiseResult) === 'raised') this.statements.clear();
        break;
      default:
        return false;
    }
    return true;
  }

  /** Whether a restore has taken that epoch back: it may begin again, and has then been given twice. */
  isUndone(nodeId: string, epoch: number): boolean {
    return this.#undoneEpochs.has(`${nodeId}#${epoch}`);
  }

  /** Whether an entry with that id was taken over before: a copy of it says nothing new. */
  knows(operationId: string): boolean {
    return this.#operations.has(operationId);
  }

  /** The newest verdict of an epoch; undefined without any. */
  verdictOf(nodeId: string, epoch: number): LedgerVerdict | undefined {
    return this.verdicts.findLast((verdict) => verdict.nodeId === nodeId && verdict.epoch === epoch);
  }

  /** Whether a verdict stands against the node's present epoch. */
  isDead(nodeId: string): boolean {
    const verdict = this.verdictOf(nodeId, this.nodes.get(nodeId)?.epoch ?? 0);
    return verdict !== undefined && verdict.resolution !== 'returned';
  }

  isInMaintenance(nodeId: string): boolean {
    return (this.nodes.get(nodeId)?.maintenanceUntil ?? 0) > this.#registryNow();
  }

  /** Whether the node is on the ring: it has joined and not left, and no verdict stands, however long it has been silent. */
  isOnRing(nodeId: string): boolean {
    return this.nodes.get(nodeId)?.hasLeft === false && !this.isDead(nodeId);
  }

  /** Observers that say `dead` of the target's present epoch, and may. */
  validVoters(targetId: string): string[] {
    const epoch = this.nodes.get(targetId)?.epoch;
    return [...(this.statements.get(targetId) ?? [])]
      .filter(([observerId, { status, targetEpoch, observerEpoch }]) => {
        const observer = this.nodes.get(observerId);
        const isCounted = observer?.epoch === observerEpoch && !observer.hasLeft && !this.isDead(observerId);
        return status === 'dead' && targetEpoch === epoch && isCounted && observerId !== targetId;
      })
      .map(([observerId]) => observerId)
      .sort();
  }

  #noteJoin({ nodeId, hasHandler }: JoinRequest, result: JoinResult, at: number): void {
    if (result.outcome !== 'joined') return;
    const { epoch } = result;
    const before = this.nodes.get(nodeId);
    if (before !== undefined && before.epoch >= epoch) return;
    this.nodes.set(nodeId, {
      epoch,
      hasLeft: false,
      hasObituary: false,
      hasHandler,
      maintenanceUntil: before?.maintenanceUntil ?? 0,
      lastBeatTrueAt: at,
      beatOrder: ++this.#beatCount,
      aliveTrueAt: at,
      deathTrueAt: before?.deathTrueAt ?? null,
    });
    for (const verdict of this.#openOf(nodeId))
      if (verdict.claimCount === 0) verdict.resolution = 'superseded';
  }

  #beat(nodeId: string, at: number): void {
    const node = this.nodes.get(nodeId);
    if (node === undefined) return;
    node.lastBeatTrueAt = at;
    node.beatOrder = ++this.#beatCount;
  }

  #leave({ nodeId, epoch }: EpochRef): void {
    const node = this.nodes.get(nodeId);
    if (node === undefined || node.epoch !== epoch || node.hasLeft) return;
    node.hasLeft = true;
    node.deathTrueAt = null;
    this.statements.delete(nodeId);
    for (const said of this.statements.values()) said.delete(nodeId);
    for (const verdict of this.#openOf(nodeId)) if (verdict.claimCount === 0) verdict.resolution = 'left';
  }

  #setMaintenance({ nodeId, durationMs }: { nodeId: string; durationMs: number }): void {
    const node = this.nodes.get(nodeId);
    const now = this.#takenAt;
    if (node === undefined) return;
    node.maintenanceUntil = durationMs > 0 ? now + durationMs : Math.min(node.maintenanceUntil, now);
  }

  #record(entry: Entry, at: number): void {
    if (this.#operations.has(entry.operationId)) return;
    this.#operations.add(entry.operationId);
    const { observerId, observerEpoch, targetId, targetEpoch, kind } = entry;
    if (targetId === null || targetEpoch === null) return;
    if (kind !== 'suspect' && kind !== 'dead' && kind !== 'recovered') return;
    const said = this.statements.get(targetId) ?? new Map<string, LedgerStatement>();
    this.statements.set(targetId, said);
    // What a former epoch of the observer still had to say does not count against the present one.
    const isLate = (said.get(observerId)?.observerEpoch ?? 0) > observerEpoch;
    if (kind !== 'recovered') {
      if (!isLate) said.set(observerId, { status: kind, observerEpoch, targetEpoch });
      return;
    }
    if (!isLate) said.delete(observerId);
    // But its target did answer it, after all decisions that it knew of.
    const known = entry.knownDecision ?? 0;
    for (const verdict of this.#openOf(targetId)) {
      const isAnswered = verdict.epoch === targetEpoch && this.#decisionsOf(targetId, targetEpoch) <= known;
      if (!isAnswered || verdict.claimCount > 0 || verdict.isByObituary) continue;
      verdict.resolution = 'returned';
      const node = this.nodes.get(targetId);
      if (node !== undefined) node.aliveTrueAt = at;
      // A return ends every vote that was said before it.
      for (const [id, { status }] of said) if (status === 'dead') said.delete(id);
    }
  }

  #bury({ targetId, targetEpoch }: ObituaryRequest, result: DecideResult, at: number): void {
    const node = this.nodes.get(targetId);
    if (node?.epoch === targetEpoch && result.outcome !== 'alive') node.hasObituary = true;
    this.#decide(result, at);
  }

  #decide(result: DecideResult, at: number): void {
    if (result.outcome !== 'dead' || !result.isNew) return;
    const { nodeId, epoch } = result.verdict;
    const node = this.nodes.get(nodeId);
    if (node !== undefined) node.deathTrueAt = at;
    this.verdicts.push({
      nodeId,
      epoch,
      decidedAt: this.#takenAt,
      isByObituary: result.verdict.reason !== null,
      resolution: null,
      isGivenUp: false,
      claimCount: 0,
      unendedClaims: new Set(),
      abortedCount: 0,
      claimId: null,
      fence: 0,
    });
  }

  #claim({ nodeId, epoch, claimId }: ClaimRequest, result: ClaimResult): void {
    const verdict = this.verdictOf(nodeId, epoch);
    if (verdict === undefined || verdict.resolution !== null) return;
    if (result.outcome === 'claimed') {
      if (verdict.claimId === claimId) return;
      verdict.claimId = claimId;
      verdict.claimCount++;
      verdict.unendedClaims.add(claimId);
      verdict.fence = result.fence;
    } else if (result.reason === 'resolved') {
      this.#closeIfOver(verdict);
    } else if (result.reason === 'given-up') {
      verdict.isGivenUp = true;
      verdict.claimId = null;
    }
  }

  #finish({ nodeId, epoch, claimId, outcome, maxAttempts }: FinishRequest, result: FinishResult): void {
    const verdict = this.verdictOf(nodeId, epoch);
    if (verdict === undefined) return;
    // The word of an aborted attempt counts, however late it comes.
    const isUnended = verdict.unendedClaims.has(claimId);
    if (outcome === 'aborted' || result === 'recorded') verdict.unendedClaims.delete(claimId);
    if (outcome === 'aborted' && isUnended) verdict.abortedCount++;
    if (result !== 'recorded' || verdict.claimId !== claimId) return;
    verdict.claimId = null;
    if (outcome === 'completed') verdict.resolution = 'completed';
    else this.#closeIfOver(verdict);
    if (verdict.resolution === null && maxAttempts !== null && outcome === 'failed')
      verdict.isGivenUp = verdict.claimCount - verdict.abortedCount >= maxAttempts;
  }

  #closeIfOver(verdict: LedgerVerdict): void {
    const node = this.nodes.get(verdict.nodeId);
    if (node?.hasLeft === true) verdict.resolution = 'left';
    else if ((node?.epoch ?? 0) > verdict.epoch) verdict.resolution = 'superseded';
  }

  /** How often a quorum has found this epoch dead. */
  #decisionsOf(nodeId: string, epoch: number): number {
    return this.verdicts.filter((verdict) => verdict.nodeId === nodeId && verdict.epoch === epoch).length;
  }

  #openOf(nodeId: string): LedgerVerdict[] {
    return this.verdicts.filter((verdict) => verdict.nodeId === nodeId && verdict.resolution === null);
  }
}
