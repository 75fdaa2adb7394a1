/** The stage of a registry case: a registry, and short ways to say what nodes do to it. */
import type { Lifecycle } from '../core/node.ts';
import type { DecideResult, RoundReading } from '../core/reading.ts';
import type {
  ClaimResult,
  DecideRequest,
  FinishRequest,
  FinishResult,
  JoinRequest,
  ObituaryRequest,
  Registry,
  RegistryEvent,
  RoundRequest,
} from '../ports/registry.ts';
import { expectLike, expectSame } from './expectations.ts';
import type { OriginalAccess, RegistryContractCase, RegistryHarness } from './registry-harness.ts';
import {
  decideRequest,
  evidence,
  joinRequest,
  leaseMs,
  obituaryRequest,
  tries,
  windowMs,
} from './registry-requests.ts';

/** One epoch of one node in a scene. */
export interface Life {
  readonly nodeId: string;
  readonly epoch: number;
}

/** What a case runs on. */
export class Scene {
  readonly registry: Registry;
  readonly #harness: RegistryHarness;
  #operationCount = 0;

  constructor(registry: Registry, harness: RegistryHarness) {
    this.registry = registry;
    this.#harness = harness;
  }

  /** Ids that no other call of the scene has used. */
  newId(): string {
    this.#operationCount++;
    return `operation-${this.#operationCount}`;
  }

  async another(): Promise<Registry> {
    return this.#harness.another(this.registry);
  }

  async advance(durationMs: number): Promise<void> {
    if (this.#harness.advance === undefined) throw new Error('this case needs a clock that can be moved');
    await this.#harness.advance(durationMs);
  }

  get original(): OriginalAccess {
    if (this.#harness.asOriginal === undefined) throw new Error('this case needs the shared tables');
    return this.#harness.asOriginal(this.registry);
  }

  /** Joins after the newest epoch. */
  async join(nodeId: string, request: Partial<JoinRequest> = {}): Promise<Life> {
    const known = await this.registry.readNode(nodeId);
    return this.joinUnread(nodeId, { afterEpoch: known?.epoch ?? 0, ...request });
  }

  /** Joins without a reading before it. */
  async joinUnread(nodeId: string, request: Partial<JoinRequest>): Promise<Life> {
    const joined = await this.registry.join(joinRequest(nodeId, this.newId(), request));
    if (joined.outcome !== 'joined')
      throw new Error(`the join of ${nodeId} was refused: epoch ${joined.newestEpoch} is the newest`);
    return { nodeId, epoch: joined.epoch };
  }

  /** Joins several nodes, each for the first time. */
  async joinAll(...nodeIds: readonly string[]): Promise<Life[]> {
    const lives: Life[] = [];
    for (const nodeId of nodeIds) lives.push(await this.join(nodeId));
    return lives;
  }

  /** Says it knowing of all verdicts up to now, unless `knownDecision` says of how many. */
  async say(
    observer: Life,
    kind: 'suspect' | 'dead' | 'recovered',
    target: Life,
    knownDecision?: number,
    seen = evidence,
  ): Promise<void> {
    const isAsked = kind === 'recovered' && knownDecision === undefined;
    const known = isAsked ? await this.registry.readNode(target.nodeId) : null;
    await this.registry.record([
      {
        operationId: this.newId(),
        observerId: observer.nodeId,
        observerEpoch: observer.epoch,
        kind,
        targetId: target.nodeId,
        targetEpoch: target.epoch,
        evidence: kind === 'recovered' ? null : seen,
        knownDecision: knownDecision ?? (known?.epoch === target.epoch ? known.decisionCount : 0),
      },
    ]);
  }

  /** A pruning that deletes nothing: the next one may delete by age what is too old now. */
  async readAges(by: Life): Promise<void> {
    const never = Number.MAX_SAFE_INTEGER;
    await this.registry.prune({
      ...by,
      ...{ maxAgeMs: never, maxEventCount: never, departedAfterMs: never, everyMs: 0 },
    });
  }

  decide(observer: Life, target: Life, request: Partial<DecideRequest> = {}): Promise<DecideResult> {
    return this.registry.decide(decideRequest(observer, target, request));
  }

  /** Lets two observers vote and the first of them ask. */
  async kill(target: Life, first: Life, second: Life, seen = evidence): Promise<void> {
    await this.say(first, 'dead', target, 0, seen);
    await this.say(second, 'dead', target, 0, seen);
    expectLike(
      await this.decide(first, target, { maxDeadFraction: 1 }),
      { outcome: 'dead', isNew: true },
      'the verdict',
    );
  }

  /** Lets a node say that its application is dead; it joined with this instance id. */
  bury(life: Life, instanceId: string, request: Partial<ObituaryRequest> = {}): Promise<DecideResult> {
    return this.registry.obituary(obituaryRequest(life, instanceId, request));
  }

  claim(owner: Life, target: Life, claimId = this.newId()): Promise<ClaimResult> {
    return this.registry.claim({
      nodeId: target.nodeId,
      epoch: target.epoch,
      ownerId: owner.nodeId,
      ownerEpoch: owner.epoch,
      claimId,
      leaseMs,
      ...tries,
    });
  }

  /** Claims and expects to get it. */
  async mustClaim(owner: Life, target: Life): Promise<{ readonly claimId: string; readonly fence: number }> {
    const claimId = this.newId();
    const claimed = await this.claim(owner, target, claimId);
    if (claimed.outcome !== 'claimed') throw new Error(`expected a claim, was refused as ${claimed.reason}`);
    return { claimId, fence: claimed.fence };
  }

  finish(
    target: Life,
    lease: { readonly claimId: string; readonly fence: number },
    outcome: FinishRequest['outcome'] = 'completed',
    error: string | null = null,
  ): Promise<FinishResult> {
    return this.registry.finish({ ...target, ...lease, outcome, error, retryAfterMs: 5_000, ...tries });
  }

  round(self: Life, request: Partial<RoundRequest> = {}): Promise<RoundReading> {
    return this.registry.readRound({ ...self, lookAhead: 4, watched: [], ...request });
  }

  /** Who comes after this node on the ring as it reads it, nearest first. */
  async ring(self: Life): Promise<string[]> {
    return (await this.round(self, { lookAhead: 60 })).successors.map(({ id }) => id);
  }

  /** As a round of another node reads it; undefined without a row. */
  async lifecycleFor(reader: Life, nodeId: string): Promise<Lifecycle | undefined> {
    const { successors, watched } = await this.round(reader, { lookAhead: 60, watched: [nodeId] });
    return [...successors, ...watched].find(({ id }) => id === nodeId)?.lifecycle;
  }

  /** Lets these nodes beat, one after the other. */
  async beat(...lives: readonly Life[]): Promise<void> {
    for (const life of lives)
      expectSame(await this.registry.heartbeat(life), 'beating', `the heartbeat of ${life.nodeId}`);
  }

  /** Lets this node beat, and a watch begin with that: nodes that have not beaten after it are silent. */
  async watchFrom(observer: Life): Promise<Watch> {
    await this.beat(observer);
    const { ownBeat } = await this.round(observer);
    if (ownBeat === null) throw new Error(`expected a heartbeat of ${observer.nodeId}`);
    return { watchedSince: ownBeat.order, newestBeat: ownBeat.order };
  }

  /** Lets this node beat until its place comes after all that has happened: what came before it is older than a mark there. */
  async markNow(observer: Life): Promise<number> {
    await this.beat(observer, observer);
    const { ownBeat } = await this.round(observer);
    if (ownBeat === null) throw new Error(`expected a heartbeat of ${observer.nodeId}`);
    return ownBeat.order;
  }

  /** Lets this node beat, and look through all rows of nodes that run the original. */
  async imported(by: Life, membershipWindowMs = windowMs): Promise<void> {
    const request = { ...by, importEveryMs: 0, membershipWindowMs };
    expectSame(await this.registry.heartbeat(request), 'beating', `the heartbeat of ${by.nodeId}`);
  }

  async eventKinds(): Promise<string[]> {
    return (await this.events()).map(({ kind }) => kind);
  }

  async events(): Promise<readonly RegistryEvent[]> {
    return (await this.registry.readEvents({ after: null, limit: 1_000 })).events;
  }
}

/** What a question of death says of the observer's own heartbeats. */
type Watch = Pick<DecideRequest, 'watchedSince' | 'newestBeat'> & { readonly watchedSince: number };

/** The node with this place in a list that a scene has made. */
export function lifeOf(lives: readonly Life[], index: number): Life {
  const life = lives[index];
  if (life === undefined) throw new Error(`the scene has no node ${index}`);
  return life;
}

/** A case on a new registry. */
export function scene(
  title: string,
  run: (stage: Scene, harness: RegistryHarness) => Promise<void>,
  needs: RegistryContractCase['needs'] = [],
): RegistryContractCase {
  return {
    title,
    needs,
    run: async (harness) => run(new Scene(await harness.open(), harness), harness),
  };
}

/** A case with the nodes a, b, c, d and e in it. */
export function five(
  title: string,
  run: (stage: Scene, a: Life, b: Life, c: Life, d: Life, e: Life) => Promise<void>,
  needs: RegistryContractCase['needs'] = [],
): RegistryContractCase {
  return scene(
    title,
    async (stage) => {
      const lives = await stage.joinAll('a', 'b', 'c', 'd', 'e');
      await run(
        stage,
        lifeOf(lives, 0),
        lifeOf(lives, 1),
        lifeOf(lives, 2),
        lifeOf(lives, 3),
        lifeOf(lives, 4),
      );
    },
    needs,
  );
}
