/**
 * The walk-on watch list beside K permutation rings when many nodes fall away at once, in the simulator.
 * `node bench/permutation-rings.mjs [seeds] [pattern …]`; without patterns, all of them.
 */
import { idsAfter, permutationRings, ringPlace, ringSubjects } from '../dist/sim/permutation-rings.js';
import { measureMassFailure, measureSingleDeaths } from '../dist/sim/permutation-rings-comparison.js';
import { nodeIdsOf } from '../dist/sim/world.js';
import { figure, printTable } from './table.mjs';

const dayMs = 86_400_000;
const rings = (ringCount, more = {}) => ({ seed: 1, ringCount, ...more });
const three = {
  list: ['the walk-on list', null, {}],
  rings: ['3 permutation rings', rings(3), {}],
  trusting: ['the same, voters need no proof', rings(3), { proofWindowMs: dayMs }],
  walking: ['3 permutation rings, walked on', rings(3, { walksOn: true }), {}],
};
const sorted = ['the next 3 ids, no walk-on', rings(3, { seed: null }), {}];
const sortedTrusting = ['the same, voters need no proof', rings(3, { seed: null }), { proofWindowMs: dayMs }];
const ten = [
  ['10 rings, quorum 2 (Orleans)', rings(10), { neighbors: 10, proofWindowMs: dayMs }],
  ['10 rings, quorum 9 (Rapid)', rings(10), { neighbors: 10, minQuorum: 9, proofWindowMs: dayMs }],
];
const wide = ['the walk-on list, watchListCap 300', null, { watchListCap: 300 }];
const narrow = ['the walk-on list, watchListCap 8', null, { watchListCap: 8 }];
const unbraked = ([name, topology, settings]) => [
  `${name}, no brake`,
  topology,
  { ...settings, maxDeadFraction: 1 },
];

const usual = [three.list, three.rings, three.walking];
const withoutProof = Object.values(three);
const crashed = (which, count) => ({ which, count, how: 'crashed' });
const patterns = {
  'random-10': { pattern: crashed('random', 10), variants: usual },
  'consecutive-10': { pattern: crashed('consecutive', 10), variants: [...usual, sorted, sortedTrusting] },
  'consecutive-10-of-100': { pattern: crashed('consecutive', 10), nodeCount: 100, variants: usual },
  'consecutive-50': { pattern: crashed('consecutive', 50), variants: usual },
  'consecutive-250': { pattern: crashed('consecutive', 250), variants: [...withoutProof, wide] },
  'random-250': { pattern: crashed('random', 250), variants: withoutProof },
  'rack-50': { pattern: { which: 'striped', count: 50, how: 'cut-off' }, variants: usual },
  'loss-5': { pattern: crashed('random', 10), lossRate: 0.05, variants: usual },
  'beyond-the-cap': {
    pattern: crashed('consecutive', 25),
    nodeCount: 100,
    variants: [narrow, three.rings],
    limit: 150,
  },
  'no-brake': { pattern: crashed('random', 250), variants: [three.list, three.rings].map(unbraked) },
  'lan-consecutive-50': { pattern: crashed('consecutive', 50), preset: 'lan', variants: usual },
  'lan-random-250': { pattern: crashed('random', 250), preset: 'lan', variants: usual },
  'ten-consecutive-10': { pattern: crashed('consecutive', 10), variants: ten },
  'ten-consecutive-250': { pattern: crashed('consecutive', 250), variants: ten },
  'ten-random-250': { pattern: crashed('random', 250), variants: ten },
};

const [seedCount = '3', ...asked] = process.argv.slice(2);
const unknown = asked.filter((name) => name !== 'mixed' && !Object.hasOwn(patterns, name));
if (unknown.length > 0) {
  process.stderr.write(
    `expected patterns among ${[...Object.keys(patterns), 'mixed'].join(', ')}, got ${unknown.join(', ')}\n`,
  );
  process.exit(2);
}

const singles = new Map();
/** The mean time of single deaths in a small cluster of the same settings; the size of the ring does not change it. */
async function singleDeathMs(preset, topology, settings) {
  const key = JSON.stringify([preset, topology, settings]);
  if (!singles.has(key)) {
    const cluster = { seed: 1, nodeCount: 100, rings: topology, preset, settings };
    const times = await measureSingleDeaths(cluster, 20);
    singles.set(key, times.reduce((sum, time) => sum + time, 0) / times.length);
  }
  return singles.get(key);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

for (const [name, plan] of Object.entries(patterns)) {
  const { pattern, variants, nodeCount = 1_000, preset = 'local', lossRate = 0, limit = 15 } = plan;
  if (asked.length > 0 && !asked.includes(name)) continue;
  const rows = [];
  for (const [title, topology, settings] of variants) {
    const singleMs = await singleDeathMs(preset, topology, settings);
    const results = [];
    for (let seed = 1; seed <= Number(seedCount); seed++) {
      const cluster = { seed, nodeCount, rings: topology, preset, settings, lossRate };
      results.push(
        await measureMassFailure({ ...cluster, pattern, windowMs: 3 * singleMs, limitMs: limit * singleMs }),
      );
    }
    const isAll = results.every(({ verdictsMs, fallenCount }) => verdictsMs.length === fallenCount);
    const confirmed = mean(results.map(({ verdictsMs, fallenCount }) => verdictsMs.length / fallenCount));
    const lasts = results.map(({ verdictsMs }) => Math.max(...verdictsMs) / singleMs);
    const firstWave = results.map(
      ({ verdictsMs, fallenCount }) =>
        verdictsMs.filter((time) => time <= 1.5 * singleMs).length / fallenCount,
    );
    const sum = (of) => results.reduce((total, result) => total + of(result), 0);
    rows.push([
      title,
      `${(100 * mean(firstWave)).toFixed(1)} %`,
      `${(100 * Math.min(...firstWave)).toFixed(1)} %`,
      isAll ? mean(lasts).toFixed(2) : `> ${limit}: ${(100 * confirmed).toFixed(1)} %`,
      isAll ? Math.max(...lasts).toFixed(2) : '',
      figure(sum(({ extraProbeCount, fallenCount }) => extraProbeCount / fallenCount) / results.length),
      Math.max(...results.map(({ longestWatchList }) => longestWatchList)),
      `${figure(mean(results.map(({ rowsBefore }) => rowsBefore)))} → ${figure(mean(results.map(({ rowsDuring }) => rowsDuring)))}`,
      sum(({ falseSuspicionCount }) => falseSuspicionCount),
      sum(({ falseVerdictCount }) => falseVerdictCount),
    ]);
  }
  printTable(`${name}: ${pattern.count} of ${nodeCount}, ${seedCount} seeds, preset ${preset}`, [
    [
      'watched along',
      'in one detection',
      'least',
      'last, × one death',
      'most',
      'extra probes a death',
      'longest list',
      'rows a reading',
      'false suspects',
      'false verdicts',
    ],
    ...rows,
  ]);
}

if (asked.length === 0 || asked.includes('mixed')) printMixed();

/** Of a cluster whose other part runs the original, which keeps to the sorted ring: nodes with fewer observers than a quorum. */
function printMixed() {
  const ids = nodeIdsOf(1_000);
  const permuted = permutationRings(ids, 1, 3);
  const rows = [0.1, 0.25, 0.5, 0.75, 0.9].map((originalPart) => {
    const isOriginal = (id) => ringPlace(id, 2, 0).key < originalPart * 2 ** 32;
    const observers = { list: new Map(), rings: new Map() };
    const count = (of, id) => observers[of].set(id, (observers[of].get(id) ?? 0) + 1);
    for (const [index, id] of ids.entries()) {
      const next = [1, 2, 3].map((step) => ids[(index + step) % ids.length]);
      const places = permuted.map((ring, number) => idsAfter(ring, ringPlace(id, 1, number), ids.length));
      const subjects = isOriginal(id) ? next : ringSubjects(places, () => 'on', false).ids;
      for (const target of next) count('list', target);
      for (const target of subjects) count('rings', target);
    }
    const blind = (of) => ids.filter((id) => (observers[of].get(id) ?? 0) < 2).length / ids.length;
    return [`${100 * originalPart} %`, ...['list', 'rings'].map((of) => `${(100 * blind(of)).toFixed(1)} %`)];
  });
  printTable('mixed: nodes of 1,000 that fewer than two observers watch', [
    ['nodes that run the original', 'the rest on the walk-on list', 'the rest on 3 permutation rings'],
    ...rows,
  ]);
}
