import { describe, expect, it } from 'vitest';
import { Recorder } from './recorder.ts';

function setUp() {
  const clock = { now: 0 };
  const recorder = new Recorder({
    now: () => clock.now,
    beginAt: 1_000,
    sliceMs: 100,
    sliceCount: 10,
    isSick: (nodeId, at) => nodeId === 'sick' && at < 500,
    bytesPerProbe: 7,
  });
  return { clock, recorder };
}

const accusation = { observerId: 'o', targetId: 'a', targetEpoch: 1, isTargetAlive: false } as const;

describe('Recorder', () => {
  it('counts a death from its instant to the first of everything', () => {
    const { clock, recorder } = setUp();
    clock.now = 1_200;
    recorder.died('a', 1, 'process');
    for (const [at, kind] of [
      [1_230, 'suspect'],
      [1_240, 'suspect'],
      [1_300, 'verdict'],
      [1_310, 'verdict'],
    ] as const) {
      clock.now = at;
      recorder.accused({ ...accusation, kind });
    }
    clock.now = 1_350;
    recorder.recoveryBegan('a', 1);
    recorder.recoveryBegan('a', 1);
    clock.now = 1_400;
    recorder.recoveryCompleted('a', 1);
    clock.now = 1_600;
    recorder.began('a');
    expect(recorder.deaths).toEqual([
      {
        nodeId: 'a',
        kind: 'process',
        at: 200,
        suspectMs: 30,
        verdictMs: 100,
        recoveredMs: 200,
        runCount: 2,
        backMs: 400,
      },
    ]);
    expect(recorder.falseAccusations).toEqual([]);
  });

  it('leaves out what another epoch of the node is accused of', () => {
    const { clock, recorder } = setUp();
    clock.now = 1_200;
    recorder.died('a', 2, 'process');
    recorder.accused({ ...accusation, kind: 'verdict' });
    recorder.recoveryBegan('a', 1);
    expect(recorder.deaths[0]).toMatchObject({ verdictMs: null, runCount: 0 });
  });

  it('counts no death of an epoch that was condemned while it lasted', () => {
    const { clock, recorder } = setUp();
    clock.now = 1_200;
    recorder.accused({ ...accusation, kind: 'verdict', isTargetAlive: true });
    recorder.died('a', 1, 'process');
    expect(recorder.deaths).toEqual([]);
    expect(recorder.falseAccusations).toHaveLength(1);
  });

  it('tells accusations by and of sick nodes from others', () => {
    const { clock, recorder } = setUp();
    const pairs = [
      ['o', 'a'],
      ['sick', 'a'],
      ['o', 'sick'],
    ] as const;
    for (const at of [1_100, 1_700]) {
      clock.now = at;
      for (const [observerId, targetId] of pairs) {
        recorder.accused({ ...accusation, kind: 'suspect', observerId, targetId, isTargetAlive: true });
      }
    }
    const found = recorder.falseAccusations.map(({ isByHealthy, isOfHealthy }) => [isByHealthy, isOfHealthy]);
    expect(found.slice(0, 3)).toEqual([
      [true, true],
      [false, true],
      [true, false],
    ]);
    expect(found.slice(3)).toEqual(Array.from({ length: 3 }, () => [true, true]));
  });

  it('counts nothing of the warm-up, and everything after it in its slice', () => {
    const { clock, recorder } = setUp();
    for (const at of [999, 1_000, 1_099, 1_100, 2_000]) {
      clock.now = at;
      recorder.probed();
      recorder.called(at < 1_100 ? 'early' : 'late');
      recorder.died(`${at}`, 1, 'process');
    }
    expect(recorder.cost).toEqual({
      probeCount: 4,
      probeBytes: 28,
      registryCalls: { early: 2, late: 2 },
    });
    expect(recorder.deaths.map(({ at }) => at)).toEqual([0, 99, 100, 1_000]);
    expect(recorder.timeline.map(({ probeCount }) => probeCount)).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(recorder.timeline.map(({ registryCallCount }) => registryCallCount)[0]).toBe(2);
  });

  it('tells of each slice how many nodes were down at one time in it', () => {
    const { clock, recorder } = setUp();
    recorder.wentDown('before');
    recorder.sliceBegins(0);
    for (const [at, act] of [
      [1_120, () => recorder.wentDown('a')],
      [1_130, () => recorder.wentDown('b')],
      [1_140, () => recorder.began('a')],
      [1_150, () => recorder.began('before')],
    ] as const) {
      clock.now = at;
      act();
    }
    recorder.sliceBegins(2);
    expect(recorder.timeline.slice(0, 4).map(({ downCount }) => downCount)).toEqual([1, 3, 1, 0]);
  });
});
