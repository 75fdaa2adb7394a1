/** What a combination of settings means, as `ringwatch explain` tells it and prints it as JSON. Computed from the settings alone. */
import { graceMs, type PresetName, resolveSettings, type Settings } from '../../core/settings/config.ts';
import { brakeLimit } from '../../core/verdict.ts';
import { bytesPerProbe } from '../../sim/experiment/probe-bytes.ts';
import {
  type AnswerWindows,
  answerWindows,
  type DetectionTimes,
  detectionTimes,
  type Fault,
  type Forgiven,
  forgiven,
  observerCount,
  voteCount,
} from './detection-times.ts';

type Edits = Partial<Omit<Settings, 'nodeId'>>;

/** What is explained: the settings of every node in a cluster of that many, and which of them are no preset's. */
export interface ExplainRequest {
  readonly preset: PresetName;
  readonly edits: Edits;
  readonly nodes: number;
}

/** Everything that is told. Durations in milliseconds. */
export interface Explanation {
  readonly preset: PresetName;
  readonly nodes: number;
  /** What was set besides the preset. */
  readonly edits: Edits;
  readonly settings: Omit<Settings, 'nodeId'>;
  /** How many nodes observe each one, and how many of them must agree. */
  readonly observerCount: number;
  readonly voteCount: number;
  /** From the fault to the verdict; null where no death is ever confirmed. */
  readonly toVerdict: Readonly<Record<Fault, DetectionTimes | null>>;
  readonly forgiven: Forgiven;
  readonly answerWindows: AnswerWindows;
  readonly grace: Grace;
  readonly brake: Brake;
  readonly traffic: Traffic;
}

/** For how long after its start an observer votes against no target. */
interface Grace {
  /** Whether it is also for targets that have answered since. */
  readonly sparesAll: boolean;
  /** From the first answer of any other node. */
  readonly usualMs: number;
  /** From the start, at the longest. */
  readonly loneMs: number;
}

/** When further verdicts wait. */
interface Brake {
  /** How many deaths may weigh at a time. */
  readonly deathLimit: number;
  readonly windowMs: number;
  readonly returnMs: number;
}

/** What one node sends in a second while all is well. */
interface Traffic {
  readonly probesPerSecond: number;
  /** As many as probes that it gets. */
  readonly answersPerSecond: number;
  readonly readingsPerSecond: number;
  readonly heartbeatsPerSecond: number;
  /** Of probes and answers, with their headers of TCP and IPv4; Ethernet is not in it. */
  readonly probeBytesPerSecond: number;
  /** The same to a registry of rqlite. With SQLite nothing is sent. */
  readonly readingBytesPerSecond: number;
  readonly heartbeatBytesPerSecond: number;
  /** Readings and heartbeats of all nodes together. */
  readonly clusterCallsPerSecond: number;
}

/** Requests as `node bench/registry-rqlite.mjs` counts them, with the headers of two packets: the request, and an ack. */
const headerBytes = 2 * 52;
const readingBytes = 199 + headerBytes;
const heartbeatBytes = 370 + headerBytes;

/** Explains them. Throws `ConfigError` with every rule that they break. */
export function explain({ preset, edits, nodes }: ExplainRequest): Explanation {
  const settings = resolveSettings({ nodeId: 'this-node', ...edits }, preset);
  const { nodeId: _, ...shown } = settings;
  return {
    preset,
    nodes,
    edits,
    settings: shown,
    observerCount: observerCount(settings, nodes),
    voteCount: voteCount(settings, nodes),
    toVerdict: {
      crash: detectionTimes(settings, 'crash', nodes),
      hang: detectionTimes(settings, 'hang', nodes),
      'host-gone': detectionTimes(settings, 'host-gone', nodes),
    },
    forgiven: forgiven(settings, nodes),
    answerWindows: answerWindows(settings),
    grace: {
      sparesAll: settings.graceSparesAll,
      usualMs: graceMs(settings, 0),
      loneMs: graceMs(settings, null),
    },
    brake: {
      deathLimit: brakeLimit(settings.maxDeadFraction, nodes),
      windowMs: settings.brakeWindowMs,
      returnMs: settings.brakeReturnMs,
    },
    traffic: trafficOf(settings, nodes),
  };
}

function trafficOf(settings: Settings, nodes: number): Traffic {
  const perSecond = (intervalMs: number): number => 1_000 / intervalMs;
  const readingsPerSecond = perSecond(settings.probeIntervalMs);
  const heartbeatsPerSecond = perSecond(settings.heartbeatIntervalMs);
  const probesPerSecond = observerCount(settings, nodes) * readingsPerSecond;
  return {
    probesPerSecond,
    answersPerSecond: probesPerSecond,
    readingsPerSecond,
    heartbeatsPerSecond,
    probeBytesPerSecond: probesPerSecond * bytesPerProbe,
    readingBytesPerSecond: readingsPerSecond * readingBytes,
    heartbeatBytesPerSecond: heartbeatsPerSecond * heartbeatBytes,
    clusterCallsPerSecond: nodes * (readingsPerSecond + heartbeatsPerSecond),
  };
}
