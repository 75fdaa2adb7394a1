/**
 * A plan of the swarm as text: printed, stored, read back, and run with the same history. What comes from outside is
 * checked before it runs. Not for: drawing a plan (plan.ts), or running it (run.ts).
 */
import {
  ConfigError,
  type PresetName,
  presets,
  resolveSettings,
  type Settings,
  type Violation,
} from '../../core/settings/config.ts';
import { mostForged } from '../experiment/fault-limits.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { nodeIdsOf, type WorldOptions } from '../world.ts';
import type { SwarmPlan } from './plan.ts';
import {
  byNodeId,
  host,
  isObject,
  listOf,
  nodeId,
  numberBetween,
  objectOf,
  oneKindOf,
  oneOf,
  orNull,
  type Shape,
  text,
  truth,
  wholeBetween,
} from './plan-shape.ts';

/** Thrown for a plan that cannot be read or written; carries all violations at once. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
  readonly code = 'plan';
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super(`Invalid plan:\n${violations.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`);
    this.violations = violations;
  }
}

/** The first field of every plan as text. */
const format = 'ringwatch plan 1';

const yearMs = 31_557_600_000;
const maxDurationMs = 100 * yearMs;
const maxNodeCount = 20_000;

const duration = numberBetween(0, maxDurationMs, 'milliseconds');
const step = numberBetween(-maxDurationMs, maxDurationMs, 'milliseconds');
const pauseMs = numberBetween(0.001, maxDurationMs, 'milliseconds');
const part = numberBetween(0, 1, 'a fraction');
const nodeIds = listOf(nodeId, maxNodeCount);
const hosts = listOf(host, maxNodeCount + 1);

const latency: Shape = (value, path, frame) => {
  const names = ['leastMs', 'medianMs', 'p90Ms', 'p99Ms', 'mostMs'];
  const violations = objectOf(Object.fromEntries(names.map((name) => [name, duration])))(value, path, frame);
  if (violations.length > 0 || !isObject(value)) return violations;
  const numbers = names.map((name) => value[name] as number);
  if (numbers.every((number, index) => index === 0 || number >= (numbers[index - 1] ?? 0))) return [];
  const message = `expected ${names.join(', ')}, none below the one before it, got ${numbers.join(', ')}`;
  return [{ path, message }];
};

const linkFault = objectOf(
  {},
  {
    from: hosts,
    to: hosts,
    lossRate: part,
    how: oneOf(['dropped', 'rejected', 'refused']),
    extraLatency: latency,
    flipFlop: objectOf({ badMs: pauseMs, goodMs: pauseMs }),
  },
);

const crashKind = oneOf(['process', 'machine']);

/** The fields of every kind of fault besides `at` and `kind`. */
const faultFields: Readonly<Record<PlannedFault['kind'], Readonly<Record<string, Shape>>>> = {
  crash: { nodeIds, how: crashKind, backAfterMs: orNull(duration) },
  pause: { nodeId, durationMs: duration, how: oneOf(['stalled', 'suspended']) },
  cut: { some: hosts, others: hosts, durationMs: duration },
  link: { fault: linkFault, durationMs: duration },
  loss: { lossRate: part, durationMs: duration },
  latency: { latency, durationMs: duration },
  registry: { state: oneOf(['no-leader', 'silent', 'unwritable']), durationMs: duration },
  'registry-clock': { byMs: step },
  'wall-clock': { nodeId, byMs: step },
  leave: { nodeId, backAfterMs: orNull(duration) },
  join: { nodeIds },
  move: { nodeIds },
  gone: { nodeIds, how: oneOf(['left', 'died']), agoMs: duration },
  hang: { nodeIds, part: oneOf(['heartbeat', 'ping-answer', 'application']), durationMs: duration },
  impostor: { nodeIds, durationMs: duration },
  restore: { agoMs: duration },
  'delete-rows': { nodeIds },
  'proxy-restart': { nodeIds, how: oneOf(['closed', 'half-open']) },
  sidecar: { nodeIds, durationMs: duration },
  messages: {
    how: oneOf(['lost', 'late', 'doubled']),
    rate: part,
    lateness: latency,
    durationMs: duration,
  },
  forger: { nodeIds, perSecond: numberBetween(0, mostForged, 'messages a second'), durationMs: duration },
  maintenance: { nodeId, durationMs: duration },
  'restart-all': { downForMs: duration },
  slow: {
    nodeIds,
    durationMs: duration,
    stallMs: pauseMs,
    freeMs: duration,
    timers: oneOf(['stop', 'go-on']),
  },
  churn: {
    nodeIds,
    durationMs: duration,
    everyMs: pauseMs,
    downForMs: duration,
    how: oneOf(['process', 'machine', 'leave']),
  },
  cascade: { victim: oneOf(['owner', 'next']), durationMs: duration, backAfterMs: orNull(duration) },
};

const fault = oneKindOf(
  'kind',
  Object.fromEntries(
    Object.entries(faultFields).map(([kind, fields]) => [
      kind,
      objectOf({ at: duration, kind: oneOf([kind]), ...fields }),
    ]),
  ),
);

/** What of a world's options is data. What is left out takes the world's default. */
const optionShapes: Readonly<Record<DataOption, Shape>> = {
  nodes: (value, path, frame) =>
    typeof value === 'number'
      ? wholeBetween(1, maxNodeCount)(value, path, frame)
      : listOf(text, maxNodeCount)(value, path, frame),
  preset: oneOf(Object.keys(presets)),
  // Its rules are those of every other configuration; see `settingsIn`.
  settings: (value, path) => (isObject(value) ? [] : [{ path, message: 'expected an object' }]),
  network: objectOf({}, { latency, lossRate: part }),
  registry: objectOf(
    {},
    {
      commit: latency,
      lostAnswerRate: part,
      lateRate: part,
      lateness: latency,
      duplicateRate: part,
      staleReadRate: part,
      followerLagMs: duration,
    },
  ),
  clocks: byNodeId(
    objectOf({}, { skewMs: step, driftPpm: numberBetween(-500_000, 500_000, 'parts in a million') }),
  ),
  handler: orNull(objectOf({ takes: latency, failureRate: part })),
  startWithinMs: duration,
  laterNodes: nodeIds,
  regions: byNodeId(text),
  rejoinAfterMs: orNull(duration),
};

type DataOption = Exclude<keyof WorldOptions, 'seed' | CodeOption>;
type CodeOption = 'drain' | 'program' | 'createRegistry' | 'probeTaps' | 'registryTaps';

const codeOptions: Readonly<Record<CodeOption, string>> = {
  drain: 'its default',
  program: 'Ringwatch',
  createRegistry: 'the sound registry in memory',
  probeTaps: 'none',
  registryTaps: 'none',
};

const { nodes, ...otherOptions } = optionShapes;
const planShape = objectOf({
  format: oneOf([format]),
  seed: wholeBetween(0, Number.MAX_SAFE_INTEGER),
  options: objectOf({ nodes }, otherOptions),
  faultsBeginAt: duration,
  faultsEndAt: duration,
  faults: listOf(fault, 100_000),
  hardships: listOf(text, 100),
  endsWithRestart: truth,
  endsWithClockStep: truth,
});

/**
 * The plan as JSON, a line a fault. Its settings are what its options resolve to.
 * Throws `PlanError` for a plan that code was put into, such as another registry: that cannot be written down.
 */
export function planToJson(plan: SwarmPlan): string {
  const { options, faults, seed, settings: _, ...others } = plan;
  const code = Object.entries(codeOptions).filter(([name]) => Object.hasOwn(options, name));
  if (code.length > 0) {
    throw new PlanError(
      code.map(([name, instead]) => ({
        path: `options.${name}`,
        message: `expected data, got code; run the plan in the program that made it, or leave this to ${instead}`,
      })),
    );
  }
  const { seed: _seed, ...data } = options;
  const head = { format, seed, options: data, ...others };
  const lines = faults.map((one) => `\n    ${JSON.stringify(one)}`);
  const list = lines.length === 0 ? '[]' : `[${lines.join(',')}\n  ]`;
  return `${JSON.stringify(head, null, 2).replace(/\n\}$/, '')},\n  "faults": ${list}\n}\n`;
}

/** The plan that such a text holds; it runs as the one that was written. Throws `PlanError` with every violation. */
export function planFromJson(source: string): SwarmPlan {
  const value = parse(source);
  const known = nodeIdsIn(value);
  const violations = planShape(value, '', { nodeIds: new Set(known) });
  if (new Set(known).size !== known.length)
    violations.push({ path: 'options.nodes', message: 'expected ids that differ, got one twice' });
  const resolved = settingsIn(value);
  if (Array.isArray(resolved)) violations.push(...resolved);
  if (violations.length === 0) violations.push(...orderViolations(value as WrittenPlan));
  if (violations.length > 0 || Array.isArray(resolved)) throw new PlanError(violations);
  const { format: _, options, ...rest } = value as WrittenPlan;
  return { ...rest, options: { ...options, seed: rest.seed }, settings: resolved };
}

type WrittenPlan = Omit<SwarmPlan, 'settings' | 'options'> & {
  readonly format: string;
  readonly options: Omit<WorldOptions, 'seed'>;
};

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `expected a plan as \`ringwatch sim --shrink\` prints it, got no JSON: ${reason}`;
    throw new PlanError([{ path: 'the text', message }]);
  }
}

function nodeIdsIn(value: unknown): readonly string[] {
  const given = isObject(value) && isObject(value['options']) ? value['options']['nodes'] : null;
  if (Array.isArray(given)) return given.filter((id) => typeof id === 'string');
  return Number.isInteger(given) && (given as number) <= maxNodeCount ? nodeIdsOf(given as number) : [];
}

const anySettings = resolveSettings({ nodeId: 'any' });

/** The settings that the plan's preset and edits give, or what is wrong with them. */
function settingsIn(value: unknown): Settings | Violation[] {
  const options = isObject(value) && isObject(value['options']) ? value['options'] : {};
  const edits = isObject(options['settings']) ? options['settings'] : {};
  const strangers = Object.keys(edits).filter(
    (name) => name === 'nodeId' || !Object.hasOwn(anySettings, name),
  );
  const violations = strangers.map((name) => ({
    path: `options.settings.${name}`,
    message: 'expected the name of a setting that nodes share; take it out',
  }));
  const given = Object.fromEntries(Object.entries(edits).filter(([name]) => !strangers.includes(name)));
  // A preset of another name is reported by the shape.
  const preset = Object.keys(presets).find((name) => name === options['preset']) ?? 'default';
  try {
    const settings = resolveSettings({ ...given, nodeId: 'any' }, preset as PresetName);
    return violations.length > 0 ? violations : settings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const broken = error.violations.map(({ path, message }) => ({
      path: `options.settings.${path}`,
      message,
    }));
    return [...violations, ...broken];
  }
}

function orderViolations({ faultsBeginAt, faultsEndAt }: WrittenPlan): Violation[] {
  if (faultsEndAt >= faultsBeginAt) return [];
  const message = `expected faultsBeginAt (${faultsBeginAt}) or later, got ${faultsEndAt}`;
  return [{ path: 'faultsEndAt', message }];
}
