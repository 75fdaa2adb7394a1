/** Drives the pure detector by hand: virtual time, answers given by the test, effects collected. */

import { step } from '../../src/core/detector.ts';
import type { Announcements, Effect, Input } from '../../src/core/effects.ts';
import type { FailureKind } from '../../src/core/evidence.ts';
import type { NodeRecord } from '../../src/core/node.ts';
import type { DecideResult, RoundReading } from '../../src/core/reading.ts';
import { resolveSettings, type Settings, type SettingsInput } from '../../src/core/settings/config.ts';
import { newDetector } from '../../src/core/state.ts';
import { AnnouncementFilter } from '../../src/monitor/announcement-filter.ts';

export function nodeOf(id: string, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    id,
    address: '127.0.0.1',
    port: null,
    epoch: 1,
    lifecycle: 'alive',
    decisionCount: 0,
    beatOrder: 1,
    refutationCount: 0,
    obituary: null,
    isNamed: true,
    ...changes,
  };
}

/** One patience, one pace of looks, plain grace and no hints, for tests of the rest. */
function plainSettings(input: Partial<SettingsInput>): SettingsInput {
  const { probeIntervalMs = 10_000, probeTimeoutMs = 3_000, minSilenceMs = 0 } = input;
  const { retryIntervalMs = probeIntervalMs } = input;
  return {
    ...{ nodeId: 'self', jitter: 0, startupGracePeriodMs: 0, graceSparesAll: true, hints: false },
    ...{ retryIntervalMs, retryIntervalRefusedMs: retryIntervalMs, probeTimeoutFloorMs: probeTimeoutMs },
    ...{ minSilenceMs, minSilenceRefusedMs: minSilenceMs, minSilenceNoConnectionMs: minSilenceMs },
  };
}

/** A cluster seen by one observer: the test says who answers; readings, retries and rounds follow by themselves. */
export class DetectorDriver {
  readonly settings: Settings;
  readonly effects: Effect[] = [];
  readonly probed: { readonly at: number; readonly id: string }[] = [];
  readonly reads: { readonly at: number; readonly lookAhead: number }[] = [];
  now = 0;
  wallNow = 1_000_000;
  state = newDetector(1);
  /** The ring after self, in order. */
  ring: NodeRecord[];
  /** Which nodes do not answer: they refuse. */
  readonly silent = new Set<string>();
  /** Whose probes stay under way. */
  readonly pending = new Set<string>();
  /** How their probes fail. */
  failure: FailureKind = 'refused';
  /** The epochs that answers name, where these are not those of the rows. */
  readonly namedEpochs = new Map<string, number>();
  reading: Partial<RoundReading> = {};
  /** Told of each reading before it is answered. */
  onRead: () => void = () => {};
  isRegistryUp = true;
  /** Whether what is said reaches the registry at once. */
  isRecording = true;
  /** The registry's clock at an instant. */
  registryNow = (at: number): number => at;
  readonly #waiting: Extract<Effect, { kind: 'record' }>[] = [];
  /** The registry's answer to a question of death; `later` for none yet. */
  decide: (targetId: string) => DecideResult | null | 'later' = () => null;
  /** What happens while a reading is under way. */
  whileReading = (): void => undefined;
  /** The registry's answer to this node's own obituary. */
  bury: () => DecideResult | null = () => null;
  claims: string[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;
  readonly #inputs: Input[] = [];
  readonly #filter = new AnnouncementFilter();

  constructor(ring: readonly (string | NodeRecord)[], input: Partial<SettingsInput> = {}) {
    this.settings = resolveSettings({ ...plainSettings(input), ...input });
    this.ring = ring.map((node) => (typeof node === 'string' ? nodeOf(node) : node));
    this.input({ kind: 'started' });
  }

  /** Feeds one input; inputs that its effects bring about follow in order, as in the monitor. */
  input(input: Input): void {
    this.#inputs.push(input);
    if (this.#inputs.length > 1) return;
    for (let next = this.#inputs[0]; next !== undefined; next = this.#inputs[0]) {
      this.#step(next);
      this.#inputs.shift();
    }
  }

  #step(input: Input): void {
    const moment = { now: this.now, wallNow: this.wallNow, random: 0.5 };
    const { state, effects } = step(this.settings, this.state, input, moment);
    this.state = state;
    for (const effect of effects) this.#perform(effect);
  }

  /** Lets `durationMs` pass; every probe, read and write is answered at once. */
  run(durationMs: number): void {
    const until = this.now + durationMs;
    while (this.#wakeAt <= until) {
      this.#advance(Math.max(this.now, this.#wakeAt));
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.input({ kind: 'woken' });
    }
    this.#advance(until);
  }

  /** What waited reaches the registry, and what is said from now on. */
  record(): void {
    this.isRecording = true;
    for (const effect of this.#waiting.splice(0)) this.input({ ...effect, kind: 'recorded' });
  }

  /** This process stands still for a while; nothing is answered and no timer fires. */
  stall(durationMs: number): void {
    this.#advance(this.now + durationMs);
  }

  /** The place of its newest heartbeat: it sends one each 30 s, and then the others' places are those up to the next. */
  get ownBeatOrder(): number {
    return 100 * (1 + Math.floor(this.now / 30_000));
  }

  announced<Name extends keyof Announcements>(name: Name): Announcements[Name][] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'announce' && effect.name === name ? [effect.payload as Announcements[Name]] : [],
    );
  }

  /** The statements written, as `dead b@1`. */
  get statements(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'record' ? [`${effect.status} ${effect.targetId}@${effect.targetEpoch}`] : [],
    );
  }

  edit(id: string, changes: Partial<NodeRecord>): void {
    this.ring = this.ring.map((node) => (node.id === id ? { ...node, ...changes } : node));
  }

  #advance(to: number): void {
    this.wallNow += to - this.now;
    this.now = to;
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'announce' && !this.#filter.passes(effect, this.now)) return;
    this.effects.push(effect);
    switch (effect.kind) {
      case 'wake':
        this.#wakeAt = effect.at;
        break;
      case 'probe':
        this.probed.push({ at: this.now, id: effect.targetId });
        if (!this.pending.has(effect.targetId)) this.#answerProbe(effect.targetId);
        break;
      case 'read-round':
        this.reads.push({ at: this.now, lookAhead: effect.lookAhead });
        this.onRead();
        this.#answerReading(effect.lookAhead, effect.watched);
        break;
      case 'record':
        if (this.isRecording) this.input({ ...effect, kind: 'recorded' });
        else this.#waiting.push(effect);
        break;
      case 'decide': {
        const result = this.decide(effect.targetId);
        if (result !== 'later') this.input({ ...effect, kind: 'decided', result });
        break;
      }
      case 'obituary':
        this.input({ kind: 'obituary-answered', result: this.bury() });
        break;
      case 'claim':
        this.claims.push(`${effect.nodeId}@${effect.epoch}`);
        break;
      default:
        break;
    }
  }

  #answerProbe(targetId: string): void {
    const node = this.ring.find(({ id }) => id === targetId);
    const isUp = node !== undefined && !this.silent.has(targetId);
    this.input({
      kind: 'probe-finished',
      targetId,
      durationMs: 1,
      outcome: isUp
        ? {
            kind: 'answer',
            nodeId: targetId,
            epoch: this.namedEpochs.get(targetId) ?? node.epoch,
          }
        : { kind: 'failure', failure: this.failure, detail: 'connect ECONNREFUSED' },
    });
  }

  #answerReading(lookAhead: number, watched: readonly string[]): void {
    this.whileReading();
    if (!this.isRegistryUp) {
      this.input({ kind: 'round-failed' });
      return;
    }
    const successors = this.ring.filter(({ lifecycle }) => lifecycle === 'alive').slice(0, lookAhead);
    this.input({
      kind: 'round-read',
      reading: {
        progress: { fence: 0, newestEvent: 0, epochFloor: 0 },
        self: nodeOf('self', { beatOrder: this.ownBeatOrder }),
        ownBeat: {
          order: this.ownBeatOrder,
          at: this.registryNow(Math.floor(this.now / 30_000) * 30_000),
        },
        isSelfDead: false,
        accuserIds: [],
        successors,
        watched: this.ring.filter((node) => watched.includes(node.id) && !successors.includes(node)),
        statements: [],
        beating: [],
        openVerdicts: [],
        ...this.reading,
      },
    });
  }
}
