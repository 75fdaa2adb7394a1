import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';
import type { OpenVerdict } from './reading.ts';
import type { Verdict } from './verdict.ts';

const verdictOf = (nodeId: string, voters: readonly string[]): Verdict => ({
  nodeId,
  epoch: 1,
  decidedAt: 0,
  quorum: 2,
  votes: voters.map((observerId) => ({ observerId, observerEpoch: 1, evidence: null })),
  resolution: null,
  ownerId: null,
  fence: 0,
  attemptCount: 0,
  lastError: null,
  reason: null,
});
const openVerdict = (nodeId: string, voters: readonly string[]): OpenVerdict => ({
  verdict: verdictOf(nodeId, voters),
  isClaimable: true,
});
const ids = (count: number) =>
  Array.from({ length: count }, (_, index) => `t${String(index).padStart(3, '0')}`);

/** The driver's state as that of an observer that has begun another epoch and has read nothing yet of what it said. */
function newDetectorOf({ state }: DetectorDriver, epoch: number) {
  return { ...state, own: { ...state.own, epoch, hasAdopted: false } };
}

describe('rounds', () => {
  it('reads at the start and probes first at its random phase within the first interval', () => {
    const driver = new DetectorDriver(ids(5));
    driver.run(30_000);
    expect(driver.reads[0]?.at).toBe(0);
    expect(driver.probed[0]).toEqual({ at: 5_000, id: 't000' });
  });

  it('probes all targets of a round together, once a round, with one read each', () => {
    const driver = new DetectorDriver(ids(5));
    driver.run(35_000);
    expect(driver.probed.map(({ at, id }) => `${id}@${at}`)).toEqual(
      [5_000, 15_000, 25_000, 35_000].flatMap((at) => ['t000', 't001', 't002'].map((id) => `${id}@${at}`)),
    );
    expect(driver.reads.map(({ at }) => at)).toEqual([0, 5_000, 15_000, 25_000, 35_000]);
    expect(driver.statements).toEqual([]);
  });

  it('goes on probing when the registry is out of reach', () => {
    const driver = new DetectorDriver(ids(5));
    driver.run(10_000);
    driver.isRegistryUp = false;
    driver.probed.length = 0;
    driver.run(30_000);
    expect(driver.probed).toHaveLength(9);
  });

  it('watches no node when it has no row', () => {
    const driver = new DetectorDriver(ids(5));
    driver.reading = { self: null };
    driver.run(60_000);
    expect(driver.state.watching).toEqual([]);
    expect(driver.announced('warning').map(({ code }) => code)).toEqual(['not-registered']);
  });

  it('passes over a row without an address, and says so once', () => {
    const driver = new DetectorDriver(['t000', nodeOf('t001', { address: '' }), 't002', 't003', 't004']);
    driver.run(60_000);
    expect(driver.probed.some(({ id }) => id === 't001')).toBe(false);
    expect(driver.probed.some(({ id }) => id === 't002')).toBe(true);
    expect(driver.announced('warning').map(({ code }) => code)).toEqual(['bad-row']);
  });

  it('retries a missed target at the retry interval, and the others with the round but for proof', () => {
    const driver = new DetectorDriver(ids(5), { retryIntervalMs: 1_000 });
    driver.silent.add('t000');
    driver.run(9_000);
    expect(driver.probed.filter(({ id }) => id === 't000').map(({ at }) => at)).toEqual([
      5_000, 6_000, 7_000, 8_000, 9_000,
    ]);
    // The two looks between rounds are for proof of the own network, each at the target whose answer is the oldest.
    const others = driver.probed.filter(({ id }) => id !== 't000').map(({ id }) => id);
    expect(others).toEqual(['t001', 't002', 't003', 't001', 't002']);
  });
});

describe('the watch list', () => {
  it('keeps the count of a target that a joining node pushes out of the next K', () => {
    const driver = new DetectorDriver(ids(3));
    driver.silent.add('t002');
    driver.run(100_000);
    driver.ring = [nodeOf('new1'), nodeOf('new2'), nodeOf('new3'), ...driver.ring];
    driver.run(40_000);
    expect(driver.statements).toEqual(['suspect t002@1', 'dead t002@1']);
  });

  it('keeps a missed target whose row readings do not have', () => {
    const driver = new DetectorDriver(ids(5));
    driver.silent.add('t000');
    driver.run(60_000);
    driver.ring = driver.ring.slice(1);
    driver.run(80_000);
    expect(driver.statements).toEqual(['suspect t000@1', 'dead t000@1']);
  });

  it.each(['unknown', 'left'] as const)('forgets it when the registry answers that it is %s', (reason) => {
    const driver = new DetectorDriver(ids(5));
    driver.silent.add('t000');
    driver.run(60_000);
    driver.ring = driver.ring.slice(1);
    driver.decide = () => ({ outcome: 'alive', reason });
    driver.run(200_000);
    expect(driver.statements).toEqual(['suspect t000@1', 'dead t000@1']);
    expect(driver.effects.filter(({ kind }) => kind === 'decide')).toHaveLength(1);
    expect(driver.state.peers.has('t000')).toBe(false);
    expect(driver.state.watching).toEqual(['t001', 't002', 't003']);
  });

  it('forgets a target that is confirmed dead when its row is deleted', () => {
    const driver = new DetectorDriver(ids(5));
    driver.silent.add('t000');
    driver.run(60_000);
    driver.edit('t000', { lifecycle: 'dead' });
    driver.run(60_000);
    expect(driver.state.peers.has('t000')).toBe(true);
    driver.ring = driver.ring.slice(1);
    driver.run(20_000);
    expect(driver.state.peers.has('t000')).toBe(false);
  });

  it.each([
    ['a newer epoch', 2],
    ['the same epoch alive, as in a restored registry', 1],
  ])('is probed no more when its recovery has ended, until its row shows %s', (_, epoch) => {
    const driver = new DetectorDriver(ids(5));
    const probesOf = (): number => driver.probed.filter(({ id }) => id === 't000').length;
    driver.silent.add('t000');
    driver.run(130_000);
    driver.edit('t000', { lifecycle: 'dead', decisionCount: 1 });
    driver.reading = { openVerdicts: [openVerdict('t000', ['a', 'self'])] };
    driver.run(30_000);
    const before = probesOf();
    driver.run(30_000);
    expect(probesOf()).toBeGreaterThan(before);
    driver.reading = { openVerdicts: [] };
    driver.run(20_000);
    const ended = probesOf();
    driver.run(600_000);
    expect(probesOf()).toBe(ended);
    driver.silent.clear();
    driver.edit('t000', { lifecycle: 'alive', epoch, decisionCount: 0 });
    driver.run(30_000);
    expect(probesOf()).toBeGreaterThan(ended);
    expect(driver.statements.slice(-1)).toEqual(['recovered t000@1']);
  });

  it('drops a target that left, without a word', () => {
    const driver = new DetectorDriver(ids(5));
    driver.silent.add('t000');
    driver.run(60_000);
    driver.edit('t000', { lifecycle: 'left' });
    driver.run(200_000);
    expect(driver.statements).toEqual(['suspect t000@1']);
    expect(driver.state.peers.has('t000')).toBe(false);
  });

  it('walks on past ten silent neighbours in the time of one detection', () => {
    const driver = new DetectorDriver(ids(30));
    for (const id of ids(10)) driver.silent.add(id);
    driver.run(5_000);
    expect([...driver.state.watching].sort()).toEqual(ids(13));
    driver.run(110_000);
    expect(driver.statements.filter((line) => line.startsWith('dead'))).toHaveLength(10);
  });

  it('never watches more than its cap', () => {
    const driver = new DetectorDriver(ids(200), { watchListCap: 16 });
    for (const id of ids(200)) driver.silent.add(id);
    driver.run(400_000);
    expect(driver.state.watching).toHaveLength(16);
    expect(Math.max(...driver.reads.map(({ lookAhead }) => lookAhead))).toBeLessThanOrEqual(17);
  });

  it('reads no rows of ever more nodes that lost their place on a full list', () => {
    const driver = new DetectorDriver(ids(60), { watchListCap: 5 });
    for (const id of ids(60)) driver.silent.add(id);
    for (const id of ids(60).slice(10)) {
      driver.reading = { beating: [nodeOf(id)] };
      driver.run(12_000);
    }
    const watched = driver.effects.flatMap((effect) =>
      effect.kind === 'read-round' ? [effect.watched] : [],
    );
    expect(Math.max(...watched.map(({ length }) => length))).toBeLessThanOrEqual(10);
  });

  it('is the next K again when all have come back', () => {
    const driver = new DetectorDriver(ids(30));
    for (const id of ids(10)) driver.silent.add(id);
    driver.run(60_000);
    driver.silent.clear();
    driver.run(30_000);
    expect(driver.state.watching).toEqual(ids(3));
    expect(driver.reads.at(-1)?.lookAhead).toBe(4);
  });
});

describe('the voter', () => {
  it('does not vote while no node answers it, and begins to count when one does', () => {
    const driver = new DetectorDriver(ids(5));
    for (const id of ids(5)) driver.silent.add(id);
    for (let round = 0; round < 30; round++) {
      // Every other node is alive: their heartbeats go on.
      for (const id of ids(5)) driver.edit(id, { beatOrder: driver.ownBeatOrder });
      driver.run(10_000);
    }
    expect(driver.statements.some((line) => line.startsWith('dead'))).toBe(false);
    driver.silent.delete('t004');
    driver.run(90_000);
    expect(driver.statements.some((line) => line.startsWith('dead'))).toBe(false);
    driver.run(50_000);
    expect(driver.statements.filter((line) => line.startsWith('dead')).sort()).toEqual([
      'dead t000@1',
      'dead t001@1',
      'dead t002@1',
      'dead t003@1',
    ]);
  });

  it('takes the registry as proof when it is alone with its target', () => {
    const driver = new DetectorDriver(['t000']);
    driver.silent.add('t000');
    driver.run(130_000);
    expect(driver.statements).toEqual(['suspect t000@1', 'dead t000@1']);
  });

  it('takes the registry as proof when all others are silent by their heartbeats too', () => {
    const driver = new DetectorDriver(['t000', 't001']);
    driver.silent.add('t000').add('t001');
    driver.run(300_000);
    const votes = new Set(driver.statements.filter((line) => line.startsWith('dead')));
    expect([...votes]).toEqual(['dead t000@1', 'dead t001@1']);
  });

  it('does not take a registry that is out of reach as proof', () => {
    const driver = new DetectorDriver(['t000']);
    driver.run(20_000);
    driver.isRegistryUp = false;
    driver.silent.add('t000');
    driver.run(300_000);
    expect(driver.statements).toEqual(['suspect t000@1']);
  });

  it('waits for the silence that was asked for', () => {
    const driver = new DetectorDriver(ids(5), {
      deadAfter: 3,
      minSilenceMs: 60_000,
      minSilenceRefusedMs: 60_000,
    });
    driver.silent.add('t000');
    driver.run(64_000);
    expect(driver.statements).toEqual(['suspect t000@1']);
    driver.run(10_000);
    expect(driver.statements).toEqual(['suspect t000@1', 'dead t000@1']);
  });

  it('has a shorter patience with refused connections where that is asked for', () => {
    const driver = new DetectorDriver(ids(5), { deadAfter: 3, minSilenceMs: 60_000, minSilenceRefusedMs: 0 });
    driver.silent.add('t000');
    driver.run(25_000);
    expect(driver.statements).toEqual(['dead t000@1']);
  });

  it('counts no probe of a time in which it stood still itself', () => {
    const driver = new DetectorDriver(ids(5), { retryIntervalMs: 1_000 });
    driver.silent.add('t000');
    driver.run(8_500);
    const before = driver.state.peers.get('t000')?.misses?.count;
    driver.stall(60_000);
    const silent = driver.state.peers.get('t000');
    driver.input({ kind: 'woken' });
    expect(driver.announced('warning').map(({ code }) => code)).toEqual(['stalled']);
    expect(driver.state.peers.get('t000')?.misses?.firstAt).toBeGreaterThan(
      silent?.misses?.firstAt ?? Number.NaN,
    );
    expect(before).toBe(4);
  });

  it('still owes the recovered of what an earlier life of it said', () => {
    const driver = new DetectorDriver(ids(5));
    driver.state = newDetectorOf(driver, 2);
    driver.reading = {
      self: nodeOf('self', { epoch: 2 }),
      statements: [{ targetId: 't004', targetEpoch: 1, status: 'dead', observerEpoch: 1, affirmedAt: 0 }],
    };
    driver.run(15_000);
    expect(driver.statements).toEqual(['recovered t004@1']);
  });

  it('still owes the recovered of a target whose row readings did not have for a while', () => {
    const driver = new DetectorDriver(ids(5));
    driver.silent.add('t000');
    driver.run(35_000);
    const { ring } = driver;
    driver.ring = ring.filter(({ id }) => id !== 't000');
    driver.run(40_000);
    driver.ring = ring;
    driver.silent.clear();
    driver.run(30_000);
    expect(driver.statements).toEqual(['suspect t000@1', 'recovered t000@1']);
  });

  it('forgets what an earlier epoch of it said of a target that has no row, and reads once more for that', () => {
    const driver = new DetectorDriver(ids(5));
    driver.state = newDetectorOf(driver, 2);
    const statement = { targetId: 'gone', targetEpoch: 1, status: 'dead', observerEpoch: 1 } as const;
    driver.reading = {
      self: nodeOf('self', { epoch: 2 }),
      statements: [{ ...statement, affirmedAt: 0 }],
    };
    driver.run(35_000);
    expect(driver.state.peers.has('gone')).toBe(false);
    // The first one, four rounds, and one for the row.
    expect(driver.reads).toHaveLength(6);
  });
});

describe('verdicts', () => {
  const dying = (input = {}) => {
    const driver = new DetectorDriver(ids(5), input);
    driver.silent.add('t000');
    return driver;
  };
  const questions = (driver: DetectorDriver) => driver.effects.filter(({ kind }) => kind === 'decide').length;

  it('are asked for at the vote and then every round until there is one', () => {
    const driver = dying();
    driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
    driver.run(115_000);
    expect(questions(driver)).toBe(1);
    driver.run(30_000);
    expect(questions(driver)).toBe(4);
    driver.decide = (id) => {
      driver.edit(id, { lifecycle: 'dead' });
      return { outcome: 'dead', verdict: verdictOf(id, ['a', 'self']), isNew: true };
    };
    driver.run(60_000);
    expect(questions(driver)).toBe(5);
    expect(driver.announced('verdict-read')).toHaveLength(1);
  });

  it('are found by others too, who then have nothing more to say until the node answers', () => {
    const driver = new DetectorDriver(ids(5));
    driver.silent.add('t000');
    driver.run(20_000);
    driver.edit('t000', { lifecycle: 'dead' });
    driver.reading = { openVerdicts: [openVerdict('t000', ['a', 'b'])] };
    driver.run(300_000);
    expect(driver.state.watching).toContain('t000');
    expect(driver.statements).toEqual([]);
  });

  it('are not asked for any more once the target has answered', () => {
    const driver = dying();
    driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
    driver.run(120_000);
    driver.silent.clear();
    driver.run(20_000);
    const asked = questions(driver);
    driver.run(60_000);
    expect(questions(driver)).toBe(asked);
  });

  it('wait for an accused node that refutes, and tell that it is unreachable', () => {
    const driver = dying();
    for (let round = 1; round <= 20; round++) {
      driver.edit('t000', { refutationCount: round });
      driver.run(10_000);
    }
    expect(questions(driver)).toBe(0);
    expect(driver.announced('unreachable')).toEqual([{ targetId: 't000', targetEpoch: 1 }]);
    driver.run(30_000);
    expect(questions(driver)).toBeGreaterThan(0);
  });

  it('do not wait for refutations longer than the user allows', () => {
    const driver = dying({ unreachableIsDeadAfterMs: 60_000 });
    for (let round = 1; round <= 20; round++) {
      driver.edit('t000', { refutationCount: round });
      driver.run(10_000);
    }
    expect(driver.effects.find(({ kind }) => kind === 'decide')).toMatchObject({ refutationCount: null });
  });

  it('know no refutation in the original preset', () => {
    const driver = dying({ refutation: false });
    for (let round = 1; round <= 12; round++) {
      driver.edit('t000', { refutationCount: round });
      driver.run(10_000);
    }
    expect(questions(driver)).toBeGreaterThan(0);
  });

  it('are held by the brake, which is told once and let go by itself', () => {
    const driver = dying();
    driver.decide = () => ({ outcome: 'pending', reason: 'brake', unresolvedCount: 2, limit: 2 });
    driver.run(150_000);
    driver.decide = (id) => ({ outcome: 'dead', verdict: verdictOf(id, ['a', 'self']), isNew: false });
    driver.run(20_000);
    expect(driver.announced('brake')).toEqual([
      { isOn: true, targetId: 't000', unresolvedCount: 2, limit: 2 },
      { isOn: false, targetId: 't000', unresolvedCount: null, limit: null },
    ]);
    const notes = driver.effects.flatMap((effect) => (effect.kind === 'note' ? [effect] : []));
    expect(notes.map(({ note, detail }) => [note, detail])).toEqual([
      ['brake', { isOn: true, unresolvedCount: 2, limit: 2 }],
      ['brake', { isOn: false }],
    ]);
  });

  it('are asked for with the heartbeats that tell which nodes are silent', () => {
    const driver = new DetectorDriver(['t000', 't001']);
    driver.silent.add('t000').add('t001');
    driver.run(250_000);
    const question = driver.effects.find(({ kind }) => kind === 'decide');
    // Both are silent from 115 s on. From then its misses count: it votes and asks at 215 s, with a watch of 95 s.
    expect(question).toMatchObject({ targetId: 't000', watchedSince: 400, newestBeat: 700 });
  });

  it.each([
    ['old there', 3_600_000],
    ['one of the future there', -3_600_000],
  ])("say the vote again once a step of the registry's clock has made it %s", (_, stepMs) => {
    const driver = new DetectorDriver(ids(5));
    driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 0, quorum: 2 });
    driver.silent.add('t000');
    driver.run(125_000);
    const said = (): number => driver.statements.filter((line) => line === 'dead t000@1').length;
    expect(said()).toBe(1);
    const statement = { targetId: 't000', targetEpoch: 1, status: 'dead', observerEpoch: 1 } as const;
    driver.reading = { statements: [{ ...statement, affirmedAt: 120_000 }] };
    driver.registryNow = (at) => at + stepMs;
    driver.run(20_000);
    expect(said()).toBe(1);
    // As old by this observer's clock as its heartbeat must be: what it reads is no older.
    driver.run(90_000);
    expect(said()).toBe(2);
  });

  it('affirm the vote before the quorum window ends it', () => {
    const driver = dying({ quorumWindowMs: 60_000 });
    driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
    driver.run(215_000);
    expect(driver.statements.filter((line) => line === 'dead t000@1')).toHaveLength(4);
  });
});

describe('claims', () => {
  const claimAfter = (voters: readonly string[], hasHandler = true) => {
    const driver = new DetectorDriver(ids(5), { claimPauseMs: 20_000 });
    if (hasHandler) driver.input({ kind: 'handler-added' });
    driver.run(5_000);
    driver.reading = { openVerdicts: [openVerdict('t000', voters)] };
    driver.run(10_000);
    const from = driver.now;
    for (let second = 0; second < 200 && driver.claims.length === 0; second++) driver.run(1_000);
    return driver.claims.length === 0 ? null : Math.round((driver.now - from) / 1_000) * 1_000;
  };

  it('come at once from the lowest voter, and a pause later from each further one', () => {
    expect(claimAfter(['self', 't001'])).toBe(0);
    expect(claimAfter(['a', 'self'])).toBe(20_000);
    expect(claimAfter(['a', 'b', 'self'])).toBe(40_000);
  });

  it('come from a node without a vote when all voters have had their turn', () => {
    expect(claimAfter(['a', 'b'])).toBe(70_000);
  });

  it('are not made without a handler, and are made when one is registered later', () => {
    expect(claimAfter(['self'], false)).toBeNull();
    const driver = new DetectorDriver(ids(5));
    driver.reading = { openVerdicts: [openVerdict('t000', ['self'])] };
    driver.run(60_000);
    driver.input({ kind: 'handler-added' });
    expect(driver.claims).toEqual(['t000@1']);
  });

  it('are made for four at a time, and for the next as soon as one has ended', () => {
    const driver = new DetectorDriver(ids(5));
    const dead = ['a', 'b', 'c', 'd', 'e', 'f'];
    driver.reading = { openVerdicts: dead.map((id) => openVerdict(id, ['self'])) };
    driver.input({ kind: 'handler-added' });
    driver.run(60_000);
    expect(driver.claims).toEqual(['a@1', 'b@1', 'c@1', 'd@1']);
    driver.input({ kind: 'claim-finished', nodeId: 'a', epoch: 1, isWon: true });
    driver.run(60_000);
    expect(driver.claims).toHaveLength(4);
    driver.input({ kind: 'recovery-ended', nodeId: 'a', epoch: 1 });
    expect(driver.claims).toHaveLength(5);
    driver.input({ kind: 'claim-finished', nodeId: 'b', epoch: 1, isWon: false });
    expect(driver.claims.slice(4)).toEqual(['e@1', 'f@1']);
  });

  it('come from who has decided though readings are full without the verdict, and end when nothing is open', () => {
    const driver = new DetectorDriver(ids(5));
    const held = Array.from({ length: 32 }, (_, index) => openVerdict(`held${index}`, ['a']));
    driver.reading = {
      openVerdicts: held.map(({ verdict: other }) => ({ verdict: other, isClaimable: false })),
    };
    driver.input({ kind: 'handler-added' });
    driver.silent.add('t000');
    const { verdict } = openVerdict('t000', ['a', 'self']);
    let askedCount = 0;
    driver.decide = () => ({ outcome: 'dead', verdict, isNew: askedCount++ === 0 });
    driver.run(250_000);
    expect(driver.claims).toEqual(['t000@1']);
    driver.input({ kind: 'claim-finished', nodeId: 't000', epoch: 1, isWon: false });
    driver.run(100_000);
    expect(driver.claims).toEqual(['t000@1']);
    expect(driver.state.claims.size).toBe(32);
  });

  it('close the verdict on a former life of its own, which no other node may be left to do', () => {
    const driver = new DetectorDriver(ids(5));
    driver.state = newDetectorOf(driver, 2);
    driver.input({ kind: 'handler-added' });
    driver.reading = { self: nodeOf('self', { epoch: 2 }), openVerdicts: [openVerdict('self', ['a'])] };
    driver.run(90_000);
    expect(driver.claims).toEqual(['self@1']);
  });
});

describe('the victim', () => {
  it('stops for good when it finds a verdict on its own epoch', () => {
    const driver = new DetectorDriver(ids(5));
    driver.run(10_000);
    driver.reading = { isSelfDead: true };
    driver.run(10_000);
    expect(driver.announced('self-dead')).toMatchObject([{ targetEpoch: 1, reason: 'verdict' }]);
    const probed = driver.probed.length;
    driver.run(60_000);
    expect(driver.probed).toHaveLength(probed);
  });

  it('stops when a newer epoch of its own has begun elsewhere', () => {
    const driver = new DetectorDriver(ids(5));
    driver.reading = { self: nodeOf('self', { epoch: 2 }) };
    driver.run(10_000);
    expect(driver.announced('self-dead')).toMatchObject([{ targetEpoch: 1, reason: 'superseded' }]);
  });

  it('refutes in every round in which it is accused', () => {
    const driver = new DetectorDriver(ids(5));
    driver.run(10_000);
    driver.reading = { accuserIds: ['x'] };
    driver.run(30_000);
    expect(driver.effects.filter(({ kind }) => kind === 'refute')).toHaveLength(3);
    expect(driver.announced('refuted')).toMatchObject([{ accuserIds: ['x'] }]);
  });

  it('asks for the next node that beats once its list is full of missed ones, and votes by its answer', () => {
    const ids = Array.from({ length: 12 }, (_, index) => `t${String(index).padStart(3, '0')}`);
    const driver = new DetectorDriver(ids, { watchListCap: 4 });
    for (const id of ids.slice(0, 11)) driver.silent.add(id);
    driver.reading = { beating: [nodeOf('t011')] };
    driver.run(400_000);
    const asked = driver.effects.filter(
      (effect) => effect.kind === 'read-round' && effect.beatingSince !== null,
    );
    expect(asked.length).toBeGreaterThan(0);
    expect(driver.statements.some((line) => line.startsWith('dead'))).toBe(true);
  });
});
