/** Bad times in which nodes live: who is found dead, and how often the handler runs. Each is undone at its end. */
import { now } from './cluster.mjs';

const drop = (chain, probability) =>
  `${chain} ${chain === 'INPUT' ? '-i' : '-o'} eth0 ${probability === undefined ? '' : `-m statistic --mode random --probability ${probability} `}-j DROP`;

/** One row each: how long (seconds), which nodes are hurt, and how. The others are healthy. */
export const conditions = {
  split: {
    title: 'split in halves',
    seconds: 60,
    hurt: () => [],
    begin({ network, members }) {
      const half = Math.floor(members.length / 2);
      for (const member of members.slice(0, half)) {
        const rules = members.slice(half).map(({ address }) => `INPUT -s ${address} -j DROP`);
        network.set(member, [...rules, ...rules.map((rule) => rule.replace('INPUT -s', 'OUTPUT -d'))]);
      }
    },
  },
  lossy: {
    title: 'one at 80 % loss each way',
    seconds: 120,
    hurt: one,
    begin: ({ network }, [member]) => network.set(member, [drop('INPUT', 0.8), drop('OUTPUT', 0.8)]),
  },
  cutoff: {
    title: 'one cut off',
    seconds: 60,
    hurt: one,
    begin: ({ network }, [member]) => network.unplug(member),
    end: ({ network }, [member]) => network.plug(member),
  },
  deaf: {
    title: 'one cannot receive',
    seconds: 60,
    hurt: one,
    begin: ({ network }, [member]) => network.set(member, [drop('INPUT')]),
  },
  mute: {
    title: 'one cannot send',
    seconds: 60,
    hurt: one,
    begin: ({ network }, [member]) => network.set(member, [drop('OUTPUT')]),
  },
  loss: {
    title: '20 % loss everywhere',
    seconds: 120,
    hurt: () => [],
    begin({ network, members }) {
      for (const member of members) network.set(member, [drop('INPUT', 0.2)]);
    },
  },
  starved: {
    title: '10 % stopped 2 s of each 3 s',
    seconds: 120,
    hurt: () => [],
    during: async (cluster, endsAt) => {
      const some = cluster.members.slice(0, Math.max(1, Math.round(cluster.members.length / 10)));
      while (now() < endsAt) {
        for (const member of some) cluster.send(member, 'SIGSTOP');
        await cluster.pause(2_000);
        for (const member of some) cluster.send(member, 'SIGCONT');
        await cluster.pause(1_000);
      }
    },
  },
};

/** Runs one, and waits until the cluster is whole again. What is told while it heals counts too. */
export async function suffer(cluster, name, { scale, tell }) {
  const { seconds, hurt, begin = () => {}, during, end = () => {} } = conditions[name];
  const { network, members, handler } = cluster;
  const hurtOnes = hurt(cluster);
  const at = now();
  const endsAt = at + seconds * scale * 1_000;
  begin(cluster, hurtOnes);
  if (during === undefined) await cluster.pause(endsAt - at);
  else await during(cluster, endsAt);
  for (const member of members) network.set(member, []);
  end(cluster, hurtOnes);
  await cluster.pause(5_000);
  const isHealed = await cluster.becomesCalm(180_000);
  const hurtIds = hurtOnes.map(({ nodeId }) => nodeId);
  const ofHealthy = cluster.since(at, { kind: 'failed' }).filter(({ node }) => !hurtIds.includes(node));
  const row = {
    // It shows that the hardship was felt.
    suspicions: cluster.since(at, { kind: 'missed' }).length,
    healthyConvicted: new Set(ofHealthy.map(({ node }) => node)).size,
    byHealthy: new Set(ofHealthy.filter(({ by }) => !hurtIds.includes(by)).map(({ node }) => node)).size,
    reports: ofHealthy.length,
    hurtConvicted: new Set(
      cluster
        .since(at, { kind: 'failed', except: hurtIds })
        .flatMap(({ node }) => (hurtIds.includes(node) ? [node] : [])),
    ).size,
    runs: handler.runs().filter((run) => run.at >= at).length,
    isHealed,
  };
  tell(`${name} ${JSON.stringify(row)}`);
  return row;
}

/** What an idle node sends a second, the median of all: bytes and packets, heads of Ethernet included. */
export async function idle(cluster, { idleMs, tell }) {
  const { network, members } = cluster;
  const startedAt = now();
  const before = members.map((member) => network.counters(member));
  await cluster.pause(idleMs);
  const after = members.map((member) => network.counters(member));
  const seconds = (now() - startedAt) / 1_000;
  const rates = (unit) => after.map((stats, index) => (stats.tx[unit] - before[index].tx[unit]) / seconds);
  const row = { bytes: rates('bytes'), packets: rates('packets') };
  tell(`idle over ${seconds.toFixed(0)} s`);
  return row;
}

function one({ members }) {
  return [members[Math.floor(members.length / 2)]];
}
