/** A world under every checker. Not for: what happens in it, and when it has healed (swarm/run.ts, dense/run-dense.ts). */
import type { Settings } from '../../core/settings/config.ts';
import { readLook } from '../../core/wire/look-message.ts';
import { World, type WorldOptions } from '../world.ts';
import { checkers } from './all.ts';
import type { BrokenPromise, Checker, PromiseName } from './checker.ts';
import { Ledger } from './ledger.ts';

export interface CheckedWorld {
  readonly world: World;
  readonly ledger: Ledger;
  /** What was broken so far; it grows, up to a bound. */
  readonly broken: readonly BrokenPromise[];
  /** The faults have ended: from now on progress is owed. */
  healed(): void;
  /** The time for that progress is over. */
  atRest(): Promise<void>;
}

/** More of them tell a reader nothing new. */
const mostBroken = 20;

/** Makes the world; `options` may have taps of their own. `isFor`: which promises are checked. Default: all. */
export function checkedWorld(
  options: WorldOptions,
  settings: Settings,
  isFor: (promise: string) => boolean = () => true,
): CheckedWorld {
  const broken: BrokenPromise[] = [];
  const active: Checker[] = [];
  /**
   * Whether L3 is not asked: what was taken back may stand again. No reading could tell the backup from the present; or a copy of
   * a write from before the restore has come after it.
   */
  let isUnfound = false;
  const { lateRate = 0, duplicateRate = 0 } = options.registry ?? {};
  const hasCopies = lateRate > 0 || duplicateRate > 0;
  const ledger = new Ledger(() => world.registry.now());
  const world: World = new World({
    ...options,
    registryTaps: [
      ...(options.registryTaps ?? []),
      (call, result) => {
        for (const checker of active) checker.onCall?.(call, result);
        ledger.apply(call, result);
        if (call.method === 'raise' && result === 'raised' && !hasCopies) isUnfound = false;
      },
    ],
    probeTaps: [
      ...(options.probeTaps ?? []),
      {
        began: (probe) => {
          for (const checker of active) checker.onProbeBegan?.(probe);
        },
        ended: (probe, outcome) => {
          for (const checker of active) checker.onProbeEnded?.(probe, outcome);
        },
      },
    ],
  });
  world.registry.onRestore((toAt) => {
    isUnfound = true;
    ledger.restore(toAt);
    for (const checker of active) checker.restored?.(toAt);
  });
  for (const [promise, create] of Object.entries(checkers).filter(([name]) => isFor(name))) {
    const report = (message: string): void => {
      if (isUnfound && promise === 'L3') return;
      if (broken.length < mostBroken)
        broken.push({ promise: promise as PromiseName, at: world.now, message });
    };
    active.push(create({ world, settings, ledger, report }));
  }
  world.network.connections.onTargetTold = ({ id }) => {
    for (const checker of active) checker.onObserverClosed?.(id);
  };
  world.network.messages.onTold = ({ id }, text) => {
    const targetId = readLook(text)?.message.targetId;
    if (targetId !== undefined) for (const checker of active) checker.onAskedToLook?.(id, targetId);
  };
  world.history.listen((entry) => {
    for (const checker of active) checker.onHistory?.(entry);
  });
  return {
    world,
    ledger,
    broken,
    healed: () => {
      for (const checker of active) checker.healed?.();
    },
    atRest: async () => {
      for (const checker of active) await checker.atRest?.();
    },
  };
}
