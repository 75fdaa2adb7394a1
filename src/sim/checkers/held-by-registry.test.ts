import { describe, expect, it } from 'vitest';
import { heldVerdicts } from './held-by-registry.ts';

const completed = (count: number) =>
  Array.from({ length: count }, (_, epoch) => ({ nodeId: 'a', epoch, resolution: 'completed' as const }));
const open = { nodeId: 'b', epoch: 1, resolution: null };

describe('the verdicts that a registry holds', () => {
  it('lack a resolved one that is not in a reading with room for it', () => {
    expect(heldVerdicts({ verdicts: completed(199) }, completed(198))).toMatch(
      /lacks the verdict "a#198 compl/,
    );
  });

  it('lack nothing when a reading has no room for the oldest resolved ones', () => {
    expect(heldVerdicts({ verdicts: completed(250) }, completed(200))).toBeNull();
  });

  it('lack an open one also in a reading that is full', () => {
    const verdicts = [...completed(250), open];
    expect(heldVerdicts({ verdicts }, completed(200))).toBe(
      'the registry lacks the verdict "b#1 open", which it has acknowledged',
    );
    expect(heldVerdicts({ verdicts }, [open, ...completed(199)])).toBeNull();
  });

  it('may hold none that was never made, nor one that ended otherwise', () => {
    expect(heldVerdicts({ verdicts: completed(250) }, [open, ...completed(199)])).toMatch(/never made/);
    const returned = { nodeId: 'a', epoch: 0, resolution: 'returned' as const };
    expect(heldVerdicts({ verdicts: completed(1) }, [returned])).toMatch(/lacks the verdict "a#0 completed"/);
  });
});
