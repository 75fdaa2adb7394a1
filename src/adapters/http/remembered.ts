/** Remembers what was made of a text. For texts of which the same few come again and again. */

/** How many texts are remembered; one more, and all are forgotten. */
const rememberedCount = 1_024;

/** Longer texts are not remembered. */
const longestLength = 256;

/** The same function, which must be pure, but it runs once for texts that come again. */
export function remembered<Value>(make: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = make(text);
    if (known.size >= rememberedCount) known.clear();
    if (text.length <= longestLength) known.set(text, made);
    return made;
  };
}
