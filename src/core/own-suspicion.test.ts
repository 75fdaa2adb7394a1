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

  it('answers an accusation within 300 ms, and goes on for as long as it is accused', () => {
    const driver = driverOf();
    driver.input(suspected);
    driver.reading = { accuserIds: ['t000'] };
    driver.run(300);
    expect(driver.effects.filter(({ kind }) => kind === 'refute').length).toBeGreaterThan(0);
    driver.run(300_000);
    expect(driver.state.own.suspicion).not.toBeNull();
    driver.reading = {};
    driver.run(60_000);
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
