/** The variables of the environment that the command line reads, and what is told of a misspelt one. */
import { nearestOf } from '../core/settings/nearest-name.ts';
import { settingFlags } from './setting-flags.ts';

const prefix = 'RINGWATCH_';

/** Beside those of the settings, without the prefix: of options, of switches, and what hooks are given. */
const others = [
  ...[
    'REGISTRY',
    'REGISTRY_PASSWORD_FILE',
    'DEBUG',
    'NODE_ID',
    'CLUSTER_NAME',
    'ADDRESS',
    'INTERNAL_ADDRESS',
  ],
  ...['ADVERTISE', 'LISTEN', 'REGION', 'SECRET_FILE', 'SECRET_ACCEPT_UNSIGNED', 'REPLACE', 'PRESET'],
  ...['CHECK', 'CHECK_INTERVAL', 'CHECK_TIMEOUT', 'CHECK_FAILURES', 'STOP_GRACE', 'SELF_DEAD'],
  ...['ON_DEAD', 'ON_SUSPECT', 'ON_RECOVERED', 'ON_SELF_DEAD'],
  ...['EVENTS', 'PROBES', 'LOG_LEVEL', 'UNTIL_STDIN_ENDS'],
  ...['EVENT', 'NODE', 'EPOCH', 'FENCE', 'ATTEMPT', 'VOTERS', 'REASON'],
];

/** The names of all of them. */
export const variableNames: readonly string[] = [
  ...settingFlags.map(({ variable }) => variable),
  ...others.map((name) => prefix + name),
];

/**
 * A warning for each variable that was probably meant to be one of ours. One that is far from all of them is another
 * program's: Kubernetes makes RINGWATCH_SERVICE_HOST of a service with that name.
 */
export function misspeltVariables(environment: NodeJS.ProcessEnv): string[] {
  const names = variableNames.map((name) => name.slice(prefix.length));
  return Object.keys(environment).flatMap((name) => {
    if (!name.toUpperCase().startsWith(prefix) || variableNames.includes(name)) return [];
    const nearest = nearestOf(name.slice(prefix.length), names);
    return nearest === null
      ? []
      : [`the variable ${name} is not read by ringwatch; did you mean ${prefix}${nearest}?`];
  });
}
