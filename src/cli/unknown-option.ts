/** What is suggested for an option that no letters are near to: the options that have its words in their names. */

/** The error as it is to be told: with the options that hold the unknown one's name, the shortest first. */
export function withSuggestion(text: string, flags: readonly string[]): string {
  const [, unknown] = /^error: unknown option '--([a-z][a-z-]*)'\n/.exec(text) ?? [];
  if (unknown === undefined || text.includes('Did you mean')) return text;
  const found = [...new Set(flags)]
    .filter((flag) => `-${flag}-`.includes(`-${unknown}-`))
    .sort((one, other) => one.length - other.length);
  if (found.length === 0) return text;
  return text.replace('\n', `\n(Did you mean ${found.length > 1 ? 'one of ' : ''}${found.join(', ')}?)\n`);
}
