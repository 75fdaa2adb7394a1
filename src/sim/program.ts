/** What a node of the virtual world runs, seen from the world: the real monitor's life, or the original's. */
import type { MonitorEvents } from '../monitor/events.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import type { Messenger } from '../ports/messenger.ts';
import type { Prober } from '../ports/prober.ts';
import type { Registry } from '../ports/registry.ts';
import type { HistoryEntry, OwnEventName } from './history.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import type { VirtualProcess } from './process.ts';
import type { SeededRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { VirtualRegistry } from './virtual-registry.ts';

/** A part of a program that can hang while the rest of it goes on. `application`: what the node is there for has died. */
export type HangingPart = 'heartbeat' | 'ping-answer' | 'application';

/** What a monitor of the virtual world is connected to. */
export interface Wires {
  readonly registry: Registry;
  readonly ports: MonitorPorts;
}

/** What the world gives to a program. */
export interface ProgramParts {
  readonly nodeId: string;
  /** Where it is; null for nowhere in particular. */
  readonly region: string | null;
  readonly host: Host;
  readonly process: VirtualProcess;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly registry: VirtualRegistry;
  readonly prober: Prober;
  readonly messenger: Messenger;
  /** A stream of this life alone. */
  readonly random: SeededRandom;
  readonly tell: (entry: Untimed) => void;
  /** This life is over by the program's own decision; the world ends the process and may begin the next one. */
  readonly isOver: () => void;
  /** Whether that part of the program hangs now. */
  readonly isHung: (part: HangingPart) => boolean;
}

type WithoutMoment<Entry> = Entry extends unknown ? Omit<Entry, 'at' | 'nodeId' | 'epoch'> : never;

/** A history entry whose time and place the world fills in. */
export type Untimed = WithoutMoment<HistoryEntry>;

/** One life of what a node runs. */
export interface NodeProgram {
  /** The epoch that it lives in; 0 while it has none. */
  readonly epoch: number;
  /** Begins; returns at once. */
  start(): void;
  /** Its application has died, or is well again. Default: nothing follows. */
  applicationChanged?(): void;
  /** Leaves; resolves when nothing is left to do, at the latest after a bound of its own. */
  leave(): Promise<void>;
}

/** Makes the program of a new life. */
export type CreateProgram = (parts: ProgramParts) => NodeProgram;

/** Every monitor event by name with its payload, as one tellable entry. */
export function monitorEntry<Name extends OwnEventName>(kind: Name, event: MonitorEvents[Name]): Untimed {
  return { kind, event } as Untimed;
}
