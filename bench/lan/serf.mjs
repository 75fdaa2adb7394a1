/** How a member of Serf is started, and what its log tells. Of Debian's package `serf`, or any other `serf` of the path. */
import { execFileSync } from 'node:child_process';

/** The version that is installed, or null. */
export function serfVersion() {
  try {
    return execFileSync('serf', ['version'], { encoding: 'utf8' }).split('\n')[0].trim();
  } catch {
    return null;
  }
}

/** The same two as of Ringwatch: the command of a node, and what a line says. `nodes` are all, to join one of them. */
export function serf({ profile, handler, nodes }) {
  return {
    name: `serf ${profile}`,
    hasOwners: false,
    everyoneSeesReturns: true,
    command: ({ nodeId, address }) => [
      ...['serf', 'agent', `-node=${nodeId}`, `-bind=${address}:7946`, '-rpc-addr=127.0.0.1:7373'],
      ...[`-profile=${profile}`, `-event-handler=member-failed=${handler.serfScript}`],
      // The first of them has no other one to join, and tries again.
      ...nodes
        .filter((node) => node.nodeId !== nodeId)
        .slice(0, 3)
        .map((node) => `-retry-join=${node.address}`),
      ...['-retry-interval=1s', '-log-level=info'],
    ],
    sightings(line) {
      if (line.includes('Serf agent running!')) return [{ kind: 'up', node: null }];
      const suspected = /memberlist: Suspect (\S+) has failed/.exec(line);
      if (suspected !== null) return [{ kind: 'missed', node: suspected[1] }];
      const [, event, members] = /serf: EventMember(Failed|Join): (.*)$/.exec(line) ?? [];
      if (event === undefined) return [];
      const kind = event === 'Failed' ? 'failed' : 'back';
      // `n01 10.77.0.1`, and pairs of several are separated by commas.
      return members.split(',').map((member) => ({ kind, node: member.trim().split(' ')[0] }));
    },
  };
}
