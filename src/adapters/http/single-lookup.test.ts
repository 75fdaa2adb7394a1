import { describe, expect, it } from 'vitest';
import { createSingleLookup } from './single-lookup.ts';

type Answer = (error: NodeJS.ErrnoException | null, address: string, family?: number) => void;

function setUp() {
  const asked: { readonly hostname: string; readonly answer: Answer }[] = [];
  const lookup = createSingleLookup((hostname, _options, answer) => asked.push({ hostname, answer }));
  const ask = (hostname: string, options = {}): string[] => {
    const answers: string[] = [];
    lookup(hostname, options, (error, address) => answers.push(error?.message ?? String(address)));
    return answers;
  };
  return { asked, ask };
}

describe('look-ups of one name', () => {
  it('share one question while it runs, and its answer', () => {
    const { asked, ask } = setUp();
    const answers = [ask('a'), ask('a'), ask('a')];
    expect(asked).toHaveLength(1);
    asked[0]?.answer(null, '10.0.0.1', 4);
    expect(answers).toEqual([['10.0.0.1'], ['10.0.0.1'], ['10.0.0.1']]);
  });

  it('are asked anew after it, and after an error', () => {
    const { asked, ask } = setUp();
    const first = ask('a');
    asked[0]?.answer(new Error('no such name'), '');
    const second = ask('a');
    asked[1]?.answer(null, '10.0.0.2');
    expect([first, second]).toEqual([['no such name'], ['10.0.0.2']]);
  });

  it('do not share with other names or other wishes', () => {
    const { asked, ask } = setUp();
    ask('a');
    ask('b');
    ask('a', { family: 6 });
    ask('a', { all: true });
    expect(asked.map(({ hostname }) => hostname)).toEqual(['a', 'b', 'a', 'a']);
  });
});
