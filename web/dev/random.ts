/** Random numbers that are the same each time. */

/** A generator of numbers in (0, 1) from a seed. */
export function uniforms(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/** One number of the standard normal distribution. */
export function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A seed from several numbers. */
export function mix(...parts: number[]): number {
  let seed = 2166136261;
  for (const part of parts) {
    seed ^= part & 0xffffffff;
    seed = Math.imul(seed, 16777619);
    seed ^= seed >>> 13;
  }
  return seed >>> 0;
}
