import { describe, expect, it } from 'vitest';
import { DetectorDriver } from '../../test/harness/detector-driver.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];

/** One target dies, and no quorum is found. */
function dying() {
  const driver = new DetectorDriver(ids, { quorumWindowMs: 60_000 });
  driver.silent.add('t000');
  driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
  return driver;
}

/** Rounds in which the others live by their heartbeats, heard or not. */
function runRounds(driver: DetectorDriver, count: number) {
  for (let round = 0; round < count; round++) {
    for (const id of ids) driver.edit(id, { heartbeat: String(driver.now) });
    driver.run(10_000);
  }
}

const votesOf = (driver: DetectorDriver) => driver.statements.filter((line) => line === 'dead t000@1').length;

describe('a vote', () => {
  it('is not affirmed by an observer that hears nobody, and is said anew when it hears somebody', () => {
    const driver = dying();
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
