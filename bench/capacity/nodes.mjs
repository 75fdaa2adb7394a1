/**
 * Some nodes of the capacity bench, in a process of their own: each joins as an agent does, and has a monitor and a
 * heartbeat. Told by messages of the parent when to begin, what dies, and when to say what was counted.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAbort, systemClock, systemRandom } from '../../dist/adapters/system/index.js';
import { joinCluster } from '../../dist/agent/joining.js';
import { resolveSettings } from '../../dist/core/settings/config.js';
import { Monitor, openRegistry } from '../../dist/index.js';
import { CancelScope } from '../../dist/monitor/cancel-scope.js';
import { Heartbeat } from '../../dist/monitor/heartbeat.js';
import { CallTimes } from './call-times.mjs';

const { url, preset, share, nodes } = JSON.parse(process.argv[2]);
const calls = new CallTimes();
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
const dead = new Set();
const running = new Map();
const registries = [];
let cpuBefore = process.cpuUsage();
let outageCount = 0;

/** Any probe of this process: the living answer, and the port of a dead one refuses. */
const prober = {
  async probe({ id, address, port }, { signal }) {
    await sleep(0.5 + 2 * Math.random());
    if (signal.aborted) return { kind: 'aborted' };
    if (!dead.has(id)) return { kind: 'answer', nodeId: id, epoch: 1 };
    const detail = `connect ECONNREFUSED ${address}:${port}`;
    return { kind: 'failure', failure: 'refused', detail };
  },
  async close() {},
};

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  switch (message.kind) {
    case 'join':
      void joinAll();
      break;
    case 'begin':
      take();
      break;
    case 'report':
      process.send({ kind: 'report', ...take() });
      break;
    case 'kill':
      for (const id of message.ids) kill(id);
      break;
  }
});
process.send({ kind: 'ready' });

async function joinAll() {
  for (let first = 0; first < nodes.length; first += share) registries.push(await openObserved());
  const startedAt = performance.now();
  await Promise.all(
    nodes.map(async ({ nodeId, waitMs }, index) => {
      await sleep(Math.max(0, waitMs - (performance.now() - startedAt)));
      await join(nodeId, registries[Math.floor(index / share)]);
    }),
  );
  process.send({ kind: 'joined' });
}

async function openObserved() {
  const observed = calls.observe(await openRegistry(url));
  let whenMigrated = null;
  return {
    ...observed,
    // An agent that starts migrates once; one registry object is that of many nodes here.
    async migrate() {
      if (share > 1) whenMigrated ??= observed.migrate();
      try {
        await (whenMigrated ?? observed.migrate());
      } catch (error) {
        whenMigrated = null;
        throw error;
      }
    },
    async record(entries) {
      for (const { kind, targetId } of entries) {
        if (kind === 'suspect' && !dead.has(targetId)) process.send({ kind: 'false-suspicion', targetId });
      }
      return observed.record(entries);
    },
    async decide(request) {
      const result = await observed.decide(request);
      if (result.outcome === 'dead')
        process.send({ kind: 'verdict', nodeId: request.targetId, at: Date.now() });
      return result;
    },
  };
}

async function join(nodeId, registry) {
  // The grace of the start is no load: without it the deaths need not wait for it.
  const input = { nodeId, startupGracePeriodMs: 0 };
  const settings = resolveSettings(input, preset);
  const ports = { clock: systemClock, random: systemRandom, prober, createAbort };
  const beganAt = performance.now();
  const { epoch } = await joinCluster({
    ...{ settings, registry, ports, hasHandler: true, replace: false, previous: null },
    endpoint: { address: '127.0.0.1', internalAddress: null, port: 6001, region: null },
    scope: new CancelScope(systemClock),
    onFailure: ({ code }) => calls.fail(`joining ${code}`),
  });
  calls.add('joining', performance.now() - beganAt);
  const monitor = new Monitor({ ...input, preset, registry, prober, epoch });
  monitor.onNodeDead((id) => process.send({ kind: 'recovery', nodeId: id, at: Date.now() }));
  monitor.on('outage', ({ isOn }) => {
    if (isOn) outageCount++;
  });
  const heartbeat = new Heartbeat({
    ...{ self: { nodeId, epoch }, registry, clock: systemClock, random: systemRandom },
    timeoutMs: settings.registryTimeoutMs,
    intervalMs: settings.heartbeatIntervalMs,
    membershipWindowMs: settings.membershipWindowMs,
    onOver: () => {},
    onFailure: () => {},
  });
  running.set(nodeId, { monitor, heartbeat });
  void monitor.start();
  void heartbeat.run();
}

/** As a process that is killed: it says nothing to the registry. */
function kill(id) {
  dead.add(id);
  const node = running.get(id);
  if (node === undefined) return;
  running.delete(id);
  node.heartbeat.stop();
  void node.monitor.stop();
}

/** What was counted since it was asked last. */
function take() {
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuBefore = process.cpuUsage();
  const report = {
    calls: calls.take(),
    cpuSeconds: (user + system) / 1e6,
    loopDelayMs: loopDelay.percentile(99) / 1e6,
    outageCount,
  };
  outageCount = 0;
  loopDelay.reset();
  loopDelay.enable();
  return report;
}
