/** The times that follow from the settings alone are those of a simulated cluster: 60 deaths each, in a ring of 20. */
import { describe, expect, it } from 'vitest';
import { detectionTimes, type Fault, forgiven } from '../../src/cli/explain/detection-times.ts';
import { type PresetName, resolveSettings, type Settings } from '../../src/core/settings/config.ts';
import { fullAnswerWindowMs } from '../../src/core/settings/setting-rules.ts';
import { seededRandom } from '../../src/sim/random.ts';
import { World } from '../../src/sim/world.ts';

type Edits = Partial<Omit<Settings, 'nodeId'>>;

const nodes = 20;
const deathCount = 60;

/** The median of 60 deaths is within a tenth of what is computed, and messages take some milliseconds. */
const margin = 0.1;
/** Where two observers must look by themselves, and nothing else takes long: the rounds are not evenly apart after each death. */
const roundsMargin = 0.3;
const messagesMs = 50;

/** Rounds of 5 s, and a patience for each silence. */
const quick: Edits = {
  probeIntervalMs: 5_000,
  probeTimeoutMs: 1_000,
  probeTimeoutFloorMs: 500,
  retryIntervalMs: 500,
  retryIntervalRefusedMs: 100,
  suspectAfter: 2,
  deadAfter: 4,
  minSilenceMs: 6_500,
  minSilenceNoConnectionMs: 3_000,
  minSilenceRefusedMs: 2_000,
  heartbeatIntervalMs: 10_000,
  answerWindowMs: fullAnswerWindowMs({ probeIntervalMs: 5_000, jitter: 0.1 }),
  hints: false,
};

const cases: readonly (readonly [string, PresetName, Edits, Fault])[] = [
  ['a crash that a closed connection tells of', 'lan', { ...quick, hints: true }, 'crash'],
  ['a crash without hints', 'lan', quick, 'crash'],
  ['a crash without patience for a restart', 'lan', { ...quick, minSilenceRefusedMs: 0 }, 'crash'],
  ['a host that is gone', 'lan', quick, 'host-gone'],
  ['a host that is gone where three must agree', 'lan', { ...quick, minQuorum: 3 }, 'host-gone'],
  ['a process that hangs', 'lan', quick, 'hang'],
  ['a crash in rounds alone', 'original', { deadAfter: 4, hints: false }, 'crash'],
];

describe.each(cases)('%s', (_, preset, edits, fault) => {
  it('is confirmed when the settings say', async () => {
    const settings = resolveSettings({ nodeId: 'a', ...edits }, preset);
    const times = detectionTimes(settings, fault, nodes);
    const tookMs = await timesToVerdict(settings, preset, fault);
    const medianMs = tookMs[deathCount / 2] ?? 0;

    expect(tookMs).toHaveLength(deathCount);
    expect(Math.min(...tookMs)).toBeGreaterThanOrEqual(times?.bestMs ?? 0);
    const most = settings.hints || settings.minSilenceRefusedMs > 0 ? margin : roundsMargin;
    expect(medianMs).toBeGreaterThan((times?.medianMs ?? 0) * (1 - margin));
    expect(medianMs).toBeLessThan((times?.medianMs ?? 0) * (1 + most) + messagesMs);
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(times?.worstMs ?? 0);
  });
});

it('no process that stands still is voted dead for as long as the settings forgive', async () => {
  const settings = resolveSettings({ nodeId: 'a', ...quick }, 'lan');
  const world = worldOf(settings, 'lan');
  const random = seededRandom(2, 'pauses');
  await world.runFor(5 * settings.heartbeatIntervalMs);
  for (const id of world.nodes.keys()) {
    await world.runFor(random.next() * 3 * settings.probeIntervalMs);
    world.pause(id, forgiven(settings, nodes).pauseMs);
    await world.runFor(30_000);
  }

  expect(world.history.of('suspect').length).toBeGreaterThan(nodes / 2);
  expect(world.history.of('dead')).toEqual([]);
});

function worldOf({ nodeId: _, ...settings }: Settings, preset: PresetName): World {
  const unbound = { startupGracePeriodMs: 1_000, loneGraceMs: 1_000, maxDeadFraction: 1, flapWindowMs: 0 };
  return new World({
    seed: 1,
    nodes,
    preset,
    settings: { ...settings, ...unbound },
    handler: null,
    rejoinAfterMs: 1_000,
  });
}

/** Milliseconds from each fault to its verdict, shortest first. */
async function timesToVerdict(settings: Settings, preset: PresetName, fault: Fault): Promise<number[]> {
  const { probeIntervalMs } = settings;
  const world = worldOf(settings, preset);
  const random = seededRandom(1, 'faults');
  const ids = [...world.nodes.keys()];
  const confirmed = new Set<string>();
  world.history.listen((entry) => {
    if (entry.kind === 'verdict-read') confirmed.add(entry.event.verdict.nodeId);
  });
  await world.runFor(20 * probeIntervalMs);
  const tookMs: number[] = [];
  for (let death = 0; death < deathCount; death++) {
    await world.runFor((4 + 3 * random.next()) * probeIntervalMs);
    const nodeId = random.pick(ids);
    const startedAt = world.now;
    confirmed.clear();
    if (fault === 'hang') world.pause(nodeId, 20_000);
    else world.crash(nodeId, fault === 'crash' ? 'process' : 'machine');
    await world.runUntil(() => confirmed.has(nodeId), 600_000);
    tookMs.push(world.now - startedAt);
    if (fault !== 'hang') world.restart(nodeId);
    else await world.runUntil(() => world.now > startedAt + 20_000, 20_000);
  }
  return tookMs.sort((a, b) => a - b);
}
