/** Nodes that die, one after the other in one running cluster: how soon it is known, and who acts. Times in seconds. */
import { now } from './cluster.mjs';

/** Kills a process. */
export async function kill(cluster, options) {
  return await eachDeath(cluster, options, {
    begin: (victim) => cluster.send(victim, 'SIGKILL'),
    end: (victim) => cluster.launch(victim),
    isReturnTold: true,
  });
}

/** The host is gone: no packet comes from it, a reset neither. */
export async function gone(cluster, options) {
  return await eachDeath(cluster, options, {
    begin: (victim) => {
      cluster.network.unplug(victim);
      return cluster.send(victim, 'SIGKILL');
    },
    end: (victim) => {
      cluster.network.plug(victim);
      cluster.launch(victim);
    },
  });
}

/** The process is stopped until it was found dead. */
export async function hung(cluster, options) {
  return await eachDeath(cluster, options, {
    begin: (victim) => cluster.send(victim, 'SIGSTOP'),
    end: (victim) => cluster.send(victim, 'SIGCONT'),
  });
}

async function eachDeath(cluster, options, { begin, end, isReturnTold = false }) {
  const { count, limitMs, settleMs, tell } = options;
  const row = { first: [], last: [], handler: [], runs: [], back: [], missed: 0, others: 0, lost: 0 };
  for (let death = 0; death < count; death++) {
    const victim = victimOf(cluster, death);
    const at = begin(victim);
    const failed = () => cluster.since(at, { kind: 'failed', node: victim.nodeId });
    const toldBy = () => new Set(failed().map(({ by }) => by));
    if (await cluster.until(() => failed().length > 0, limitMs)) {
      const first = failed()[0].at;
      row.first.push((first - at) / 1_000);
      const survivors = cluster.members.length - 1;
      if (await cluster.until(() => toldBy().size === survivors, 30_000)) {
        const firsts = [...toldBy()].map((by) => failed().find((seen) => seen.by === by).at);
        row.last.push((Math.max(...firsts) - at) / 1_000);
      }
      // Serf runs its handler on each node, up to a second later.
      await cluster.pause(2_000);
      const runs = runsSince(cluster, at, victim);
      row.runs.push(runs.length);
      if (runs.length > 0) row.handler.push((runs[0].at - first) / 1_000);
    } else {
      row.missed += 1;
    }
    row.others += cluster.since(at, { kind: 'failed' }).filter(({ node }) => node !== victim.nodeId).length;
    const missers = cluster.members.filter(({ missing }) => missing.has(victim.nodeId));
    const returnAt = now();
    end(victim);
    if (!(await cluster.becomesCalm(120_000))) {
      row.lost += 1;
      cluster.forgetMissing();
    } else if (isReturnTold) {
      const upAt = cluster.sightings.find(
        ({ at: seenAt, by, kind }) => seenAt >= returnAt && by === victim.nodeId && kind === 'up',
      ).at;
      const backs = cluster.since(returnAt, { kind: 'back', node: victim.nodeId });
      const last = missers.map(({ nodeId }) => backs.find(({ by }) => by === nodeId)?.at ?? upAt);
      row.back.push(Math.max(0, Math.max(...last) - upAt) / 1_000);
    }
    tell(`${victim.nodeId} ${JSON.stringify(lastOf(row))}`);
    await cluster.pause(settleMs);
  }
  return row;
}

/** An owner is killed in its handler: until the next owner's handler for the same death. */
export async function owner(cluster, { count, limitMs, settleMs, tell }) {
  const { handler } = cluster;
  const row = { next: [], missed: 0 };
  for (let death = 0; death < count; death++) {
    const victim = victimOf(cluster, death);
    handler.stay(true);
    const at = cluster.send(victim, 'SIGKILL');
    const runs = () => runsSince(cluster, at, victim);
    let killed = null;
    if (await cluster.until(() => runs().length > 0, limitMs)) {
      killed = cluster.members.find(({ nodeId }) => nodeId === runs()[0].observer);
      const killedAt = cluster.send(killed, 'SIGKILL');
      if (await cluster.until(() => runs().length > 1, limitMs))
        row.next.push((runs()[1].at - killedAt) / 1_000);
      else row.missed += 1;
    } else {
      row.missed += 1;
    }
    handler.stay(false);
    // All handlers of this death: the killed owner's runs on without it.
    for (const run of handler.runs().filter((one) => one.at >= at)) endRun(run);
    cluster.launch(victim);
    if (killed !== null) cluster.launch(killed);
    if (!(await cluster.becomesCalm(120_000))) throw new Error('the killed owner did not come back in 120 s');
    tell(`${victim.nodeId}, owner ${killed?.nodeId} ${JSON.stringify(lastOf(row))}`);
    await cluster.pause(settleMs);
  }
  return row;
}

/** Pauses of the process that should kill none, several at a time where the cluster is large. */
export async function pauses(cluster, { pauseCount, pauseMs, settleMs, tell }) {
  const { members } = cluster;
  const atOnce = Math.max(1, Math.floor(members.length / 10));
  const row = { count: 0, convicted: new Set(), reports: 0 };
  while (row.count < pauseCount) {
    const at = now();
    const stopped = Array.from({ length: atOnce }, (_, index) => {
      const place = row.count / atOnce + index * Math.floor(members.length / atOnce);
      return members[place % members.length];
    });
    for (const member of stopped) cluster.send(member, 'SIGSTOP');
    await cluster.pause(pauseMs);
    for (const member of stopped) cluster.send(member, 'SIGCONT');
    await cluster.pause(3_000);
    const failed = cluster.since(at, { kind: 'failed' });
    for (const { node } of failed) row.convicted.add(`${row.count} ${node}`);
    row.reports += failed.length;
    row.count += atOnce;
    await cluster.becomesCalm(120_000);
    tell(`${row.count} pauses, ${row.convicted.size} convicted`);
    await cluster.pause(Math.min(settleMs, 3_000));
  }
  return { count: row.count, convicted: row.convicted.size, reports: row.reports };
}

/** Not the same twice in a row, and neighbours by id seldom follow each other. */
function victimOf({ members }, death) {
  return members[(death * 7 + 2) % members.length];
}

function runsSince({ handler }, at, { nodeId }) {
  return handler.runs().filter((run) => run.at >= at && run.node === nodeId);
}

function endRun({ pid }) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function lastOf(row) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );
}
