/** What an answer may claim: an epoch that the registry does not know counts for nothing, and leaves nothing behind. */
import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];
const huge = Number.MAX_SAFE_INTEGER;

/** An observer in whose view something else answers for `t000` and names a huge epoch. */
function impersonated(): DetectorDriver {
  const driver = new DetectorDriver(ids, { retryIntervalMs: 1_000 });
  driver.run(20_000);
  driver.namedEpochs.set('t000', huge);
  return driver;
}

describe('an answer that names an epoch that the registry does not know', () => {
  it('is a miss as soon as a reading that began after it shows that', () => {
    const driver = impersonated();
    driver.run(40_000);
    const outcomes = driver.announced('probe').filter(({ targetId }) => targetId === 't000');
    expect(outcomes.at(-1)).toMatchObject({ targetEpoch: 1, result: 'miss', failure: 'wrong-epoch' });
    expect(driver.statements).toContain('suspect t000@1');
    expect(driver.announced('restarted')).toEqual([]);
  });

  it('is forgotten when the node itself answers again, whose real death is then found', () => {
    const driver = impersonated();
    driver.run(7_000);
    driver.namedEpochs.clear();
    driver.run(30_000);
    const last = driver.announced('probe').filter(({ targetId }) => targetId === 't000');
    expect(last.at(-1)).toMatchObject({ targetEpoch: 1, result: 'hit', missCount: 0 });
    expect(driver.state.peers.get('t000')).toMatchObject({ misses: null, statement: { kind: 'none' } });
    driver.silent.add('t000');
    driver.run(60_000);
    expect(driver.statements).toContain('dead t000@1');
    expect(driver.statements.filter((line) => line.includes(`${huge}`))).toEqual([]);
  });

  it('proves nothing while the registry is out of reach', () => {
    const driver = impersonated();
    driver.isRegistryUp = false;
    driver.run(120_000);
    expect(driver.statements).toEqual([]);
    expect(driver.announced('probe').at(-1)?.result).not.toBe('miss');
  });

  it('costs at most one reading a round besides the round’s own', () => {
    const driver = new DetectorDriver(ids, { retryIntervalMs: 500 });
    driver.run(20_000);
    for (const id of ids) {
      driver.namedEpochs.set(id, huge);
      driver.edit(id, { beatOrder: 1_000_000 });
    }
    driver.reads.length = 0;
    driver.run(100_000);
    expect(driver.reads.length).toBeLessThanOrEqual(20 + 2);
  });
});

describe('an answer that waits for a reading', () => {
  it('is no miss of an epoch that it does not name and that the reading shows first', () => {
    const driver = impersonated();
    const { reads } = driver;
    const readCount = reads.length;
    driver.onRead = () => {
      if (reads.length === readCount + 2) driver.edit('t000', { epoch: 2 });
    };
    driver.run(10_000);
    expect(reads.length).toBeGreaterThanOrEqual(readCount + 2);
    expect(driver.announced('restarted')).toEqual([{ targetId: 't000', targetEpoch: 2, previousEpoch: 1 }]);
    expect(driver.state.peers.get('t000')).toMatchObject({ node: { epoch: 2 }, misses: null });
  });
});

describe('a node that has restarted', () => {
  it('is read at once when its answer names the new epoch, and the answer is a hit', () => {
    const driver = new DetectorDriver(ids);
    driver.silent.add('t000');
    driver.run(60_000);
    expect(driver.statements).toEqual(['suspect t000@1']);
    driver.silent.clear();
    // The row of the reading that the round begins with is an old one.
    driver.namedEpochs.set('t000', 2);
    const { reads } = driver;
    const readCount = reads.length;
    driver.onRead = () => {
      if (reads.length === readCount + 2) driver.edit('t000', { epoch: 2 });
    };
    driver.run(10_000);
    expect(reads).toHaveLength(readCount + 2);
    expect(driver.announced('restarted')).toEqual([{ targetId: 't000', targetEpoch: 2, previousEpoch: 1 }]);
    expect(
      driver
        .announced('probe')
        .filter(({ targetId }) => targetId === 't000')
        .at(-1),
    ).toMatchObject({
      targetEpoch: 2,
      result: 'hit',
    });
    expect(driver.statements).toEqual(['suspect t000@1', 'recovered t000@1']);
  });

  it('needs no reading when its row is known', () => {
    const driver = new DetectorDriver([nodeOf('t000', { epoch: 7 }), 't001', 't002', 't003']);
    driver.run(30_000);
    driver.reads.length = 0;
    driver.run(100_000);
    expect(driver.reads).toHaveLength(10);
  });
});
