/** How long the calls to registries take, and how many fail. */
import { performance } from 'node:perf_hooks';

const observedNames = ['readRound', 'heartbeat', 'record', 'refute', 'decide', 'claim', 'renew', 'finish'];

/** Counts the calls of all registries that it observes together. */
export class CallTimes {
  #times = {};
  #failures = {};

  /** The same registry, whose calls are timed. A failed call has a time too. */
  observe(registry) {
    const rest = ['migrate', 'join', 'readNode', 'setHandler', 'prune', 'close'];
    const untimed = rest.map((name) => [name, (...given) => registry[name](...given)]);
    const timed = observedNames.map((name) => [name, (...given) => this.#time(name, registry, given)]);
    return Object.fromEntries([...untimed, ...timed]);
  }

  add(name, durationMs) {
    this.#times[name] ??= [];
    this.#times[name].push(durationMs);
  }

  fail(name) {
    this.#failures[name] = (this.#failures[name] ?? 0) + 1;
  }

  /** Everything since it was taken last. */
  take() {
    const taken = { times: this.#times, failures: this.#failures };
    this.#times = {};
    this.#failures = {};
    return taken;
  }

  async #time(name, registry, given) {
    const startedAt = performance.now();
    try {
      return await registry[name](...given);
    } catch (error) {
      this.fail(`${name} ${error.code}`);
      throw error;
    } finally {
      this.add(name, performance.now() - startedAt);
    }
  }
}
