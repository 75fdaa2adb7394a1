import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';
import { withProbe } from './peer.ts';
import type { OpenVerdict } from './reading.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];

/** One target dies, and no quorum is found. */
function dying(quorumWindowMs = 300_000) {
  const driver = new DetectorDriver(ids, { quorumWindowMs });
  driver.silent.add('t000');
  driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
  return driver;
}

/** Rounds in which the others live by their heartbeats, heard or not. */
function runRounds(driver: DetectorDriver, count: number) {
  for (let round = 0; round < count; round++) {
    for (const id of ids) driver.edit(id, { beatOrder: driver.ownBeatOrder });
    driver.run(10_000);
  }
}

const votesOf = (driver: DetectorDriver) => driver.statements.filter((line) => line === 'dead t000@1').length;

describe('a vote', () => {
  it('is not affirmed by an observer that hears no node, and is said anew when it hears one', () => {
    const driver = dying(60_000);
    runRounds(driver, 13);
    expect(votesOf(driver)).toBe(1);
    for (const id of ids) driver.silent.add(id);
    runRounds(driver, 30);
    // The proof of before may last for one affirmation.
    const lapsed = votesOf(driver);
    expect(lapsed).toBeLessThanOrEqual(2);
    driver.silent.delete('t003');
    runRounds(driver, 2);
    expect(votesOf(driver)).toBe(lapsed + 1);
  });
});

/** The words on the target, each with the decision that the observer knew of. */
const words = (driver: DetectorDriver) =>
  driver.effects.flatMap((effect) =>
    effect.kind === 'record'
      ? [`${effect.status} ${effect.status === 'recovered' ? effect.knownDecision : 0}`]
      : [],
  );

const openVerdict: OpenVerdict = {
  verdict: {
    ...{ nodeId: 't000', epoch: 1, decidedAt: 0, quorum: 2, votes: [], resolution: null },
    ...{ ownerId: null, fence: 0, attemptCount: 0, lastError: null, reason: null },
  },
  isClaimable: false,
};
const confirmed = { lifecycle: 'dead', decisionCount: 1 } as const;

describe('a verdict on the owner of a recovery that this node would run', () => {
  /** A recovery of t001 is open. The reading shows at which moment after the verdict on t000. */
  function claimsAfterVerdict(isHeld: boolean) {
    const driver = dying();
    driver.input({ kind: 'handler-added' });
    const ofOther = { ...openVerdict.verdict, nodeId: 't001', ownerId: 't000' };
    driver.reading = { openVerdicts: isHeld ? [{ verdict: ofOther, isClaimable: false }] : [] };
    let verdictAt = 0;
    driver.decide = () => {
      verdictAt = driver.now;
      // Its lease has ended with its owner.
      if (isHeld) driver.reading = { openVerdicts: [{ verdict: ofOther, isClaimable: true }] };
      return { outcome: 'dead', verdict: openVerdict.verdict, isNew: false };
    };
    while (verdictAt === 0 && driver.now < 200_000) driver.run(500);
    const readCount = driver.reads.filter(({ at }) => at === verdictAt).length;
    driver.run(1_000);
    return { readCount, claims: driver.claims };
  }

  it('has it read, and claim, at once', () => {
    const { readCount, claims } = claimsAfterVerdict(true);
    expect(claims).toEqual(['t001@1']);
    expect(readCount).toBe(claimsAfterVerdict(false).readCount + 1);
  });
});

describe('a verdict whose recovery has ended before an observer reads of it', () => {
  const decisionsOf = (driver: DetectorDriver) =>
    driver.effects.filter(({ kind }) => kind === 'decide').length;

  it('is asked for once more, so that the program is told of it', () => {
    const driver = dying();
    runRounds(driver, 13);
    const verdict = { ...openVerdict.verdict, resolution: 'completed' } as const;
    driver.decide = () => ({ outcome: 'dead', verdict, isNew: false });
    expect(driver.announced('verdict-read')).toEqual([]);
    driver.edit('t000', confirmed);
    const before = decisionsOf(driver);
    runRounds(driver, 3);
    expect(driver.announced('verdict-read')).toEqual([{ verdict }]);
    expect(decisionsOf(driver)).toBe(before + 1);
  });
});

describe('a verdict on a vote, while the registry owes the answer about a former one', () => {
  it('is asked for', () => {
    const driver = dying();
    driver.decide = () => 'later';
    runRounds(driver, 14);
    driver.edit('t000', { epoch: 2 });
    driver.isRecording = false;
    while (!driver.statements.includes('dead t000@2')) runRounds(driver, 1);
    driver.edit('t000', confirmed);
    runRounds(driver, 3);
    const asked = driver.effects.flatMap((effect) => (effect.kind === 'decide' ? [effect.targetEpoch] : []));
    expect(asked).toEqual([1, 2]);
  });
});

describe('a recovered', () => {
  it('tells which verdict the observer had read when its target answered', () => {
    const driver = dying();
    runRounds(driver, 13);
    driver.edit('t000', confirmed);
    driver.reading = { openVerdicts: [openVerdict] };
    runRounds(driver, 2);
    driver.silent.delete('t000');
    runRounds(driver, 5);
    expect(words(driver)).toEqual(['suspect 0', 'dead 0', 'recovered 1']);
  });

  it('tells of the verdict that the registry answered with, before the next reading', () => {
    const driver = dying();
    const row = openVerdict.verdict;
    driver.decide = () => ({ outcome: 'dead', verdict: row, isNew: true });
    runRounds(driver, 12);
    expect(driver.statements.at(-1)).toBe('dead t000@1');
    driver.silent.delete('t000');
    driver.edit('t000', confirmed);
    runRounds(driver, 5);
    expect(words(driver)).toEqual(['suspect 0', 'dead 0', 'recovered 1']);
  });

  it('is said again by an observer that learns of the verdict only after it', () => {
    const driver = dying();
    runRounds(driver, 5);
    driver.isRegistryUp = false;
    driver.isRecording = false;
    driver.silent.delete('t000');
    runRounds(driver, 20);
    expect(words(driver)).toEqual(['suspect 0', 'recovered 0']);
    driver.edit('t000', confirmed);
    driver.isRegistryUp = true;
    driver.run(10_000);
    driver.record();
    runRounds(driver, 5);
    expect(words(driver)).toEqual(['suspect 0', 'recovered 0', 'recovered 1']);
    expect(driver.announced('recovered')).toHaveLength(1);
  });

  it('is not said again while the target does not answer', () => {
    const driver = dying();
    runRounds(driver, 5);
    driver.silent.delete('t000');
    runRounds(driver, 1);
    driver.silent.add('t000');
    driver.edit('t000', confirmed);
    runRounds(driver, 10);
    expect(words(driver)).toEqual(['suspect 0', 'recovered 0']);
  });

  it('is forgotten when two readings after it have shown no verdict', () => {
    const driver = dying();
    runRounds(driver, 5);
    driver.silent.delete('t000');
    runRounds(driver, 4);
    driver.edit('t000', confirmed);
    runRounds(driver, 5);
    expect(words(driver)).toEqual(['suspect 0', 'recovered 0']);
  });

  it('leaves nothing behind of a target whose row is gone', () => {
    const driver = dying();
    runRounds(driver, 5);
    driver.isRecording = false;
    driver.silent.delete('t000');
    runRounds(driver, 1);
    driver.ring = driver.ring.filter(({ id }) => id !== 't000');
    runRounds(driver, 5);
    expect(driver.state.peers.has('t000')).toBe(false);
  });
});

describe('a target that is no longer watched', () => {
  it('is looked at again when a verdict is learnt of that its recovered does not answer', () => {
    const driver = new DetectorDriver(ids);
    driver.silent.add('t000').add('t001').add('t002').add('t003');
    runRounds(driver, 5);
    driver.isRecording = false;
    driver.silent.clear();
    runRounds(driver, 3);
    expect(driver.state.watching).not.toContain('t003');
    // The answer to a probe of before comes late.
    driver.state = withProbeInFlight(driver, 't003');
    driver.input({
      kind: 'probe-finished',
      targetId: 't003',
      outcome: { kind: 'answer', nodeId: 't003', epoch: 1 },
      durationMs: 1,
    });
    driver.edit('t003', confirmed);
    runRounds(driver, 3);
    expect(driver.statements.filter((line) => line === 'recovered t003@1')).toHaveLength(2);
  });
});

function withProbeInFlight({ state }: DetectorDriver, id: string) {
  const peer = state.peers.get(id);
  if (peer === undefined) throw new Error(`${id} is not known any more`);
  const probed = withProbe(peer, {
    kind: 'in-flight',
    startedAt: 0,
    dueAt: 0,
    hasStalled: false,
    isLast: false,
    newer: null,
  });
  return { ...state, peers: new Map([...state.peers, [id, probed]]) };
}

describe('a vote from before a return', () => {
  it('is affirmed at the next miss, and once', () => {
    const driver = dying();
    runRounds(driver, 13);
    driver.edit('t000', confirmed);
    driver.reading = { openVerdicts: [openVerdict] };
    runRounds(driver, 3);
    driver.edit('t000', { lifecycle: 'alive' });
    runRounds(driver, 2);
    expect(votesOf(driver)).toBe(2);
    runRounds(driver, 1);
    expect(votesOf(driver)).toBe(2);
  });

  it('is not affirmed when the target answers instead', () => {
    const driver = dying();
    runRounds(driver, 13);
    driver.edit('t000', confirmed);
    driver.reading = { openVerdicts: [openVerdict] };
    runRounds(driver, 3);
    driver.edit('t000', { lifecycle: 'alive' });
    driver.silent.delete('t000');
    runRounds(driver, 3);
    expect(words(driver)).toEqual(['suspect 0', 'dead 0', 'recovered 1']);
  });
});

describe('a word that the registry refused', () => {
  it.each([
    ['suspect', 5, ['suspect 0', 'suspect 0']],
    ['dead', 13, ['suspect 0', 'dead 0', 'dead 0']],
  ] as const)('is said again at the next miss: %s', (status, rounds, expected) => {
    const driver = dying();
    runRounds(driver, rounds);
    driver.input({ kind: 'not-recorded', targetId: 't000', targetEpoch: 1, status });
    runRounds(driver, 2);
    expect(words(driver)).toEqual(expected);
    expect(driver.announced(status)).toHaveLength(1);
  });

  it('is said again at the next answer: recovered', () => {
    const driver = dying();
    runRounds(driver, 5);
    driver.isRecording = false;
    driver.silent.delete('t000');
    runRounds(driver, 1);
    driver.input({ kind: 'not-recorded', targetId: 't000', targetEpoch: 1, status: 'recovered' });
    driver.isRecording = true;
    runRounds(driver, 5);
    expect(words(driver)).toEqual(['suspect 0', 'recovered 0', 'recovered 0']);
    expect(driver.announced('recovered')).toHaveLength(1);
  });

  it('is not said again when a later word has been said since', () => {
    const driver = dying();
    runRounds(driver, 13);
    driver.input({ kind: 'not-recorded', targetId: 't000', targetEpoch: 1, status: 'suspect' });
    driver.input({ kind: 'not-recorded', targetId: 't009', targetEpoch: 1, status: 'suspect' });
    runRounds(driver, 2);
    expect(words(driver)).toEqual(['suspect 0', 'dead 0']);
  });

  it('waits for the life that comes after to be another matter', () => {
    const driver = dying();
    runRounds(driver, 5);
    driver.ring = driver.ring.map((node) => (node.id === 't000' ? nodeOf('t000', { epoch: 2 }) : node));
    runRounds(driver, 1);
    driver.input({ kind: 'not-recorded', targetId: 't000', targetEpoch: 1, status: 'suspect' });
    runRounds(driver, 1);
    expect(words(driver)).toEqual(['suspect 0']);
  });
});
