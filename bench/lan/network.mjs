/**
 * A network in the kernel for one cluster: a namespace a node, a veth link from each to a bridge in one namespace more.
 * Nothing leaves it: no namespace has a route to the machine's own network. Needs Linux, root, `ip` and `iptables`.
 */
import { execFileSync } from 'node:child_process';

const prefix = 'ringwatch-lan-';
let networkCount = 0;

/** What this machine lacks for such networks, in a sentence, or null. */
export function obstacleToNetworks() {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid() !== 0) return 'network namespaces need root';
  for (const [program, name] of [
    ['ip', 'iproute2'],
    ['iptables', 'iptables'],
  ]) {
    try {
      execFileSync(program, ['-V'], { stdio: 'ignore' });
    } catch {
      return `there is no \`${program}\` (Debian's package ${name})`;
    }
  }
  const network = new Network(1);
  try {
    network.lay();
    network.set(network.nodes[0], ['INPUT -i eth0 -m statistic --mode random --probability 0.5 -j DROP']);
    return null;
  } catch (error) {
    return `no namespaces, veth links or random drops here (${String(error.stderr ?? error).trim()})`;
  } finally {
    network.remove();
  }
}

/** The nodes' places, in the order of their ids, and what can be done to their links. */
export class Network {
  constructor(nodeCount) {
    networkCount += 1;
    this.hub = `${prefix}${process.pid}-${networkCount}`;
    this.hubAddress = '10.77.0.254';
    this.nodes = Array.from({ length: nodeCount }, (_, index) => ({
      nodeId: `n${String(index + 1).padStart(2, '0')}`,
      namespace: `${this.hub}-${index + 1}`,
      port: `port${index + 1}`,
      address: `10.77.0.${index + 1}`,
    }));
  }

  /** Makes the namespaces, the bridge and the links. */
  lay() {
    const { hub } = this;
    ip('netns', 'add', hub);
    ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge');
    raise(hub, 'lo');
    raise(hub, 'bridge');
    ip('-n', hub, 'address', 'add', `${this.hubAddress}/24`, 'dev', 'bridge');
    for (const { namespace, port, address } of this.nodes) {
      ip('netns', 'add', namespace);
      ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
      ip('-n', hub, 'link', 'set', port, 'master', 'bridge');
      raise(hub, port);
      ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      for (const device of ['lo', 'eth0']) raise(namespace, device);
    }
  }

  /** No frame goes to or from that node any more, ARP and resets included: its host is gone, for the others. */
  unplug({ port }) {
    ip('-n', this.hub, 'link', 'set', port, 'down');
  }

  plug({ port }) {
    ip('-n', this.hub, 'link', 'set', port, 'up');
  }

  /** Replaces the rules of a node's own firewall. A rule is what follows `iptables -A`; those of `eth0` leave `lo` alone. */
  set({ namespace }, rules) {
    const run = (...args) => execute('ip', ['netns', 'exec', namespace, 'iptables', '-w', ...args]);
    run('-F');
    for (const rule of rules) run('-A', ...rule.split(' '));
  }

  /** Bytes and packets of a node's only link so far, in and out, Ethernet's head included. */
  counters({ namespace }) {
    return JSON.parse(ip('-n', namespace, '-s', '-j', 'link', 'show', 'eth0'))[0].stats64;
  }

  /** Ends what still runs in the namespaces, and removes them. */
  remove() {
    removeNamespaces((name) => name === this.hub || name.startsWith(`${this.hub}-`));
  }
}

/** Removes what a former run left that was killed before it could do so itself. */
export function sweepFormerRuns() {
  removeNamespaces((name) => {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  });
}

function removeNamespaces(fits) {
  for (const { name } of JSON.parse(ip('-j', 'netns', 'list') || '[]')) {
    if (!fits(name)) continue;
    for (const pid of ip('netns', 'pids', name).split('\n').filter(Boolean)) kill(Number(pid));
    ip('netns', 'delete', name);
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Without an IPv6 address of its own: what the kernel says about that would be counted. */
function raise(namespace, device) {
  ip('-n', namespace, 'link', 'set', device, 'addrgenmode', 'none');
  ip('-n', namespace, 'link', 'set', device, 'up');
}

function ip(...args) {
  return execute('ip', args);
}

function execute(program, args) {
  return execFileSync(program, args, {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
