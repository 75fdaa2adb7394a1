/** The detector's whole state: plain data that the shell keeps, its snapshot shows and tests build by hand. */
import { noPlaces, type SeenPlaces } from './marks.ts';
import { nothingKnown, type RegistryMemory } from './memory.ts';
import type { NodeRecord } from './node.ts';
import type { Peer } from './peer.ts';
import type { SeenPlace } from './places.ts';
import { noSlowCalls, type RegistryPace } from './registry-pace.ts';

/** All that the detector of one node knows. Each step makes a new one; instants are in milliseconds of `now`. */
export interface DetectorState {
  /** `over`: a verdict stands against this epoch, or a newer one has begun; it probes and says nothing more. */
  readonly phase: 'new' | 'running' | 'over';
  readonly own: OwnStanding;
  readonly memory: RegistryMemory;
  readonly timers: Timers;
  readonly ring: RingView;
  /** Every target that is watched or remembered, by id. */
  readonly peers: ReadonlyMap<string, Peer>;
  /** The ids that are probed now. */
  readonly watching: readonly string[];
  /** The target for which the brake was announced to hold back a verdict; null while it holds back none. */
  readonly brakedId: string | null;
  readonly hasHandler: boolean;
  /** Open recoveries by epoch of a node. */
  readonly claims: ReadonlyMap<string, ClaimPlan>;
}

/** This node's own standing in the registry. */
export interface OwnStanding {
  readonly epoch: number;
  readonly startedAt: number;
  /** When any node answered for the first time since then; null while none has. */
  readonly firstAnswerAt: number | null;
  /** Its own heartbeats as the registry has them, oldest first; see own-beats.ts. */
  readonly beats: readonly SeenPlace[];
  /** What it has read of the order of all heartbeats; see marks.ts. */
  readonly places: SeenPlaces;
  readonly accuserIds: readonly string[];
  /** Why it reads more often than each round; null while nothing says that it may be accused. */
  readonly suspicion: OwnSuspicion | null;
  /** When the last suspicion ended in which no observer accused it. */
  readonly vainSuspicionAt: number;
  readonly pace: RegistryPace;
  /** That its application has died and not come back; null while it lives. See own-obituary.ts. */
  readonly obituary: OwnObituary | null;
  /** Whether what earlier epochs of this observer said has been read. */
  readonly hasAdopted: boolean;
}

/** That this node may be accused soon; see own-suspicion.ts. */
export interface OwnSuspicion {
  /** When the next reading is to be asked for, once none is under way. */
  readonly dueAt: number;
  readonly endsAt: number;
  readonly readCount: number;
  readonly pauseMs: number;
  /** Whether no reading has shown an accuser. */
  readonly isInVain: boolean;
}

/** This node's word on itself. */
export interface OwnObituary {
  readonly reason: string;
  /** That of the join with which the epoch began. */
  readonly instanceId: string;
  /** Whether the registry is being told now. */
  readonly isAsked: boolean;
  /** Whether the registry may have it: then only a new epoch ends it. */
  readonly mayStand: boolean;
}

/** When things are due. Instants in milliseconds of `now`. */
export interface Timers {
  /** When the next round begins. */
  readonly nextRoundAt: number;
  /** The newest order to wake; Infinity for none. */
  readonly wakeAt: number;
  /** Up to when the time that this process stood still is kept out of all evidence. */
  readonly stalledUntil: number;
  /** When proof of this observer's own network was last sought; see network-proof.ts. */
  readonly proofSoughtAt: number;
  /** The newest step, on both clocks. */
  readonly last: { readonly now: number; readonly wallNow: number };
}

/** The nodes ahead, as last read. */
export interface RingView {
  /** What the reading under way, or else the last one, asked for. */
  readonly asked: { readonly lookAhead: number; readonly watched: readonly string[] };
  readonly isReading: boolean;
  /** When that one was asked for. */
  readonly askedAt: number;
  /** How many readings have been asked for; only ever compared with an earlier count. */
  readonly askedCount: number;
  /** Whether one more reading may be asked for in this round: of an answer that names a newer epoch, or a dead owner's recoveries. */
  readonly mayReadAgain: boolean;
  /** Whether the registry has changed since the reading under way was asked for: another one follows it. */
  readonly isOutdated: boolean;
  readonly readAt: number | null;
  /** When the newest reading that was answered was asked for. */
  readonly provenAt: number | null;
  /** The next nodes that are on the ring and not in maintenance. */
  readonly successors: readonly NodeRecord[];
  /** The next of them that beat, once the list is full. */
  readonly beating: readonly NodeRecord[];
  /** Whether the watch list is full, and too few of its targets answer. */
  readonly isFull: boolean;
  /** Whether these are all of them. */
  readonly isWhole: boolean;
  /** How many the next reading asks for. */
  readonly lookAhead: number;
}

/** One open verdict as this observer follows it. */
export interface ClaimPlan {
  readonly nodeId: string;
  readonly epoch: number;
  /** When this observer will ask for it; null while another node holds it or a backoff runs. */
  readonly dueAt: number | null;
  readonly state: 'waiting' | 'claiming' | 'mine';
  /** False while only this observer's own decision has told of it: a full reading that leaves it out says nothing then. */
  readonly isFollowed: boolean;
}

/** A detector that has not started. `memory`: of the epoch before it in this process, if any. */
export function newDetector(epoch: number, memory: RegistryMemory = nothingKnown): DetectorState {
  return {
    phase: 'new',
    own: {
      epoch,
      startedAt: 0,
      firstAnswerAt: null,
      beats: [],
      places: noPlaces,
      accuserIds: [],
      suspicion: null,
      vainSuspicionAt: Number.NEGATIVE_INFINITY,
      pace: noSlowCalls,
      obituary: null,
      hasAdopted: false,
    },
    memory: { ...memory, newestEpoch: Math.max(memory.newestEpoch, epoch) },
    timers: {
      nextRoundAt: Number.POSITIVE_INFINITY,
      wakeAt: Number.POSITIVE_INFINITY,
      stalledUntil: Number.NEGATIVE_INFINITY,
      proofSoughtAt: Number.NEGATIVE_INFINITY,
      last: { now: 0, wallNow: 0 },
    },
    ring: {
      asked: { lookAhead: 0, watched: [] },
      isReading: false,
      askedAt: 0,
      askedCount: 0,
      mayReadAgain: true,
      isOutdated: false,
      readAt: null,
      provenAt: null,
      successors: [],
      beating: [],
      isFull: false,
      isWhole: false,
      lookAhead: 0,
    },
    peers: new Map(),
    watching: [],
    brakedId: null,
    hasHandler: false,
    claims: new Map(),
  };
}
