/** One row of the capacity bench: one registry, one size, from the first join to the last verdict. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveSettings, timeToDeathMs } from '../../dist/core/settings/config.js';
import { openRegistry } from '../../dist/index.js';
import { machineSeconds, startServers, usageOf } from './servers.mjs';

/** Measures one row. Throws when the registry is not empty, or the nodes do not join. */
export async function measureCapacity(options) {
  const { registry, nodeCount, share, processCount, preset, deathCount, seconds, joinRate } = options;
  const settings = resolveSettings({ nodeId: 'any' }, preset);
  const servers = await startServers(registry, Math.ceil(nodeCount / share) + processCount);
  const children = [];
  const endAll = () => {
    for (const { process: child } of children) child.kill('SIGKILL');
  };
  process.once('exit', endAll);
  try {
    await expectEmpty(servers.url);
    // Over a heartbeat interval at least, so that heartbeats are not all due in the same moment.
    const spreadMs = Math.max(settings.heartbeatIntervalMs, (nodeCount / joinRate) * 1_000);
    const ids = Array.from({ length: nodeCount }, (_, index) => `node-${String(index + 1).padStart(5, '0')}`);
    const events = { verdicts: new Map(), recoveries: new Map(), recoveryCount: 0, falseSuspects: new Set() };
    for (let place = 0; place < processCount; place++) {
      const nodes = ids
        .map((nodeId, index) => ({ nodeId, waitMs: (spreadMs * index) / nodeCount }))
        .filter((_, index) => index % processCount === place);
      children.push(await startChild({ url: servers.url, preset, share, nodes }, events));
    }

    const joining = await during(children, servers, () => askAll(children, 'join', 'joined'));

    // Nodes that joined last have their first rounds, and what the joins left behind is done.
    await sleep(settings.probeIntervalMs + settings.probeTimeoutMs);
    const steady = await during(children, servers, () => sleep(seconds * 1_000));

    const victims = Array.from(
      { length: deathCount },
      (_, index) => ids[Math.floor(((index + 0.5) * nodeCount) / deathCount)],
    );
    const killedAt = Date.now();
    const deadline = performance.now() + 2.5 * timeToDeathMs(settings) + 10_000;
    const after = await during(children, servers, async () => {
      for (const child of children) child.process.send({ kind: 'kill', ids: victims });
      const isOver = () => victims.every((id) => events.recoveries.has(id));
      while (!isOver() && performance.now() < deadline) await sleep(100);
    });
    const timesOf = (map) =>
      victims.flatMap((id) => (map.has(id) ? [(map.get(id) - killedAt) / 1_000] : [])).sort((a, b) => a - b);
    const [verdictTimes, recoveryTimes] = [timesOf(events.verdicts), timesOf(events.recoveries)];
    return {
      registry: registry.includes(':') ? registry.replace(/:.*/s, ' URL') : registry,
      nodes: nodeCount,
      'nodes a registry object': share,
      'join: all after, s': joining.seconds,
      'join: planned, s': spreadMs / 1_000,
      'join: p50, ms': quantile(joining.times.joining, 0.5),
      'join: p99, ms': quantile(joining.times.joining, 0.99),
      'join: failed calls': failuresIn(joining.failures),
      'join: servers, cores': joining.serverCores,
      'join: nodes, cores': joining.nodeCores,
      'join: others, cores': joining.otherCores,
      ...figuresOf(steady, ''),
      'servers, MB': steady.serverMemory === 0 ? null : steady.serverMemory / 1e6,
      'load average': loadavg()[0],
      verdicts: verdictTimes.length,
      'to verdict: median, s': quantile(verdictTimes, 0.5),
      'to verdict: worst, s': verdictTimes.at(-1) ?? null,
      'recoveries (distinct)': `${events.recoveryCount} (${recoveryTimes.length})`,
      'to recovery: worst, s': recoveryTimes.at(-1) ?? null,
      ...figuresOf(after, 'deaths: '),
      'false suspicions': events.falseSuspects.size,
      'false verdicts': [...events.verdicts.keys()].filter((id) => !victims.includes(id)).length,
    };
  } finally {
    process.removeListener('exit', endAll);
    endAll();
    await servers.dispose();
  }
}

async function expectEmpty(url) {
  const registry = await openRegistry(url);
  try {
    await registry.migrate();
    const { memberCount } = await registry.readCluster({});
    if (memberCount > 0) throw new Error(`expected an empty registry, but it has ${memberCount} members`);
  } finally {
    await registry.close();
  }
}

async function startChild(given, events) {
  const child = fork(new URL('nodes.mjs', import.meta.url).pathname, [JSON.stringify(given)]);
  child.on('message', ({ kind, nodeId, targetId, at }) => {
    if (kind === 'verdict' && !events.verdicts.has(nodeId)) events.verdicts.set(nodeId, at);
    if (kind === 'false-suspicion') events.falseSuspects.add(targetId);
    if (kind !== 'recovery') return;
    events.recoveryCount++;
    if (!events.recoveries.has(nodeId)) events.recoveries.set(nodeId, at);
  });
  child.once('exit', (code, signal) => {
    if (signal === 'SIGKILL') return;
    console.error(`a process of nodes ended with ${signal ?? `exit code ${code}`}`);
    process.exit(1);
  });
  await once(child, 'message');
  return { process: child };
}

/** Asks all processes, and waits for the answer of each. */
function askAll(children, question, answer) {
  return Promise.all(
    children.map(
      ({ process: child }) =>
        new Promise((resolve) => {
          const take = (message) => {
            if (message.kind !== answer) return;
            child.off('message', take);
            resolve(message);
          };
          child.on('message', take);
          child.send({ kind: question });
        }),
    ),
  );
}

/** What the nodes, the servers and the machine did while `work` ran. */
async function during(children, { pids }, work) {
  for (const { process: child } of children) child.send({ kind: 'begin' });
  const before = { at: performance.now(), server: usageOf(pids), machine: machineSeconds() };
  await work();
  const seconds = (performance.now() - before.at) / 1_000;
  const server = usageOf(pids);
  const machine = machineSeconds() - before.machine;
  const reports = await askAll(children, 'report', 'report');
  const nodeSeconds = reports.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const serverSeconds = server.seconds - before.server.seconds;
  return {
    ...mergeCalls(reports),
    seconds,
    outageCount: reports.reduce((sum, report) => sum + report.outageCount, 0),
    loopDelayMs: Math.max(...reports.map(({ loopDelayMs }) => loopDelayMs)),
    serverCores: pids.length === 0 ? null : serverSeconds / seconds,
    nodeCores: nodeSeconds / seconds,
    otherCores: (machine - nodeSeconds - serverSeconds) / seconds,
    serverMemory: server.memory,
  };
}

function figuresOf(phase, prefix) {
  const { times, failures } = phase;
  const figures = {
    'reading: p50, ms': quantile(times.readRound, 0.5),
    'reading: p99, ms': quantile(times.readRound, 0.99),
    'heartbeat: p50, ms': quantile(times.heartbeat, 0.5),
    'heartbeat: p99, ms': quantile(times.heartbeat, 0.99),
    'readings a second': (times.readRound?.length ?? 0) / phase.seconds,
    'failed calls': Object.values(failures).reduce((sum, count) => sum + count, 0),
    'failed, by kind': failuresIn(failures),
    'outages of a node': phase.outageCount,
    'servers, cores': phase.serverCores,
    'nodes, cores': phase.nodeCores,
    'others, cores': phase.otherCores,
    'event loop of the nodes, late by p99, ms': phase.loopDelayMs,
  };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [prefix + name, value]));
}

function failuresIn(failures) {
  return Object.entries(failures)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function mergeCalls(reports) {
  const merged = { times: {}, failures: {} };
  for (const { calls } of reports) {
    for (const [name, times] of Object.entries(calls.times)) {
      merged.times[name] = [...(merged.times[name] ?? []), ...times];
    }
    for (const [name, count] of Object.entries(calls.failures)) {
      merged.failures[name] = (merged.failures[name] ?? 0) + count;
    }
  }
  return merged;
}

/** The value below which this part of the values is; null when there are none. */
function quantile(values = [], part = 0.5) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? null;
}
