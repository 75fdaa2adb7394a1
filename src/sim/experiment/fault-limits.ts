/** What a planned fault of an experiment must hold to: known nodes, numbers within limits, instants within the time that is measured. */
import type { Violation } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import type { Latency } from '../latency.ts';
import { registryHost } from '../network.ts';

/** Of a number: what it is and where it may lie. */
export interface NumberLimits {
  readonly least: number;
  readonly most: number;
  /** In words, such as `milliseconds`. */
  readonly what: string;
  readonly isWhole?: boolean;
}

/** The one violation of a number, if any. */
export function numberViolation(path: string, value: unknown, limits: NumberLimits): Violation[] {
  const { least, most, what, isWhole = false } = limits;
  const holds = typeof value === 'number' && value >= least && value <= most;
  if (holds && (!isWhole || Number.isInteger(value))) return [];
  return [{ path, message: `expected ${what} from ${least} to ${most}, got ${show(value)}` }];
}

/** The one violation of a distribution, if any. */
export function latencyViolation(path: string, latency: Latency): Violation[] {
  const values: readonly unknown[] = [
    latency?.leastMs,
    latency?.medianMs,
    latency?.p90Ms,
    latency?.p99Ms,
    latency?.mostMs,
  ];
  let before = 0;
  for (const value of values) {
    if (typeof value !== 'number' || !(value >= before)) {
      const message = `expected leastMs, medianMs, p90Ms, p99Ms and mostMs, none below the one before it, got ${values.map(show).join(', ')}`;
      return [{ path, message }];
    }
    before = value;
  }
  return [];
}

/** More than a node could take in, and few enough to be run. */
export const mostForged = 100_000;

const durationNames = ['durationMs', 'stallMs', 'freeMs', 'everyMs', 'downForMs', 'agoMs'] as const;
const hostListNames = ['nodeIds', 'some', 'others'] as const;
const kinds: Readonly<Record<PlannedFault['kind'], true>> = {
  crash: true,
  pause: true,
  cut: true,
  link: true,
  loss: true,
  latency: true,
  registry: true,
  'registry-clock': true,
  'wall-clock': true,
  leave: true,
  join: true,
  move: true,
  gone: true,
  hang: true,
  impostor: true,
  restore: true,
  'delete-rows': true,
  'proxy-restart': true,
  sidecar: true,
  messages: true,
  forger: true,
  maintenance: true,
  'restart-all': true,
  slow: true,
  churn: true,
  cascade: true,
};

/** Every violation of one fault. */
export function faultViolations(
  fault: PlannedFault,
  path: string,
  nodeIds: ReadonlySet<string>,
  measuredMs: number,
): Violation[] {
  if (!Object.hasOwn(kinds, fault.kind)) {
    const message = `expected one of ${Object.keys(kinds).join(', ')}, got ${show(fault.kind)}`;
    return [{ path: `${path}.kind`, message }];
  }
  const facts = fault as unknown as Readonly<Record<string, unknown>>;
  const milliseconds = { least: 0, most: Number.MAX_SAFE_INTEGER, what: 'milliseconds' };
  const violations = numberViolation(`${path}.at`, fault.at, { ...milliseconds, most: measuredMs });
  for (const name of durationNames) {
    if (name in facts) violations.push(...numberViolation(`${path}.${name}`, facts[name], milliseconds));
  }
  for (const name of ['stallMs', 'everyMs'] as const) {
    if (facts[name] === 0) {
      violations.push({
        path: `${path}.${name}`,
        message: 'expected more than 0; nothing can be done so often',
      });
    }
  }
  if ('backAfterMs' in facts && facts['backAfterMs'] !== null) {
    violations.push(...numberViolation(`${path}.backAfterMs`, facts['backAfterMs'], milliseconds));
  }
  if ('byMs' in facts && !Number.isFinite(facts['byMs'])) {
    violations.push({ path: `${path}.byMs`, message: `expected milliseconds, got ${show(facts['byMs'])}` });
  }
  const link = fault.kind === 'link' ? fault.fault : undefined;
  const lossRate = fault.kind === 'loss' ? fault.lossRate : link?.lossRate;
  if (lossRate !== undefined) {
    const fraction = { least: 0, most: 1, what: 'a fraction' };
    violations.push(...numberViolation(`${path}.lossRate`, lossRate, fraction));
  }
  const latency = fault.kind === 'latency' ? fault.latency : link?.extraLatency;
  if (latency !== undefined) violations.push(...latencyViolation(`${path}.latency`, latency));
  if (fault.kind === 'messages') {
    violations.push(
      ...numberViolation(`${path}.rate`, fault.rate, { least: 0, most: 1, what: 'a fraction' }),
    );
    violations.push(...latencyViolation(`${path}.lateness`, fault.lateness));
  } else if (fault.kind === 'forger') {
    const limits = { least: 0, most: mostForged, what: 'messages a second' };
    violations.push(...numberViolation(`${path}.perSecond`, fault.perSecond, limits));
  }
  const named = 'nodeId' in facts ? [['nodeId', [facts['nodeId']]] as const] : [];
  const lists = hostListNames.filter((name) => name in facts).map((name) => [name, facts[name]] as const);
  const ends =
    link === undefined
      ? []
      : ([
          ['from', link.from ?? []],
          ['to', link.to ?? []],
        ] as const);
  for (const [name, ids] of [...named, ...lists, ...ends]) {
    violations.push(...hostViolations(`${path}.${name}`, ids, nodeIds));
  }
  return violations;
}

function hostViolations(path: string, ids: unknown, nodeIds: ReadonlySet<string>): Violation[] {
  if (!Array.isArray(ids)) return [{ path, message: `expected a list of ids, got ${show(ids)}` }];
  const mayBeRegistry = /some|others|from|to$/.test(path);
  const strangers = ids.filter((id) => !nodeIds.has(id) && !(mayBeRegistry && id === registryHost));
  if (strangers.length === 0) return [];
  const [first] = nodeIds;
  const message = `expected ids of the experiment's ${nodeIds.size} nodes, such as ${first}, got ${strangers.slice(0, 3).map(show).join(', ')}`;
  return [{ path, message }];
}

function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
