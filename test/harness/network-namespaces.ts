/** Network namespaces on one bridge, for the tests that need a kernel between the nodes; and one line where there are none. */
import { execFileSync } from 'node:child_process';

const prefix = `ringwatch-test-${process.pid}`;

/** What this machine lacks for them, in a sentence, or null. */
export function obstacleToNamespaces(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'They need Linux and root.';
  const network = new NamespaceNetwork('look');
  try {
    network.add(1);
    network.reject(1, 6001);
    return null;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    return `They need \`ip\` (iproute2), \`iptables\`, and a kernel that allows both: ${said}`;
  } finally {
    network.remove();
  }
}

/** Vitest calls it after the tests. */
export function teardown(): void {
  const obstacle = obstacleToNamespaces();
  if (obstacle !== null) process.stdout.write(`\nLeft out: the tests in network namespaces. ${obstacle}\n`);
}

/** A namespace for each place, and one for the bridge between them. No packet leaves them. */
export class NamespaceNetwork {
  readonly #hub: string;
  readonly #names: string[] = [];

  constructor(name: string) {
    this.#hub = `${prefix}-${name}`;
  }

  /** Makes the namespace of a place, from 1 on, with a link to the bridge. */
  add(place: number): void {
    if (this.#names.length === 0) {
      this.#addNamespace(this.#hub);
      ip('-n', this.#hub, 'link', 'add', 'bridge', 'type', 'bridge');
      ip('-n', this.#hub, 'link', 'set', 'bridge', 'up');
    }
    const namespace = this.#namespace(place);
    const port = `port${place}`;
    this.#addNamespace(namespace);
    ip('-n', this.#hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('-n', this.#hub, 'link', 'set', port, 'master', 'bridge', 'up');
    ip('-n', namespace, 'address', 'add', `${this.address(place)}/24`, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', device, 'up');
  }

  address(place: number): string {
    return `10.88.0.${place}`;
  }

  /** The words of a command that runs there. */
  inside(place: number, command: readonly string[]): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#namespace(place), ...command];
  }

  /** Every packet to that port is answered with a reset from now on, as if nothing listened. */
  reject(place: number, port: number): void {
    const rule = ['-A', 'INPUT', '-i', 'eth0', '-p', 'tcp', '--dport', String(port), '-j', 'REJECT'];
    ip('netns', 'exec', this.#namespace(place), 'iptables', '-w', ...rule, '--reject-with', 'tcp-reset');
  }

  /** Removes all namespaces; what runs in them must have ended. */
  remove(): void {
    for (const name of this.#names.splice(0)) ip('netns', 'delete', name);
  }

  #namespace(place: number): string {
    return `${this.#hub}-${place}`;
  }

  #addNamespace(name: string): void {
    ip('netns', 'add', name);
    this.#names.push(name);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { timeout: 20_000, stdio: ['ignore', 'ignore', 'pipe'] });
}
