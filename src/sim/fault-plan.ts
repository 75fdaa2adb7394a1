/**
 * Faults as data: what goes wrong in a world, when, and for how long. A plan can be printed, replayed and made
 * smaller. Not for: choosing faults by chance (swarm/).
 */
import type { ConnectionFault } from './connections.ts';
import type { Latency } from './latency.ts';
import type { MessageFault } from './messages.ts';
import type { LinkFault } from './network.ts';
import type { CrashKind } from './node.ts';
import type { PauseKind } from './process.ts';
import type { HangingPart } from './program.ts';
import type { RegistryState } from './virtual-registry.ts';
import type { World } from './world.ts';

/** One fault. Instants are milliseconds from the world's start. */
export type PlannedFault = { readonly at: number } & (
  | {
      /** Nodes die in one instant; they come back after a while, or not before the world is healed (null). */
      readonly kind: 'crash';
      readonly nodeIds: readonly string[];
      readonly how: CrashKind;
      readonly backAfterMs: number | null;
    }
  | { readonly kind: 'pause'; readonly nodeId: string; readonly durationMs: number; readonly how: PauseKind }
  | {
      /** Two groups do not hear each other; the registry may be in either one or in none. */
      readonly kind: 'cut';
      readonly some: readonly string[];
      readonly others: readonly string[];
      readonly durationMs: number;
    }
  | { readonly kind: 'link'; readonly fault: LinkFault; readonly durationMs: number }
  | { readonly kind: 'loss'; readonly lossRate: number; readonly durationMs: number }
  | { readonly kind: 'latency'; readonly latency: Latency; readonly durationMs: number }
  | { readonly kind: 'registry'; readonly state: Exclude<RegistryState, 'up'>; readonly durationMs: number }
  | { readonly kind: 'registry-clock'; readonly byMs: number }
  | { readonly kind: 'wall-clock'; readonly nodeId: string; readonly byMs: number }
  | { readonly kind: 'leave'; readonly nodeId: string; readonly backAfterMs: number | null }
  | {
      /** Nodes that were not there before start for the first time (see `laterNodes` of the world). */
      readonly kind: 'join';
      readonly nodeIds: readonly string[];
    }
  | {
      /** Nodes begin their next life on another machine; the old address answers nothing any more. */
      readonly kind: 'move';
      readonly nodeIds: readonly string[];
    }
  | {
      /**
       * Rows of nodes that joined `agoMs` before, and have `left`, or have `died` without a verdict. They do not run
       * (see `laterNodes` of the world).
       */
      readonly kind: 'gone';
      readonly nodeIds: readonly string[];
      readonly how: 'left' | 'died';
      readonly agoMs: number;
    }
  | {
      /** A part of the nodes' program hangs while the rest goes on. */
      readonly kind: 'hang';
      readonly nodeIds: readonly string[];
      readonly part: HangingPart;
      readonly durationMs: number;
    }
  | {
      /** Something else answers the nodes' pings, in their names and as an epoch that never began. */
      readonly kind: 'impostor';
      readonly nodeIds: readonly string[];
      readonly durationMs: number;
    }
  | {
      /** The registry holds again what it held `agoMs` before, as when a backup is restored. Its clock goes on. */
      readonly kind: 'restore';
      readonly agoMs: number;
    }
  | {
      /** Another program deletes the nodes' rows of the shared table `dns_nodes`. */
      readonly kind: 'delete-rows';
      readonly nodeIds: readonly string[];
    }
  | {
      /**
       * What is between nodes and their observers closes the observers' connections, as a sidecar that restarts, or forgets
       * them (`half-open`), so that they are silent. All processes live on.
       */
      readonly kind: 'proxy-restart';
      readonly nodeIds: readonly string[];
      readonly how: ConnectionFault;
    }
  | {
      /** The sidecar of each node restarts: it closes the observers' connections, and refuses new ones until it is back. */
      readonly kind: 'sidecar';
      readonly nodeIds: readonly string[];
      readonly durationMs: number;
    }
  | ({
      /** Of what observers tell each other, a part is lost, late or doubled. */
      readonly kind: 'messages';
      readonly durationMs: number;
    } & MessageFault)
  | {
      /** A stranger asks each of these nodes to look at one node after another, at itself too, and sends nonsense. */
      readonly kind: 'forger';
      readonly nodeIds: readonly string[];
      readonly perSecond: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'maintenance'; readonly nodeId: string; readonly durationMs: number }
  | { readonly kind: 'restart-all'; readonly downForMs: number }
  | {
      /**
       * Nodes that stall together, again and again: `stallMs` long, then free for `freeMs`. Their timers stop with
       * them, as when an event loop is blocked, or go on while everything that they send and are sent waits.
       */
      readonly kind: 'slow';
      readonly nodeIds: readonly string[];
      readonly durationMs: number;
      readonly stallMs: number;
      readonly freeMs: number;
      readonly timers: 'stop' | 'go-on';
    }
  | {
      /** One running node of these after another goes and comes back, about every `everyMs` (half to one and a half of it). */
      readonly kind: 'churn';
      readonly nodeIds: readonly string[];
      readonly durationMs: number;
      readonly everyMs: number;
      readonly downForMs: number;
      readonly how: CrashKind | 'leave';
    }
  | {
      /**
       * For a while, the handler of each death ends a node as soon as it has begun: the one that runs it, or the next one
       * of the ring that runs. Such a node comes back after a while, or not before the world is healed (null).
       */
      readonly kind: 'cascade';
      readonly victim: 'owner' | 'next';
      readonly durationMs: number;
      readonly backAfterMs: number | null;
    }
);

type FaultOf<Kind extends PlannedFault['kind']> = PlannedFault & { readonly kind: Kind };

/** Puts a plan into a world that has not begun yet, or is before the first of its faults. */
export function schedule(world: World, plan: readonly PlannedFault[]): void {
  if (plan.some(({ kind }) => kind === 'restore')) world.registry.keepWrites();
  for (const fault of plan) world.later(fault.at - world.now, () => begin(world, fault));
}

/** The nodes of a plan that are not there at the start: they join by one of its faults, or were gone before. */
export function laterNodesOf(plan: readonly PlannedFault[]): readonly string[] {
  return [...new Set(plan.flatMap((one) => (one.kind === 'join' || one.kind === 'gone' ? one.nodeIds : [])))];
}

function begin(world: World, fault: PlannedFault): void {
  switch (fault.kind) {
    case 'crash':
      for (const nodeId of fault.nodeIds) crash(world, nodeId, fault.how, fault.backAfterMs);
      break;
    case 'pause':
      world.pause(fault.nodeId, fault.durationMs, fault.how);
      break;
    case 'cut':
      world.later(fault.durationMs, world.cut(fault.some, fault.others));
      break;
    case 'link':
      world.later(fault.durationMs, world.fault(fault.fault));
      break;
    case 'loss':
      world.later(fault.durationMs, world.fault({ lossRate: fault.lossRate }));
      break;
    case 'latency':
      world.later(fault.durationMs, world.fault({ extraLatency: fault.latency }));
      break;
    case 'registry':
      world.registry.setState(fault.state);
      world.later(fault.durationMs, () => world.registry.setState('up'));
      break;
    case 'registry-clock':
      world.registry.stepClock(fault.byMs);
      break;
    case 'wall-clock':
      world.node(fault.nodeId).stepWallClock(fault.byMs);
      break;
    case 'leave':
      world.leave(fault.nodeId);
      if (fault.backAfterMs !== null) comeBack(world, fault.nodeId, fault.backAfterMs);
      break;
    case 'join':
      for (const nodeId of fault.nodeIds) world.node(nodeId).start();
      break;
    case 'move':
      for (const nodeId of fault.nodeIds) world.move(nodeId);
      break;
    case 'gone':
      for (const nodeId of fault.nodeIds) world.putGone(nodeId, fault.how, fault.agoMs);
      break;
    case 'hang':
      for (const nodeId of fault.nodeIds) world.later(fault.durationMs, world.hang(nodeId, fault.part));
      break;
    case 'impostor':
      world.later(fault.durationMs, world.network.impersonate(fault.nodeIds));
      break;
    case 'restore':
      world.registry.restore(fault.agoMs);
      break;
    case 'delete-rows':
      for (const nodeId of fault.nodeIds) world.deleteRow(nodeId);
      break;
    case 'proxy-restart':
      for (const nodeId of fault.nodeIds) world.node(nodeId).spoilConnections(fault.how);
      break;
    case 'sidecar':
      for (const nodeId of fault.nodeIds) world.later(fault.durationMs, world.stopSidecar(nodeId));
      break;
    case 'messages': {
      const { how, rate, lateness } = fault;
      world.later(fault.durationMs, world.network.messages.fault({ how, rate, lateness }));
      break;
    }
    case 'forger':
      for (const nodeId of fault.nodeIds)
        world.later(fault.durationMs, world.forgeLooks(nodeId, fault.perSecond));
      break;
    case 'maintenance':
      world.setMaintenance(fault.nodeId, fault.durationMs);
      break;
    case 'restart-all':
      for (const nodeId of world.nodes.keys()) crash(world, nodeId, 'process', fault.downForMs);
      break;
    case 'slow':
      stall(world, fault, world.now + fault.durationMs);
      break;
    case 'churn':
      churn(world, fault);
      break;
    case 'cascade':
      cascade(world, fault);
      break;
    default:
      fault satisfies never;
  }
}

function cascade(world: World, { victim, durationMs, backAfterMs }: FaultOf<'cascade'>): void {
  const endAt = world.now + durationMs;
  world.history.listen((entry) => {
    if (entry.kind !== 'handlerBegan' || world.now >= endAt) return;
    // After the step in which the handler begins.
    world.later(1, () => {
      const ids = [...world.nodes.keys()];
      const place = ids.indexOf(entry.nodeId);
      const after = [...ids.slice(place + 1), ...ids.slice(0, place)];
      const nodeId = victim === 'owner' ? entry.nodeId : after.find((id) => world.node(id).isRunning);
      if (nodeId !== undefined && world.node(nodeId).isRunning) crash(world, nodeId, 'process', backAfterMs);
    });
  });
}

function crash(world: World, nodeId: string, how: CrashKind, backAfterMs: number | null): void {
  world.crash(nodeId, how);
  if (backAfterMs !== null) comeBack(world, nodeId, backAfterMs);
}

function comeBack(world: World, nodeId: string, afterMs: number): void {
  world.later(afterMs, () => world.node(nodeId).start());
}

function stall(world: World, fault: FaultOf<'slow'>, endAt: number): void {
  const { nodeIds, stallMs, freeMs, timers } = fault;
  const durationMs = Math.min(stallMs, endAt - world.now);
  if (durationMs <= 0) return;
  if (timers === 'go-on') world.later(durationMs, world.network.holdMessages(nodeIds, durationMs));
  else for (const nodeId of nodeIds) world.pause(nodeId, durationMs, 'stalled');
  // A stall without a pause after it would never let time pass.
  world.later(stallMs + Math.max(freeMs, 0.001), () => stall(world, fault, endAt));
}

function churn(world: World, { nodeIds, durationMs, everyMs, downForMs, how, at }: FaultOf<'churn'>): void {
  const random = world.random(`churn at ${at}`);
  const endAt = world.now + durationMs;
  const goLater = (): void => world.later(random.between(0.5, 1.5) * everyMs, go);
  const go = (): void => {
    if (world.now >= endAt) return;
    const running = nodeIds.filter((nodeId) => world.node(nodeId).isRunning);
    if (running.length > 0) {
      const nodeId = random.pick(running);
      if (how === 'leave') world.leave(nodeId);
      else world.crash(nodeId, how);
      comeBack(world, nodeId, downForMs);
    }
    goLater();
  };
  goLater();
}
