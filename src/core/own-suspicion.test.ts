import { describe, expect, it } from 'vitest';
import { DetectorDriver } from '../../test/harness/detector-driver.ts';

const suspected = { kind: 'self-suspected' } as const;

function driverOf(refutation = true): DetectorDriver {
  const driver = new DetectorDriver(['t000', 't001'], { refutation });
  driver.run(60_000);
  driver.reads.length = 0;
  return driver;
}

describe('a node that suspects itself', () => {
  it('reads twenty times in the first 2.2 s, then ever more seldom, and then as before', () => {
    const driver = driverOf();
    driver.input(suspected);
    driver.run(2_200);
    expect(driver.reads.length).toBeGreaterThanOrEqual(19);
    driver.run(90_000);
    driver.reads.length = 0;
    driver.run(60_000);
    expect(driver.reads.length).toBe(6);
    expect(driver.state.own.suspicion).toBeNull();
  });

  it('answers an accusation within 300 ms, and with each round for as long as it is accused', () => {
    const driver = driverOf();
    driver.input(suspected);
    driver.reading = { accuserIds: ['t000'] };
    driver.run(300);
    expect(driver.effects.filter(({ kind }) => kind === 'refute').length).toBeGreaterThan(0);
    driver.run(60_000);
    expect(driver.state.own.suspicion).toBeNull();
    driver.reads.length = 0;
    driver.effects.length = 0;
    driver.run(60_000);
    expect(driver.reads.length).toBe(6);
    expect(driver.effects.filter(({ kind }) => kind === 'refute').length).toBe(6);
  });

  it('begins again where a call fails while it is accused, so that no round passes without an answer', () => {
    const driver = driverOf();
    driver.reading = { accuserIds: ['t000'] };
    driver.run(60_000);
    driver.effects.length = 0;
    const failed = { tookMs: 5, hasFailed: true };
    driver.input({ kind: 'registry-call', slowCount: 0, ended: failed });
    driver.run(1_500);
    expect(driver.effects.filter(({ kind }) => kind === 'refute').length).toBeGreaterThan(0);
  });

  it.each([
    ['it hears of one more reason', suspected],
    ['a reading of another cause is answered', { kind: 'registry-changed' }],
  ] as const)('reads soon after readings that failed, once %s', (_what, input) => {
    const driver = driverOf();
    driver.isRegistryUp = false;
    driver.input(suspected);
    driver.run(11_000);
    const { length } = driver.reads;
    while (driver.reads.length === length) driver.run(10);
    driver.isRegistryUp = true;
    driver.input(input);
    driver.reads.length = 0;
    // The long pause is a third of the answer window of 3.1 s.
    driver.run(1_050);
    expect(driver.reads.length).toBeGreaterThan(0);
  });

  it('begins with the long pause when the one before was in vain, for ten minutes', () => {
    const driver = driverOf();
    const readsAfterTrigger = () => {
      driver.reads.length = 0;
      driver.input(suspected);
      driver.run(2_200);
      const count = driver.reads.length;
      driver.run(60_000);
      expect(driver.state.own.suspicion).toBeNull();
      return count;
    };
    expect(readsAfterTrigger()).toBeGreaterThanOrEqual(19);
    expect(readsAfterTrigger()).toBeLessThanOrEqual(7);
    driver.reading = { accuserIds: ['t000'] };
    expect(readsAfterTrigger()).toBeLessThanOrEqual(7);
    driver.run(600_000);
    driver.reading = {};
    expect(readsAfterTrigger()).toBeGreaterThanOrEqual(19);
  });

  it('does not begin anew with each sign', () => {
    const driver = driverOf();
    driver.input(suspected);
    driver.run(5_000);
    driver.reads.length = 0;
    for (let count = 0; count < 20; count++) {
      driver.input(suspected);
      driver.run(100);
    }
    expect(driver.reads.length).toBeLessThanOrEqual(6);
  });

  it('reads from the leader, and as before when it is over', () => {
    const driver = driverOf();
    const freshnesses = () =>
      new Set(driver.effects.flatMap((effect) => (effect.kind === 'read-round' ? [effect.freshness] : [])));
    expect(freshnesses()).toEqual(new Set([undefined]));
    driver.effects.length = 0;
    driver.input(suspected);
    driver.run(20_000);
    expect(freshnesses()).toEqual(new Set(['leader']));
    driver.run(60_000);
    driver.effects.length = 0;
    driver.run(30_000);
    expect(freshnesses()).toEqual(new Set([undefined]));
  });

  it('ends with a reading that was asked for at the end and was answered, not with one that failed', () => {
    const driver = driverOf();
    driver.isRegistryUp = false;
    driver.input(suspected);
    driver.run(100_000);
    expect(driver.state.own.suspicion).not.toBeNull();
    driver.reads.length = 0;
    driver.run(60_000);
    // Each five seconds, beside the rounds.
    expect(driver.reads.length).toBeLessThanOrEqual(6 + 13);
    driver.isRegistryUp = true;
    driver.run(6_000);
    expect(driver.state.own.suspicion).toBeNull();
  });

  it('pauses longer while the registry does not answer', () => {
    const driver = driverOf();
    driver.isRegistryUp = false;
    driver.input(suspected);
    driver.run(2_200);
    expect(driver.reads.length).toBeLessThan(10);
  });

  it('does nothing of this kind without refutation', () => {
    const driver = driverOf(false);
    driver.input(suspected);
    driver.run(5_000);
    expect(driver.reads.length).toBeLessThan(2);
  });
});
