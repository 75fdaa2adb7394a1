/** A cluster of either system: its processes, and all that they have told, by the clock of this program. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const startsAtOnce = 2;

/** Milliseconds of the wall clock at the start of this program, with the steps of a clock that only goes forward. */
export const now = () => performance.timeOrigin + performance.now();

/** `system` is of ringwatch.mjs or serf.mjs; `signal` aborts all waiting. */
export class Cluster {
  constructor({ system, network, handler, signal }) {
    Object.assign(this, { system, network, handler, signal });
    /** Everything that was told, oldest first: when, who said it, what (`kind`), about which node. */
    this.sightings = [];
    this.members = network.nodes.map((node) => ({ ...node, child: null, isUp: false, missing: new Set() }));
  }

  /** Starts all, some at a time, and waits until each is up and nothing is missed. */
  async start() {
    for (let first = 0; first < this.members.length; first += startsAtOnce) {
      const some = this.members.slice(first, first + startsAtOnce);
      for (const member of some) this.launch(member);
      if (!(await this.until(() => some.every(({ isUp }) => isUp), 60_000))) {
        throw new Error(`${this.system.name}: ${some.map(({ nodeId }) => nodeId)} did not start in 60 s`);
      }
    }
    if (!(await this.becomesCalm(120_000)))
      throw new Error(`${this.system.name} did not come to rest in 120 s`);
  }

  launch(member) {
    const [program, ...args] = this.system.command(member);
    const command = ['netns', 'exec', member.namespace, program, ...args];
    const child = spawn('ip', command, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, BENCH_NODE: member.nodeId },
      // A group of its own, so that Ctrl-C at a terminal reaches this program alone.
      detached: true,
    });
    child.stdin.on('error', () => {});
    member.child = child;
    member.isUp = false;
    member.missing.clear();
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (member.child !== child) return;
      for (const sighting of this.system.sightings(line)) this.take(member, sighting);
    });
  }

  take(member, { kind, node }) {
    this.sightings.push({ at: now(), by: member.nodeId, kind, node });
    if (kind === 'up') member.isUp = true;
    if (kind === 'down') member.isUp = false;
    if (node === member.nodeId) return;
    // Serf does not say when it takes a suspicion back.
    if (kind === 'missed' && !this.system.everyoneSeesReturns) member.missing.add(node);
    // Who has not missed a node itself is not told of its return by Ringwatch.
    if (kind === 'failed' && this.system.everyoneSeesReturns) member.missing.add(node);
    if (kind === 'back') member.missing.delete(node);
  }

  /** What was told since then, about that node where one is given, by others than those in `except`. */
  since(at, { kind, node, except = [] }) {
    return this.sightings.filter(
      (seen) =>
        seen.at >= at &&
        seen.kind === kind &&
        (node === undefined || seen.node === node) &&
        seen.node !== seen.by &&
        !except.includes(seen.by),
    );
  }

  /** Waits until it holds; false when the time is over. */
  async until(holds, limitMs) {
    const endsAt = now() + limitMs;
    while (!holds()) {
      if (now() > endsAt) return false;
      await this.pause(10);
    }
    return true;
  }

  async pause(ms) {
    await sleep(ms, null, { signal: this.signal });
  }

  /** Waits until all are up and none misses another one. */
  becomesCalm(limitMs) {
    return this.until(() => this.members.every(({ isUp, missing }) => isUp && missing.size === 0), limitMs);
  }

  /** From now on none counts as missed. */
  forgetMissing() {
    for (const { missing } of this.members) missing.clear();
  }

  /** Stops, continues or kills the process of a node. The answer is when. */
  send(member, signal) {
    const at = now();
    member.child.kill(signal);
    if (signal === 'SIGKILL') member.isUp = false;
    return at;
  }

  /** Kills all. */
  end() {
    for (const { child } of this.members) {
      if (child !== null && child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
  }
}
