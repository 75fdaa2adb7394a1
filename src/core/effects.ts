/** What goes into the detector and what comes out: plain data in both directions. */
import type { Evidence, FailureKind } from './evidence.ts';
import type { HintSource } from './hints.ts';
import type { AgeMarks } from './marks.ts';
import type { EpochRef } from './node.ts';
import type { ProbeOutcome, Vouched } from './probe.ts';
import type { DecideResult, KnownProgress, Progress, RoundReading } from './reading.ts';
import type { CallNews } from './registry-pace.ts';
import type { ObserverRound } from './round-spacing.ts';
import type { Verdict } from './verdict.ts';

/** When an input came, and one draw of chance for it. */
export interface Moment {
  /** The observer's monotonic clock, milliseconds. */
  readonly now: number;
  /** Its wall clock, milliseconds since 1970: only to notice that the machine was suspended. */
  readonly wallNow: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** One epoch of a target. */
export interface TargetRef {
  readonly targetId: string;
  readonly targetEpoch: number;
}

interface StatementRef extends TargetRef {
  readonly status: 'suspect' | 'dead' | 'recovered';
}

/** What a question of death tells of the node that asks it; see `DecideRequest`. */
export interface AskerFacts {
  readonly watchedSince: number | null;
  readonly newestBeat: number;
  readonly marks: AgeMarks;
  readonly known?: Progress;
}

/** What the shell tells the detector: the end of an effect, or something from outside. One step takes one of them. */
export type Input =
  /** The first one, once. */
  | { readonly kind: 'started' }
  /** The time of the last `wake` effect has come. `observers`: of each node that probes this one, when it comes next; default none. */
  | { readonly kind: 'woken'; readonly observers?: readonly ObserverRound[] }
  | { readonly kind: 'round-read'; readonly reading: RoundReading }
  | { readonly kind: 'round-failed' }
  | {
      readonly kind: 'probe-finished';
      readonly targetId: string;
      readonly outcome: ProbeOutcome | Vouched;
      readonly durationMs: number;
    }
  /** A target may have ended: it closed an idle connection, or another observer has missed it. It proves nothing. */
  | {
      readonly kind: 'hinted';
      readonly targetId: string;
      readonly source: HintSource;
      /** Whether the other observer says that the target can know of it; default false. */
      readonly isNoticed?: boolean;
    }
  /** The registry has taken a statement. */
  | ({ readonly kind: 'recorded' } & StatementRef)
  /** The registry will not have a statement: refused for good, or dropped for want of room. */
  | ({ readonly kind: 'not-recorded' } & StatementRef)
  /** The answer to `decide`; null when the registry did not answer. */
  | ({ readonly kind: 'decided'; readonly result: DecideResult | null } & TargetRef)
  /** The answer to `claim`. */
  | ({
      readonly kind: 'claim-finished';
      readonly isWon: boolean;
      /** The fence that was given. */
      readonly fence?: number;
      /** Whether it was refused since the registry went back. */
      readonly wentBack?: boolean;
    } & EpochRef)
  /** The answer to `raise`; false also when the registry gave none. */
  | { readonly kind: 'raise-finished'; readonly isRaised: boolean }
  /** A recovery of ours has ended, whatever way. */
  | ({ readonly kind: 'recovery-ended' } & EpochRef)
  /** Something has happened in the registry that is worth a reading before the next round. */
  | { readonly kind: 'registry-changed' }
  /** An observer of this node is overdue or has lost its connection: this node may be accused soon. */
  | { readonly kind: 'self-suspected' }
  /** This node's application has died. `instanceId` is that of the join with which the epoch began. */
  | { readonly kind: 'application-died'; readonly reason: string; readonly instanceId: string }
  /** It is well again. */
  | { readonly kind: 'application-returned' }
  /** The answer to `obituary`; null when the registry did not answer. */
  | { readonly kind: 'obituary-answered'; readonly result: DecideResult | null }
  /** This node has a recovery handler from now on. */
  | { readonly kind: 'handler-added' }
  /** A call to the registry has lasted for `slowCallMs`, or one that did has ended, or any has failed. */
  | ({ readonly kind: 'registry-call' } & CallNews);

export type Effect =
  | {
      readonly kind: 'probe';
      readonly targetId: string;
      readonly address: string;
      /** Null: the observer's own setting. */
      readonly port: number | null;
      readonly timeoutMs: number;
      /** Whether it is asked on a new connection, which then is the one that is kept. */
      readonly isFresh: boolean;
      /** In how many milliseconds the target's next probe comes at the latest. */
      readonly nextDueMs: number;
    }
  | {
      readonly kind: 'read-round';
      readonly lookAhead: number;
      readonly watched: readonly string[];
      readonly beatingSince: number | null;
      /** Set where a stale answer would not do. */
      readonly freshness?: 'leader';
    }
  /**
   * Ask the target's other observers to look at it now. Nothing follows; it may be sent to none. `isNoticed`: the target
   * can know that it is missed.
   */
  | ({ readonly kind: 'ask-others'; readonly isNoticed: boolean } & TargetRef)
  /** Write a statement; `recorded` follows when the registry has it, `not-recorded` when it never will. */
  | ({ readonly kind: 'record'; readonly status: 'suspect' | 'dead' } & Statement)
  /** `knownDecision`: up to which decision on that epoch this observer knows of verdicts. */
  | ({ readonly kind: 'record'; readonly status: 'recovered'; readonly knownDecision: number } & TargetRef)
  /** Write a remark; nothing follows. */
  | {
      readonly kind: 'note';
      readonly note: 'unreachable' | 'self-dead' | 'brake';
      readonly targetId: string;
      readonly targetEpoch: number | null;
      readonly detail: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'refute' }
  /** Ask for a verdict; see `DecideRequest`. */
  | ({
      readonly kind: 'decide';
      readonly refutationCount: number | null;
      readonly isEarly: boolean;
    } & TargetRef &
      AskerFacts)
  /** Tell the registry that this epoch is over; see `ObituaryRequest`. */
  | ({ readonly kind: 'obituary'; readonly reason: string; readonly instanceId: string } & AskerFacts)
  | ({ readonly kind: 'claim' } & EpochRef)
  /** Raise the registry's generation if it lacks what is known; `raise-finished` follows. */
  | {
      readonly kind: 'raise';
      /** This node's; null where the registry's generation does not know it, so that its row proves nothing. */
      readonly epoch: number | null;
      readonly known: KnownProgress;
      readonly epochFloor: number;
      readonly liftsFloor: boolean;
    }
  | Announcement
  /** Send `woken` at this time, instead of any earlier such order. */
  | { readonly kind: 'wake'; readonly at: number };

/** An event for the program, by name. */
export type Announcement = {
  readonly [Name in keyof Announcements]: {
    readonly kind: 'announce';
    readonly name: Name;
    readonly payload: Announcements[Name];
  };
}[keyof Announcements];

/** The events that the detector announces; the monitor adds its own. */
export interface Announcements {
  /** A probe has ended. The most frequent event: K a round. */
  probe: TargetRef & {
    readonly result: 'hit' | 'miss' | 'inconclusive';
    /** Set on a miss. */
    readonly failure: FailureKind | null;
    readonly detail: string | null;
    readonly durationMs: number;
    /** Consecutive misses after this probe. */
    readonly missCount: number;
  };
  suspect: Statement;
  /** This observer votes for the target's death; no verdict yet. */
  dead: Statement;
  /** The target answers again; this observer takes back what it had said. */
  recovered: TargetRef & { readonly was: 'suspect' | 'dead' };
  /** The target lives as a new epoch, by its row. */
  restarted: TargetRef & { readonly previousEpoch: number };
  /** Observers cannot reach the target, but it refutes through the registry. */
  unreachable: TargetRef;
  /**
   * This observer has read an open verdict, with all its evidence. The detector announces it with each reading, the monitor
   * once. One whose recovery ends between two readings is missed: `verdict` tells of each.
   */
  'verdict-read': { readonly verdict: Verdict };
  /** This node is accused and answers in the registry. Told when the accusers change. */
  refuted: TargetRef & { readonly accuserIds: readonly string[] };
  /**
   * This epoch is over: a verdict stands against it, a newer epoch has begun, or its own application has died. The node
   * must stop serving. `restarted`: the application had died and is well again before there was a verdict.
   */
  'self-dead': TargetRef & {
    readonly reason: 'verdict' | 'superseded' | 'application' | 'restarted';
  };
  /**
   * The registry has answered this node's word that its application is dead. `dead`: there is a verdict. `held`: it stands,
   * and the brake has no room. `refused`: the node is in maintenance or off the ring, or the epoch is over.
   */
  obituary: TargetRef & {
    readonly reason: string;
    readonly outcome: 'dead' | 'held' | 'refused';
  };
  /** Whether the limit on deaths that weigh holds back a verdict. */
  brake: {
    readonly isOn: boolean;
    readonly targetId: string;
    /** Deaths that weighed on it, and how many may; both null when it lets go: they are not counted then. */
    readonly unresolvedCount: number | null;
    readonly limit: number | null;
  };
  /** A backup of the registry was restored, and nodes have begun a new generation of it. What is held true is said again. */
  'registry-went-back': { readonly generation: number };
  /** The watch list has changed. */
  watching: { readonly targetIds: readonly string[] };
  /** Something a person may want to mend. */
  warning: { readonly code: WarningCode; readonly message: string; readonly targetId: string | null };
}

/** What this observer has just said of a target, and why. */
export interface Statement extends TargetRef {
  readonly evidence: Evidence;
}

/** What a warning is about. Codes do not change; docs/errors.md says what to do on each. */
export type WarningCode =
  | 'callback-failed'
  | 'handler-slow'
  | 'bad-row'
  | 'outbox-full'
  | 'registry-error'
  | 'metadata-reader-failed'
  | 'not-registered'
  | 'stalled'
  | 'check-not-run'
  | 'output-lost'
  | 'ping-port'
  | 'bad-signature'
  | 'secret-file'
  | 'own-address'
  | 'settings-differ'
  | 'internal';
