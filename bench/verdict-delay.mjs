/**
 * What verdict and claim add to the time to death: from the vote that makes the quorum to the verdict, and to the
 * claim. Aim: one round at most, on a healthy registry. In virtual time, with the real monitor.
 */
import { presets, resolveSettings, timeToDeathMs } from '../dist/core/settings/config.js';
import { World } from '../dist/sim/world.js';
import { figure, median, printTable } from './table.mjs';

const drain = () => new Promise((resolve) => setImmediate(resolve));
const deathCount = Number(process.env.RINGWATCH_BENCH_DEATHS ?? 40);
const rows = [];
for (const preset of Object.keys(presets)) {
  for (const size of [3, 10]) rows.push(await measure(preset, size));
}
printTable(`Rounds that verdict and claim add, ${deathCount} deaths a row`, [
  ['preset', 'nodes', 'to the verdict', 'longest', 'to the claim', 'longest (aim 1, 1.1 with jitter)'],
  ...rows,
]);

async function measure(preset, size) {
  const settings = resolveSettings({ nodeId: 'any' }, preset);
  const watch = { votes: new Map(), quorumAt: null, verdictAt: null, claimAt: null };
  const world = new World({
    seed: 1,
    nodes: size,
    drain,
    preset,
    settings: { startupGracePeriodMs: 0, maxDeadFraction: 1, flapWindowMs: 0 },
    registryTaps: [(call, result) => note(watch, call, result, Math.min(settings.minQuorum, size - 1))],
  });
  const random = world.random('deaths');
  await world.runFor(10 * settings.probeIntervalMs);
  const toVerdict = [];
  const toClaim = [];
  for (let death = 0; death < deathCount; death++) {
    Object.assign(watch, { votes: new Map(), quorumAt: null, verdictAt: null, claimAt: null });
    const nodeId = random.pick([...world.nodes.keys()]);
    await world.runFor(settings.probeIntervalMs * (4 + random.next()));
    world.crash(nodeId);
    await world.runFor(2 * timeToDeathMs(settings) + 2 * settings.answerWindowMs);
    if (watch.claimAt === null) throw new Error(`${preset}, ${size} nodes: a death was not claimed in time`);
    toVerdict.push((watch.verdictAt - watch.quorumAt) / settings.probeIntervalMs);
    toClaim.push((watch.claimAt - watch.quorumAt) / settings.probeIntervalMs);
    world.restart(nodeId);
    await world.runFor(10 * settings.probeIntervalMs);
  }
  const facts = [toVerdict, toClaim].flatMap((rounds) => [median(rounds), Math.max(...rounds)]);
  return [preset, size, ...facts.map(figure)];
}

/** Notes when the registry had enough votes, the verdict, and the claim. */
function note(watch, { at, method, request }, result, quorum) {
  if (method === 'record') {
    for (const { kind, observerId, targetId, targetEpoch } of request) {
      if (kind !== 'dead') continue;
      const life = `${targetId} ${targetEpoch}`;
      const voters = (watch.votes.get(life) ?? new Set()).add(observerId);
      watch.votes.set(life, voters);
      if (voters.size >= quorum) watch.quorumAt ??= at;
    }
  } else if (method === 'decide' && result.outcome === 'dead') watch.verdictAt ??= at;
  else if (method === 'claim' && result.outcome === 'claimed') watch.claimAt ??= at;
}
