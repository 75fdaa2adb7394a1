import { expect, test } from 'vitest';
import { withSuggestion } from './unknown-option.ts';

const flags = ['--min-quorum', '--quorum-window', '--jitter', '--min-quorum'];

test('an option is suggested by a word of its name', () => {
  expect(withSuggestion("error: unknown option '--quorum'\n", flags)).toBe(
    "error: unknown option '--quorum'\n(Did you mean one of --min-quorum, --quorum-window?)\n",
  );
});

test.each([
  "error: unknown option '--sum'\n",
  "error: unknown option '--jiter'\n(Did you mean --jitter?)\n",
  "error: unknown command 'quorum'\n",
])('%j stays as it is', (text) => {
  expect(withSuggestion(text, flags)).toBe(text);
});
