/** Targets that drop off the ring unseen: who is watched a while longer, and for how long. */
import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';

const ids = ['t000', 't001', 't002', 't003', 't004'];
/** Nobody is listed any more, as after a step of the registry's clock past the membership window. */
function unlist(driver: DetectorDriver): void {
  for (const id of ids) driver.edit(id, { isListed: false });
}

describe('a target that drops off the ring', () => {
  it('is found dead when it died before its next heartbeat, and nobody had missed it', () => {
    const driver = new DetectorDriver(ids);
    driver.run(10_000);
    unlist(driver);
    driver.run(10_000);
    driver.silent.add('t000');
    for (const id of ids.slice(1)) driver.edit(id, { isListed: true });
    driver.run(130_000);
    expect(driver.statements).toEqual(['suspect t000@1', 'dead t000@1']);
  });

  it('is no longer watched after a heartbeat window, nor is its row read', () => {
    const driver = new DetectorDriver(ids);
    driver.run(10_000);
    unlist(driver);
    driver.run(80_000);
    expect(driver.state.watching).toEqual(['t000', 't001', 't002']);
    driver.run(30_000);
    expect(driver.state.watching).toEqual([]);
    expect(driver.state.peers.size).toBe(0);
    driver.silent.add('t000');
    driver.run(200_000);
    expect(driver.statements).toEqual([]);
  });

  it('is an ordinary target again when it is listed again', () => {
    const driver = new DetectorDriver(ids);
    driver.run(10_000);
    unlist(driver);
    driver.run(20_000);
    for (const id of ids) driver.edit(id, { isListed: true });
    driver.run(10_000);
    expect(driver.state.watching).toEqual(['t000', 't001', 't002']);
    driver.ring = [nodeOf('sf1'), nodeOf('sf2'), nodeOf('sf3'), ...driver.ring];
    driver.run(20_000);
    expect(driver.state.watching).toEqual(['sf1', 'sf2', 'sf3']);
  });

  it.each([
    ['left', { lifecycle: 'left' as const }],
    ['is away', { lifecycle: 'away' as const }],
    ['is confirmed dead', { isConfirmedDead: true, isListed: true }],
  ])('is not probed again when it %s', (_, changes) => {
    const driver = new DetectorDriver(ids);
    driver.isDeadPassedOver = true;
    driver.run(10_000);
    driver.edit('t000', { isListed: false, ...changes });
    driver.probed.length = 0;
    driver.run(60_000);
    // The round in whose reading it is missed had begun before.
    expect(driver.probed.filter(({ id }) => id === 't000').length).toBeLessThanOrEqual(1);
    expect(driver.state.peers.has('t000')).toBe(false);
  });

  it('is forgotten at once when its row is deleted', () => {
    const driver = new DetectorDriver(ids);
    driver.run(10_000);
    driver.ring = driver.ring.slice(1);
    driver.run(20_000);
    expect(driver.state.peers.has('t000')).toBe(false);
  });

  it('is not one that nodes which join have pushed out of reach', () => {
    const driver = new DetectorDriver(ids);
    driver.run(10_000);
    driver.ring = ['sf1', 'sf2', 'sf3', 'sf4'].map((id) => nodeOf(id)).concat(driver.ring);
    driver.run(10_000);
    expect(driver.state.peers.has('t002')).toBe(false);
  });

  it('keeps an observer that reaches nobody from taking the registry alone for proof of its network', () => {
    const driver = new DetectorDriver(ids);
    driver.run(10_000);
    unlist(driver);
    driver.run(10_000);
    for (const id of ids) driver.silent.add(id);
    // Their heartbeats go on, though the listing is late to show it.
    for (let beat = 2; beat < 20; beat++) {
      for (const id of ids) driver.edit(id, { heartbeat: String(beat) });
      driver.run(10_000);
    }
    expect(driver.statements.filter((statement) => statement.startsWith('dead'))).toEqual([]);
  });
});
