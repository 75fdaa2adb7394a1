/**
 * What a healthy node must survive, each as short as it may be and as long as it is forgiven. All of it leaves the process
 * alive; where it keeps the node from the registry, it ends within the patience of the observers.
 */
import type { Settings } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';

/** One disturbance of one node. */
export interface Disturbance {
  readonly faults: readonly PlannedFault[];
  /** When it is over. */
  readonly endAt: number;
}

/** Where and when. */
export interface DisturbanceFrame {
  readonly nodeId: string;
  readonly others: readonly string[];
  readonly at: number;
  readonly settings: Settings;
}

type Draw = (random: SeededRandom, frame: DisturbanceFrame) => Disturbance;

/** No pause is longer, whatever the patience: this much is promised. */
const longestPauseMs = 6_000;

/** What an observer needs to see between two of them that the node lives: two looks. */
export function breathMs({ retryIntervalMs, probeTimeoutMs }: Settings): number {
  return 2 * (retryIntervalMs + probeTimeoutMs);
}

/** The least time between the first miss and the vote, for a silence of that patience. */
function forgivenMs({ deadAfter }: Settings, patienceMs: number, retryMs: number): number {
  return Math.max(patienceMs, (deadAfter - 1) * retryMs);
}

function pauseMs(settings: Settings): number {
  return Math.min(longestPauseMs, forgivenMs(settings, settings.minSilenceMs, settings.retryIntervalMs));
}

const draws: Readonly<Record<string, Draw>> = {
  pause: (random, { nodeId, at, settings }) => {
    const durationMs = short(random, pauseMs(settings));
    const how = random.pick(['stalled', 'stalled', 'suspended'] as const);
    return lasting(at, durationMs, { kind: 'pause', nodeId, how });
  },
  reset: (_random, { nodeId, at }) => ({
    faults: [{ at, kind: 'proxy-restart', nodeIds: [nodeId], how: 'closed' }],
    endAt: at,
  }),
  'half-open': (_random, { nodeId, at }) => ({
    faults: [{ at, kind: 'proxy-restart', nodeIds: [nodeId], how: 'half-open' }],
    endAt: at,
  }),
  proxied: (random, { nodeId, at }) => {
    const everyMs = random.integer(20, 2_000);
    const count = random.integer(2, 4);
    const faults = Array.from({ length: count }, (_, step): PlannedFault => {
      const how = random.pick(['closed', 'closed', 'half-open'] as const);
      return { at: at + step * everyMs, kind: 'proxy-restart', nodeIds: [nodeId], how };
    });
    return { faults, endAt: at + (count - 1) * everyMs };
  },
  reject: (random, { nodeId, others, at, settings }) => {
    const from = random.chance(0.5) ? others : random.sample(others, random.integer(1, others.length));
    const fault = { from, to: [nodeId], how: 'refused' } as const;
    return lasting(at, long(random, settings), { kind: 'link', fault });
  },
  sidecar: (random, { nodeId, at, settings }) =>
    lasting(at, long(random, settings), { kind: 'sidecar', nodeIds: [nodeId] }),
  'paused sidecar': (random, { nodeId, at, settings }) => {
    const { minSilenceRefusedMs, retryIntervalRefusedMs } = settings;
    const refusedMs = forgivenMs(settings, minSilenceRefusedMs, retryIntervalRefusedMs);
    const durationMs = short(random, Math.min(pauseMs(settings), refusedMs));
    const { faults, endAt } = lasting(at, long(random, settings), { kind: 'sidecar', nodeIds: [nodeId] });
    const paused: PlannedFault = { at, kind: 'pause', nodeId, durationMs, how: 'stalled' };
    return { faults: [...faults, paused], endAt: Math.max(endAt, at + durationMs) };
  },
  cut: (random, { nodeId, others, at, settings }) =>
    lasting(at, long(random, settings), { kind: 'cut', some: [nodeId], others }),
  isolated: (random, { nodeId, others, at, settings }) => {
    const { minSilenceNoConnectionMs, retryIntervalMs } = settings;
    const mostMs = Math.min(longestPauseMs, forgivenMs(settings, minSilenceNoConnectionMs, retryIntervalMs));
    return lasting(at, short(random, mostMs), {
      kind: 'cut',
      some: [nodeId],
      others: [...others, registryHost],
    });
  },
};

/**
 * Which disturbances a world has together. `stalls`: nodes stand still or are cut off from all for a moment, and nothing
 * refuses in their place. `refusals`: their processes run and reach the registry, whatever others see of them. `both` has
 * all but cuts: there a vote from a refusal may stand when its target stalls, and then the pause is not forgiven.
 */
export type DenseMix = 'stalls' | 'refusals' | 'both';

const stalls = ['pause', 'isolated', 'reset', 'half-open', 'proxied'] as const;
const refusals = ['reject', 'sidecar', 'reset', 'half-open', 'proxied'] as const;

const namesOf: Readonly<Record<DenseMix, readonly string[]>> = {
  stalls,
  refusals: [...refusals, 'cut'],
  both: [...stalls, ...refusals, 'paused sidecar'],
};

/** Draws one of them, and says which. */
export function drawDisturbance(
  random: SeededRandom,
  mix: DenseMix,
  frame: DisturbanceFrame,
): Disturbance & { readonly name: string } {
  const name = random.pick(namesOf[mix]);
  const draw = draws[name];
  if (draw === undefined) throw new RangeError(`expected the name of a disturbance, got ${name}`);
  return { name, ...draw(random, frame) };
}

type Lasting = PlannedFault extends infer Fault
  ? Fault extends { readonly durationMs: number }
    ? Omit<Fault, 'at' | 'durationMs'>
    : never
  : never;

function lasting(at: number, durationMs: number, what: Lasting): Disturbance {
  return { faults: [{ at, durationMs, ...what } as PlannedFault], endAt: at + durationMs };
}

/** Up to that much, often just so much. */
function short(random: SeededRandom, mostMs: number): number {
  return Math.round(random.chance(0.3) ? mostMs : random.between(10, mostMs));
}

/** The node reaches the registry: from a moment to several times what a verdict would take. */
function long(random: SeededRandom, settings: Settings): number {
  const { minSilenceRefusedMs, retryIntervalRefusedMs, answerWindowMs } = settings;
  const deathMs = forgivenMs(settings, minSilenceRefusedMs, retryIntervalRefusedMs) + answerWindowMs;
  return Math.round(random.pick([0.3, 1, 3]) * deathMs * random.between(0.1, 1));
}
