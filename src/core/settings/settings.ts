/** The settings of a monitor as it uses them. Not for: what they may be and what they are by default (config.ts). */

/** All settings, resolved. Durations in milliseconds. */
export interface Settings {
  /** This node's id. */
  readonly nodeId: string;
  /** Time between two rounds. Default 10,000, as the original. */
  readonly probeIntervalMs: number;
  /** A probe that takes longer is a miss. Default 3,000, as the original. */
  readonly probeTimeoutMs: number;
  /** The least that the timeout of a probe comes down to for a target that answers soon. Default 300. */
  readonly probeTimeoutFloorMs: number;
  /** Port of a target whose row names none. Default 6001, as the original. */
  readonly probePort: number;
  /** K: how many answering targets a node watches. Default 3, as the original. */
  readonly neighbors: number;
  /** Consecutive misses until `suspect`. Default 3, as the original. */
  readonly suspectAfter: number;
  /** Consecutive misses until `dead`. Default 12, as the original. */
  readonly deadAfter: number;
  /** Observers that must agree. Default 2, as the original. */
  readonly minQuorum: number;
  /** Keeps `minQuorum` whatever the cluster's size; then two nodes never confirm a death. Default false. */
  readonly strictQuorum: boolean;
  /** How long a vote counts unless it is affirmed. Default 300,000, as the original, and at least five rounds. */
  readonly quorumWindowMs: number;
  /** No node is declared dead for this long after `start`. Default 300,000, as the original. */
  readonly startupGracePeriodMs: number;
  /** Whether the grace is for all targets; else only for those that have not answered since `start`. Default false; true in the original's preset. */
  readonly graceSparesAll: boolean;
  /** Without `graceSparesAll`: how long at least the grace lasts while no other node has answered at all. Default 300,000. */
  readonly loneGraceMs: number;
  /** Time between two probes of a target that is being missed. Default 300; in the original's preset a round. */
  readonly retryIntervalMs: number;
  /** The same while its connections are refused: the answer is there at once. Default 100. */
  readonly retryIntervalRefusedMs: number;
  /** The patience: least time between the sending of the first missed look of a target and of the one whose miss declares it dead. Default 6,500; in the original's preset 0: only the count. */
  readonly minSilenceMs: number;
  /** The same when every miss was a refused connection: the machine runs, the process does not. Default 5,000. */
  readonly minSilenceRefusedMs: number;
  /** The same when no connection could be made: the host is silent. Default 5,000. */
  readonly minSilenceNoConnectionMs: number;
  /** Rounds vary by this fraction of the interval, so that nodes do not march in step. Default 0.1. */
  readonly jitter: number;
  /** A node of the original whose `last_seen` stands still for this long is off the ring. Concerns no other node. Default 900,000. */
  readonly membershipWindowMs: number;
  /** A node never watches more targets than this. Default 64. */
  readonly watchListCap: number;
  /** Time between two heartbeats. Default 30,000. */
  readonly heartbeatIntervalMs: number;
  /** Part of a full watch, after which a node without a heartbeat is silent. Default: three heartbeat intervals. */
  readonly heartbeatWindowMs: number;
  /** Misses count only while another node answers: one probe within this time. Default: two `retryIntervalMs` and a `probeTimeoutMs`. */
  readonly proofWindowMs: number;
  /** Whether the accused may answer in the registry. Default true; the original's preset has none. */
  readonly refutation: boolean;
  /** How long an accused node has to answer before a verdict, at least. Default, and least while `refutation` is on: 2 x `jitter` x `probeIntervalMs` + 1,100, where a smaller `jitter` counts as 0.015. */
  readonly answerWindowMs: number;
  /** The same where each voter saw an idle connection closed, and then refusals; null: no shorter window. Default null. */
  readonly answerWindowRefusedMs: number | null;
  /** Whether a closed connection, or the request of another observer, makes an observer look at once. Default true; the original's preset has none. */
  readonly hints: boolean;
  /** A node that no observer reaches but that refutes is dead all the same after this long; null for never. Default null. */
  readonly unreachableIsDeadAfterMs: number | null;
  /** The brake: the largest part of the cluster whose deaths may weigh at a time; 0 for none without an operator's word. Default 1/3. */
  readonly maxDeadFraction: number;
  /** How long a death weighs on the brake at most, unless its recovery runs for longer. Default 300,000. */
  readonly brakeWindowMs: number;
  /** A death weighs no more once its node has been back and alive for this long. Default 30,000. */
  readonly brakeReturnMs: number;
  /** How long the right to run a recovery lasts without renewal, unless its owner is found dead. Default 30,000. */
  readonly leaseMs: number;
  /** Pause between the claims of two observers that read of the same verdict. Default 200. */
  readonly claimPauseMs: number;
  /** How long a node whose own agent has declared it dead has to restart before a recovery begins. Default 1,000. */
  readonly restartGraceMs: number;
  /** A handler that runs longer is aborted and its attempt has failed; null for never. Default 600,000. */
  readonly handlerTimeoutMs: number | null;
  /** Wait after the first attempt that failed, or the second whose owner died; doubles with each, up to 64 times. Default 5,000. */
  readonly retryBackoffMs: number;
  /** After so many attempts a recovery waits for an operator; null for no limit. Default 10. */
  readonly maxAttempts: number | null;
  /** A node that dies again within this time of its return is flapping: a pause before its recovery, up to this long. Default 600,000. */
  readonly flapWindowMs: number;
  /** A registry call that takes longer counts as failed. Default 5,000. */
  readonly registryTimeoutMs: number;
  /** Entries that wait for the registry during an outage. Default 1,000, and at least twice `watchListCap`. */
  readonly outboxCapacity: number;
  /** A timer later than this means that this node itself stalled: a probe in flight that fails proves nothing. Default: a quarter of the probe timeout, at least 100. */
  readonly stallThresholdMs: number;
}
