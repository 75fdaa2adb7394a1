/**
 * An observer and a target that lives, each a detector, beside a registry whose calls take time. From some moment on the
 * observer does not reach the target. Tells whether the target had answered before it was called dead.
 * The registry gives no verdict that a refutation has passed.
 */

import { step } from '../../src/core/detector.ts';
import type { Effect, Input } from '../../src/core/effects.ts';
import type { RoundReading } from '../../src/core/reading.ts';
import { slowCallMs } from '../../src/core/registry-pace.ts';
import { resolveSettings, type Settings, type SettingsInput } from '../../src/core/settings/config.ts';
import { type DetectorState, newDetector } from '../../src/core/state.ts';
import { nodeOf } from './detector-driver.ts';

/** What differs from world to world. Times of the world in milliseconds. */
export interface AccusedPlan {
  /** When the nodes start, so that their rounds have any phase. */
  readonly startAts: readonly [number, number];
  /** Draws of chance, one for each step, over and over. */
  readonly draws: readonly number[];
  /** From when on the observer's probes fail. */
  readonly cutAt: number;
  /** `closed`: the connection is closed on both sides; `asked`: another observer asks, of which the target knows nothing. */
  readonly sign: 'none' | 'closed' | 'asked';
  /** Whether no connection is made, so that each probe takes its whole time-out; else it is refused at once. */
  readonly isSilent: boolean;
  /** What each registry call takes. */
  readonly callMs: number;
  /** From when on, from the first accusation, and for how long the registry answers no call. */
  readonly stall: { readonly afterMs: number; readonly durationMs: number };
  /** Between which moments each call fails at once. */
  readonly outage?: readonly [from: number, until: number];
  /** From when on the target's next call fails, once. */
  readonly failsOnceAt?: number;
  /** For how long after the cut it goes on, answers or not. Default: a minute and a round, or until the target has answered. */
  readonly lastsMs?: number;
}

/** How it went: whether a verdict was made at all, and whether the target had answered before. */
export interface AccusedEnd {
  readonly answeredAt: number | null;
  readonly deadAt: number | null;
}

const probeMs = 5;
const slackMs = 100;
/** The target gives an overdue probe so much more of the time until it, for clocks that drift. */
const driftPart = 0.02;

class Detector {
  state: DetectorState = newDetector(1);
  wakeAt = Number.POSITIVE_INFINITY;
  slowCount = 0;
  isRefuting = false;
  readonly inputs: Input[] = [];
  readonly settings: Settings;

  constructor(nodeId: string, input: Omit<SettingsInput, 'nodeId'>) {
    this.settings = resolveSettings({ startupGracePeriodMs: 0, ...input, nodeId });
  }
}

/** Runs the world until the target has answered, or is called dead, or for a minute and a round after the cut. */
export function runAccused(plan: AccusedPlan, input: Omit<SettingsInput, 'nodeId'>): AccusedEnd {
  const events: { readonly at: number; readonly run: () => void }[] = [];
  const observer = new Detector('o', input);
  const target = new Detector('x', input);
  const lastsMs = plan.lastsMs ?? 60_000 + observer.settings.probeIntervalMs;
  let now = 0;
  let drawCount = 0;
  let sameCount = 0;
  let targetDueAt = Number.POSITIVE_INFINITY;
  let isAccused = false;
  let refutationCount = 0;
  let hasFailedOnce = false;
  let answeredAt: number | null = null;
  let deadAt: number | null = null;
  let stallFrom = Number.POSITIVE_INFINITY;
  const at = (time: number, run: () => void): void => void events.push({ at: Math.max(now, time), run });

  at(plan.startAts[0], () => feed(observer, { kind: 'started' }));
  at(plan.startAts[1], () => feed(target, { kind: 'started' }));
  if (plan.sign !== 'none')
    at(plan.cutAt, () => {
      const source = plan.sign === 'closed' ? 'closed' : 'observer';
      feed(observer, { kind: 'hinted', targetId: 'x', source });
      if (plan.sign === 'closed') feed(target, { kind: 'self-suspected' });
    });
  while (deadAt === null && (answeredAt === null || plan.lastsMs !== undefined)) {
    events.sort((one, other) => one.at - other.at);
    const next = events.shift();
    if (next === undefined || next.at > plan.cutAt + lastsMs) break;
    // A step that orders itself for the same moment would hold the test up for ever.
    sameCount = next.at === now ? sameCount + 1 : 0;
    if (sameCount > 10_000) throw new Error(`time stands still at ${now}`);
    now = next.at;
    next.run();
  }
  return { answeredAt, deadAt };

  function feed(node: Detector, first: Input): void {
    node.inputs.push(first);
    if (node.inputs.length > 1) return;
    for (let next = node.inputs[0]; next !== undefined; next = node.inputs[0]) {
      const random = plan.draws[drawCount++ % plan.draws.length] ?? 0.5;
      const { state, effects } = step(node.settings, node.state, next, { now, wallNow: now, random });
      node.state = state;
      for (const effect of effects) perform(node, effect);
      node.inputs.shift();
    }
  }

  function perform(node: Detector, effect: Effect): void {
    switch (effect.kind) {
      case 'wake':
        node.wakeAt = effect.at;
        at(effect.at, () => {
          if (node.wakeAt !== effect.at) return;
          node.wakeAt = Number.NaN;
          feed(node, { kind: 'woken' });
        });
        break;
      case 'probe':
        probe(node, effect);
        break;
      case 'read-round':
        call(
          node,
          () => readingOf(node),
          (reading) =>
            feed(node, reading === null ? { kind: 'round-failed' } : { kind: 'round-read', reading }),
        );
        break;
      case 'record':
        record(node, effect);
        break;
      case 'refute':
        if (node.isRefuting) break;
        node.isRefuting = true;
        call(
          node,
          () => {
            answeredAt ??= now;
            refutationCount++;
          },
          () => {
            node.isRefuting = false;
          },
        );
        break;
      case 'decide':
        call(
          node,
          () => {
            const isPassed = effect.refutationCount !== null && effect.refutationCount !== refutationCount;
            if (!isPassed) deadAt = now;
            return isPassed;
          },
          (isPassed) => {
            const result = isPassed === true ? ({ outcome: 'pending', reason: 'refuted' } as const) : null;
            feed(node, { kind: 'decided', targetId: 'x', targetEpoch: 1, result });
          },
        );
        break;
      default:
        break;
    }
  }

  function probe(
    node: Detector,
    { targetId, nextDueMs, timeoutMs }: Extract<Effect, { kind: 'probe' }>,
  ): void {
    const isCut = node === observer && targetId === 'x' && now >= plan.cutAt;
    const failure = plan.isSilent ? 'no-connection' : 'refused';
    const durationMs = !isCut ? 2 * probeMs : plan.isSilent ? timeoutMs : 1;
    if (node === observer && targetId === 'x' && !isCut)
      at(now + probeMs, () => {
        const dueAt = now + Math.ceil((1 + driftPart) * nextDueMs) + slackMs;
        targetDueAt = dueAt;
        at(dueAt, () => {
          if (targetDueAt === dueAt) feed(target, { kind: 'self-suspected' });
        });
      });
    at(now + durationMs, () =>
      feed(node, {
        ...{ kind: 'probe-finished', targetId, durationMs },
        outcome: isCut
          ? { kind: 'failure', failure, detail: failure }
          : { kind: 'answer', nodeId: targetId, epoch: 1 },
      }),
    );
  }

  function record(node: Detector, effect: Extract<Effect, { kind: 'record' }>): void {
    call(
      node,
      () => {
        if (effect.targetId === 'x' && !isAccused) {
          isAccused = true;
          stallFrom = now + plan.stall.afterMs;
        }
        return true;
      },
      (isRecorded) => {
        if (isRecorded === null) at(now + 500, () => record(node, effect));
        else feed(node, { ...effect, kind: 'recorded' });
      },
    );
  }

  /** Half of the time passes before the registry does it. */
  function call<Value>(node: Detector, done: () => Value, onEnd: (value: Value | null) => void): void {
    const sentAt = now;
    const { registryTimeoutMs } = node.settings;
    let isSlow = false;
    let isOver = false;
    const end = (value: Value | null): void => {
      if (isOver) return;
      isOver = true;
      if (isSlow) node.slowCount--;
      const ended = { tookMs: now - sentAt, hasFailed: value === null };
      if (isSlow || ended.hasFailed) feed(node, { kind: 'registry-call', slowCount: node.slowCount, ended });
      onEnd(value);
    };
    if (isFailingAtOnce(node)) {
      end(null);
      return;
    }
    const arrivesAt = sentAt + plan.callMs / 2;
    at(arrivesAt, () => {
      const stallUntil = stallFrom + plan.stall.durationMs;
      if (now >= stallFrom && now < stallUntil) at(stallUntil, answer);
      else answer();
    });
    const answer = (): void => {
      const value = done();
      at(now + plan.callMs / 2, () => end(value));
    };
    at(sentAt + slowCallMs, () => {
      if (isOver) return;
      isSlow = true;
      node.slowCount++;
      feed(node, { kind: 'registry-call', slowCount: node.slowCount, ended: null });
    });
    at(sentAt + registryTimeoutMs, () => end(null));
  }

  function isFailingAtOnce(node: Detector): boolean {
    const { outage, failsOnceAt } = plan;
    if (outage !== undefined && now >= outage[0] && now < outage[1]) return true;
    if (node !== target || hasFailedOnce || failsOnceAt === undefined || now < failsOnceAt) return false;
    hasFailedOnce = true;
    return true;
  }

  function readingOf(node: Detector): RoundReading {
    const others = ['o', 'x', 'y'].filter((id) => id !== node.settings.nodeId);
    return {
      progress: { fence: 0, newestEvent: 0, epochFloor: 0 },
      self: nodeOf(node.settings.nodeId),
      ...{ ownBeat: null, isSelfDead: false, beating: [], watched: [], statements: [], openVerdicts: [] },
      accuserIds: node === target && isAccused ? ['o'] : [],
      successors: others.map((id) => nodeOf(id, id === 'x' ? { refutationCount } : {})),
    };
  }
}
