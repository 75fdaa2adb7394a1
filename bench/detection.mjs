/**
 * How soon deaths are confirmed in a simulated cluster of a hundred, with and without single rules:
 * `node bench/detection.mjs [--presets lan,default] [--faults crash,host-gone,hang] [--deaths 1000] [--nodes 100]
 * [--without hints,messages,timeouts]` (after `npm run build`). Nodes that share no observer die one after the other, each at
 * a random instant, and return. `timeouts`: each probe waits its whole timeout. Not part of `npm run bench`: it takes minutes.
 */
import { parseArgs } from 'node:util';
import { resolveSettings } from '../dist/core/settings/config.js';
import { seededRandom, World } from '../dist/sim/index.js';
import { ringwatchProgram } from '../dist/sim/ringwatch-program.js';
import { figure, median, printTable } from './table.mjs';

const { values: given } = parseArgs({
  options: {
    presets: { type: 'string', default: 'lan,default' },
    faults: { type: 'string', default: 'crash,host-gone,hang' },
    deaths: { type: 'string', default: '1000' },
    nodes: { type: 'string', default: '100' },
    without: { type: 'string', default: 'hints,messages,timeouts' },
  },
});
/** No node that far away on the ring is observed by the same ones. */
const apart = 10;
const deaths = Number(given.deaths);
const nodes = Number(given.nodes);
const variants = [null, ...given.without.split(',').filter((name) => name !== '')];

const rows = [];
for (const preset of given.presets.split(',')) {
  for (const fault of given.faults.split(',')) {
    const cells = [];
    for (const without of variants) {
      const tookMs = await timesToVerdict(preset, fault, without);
      cells.push(`${figure(median(tookMs) / 1_000)} / ${figure(Math.max(...tookMs) / 1_000)}`);
    }
    rows.push([`${fault}, ${preset}`, ...cells]);
  }
}
printTable(`Simulated, N = ${nodes}, ${deaths} deaths a cell: seconds to the verdict, median / worst`, [
  ['', 'as it is', ...variants.slice(1).map((name) => `without ${name}`)],
  ...rows,
]);

async function timesToVerdict(preset, fault, without) {
  const { nodeId: _, ...settings } = resolveSettings({ nodeId: 'a' }, preset);
  const whole = without === 'timeouts' ? { probeTimeoutFloorMs: settings.probeTimeoutMs } : {};
  const rules = without === null || without === 'timeouts' ? [] : [without];
  const unbound = { startupGracePeriodMs: 1_000, loneGraceMs: 1_000, maxDeadFraction: 1, flapWindowMs: 0 };
  const how = { preset, settings: { ...settings, ...whole, ...unbound }, handler: null };
  const program = ringwatchProgram({ ...how, without: rules });
  const world = new World({ ...how, seed: 1, nodes, rejoinAfterMs: 1_000, program });
  const random = seededRandom(1, 'faults');
  const ids = [...world.nodes.keys()];
  const confirmedAt = new Map();
  world.history.listen((entry) => {
    if (entry.kind === 'verdict-read' && !confirmedAt.has(entry.event.verdict.nodeId))
      confirmedAt.set(entry.event.verdict.nodeId, world.now);
  });
  await world.runFor(20 * settings.probeIntervalMs);
  const tookMs = [];
  while (tookMs.length < deaths) {
    await world.runFor((2 + 3 * random.next()) * settings.probeIntervalMs);
    confirmedAt.clear();
    const first = Math.floor(random.next() * apart);
    const victims = ids.filter((_, place) => place % apart === first).slice(0, deaths - tookMs.length);
    const diedAt = [];
    for (const nodeId of victims) {
      await world.runFor(random.next() * settings.probeIntervalMs);
      diedAt.push(world.now);
      if (fault === 'hang') world.pause(nodeId, 60_000);
      else world.crash(nodeId, fault === 'crash' ? 'process' : 'machine');
    }
    await world.runUntil(() => victims.every((nodeId) => confirmedAt.has(nodeId)), 600_000);
    tookMs.push(...victims.map((nodeId, index) => confirmedAt.get(nodeId) - diedAt[index]));
    if (fault === 'hang') await world.runFor(Math.max(0, diedAt.at(-1) + 60_000 - world.now));
    else for (const nodeId of victims) world.restart(nodeId);
  }
  return tookMs;
}
