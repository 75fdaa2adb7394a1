/** One question to the registry that ends when its time is over or the agent stops. */
import type { Pause } from '../monitor/deadline.ts';
import { RegistryError } from '../ports/registry.ts';

/** Settles as `call` does, or rejects with an `ambiguous` RegistryError after `limitMs` or when `pause` ends. */
export function ask<Value>(pause: Pause, limitMs: number, call: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    void pause.wait(limitMs).then((isWhole) => {
      const why = isWhole ? `the registry did not answer within ${limitMs} ms` : 'the agent stops';
      reject(new RegistryError('ambiguous', why));
    });
    call().then(resolve, reject);
  });
}
