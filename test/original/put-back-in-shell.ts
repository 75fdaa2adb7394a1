/** Wrongs of the original, put back into the monitor around the core and into the prober. */
import type { PutBack } from './put-back.ts';

const votes = 'test/original/votes.test.ts';
const rounds = 'test/original/rounds.test.ts';
const probers = 'test/e2e/prober-wrongs.test.ts';
const monitor = 'src/monitor/monitor.test.ts';

export const wrongsInShell: readonly PutBack[] = [
  {
    wrong: 12,
    does: 'drops what the registry refuses once',
    changes: [
      {
        file: 'src/monitor/outbox.ts',
        text: 'if (batch.length === 1 && isPermanent(error)) this.#discard(batch, messageOf(error));',
        becomes: 'if (true) this.#remove(batch);',
      },
    ],
    guard: { file: votes, title: 'wrong 12: what the database refuses once is lost for ever' },
  },
  {
    wrong: 12,
    does: 'waits without end for a connection that is held',
    changes: [
      {
        file: 'src/monitor/deadline.ts',
        text: 'clock.setTimer(limitMs, ',
        becomes: 'clock.setTimer(Number.MAX_SAFE_INTEGER, ',
      },
    ],
    guard: { file: monitor, title: 'asks a registry again that has held a call for ever' },
  },
  {
    wrong: 13,
    does: 'stands still until a callback has ended',
    changes: [
      {
        file: 'src/monitor/monitor.ts',
        text: 'this.#callbacks.onSuspect = handler;',
        becomes: `this.#callbacks.onSuspect = async (...said) => {
          this.#loop.dispatch = () => {};
          await handler(...said);
          delete this.#loop.dispatch;
        };`,
      },
    ],
    guard: { file: monitor, title: 'goes on while a callback blocks' },
  },
  {
    wrong: 13,
    does: 'lets a callback throw into the monitor',
    changes: [
      {
        file: 'src/monitor/callbacks.ts',
        text: 'callSafely((statement) => onSuspect(statement.targetId, statement), payload, report);',
        becomes: 'onSuspect(payload.targetId, payload);',
      },
    ],
    guard: { file: monitor, title: 'goes on when callbacks and listeners throw or reject, and reports them' },
  },
  {
    wrong: 17,
    does: 'keeps no connection',
    changes: [
      { file: 'src/adapters/http/connections.ts', text: 'keepAlive: true', becomes: 'keepAlive: false' },
    ],
    guard: {
      file: probers,
      title: 'an answer whose body is not read costs a connection each; ours are read and share one',
    },
  },
  {
    wrong: 17,
    does: 'keeps a connection for ever',
    changes: [
      {
        file: 'src/adapters/http/connections.ts',
        text: 'const keptForUses = 25;',
        becomes: 'const keptForUses = Number.POSITIVE_INFINITY;',
      },
    ],
    guard: {
      file: probers,
      title: 'a kept connection hides a closed listener for ever; ours for a bounded number of probes',
    },
  },
  {
    wrong: 18,
    does: 'takes a redirect for an answer',
    changes: [
      {
        file: 'src/adapters/http/exchange.ts',
        text: 'if (statusCode !== 200) {',
        becomes: 'if (statusCode !== 200 && statusCode !== 302) {',
      },
    ],
    guard: {
      file: probers,
      title: 'a redirect to a healthy node is healthy to fetch, and a failure to ours',
    },
  },
  {
    wrong: 19,
    does: 'takes any text for an address',
    changes: [
      {
        file: 'src/adapters/http/address.ts',
        text: 'if (isHostName(text)) return',
        becomes: 'if (true) return',
      },
    ],
    guard: {
      file: probers,
      title: 'an address with a port and a path probes another service; ours asks no node',
    },
  },
  {
    wrong: 20,
    does: 'takes a 200 whose body does not come',
    changes: [
      {
        file: 'src/adapters/http/exchange.ts',
        text: 'let body: Buffer | null = null;',
        becomes: "this.#answer('', response); let body: Buffer | null = null;",
      },
    ],
    guard: {
      file: probers,
      title: 'a 200 whose body never ends is healthy by its status, and a timeout to ours',
    },
  },
  {
    wrong: 21,
    does: 'takes a time in the future for a fresh one',
    changes: [{ file: 'src/monitor/probe-runner.ts', text: 'if (!(ageMs >= 0)) return false;', becomes: '' }],
    guard: { file: rounds, title: 'wrong 21: a time in the future is fresh' },
  },
  {
    wrong: 22,
    does: 'counts the probe that its own stop ends',
    changes: [
      {
        file: 'src/monitor/monitor.ts',
        text: 'this.#loop.stop();\n    this.signals.stop();',
        becomes: 'this.signals.stop();',
      },
      {
        file: 'src/monitor/probe-runner.ts',
        text: 'if (!this.#isStopped) onEnd(targetId, outcome, clock.now() - startedAt);\n      else if',
        becomes: 'onEnd(targetId, outcome, clock.now() - startedAt);\n      if',
      },
    ],
    guard: { file: monitor, title: 'does not count the probes that its own stop ends' },
  },
];
