/**
 * The buckets of latency histograms: bucket i covers (base^i, base^(i+1)] milliseconds, base = 2^(1/64).
 *
 * The same IEEE operations in the same order as the native core, so that figures agree to the last digit.
 */

/** Buckets for each doubling. */
export const BUCKETS_PER_DOUBLING = 64;
/** The bucket of the shortest time above zero, one nanosecond. */
export const FIRST_INDEX = -1276;
/** The bucket of the longest time that is kept, 2^53 ns. */
export const LAST_INDEX = 2116;

/** 2^(k/64), correctly rounded, for k in 0..64. `Math.pow` is not correctly rounded everywhere, so they stand here. */
// biome-ignore format: a table
const ROOTS = [
  1.0, 1.0108892860517005, 1.0218971486541166, 1.0330248790212284, 1.0442737824274138, 1.0556451783605572,
  1.0671404006768237, 1.0787607977571199, 1.0905077326652577, 1.102382583307841, 1.1143867425958924, 1.1265216186082418,
  1.1387886347566916, 1.1511892299529827, 1.1637248587775775, 1.1763969916502812, 1.189207115002721, 1.202156731452703,
  1.215247359980469, 1.22848053610687, 1.241857812073484, 1.255380757024691, 1.2690509571917332, 1.2828700160787783,
  1.2968395546510096, 1.3109612115247644, 1.3252366431597413, 1.339667524053303, 1.3542555469368927, 1.3690024229745905,
  1.383909881963832, 1.3989796725383112, 1.4142135623730951, 1.42961333839197, 1.4451808069770467, 1.460917794180647,
  1.4768261459394993, 1.4929077282912648, 1.5091644275934228, 1.5255981507445384, 1.5422108254079407, 1.559004400237837,
  1.5759808451078865, 1.593142151342267, 1.6104903319492543, 1.6280274218573478, 1.645755478153965, 1.6636765803267364,
  1.681792830507429, 1.7001063537185235, 1.718619298122478, 1.7373338352737062, 1.7562521603732995, 1.7753764925265212,
  1.7947090750031072, 1.8142521755003989, 1.8340080864093424, 1.8539791250833855, 1.8741676341103, 1.8945759815869656,
  1.9152065613971474, 1.9360617934922943, 1.9571441241754002, 1.978456026387951,
];

/** Lower bounds of all buckets and of the one behind the last. */
const LOWER_BOUNDS_MS = new Float64Array(LAST_INDEX - FIRST_INDEX + 2);
/** Lower bounds in whole nanoseconds, rounded down. */
const FLOORS_NS = new Float64Array(LOWER_BOUNDS_MS.length);
for (let place = 0; place < LOWER_BOUNDS_MS.length; place += 1) {
  const index = place + FIRST_INDEX;
  const octave = Math.floor(index / BUCKETS_PER_DOUBLING);
  const bound = (ROOTS[index - octave * BUCKETS_PER_DOUBLING] as number) * 2 ** octave;
  LOWER_BOUNDS_MS[place] = bound;
  FLOORS_NS[place] = Math.floor(bound * 1e6);
}

/** The lower bound of bucket `index` in milliseconds (excluded; the upper bound of the one below). */
export function lowerBoundMs(index: number): number {
  return LOWER_BOUNDS_MS[index - FIRST_INDEX] as number;
}

/** The lower bound of bucket `index` in whole nanoseconds: what encoded times are relative to. */
export function floorNs(index: number): number {
  return FLOORS_NS[index - FIRST_INDEX] as number;
}

/** The value that stands for bucket `index`, in milliseconds: off by at most 0.54 % from any time in it. */
export function representativeMs(index: number): number {
  const low = lowerBoundMs(index);
  const high = lowerBoundMs(index + 1);
  return (2.0 * low * high) / (low + high);
}

/** The bucket of a time above zero, in milliseconds. */
export function bucketOfMs(valueMs: number): number {
  let low = 0;
  let high = LOWER_BOUNDS_MS.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((LOWER_BOUNDS_MS[middle] as number) < valueMs) low = middle;
    else high = middle;
  }
  return low + FIRST_INDEX;
}
