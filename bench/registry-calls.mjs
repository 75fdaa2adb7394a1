/**
 * What one node asks of the registry: calls and bytes a round in the steady state (aim: one read a round and one
 * heartbeat an interval), and what a death adds, at 10 and at 100 nodes. In virtual time, with the real monitor.
 */
import { World } from '../dist/sim/world.js';
import { figure, printTable } from './table.mjs';

const drain = () => new Promise((resolve) => setImmediate(resolve));
const hourMs = 3_600_000;
const names = ['readRound', 'heartbeat', 'record', 'decide', 'claim', 'renew', 'finish', 'refute'];
const results = [];
for (const size of [10, 100]) {
  const counts = {};
  const bytes = { asked: 0, read: 0 };
  const tap = ({ method, request }, result) => {
    counts[method] = (counts[method] ?? 0) + 1;
    bytes.asked += JSON.stringify(request ?? null).length;
    bytes.read += JSON.stringify(result ?? null).length;
  };
  const world = new World({
    seed: 1,
    nodes: size,
    drain,
    registryTaps: [tap],
    settings: { startupGracePeriodMs: 0 },
  });
  await world.runFor(60_000);
  const during = async (durationMs) => {
    const before = { ...counts };
    const bytesBefore = { ...bytes };
    await world.runFor(durationMs);
    return {
      counts: Object.fromEntries(names.map((name) => [name, (counts[name] ?? 0) - (before[name] ?? 0)])),
      bytes: { asked: bytes.asked - bytesBefore.asked, read: bytes.read - bytesBefore.read },
    };
  };
  const steady = await during(hourMs);
  world.crash(`node-${'1'.padStart(Math.max(2, String(size).length), '0')}`);
  const death = await during(hourMs);
  results.push({ size, steady, death });
}
const rounds = hourMs / 10_000;
const beats = hourMs / 30_000;
printTable('Registry calls of a node, steady state', [
  ['figure', ...results.map(({ size }) => `${size} nodes`), 'aim'],
  [
    'reads a round',
    ...results.map(({ size, steady }) => figure(steady.counts.readRound / size / rounds)),
    '1',
  ],
  [
    'heartbeats an interval',
    ...results.map(({ size, steady }) => figure(steady.counts.heartbeat / size / beats)),
    '1',
  ],
  ['other calls', ...results.map(({ steady }) => figure(others(steady))), '0'],
  ...['asked', 'read'].map((name) => [
    `bytes ${name} a round`,
    ...results.map(({ size, steady }) => figure(steady.bytes[name] / size / rounds)),
    '',
  ]),
]);
printTable('Calls of all nodes that one death adds', [
  ['call', ...results.map(({ size }) => `${size} nodes`)],
  ...names.slice(2).map((name) => [name, ...results.map(({ death }) => death.counts[name])]),
]);

function others({ counts }) {
  return names.slice(2).reduce((sum, name) => sum + counts[name], 0);
}
