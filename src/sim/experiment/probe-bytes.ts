/** What a probe weighs. */

export const bytesPerProbe = 343;
