/**
 * What every prober must do, as cases for any test runner: `test(title, () => run(harness))`. The harness makes
 * targets of the technology that the prober speaks. Not for: what an answer proves of a node (`judgeProbe`).
 */
import type { AbortHandle } from '../ports/abort.ts';
import type { ProbeFailure, ProbeOutcome, Prober, ProbeTarget } from '../ports/prober.ts';

/** One thing that a prober must do. */
export interface ProberContractCase {
  /** A claim. */
  readonly title: string;
  /** Rejects when the claim does not hold. Closes the probers that it made; the harness closes its targets. */
  run(harness: ProberHarness): Promise<void>;
}

/** What a prober's own tests provide. */
export interface ProberHarness {
  /** A new prober. */
  createProber(): Prober | Promise<Prober>;
  /** A new target that behaves as told; the harness stops it after the case. */
  createTarget(behaviour: TargetBehaviour): Promise<ServedTarget>;
  /** A target at whose address nothing listens. */
  createDeserted(): Promise<ProbeTarget>;
  createAbort(): AbortHandle;
  /** A monotonic clock, milliseconds. */
  now(): number;
}

/** How a target answers. */
export type TargetBehaviour =
  /** Healthy, and says who it is. */
  | { readonly kind: 'named'; readonly nodeId: string; readonly epoch: number }
  /** Healthy, but names no node, as the original's answer. */
  | { readonly kind: 'unnamed' }
  /** Says that it is not healthy. */
  | { readonly kind: 'unhealthy' }
  /** Points at another target, which is healthy. */
  | { readonly kind: 'redirecting'; readonly to: ProbeTarget }
  /** Takes the question and never answers. */
  | { readonly kind: 'silent' }
  /** Begins a healthy answer and never ends it. */
  | { readonly kind: 'unending' }
  /** Answers with a megabyte. */
  | { readonly kind: 'huge' }
  /** Breaks off in the middle of a healthy answer. */
  | { readonly kind: 'breaking' };

/** A running target. */
export interface ServedTarget extends ProbeTarget {
  /** Stops it, and starts it again at the same address as a new process would. */
  restart(behaviour: TargetBehaviour): Promise<void>;
  /** Stops it: nothing listens at its address any more. */
  stop(): Promise<void>;
}

/** Long enough for any answer that comes at all, on a busy machine. */
const patientMs = 10_000;

/** Short, where the answer never comes. */
const shortMs = 200;

/** Every case; the order does not matter. */
export const proberContract: readonly ProberContractCase[] = [
  {
    title: 'an answer names the node and its epoch',
    run: withProber(async ({ probe, harness }) => {
      const target = await harness.createTarget({ kind: 'named', nodeId: 'a', epoch: 7 });
      for (let count = 0; count < 5; count++) expectNamed(await probe(target), 'a', 7);
    }),
  },
  {
    title: 'an answer that names no node is an answer all the same',
    run: withProber(async ({ probe, harness }) => {
      const outcome = await probe(await harness.createTarget({ kind: 'unnamed' }));
      expectThat(
        outcome.kind === 'answer' && outcome.nodeId === null && outcome.epoch === null,
        'an answer that names no node',
        outcome,
      );
    }),
  },
  {
    title: 'an address where nothing listens is a failure',
    run: withProber(async ({ probe, harness }) => {
      expectFailure(await probe(await harness.createDeserted(), shortMs));
    }),
  },
  {
    title: 'a target that says it is not healthy is a failure',
    run: withProber(async ({ probe, harness }) => {
      expectFailure(await probe(await harness.createTarget({ kind: 'unhealthy' })));
    }),
  },
  {
    title: 'a target that points at a healthy one is a failure',
    run: withProber(async ({ probe, harness }) => {
      const to = await harness.createTarget({ kind: 'named', nodeId: 'b', epoch: 1 });
      expectFailure(await probe(await harness.createTarget({ kind: 'redirecting', to })));
    }),
  },
  {
    title: 'a target that never answers is a timeout, not before its time',
    run: withProber(async ({ probe, harness }) => {
      const target = await harness.createTarget({ kind: 'silent' });
      const startedAt = harness.now();
      expectTimeout(await probe(target, shortMs));
      const tookMs = harness.now() - startedAt;
      // Timers count in whole milliseconds.
      expectThat(tookMs >= shortMs - 2, `a timeout after ${shortMs} ms`, `one after ${tookMs} ms`);
    }),
  },
  {
    title: 'an answer that never ends is a timeout',
    run: withProber(async ({ probe, harness }) => {
      expectTimeout(await probe(await harness.createTarget({ kind: 'unending' }), shortMs));
    }),
  },
  {
    title: 'an answer far beyond 4 kB is a failure and is not waited for',
    run: withProber(async ({ probe, harness }) => {
      const failure = expectFailure(await probe(await harness.createTarget({ kind: 'huge' })));
      expectThat(failure.failure === 'too-large', 'too-large', failure);
    }),
  },
  {
    title: 'an answer that breaks off is a failure',
    run: withProber(async ({ probe, harness }) => {
      expectFailure(await probe(await harness.createTarget({ kind: 'breaking' })));
    }),
  },
  {
    title: 'what is not an address is a failure of its own kind, and nothing is asked',
    run: withProber(async ({ probe, harness }) => {
      const healthy = placeOf(await harness.createTarget({ kind: 'unnamed' }));
      const bad = [
        '',
        ' ',
        `${healthy.address}:${healthy.port}/x?#`,
        `${healthy.address}/`,
        'a b',
        'fe80::1%lo',
        '0.0.0.0',
      ];
      for (const address of bad) {
        const failure = expectFailure(await probe({ ...healthy, address }));
        expectThat(failure.failure === 'bad-address', `bad-address for ${JSON.stringify(address)}`, failure);
      }
      for (const port of [0, -1, 65_536, 1.5]) {
        const failure = expectFailure(await probe({ ...healthy, port }));
        expectThat(failure.failure === 'bad-address', `bad-address for port ${port}`, failure);
      }
    }),
  },
  {
    title: 'a restarted target answers the next probe: a connection of before proves nothing',
    run: withProber(async ({ probe, harness }) => {
      const target = await harness.createTarget({ kind: 'named', nodeId: 'a', epoch: 1 });
      expectNamed(await probe(target), 'a', 1);
      await target.restart({ kind: 'named', nodeId: 'a', epoch: 2 });
      expectNamed(await probe(target), 'a', 2);
    }),
  },
  {
    title: 'a target that stopped after it had answered is a failure',
    run: withProber(async ({ probe, harness }) => {
      const target = await harness.createTarget({ kind: 'unnamed' });
      await probe(target);
      await target.stop();
      expectFailure(await probe(target, shortMs));
    }),
  },
  {
    title: 'probes of many targets at once get each its own answer, and a silent one delays no other',
    run: withProber(async ({ probe, harness }) => {
      const silent = probe(await harness.createTarget({ kind: 'silent' }), shortMs);
      const ids = ['a', 'b', 'c', 'd', 'e'];
      const targets = await Promise.all(
        ids.map((nodeId) => harness.createTarget({ kind: 'named', nodeId, epoch: 1 })),
      );
      const outcomes = await Promise.all(targets.map((target) => probe(target)));
      for (const [index, outcome] of outcomes.entries()) expectNamed(outcome, ids[index] ?? '', 1);
      expectTimeout(await silent);
    }),
  },
  {
    title: 'two targets at one place are probed at the same time',
    run: withProber(async ({ probe, harness }) => {
      const target = placeOf(await harness.createTarget({ kind: 'named', nodeId: 'a', epoch: 1 }));
      const outcomes = await Promise.all([probe(target), probe({ ...target, id: 'other' })]);
      for (const outcome of outcomes) expectNamed(outcome, 'a', 1);
    }),
  },
  {
    title: 'a failure is told in words, in at most 200 characters',
    run: withProber(async ({ probe, harness }) => {
      const target = placeOf(await harness.createTarget({ kind: 'unhealthy' }));
      const outcomes = [await probe(target), await probe({ ...target, address: `${'x'.repeat(5_000)}/` })];
      for (const { detail } of outcomes.map(expectFailure)) {
        expectThat(detail.length > 0 && detail.length <= 200, '1 to 200 characters', detail);
      }
    }),
  },
  {
    title: 'an aborted probe is neither an answer nor a failure',
    run: withProber(async ({ prober, harness }) => {
      const target = await harness.createTarget({ kind: 'silent' });
      const abort = harness.createAbort();
      const probing = prober.probe(target, { timeoutMs: patientMs, signal: abort.signal });
      abort.abort();
      expectAborted(await probing);
      expectAborted(await prober.probe(target, { timeoutMs: patientMs, signal: abort.signal }));
    }),
  },
  {
    title: 'closing ends probes in flight, and may be done twice',
    run: withProber(async ({ prober, probe, harness }) => {
      const target = await harness.createTarget({ kind: 'silent' });
      const probing = probe(target);
      await prober.close();
      await prober.close();
      expectAborted(await probing);
    }),
  },
];

interface Bench {
  readonly harness: ProberHarness;
  readonly prober: Prober;
  readonly probe: (target: ProbeTarget, timeoutMs?: number) => Promise<ProbeOutcome>;
}

function withProber(run: (bench: Bench) => Promise<void>): ProberContractCase['run'] {
  return async (harness) => {
    const prober = await harness.createProber();
    const { signal } = harness.createAbort();
    try {
      const probe: Bench['probe'] = (target, timeoutMs = patientMs) =>
        prober.probe(placeOf(target), { timeoutMs, signal });
      await run({ harness, prober, probe });
    } finally {
      await prober.close();
    }
  };
}

/** Without the methods of a served target, which may be of a class. */
function placeOf({ id, address, port }: ProbeTarget): ProbeTarget {
  return { id, address, port };
}

function expectNamed(outcome: ProbeOutcome, nodeId: string, epoch: number): void {
  const holds = outcome.kind === 'answer' && outcome.nodeId === nodeId && outcome.epoch === epoch;
  expectThat(holds, `an answer of node ${nodeId}, epoch ${epoch}`, outcome);
}

function expectFailure(outcome: ProbeOutcome): ProbeFailure {
  if (outcome.kind === 'failure') return outcome;
  throw new ProberContractError(describe('a failure', outcome));
}

function expectTimeout(outcome: ProbeOutcome): void {
  const { failure } = expectFailure(outcome);
  expectThat(failure === 'no-answer' || failure === 'no-connection', 'a timeout', outcome);
}

function expectAborted(outcome: ProbeOutcome): void {
  expectThat(outcome.kind === 'aborted', 'aborted', outcome);
}

function expectThat(holds: boolean, expected: string, got: ProbeOutcome | string): void {
  if (!holds) throw new ProberContractError(describe(expected, got));
}

function describe(expected: string, got: unknown): string {
  return `expected ${expected}, got ${JSON.stringify(got)}`;
}

/** What a case rejects with when a prober breaks the contract. */
class ProberContractError extends Error {
  override readonly name = 'ProberContractError';
  readonly code = 'prober-contract';
}
