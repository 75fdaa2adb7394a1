/** How a node of Ringwatch is started, and what its event lines tell. */
import { join } from 'node:path';

/**
 * `sightings` turns a line into what its node now believes: `up` (I run), `missed`, `failed` or `back` about a node.
 * The brake and the flapping are for clusters whose nodes do not die every minute; they hold recoveries, no detection.
 */
export function ringwatch({ preset, program, registryUrl, extra, handler, folder }) {
  return {
    name: `ringwatch ${preset}`,
    hasOwners: true,
    everyoneSeesReturns: false,
    command: ({ nodeId, address }) => [
      ...[process.execPath, program, 'agent', '--node-id', nodeId, '--preset', preset],
      ...['--registry', registryUrl ?? `sqlite:${join(folder, 'cluster.db')}`],
      ...['--address', address, '--listen', `${address}:6001`, '--on-dead', handler.script],
      ...['--brake-return', '1s', '--flap-window', '0', '--log-level', 'silent', '--events'],
      ...['--until-stdin-ends', ...extra],
    ],
    sightings(line) {
      if (!line.startsWith('{')) return [];
      const { event, nodeId, targetId: node } = JSON.parse(line);
      const kind = kinds[event];
      // Each node hears of every join; the line of its own is that it runs.
      return kind === undefined || (kind === 'up' && node !== nodeId) ? [] : [{ kind, node }];
    },
  };
}

const kinds = {
  joined: 'up',
  'self-dead': 'down',
  suspect: 'missed',
  dead: 'missed',
  verdict: 'failed',
  recovered: 'back',
  restarted: 'back',
};
