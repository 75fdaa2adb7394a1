/** Whose rules the nodes of an experiment follow: what its world runs, and how a recorder learns what happens there. */

import type { DecideResult } from '../../core/reading.ts';
import type { Settings } from '../../core/settings/config.ts';
import type { HistoryEntry, LifeMoment } from '../history.ts';
import { originalProgram } from '../original/original-program.ts';
import { VirtualTables } from '../original/virtual-tables.ts';
import { permutationRingRegistry } from '../permutation-rings-registry.ts';
import type { TappedCall } from '../virtual-registry.ts';
import type { World, WorldOptions } from '../world.ts';
import type { ExperimentOptions, MeasuredDeath } from './experiment.ts';
import type { Recorder } from './recorder.ts';

/** A side of a comparison. */
export interface Side {
  readonly worldOptions: Partial<WorldOptions>;
  /** Hears everything of the world that was made with them. */
  readonly watch: (world: World) => void;
  /** Lines of the story that the world's history does not have, as they come. */
  readonly tell: { run: (at: number, nodeId: string, text: string) => void };
}

/** The side of those rules. */
export function sideOf(options: ExperimentOptions, settings: Settings, recorder: Recorder): Side {
  switch (options.rules) {
    case 'ringwatch':
      return ringwatchSide(options, recorder);
    case 'permutation-rings': {
      const rings = { seed: options.seed, ringCount: settings.neighbors };
      const side = ringwatchSide(options, recorder);
      const createRegistry = permutationRingRegistry(rings);
      return { ...side, worldOptions: { ...side.worldOptions, createRegistry } };
    }
    case 'original':
      return originalSide(settings, recorder);
  }
}

function ringwatchSide({ preset, settings, handler }: ExperimentOptions, recorder: Recorder): Side {
  let world: World | null = null;
  const accuse = (kind: 'suspect' | 'verdict', observerId: string, target: [string, number]): void => {
    const [targetId, targetEpoch] = target;
    const node = world?.node(targetId);
    const isTargetAlive = node?.status === 'on' && node.epoch === targetEpoch;
    recorder.accused({ kind, observerId, targetId, targetEpoch, isTargetAlive });
  };
  const hearCall = (call: TappedCall, result: unknown): void => {
    if (call.nodeId !== 'operator') recorder.called(call.method);
    if (call.method !== 'decide') return;
    const decided = result as DecideResult;
    if (decided.outcome !== 'dead' || !decided.isNew) return;
    accuse('verdict', call.nodeId, [decided.verdict.nodeId, decided.verdict.epoch]);
  };
  const hear = (entry: HistoryEntry): void => {
    switch (entry.kind) {
      case 'crashed':
        // A process that had not joined yet is no member for any node.
        if (entry.epoch > 0) recorder.died(entry.nodeId, entry.epoch, kindOf(entry));
        break;
      case 'started':
        recorder.began(entry.nodeId);
        break;
      case 'suspect':
        accuse('suspect', entry.nodeId, [entry.event.targetId, entry.event.targetEpoch]);
        break;
      case 'handlerBegan':
        recorder.recoveryBegan(entry.targetId, entry.targetEpoch);
        break;
      case 'handlerEnded':
        if (entry.outcome === 'completed') recorder.recoveryCompleted(entry.targetId, entry.targetEpoch);
        break;
      default:
    }
  };
  return {
    worldOptions: { preset, settings, handler, registryTaps: [hearCall] },
    watch: (made) => {
      world = made;
      made.history.listen(hear);
    },
    tell: { run: () => undefined },
  };
}

/**
 * The original by the settings that it has; of a preset's others nothing. Its verdict is a run of its dead-node
 * callback, which is its recovery too.
 */
function originalSide(settings: Settings, recorder: Recorder): Side {
  let world: World | null = null;
  const tell: Side['tell'] = { run: () => undefined };
  const isAlive = (nodeId: string): boolean => world?.node(nodeId).status === 'on';
  const say = (nodeId: string, text: string): void => tell.run(world?.now ?? 0, nodeId, text);
  const accuse = (kind: 'suspect' | 'verdict', observerId: string, targetId: string): void =>
    recorder.accused({ kind, observerId, targetId, targetEpoch: 0, isTargetAlive: isAlive(targetId) });
  const tables = new VirtualTables({
    called: (name) => recorder.called(name),
    wrote: (observerId, targetId, status) => {
      say(observerId, `${status} ${targetId}`);
      if (status === 'suspect') accuse('suspect', observerId, targetId);
    },
  });
  const { probeIntervalMs, probeTimeoutMs, probePort, neighbors, suspectAfter, deadAfter } = settings;
  const { minQuorum, quorumWindowMs, startupGracePeriodMs, heartbeatIntervalMs } = settings;
  const given = {
    ...{ probeIntervalMs, probeTimeoutMs, probePort, neighbors, suspectAfter, deadAfter },
    ...{ minQuorum, quorumWindowMs, startupGracePeriodMs },
  };
  const onDead = ({ observerId, targetId }: { observerId: string; targetId: string }): void => {
    say(observerId, `callback for ${targetId}`);
    accuse('verdict', observerId, targetId);
    if (isAlive(targetId)) return;
    recorder.recoveryBegan(targetId, 0);
    recorder.recoveryCompleted(targetId, 0);
  };
  return {
    worldOptions: {
      program: (parts) =>
        originalProgram({ tables: tables.connect(parts), settings: given, heartbeatIntervalMs, onDead })(
          parts,
        ),
    },
    watch: (made) => {
      world = made;
      made.history.listen((entry) => {
        if (entry.kind === 'crashed') recorder.died(entry.nodeId, 0, kindOf(entry));
        else if (entry.kind === 'started') recorder.began(entry.nodeId);
      });
    },
    tell,
  };
}

function kindOf({ detail }: LifeMoment): MeasuredDeath['kind'] {
  return detail === 'machine' ? 'machine' : 'process';
}
