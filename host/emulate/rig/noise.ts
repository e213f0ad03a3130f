/**
 * Background on a grid of instants. Every block draws from a generator seeded by its own number, so a reader may jump an hour ahead and
 * finds the same noise as one who walked.
 */

/** Twelve 16-bit uniforms: their sum has a standard deviation of 65536 and this mean. */
const MEAN_OF_TWELVE = 12 * 32767.5;

/** splitmix32 of two words. */
function mix(a: number, b: number): number {
  let z = (Math.imul(a, 0x9e3779b9) + Math.imul(b, 0x85ebca6b) + 0x6a09e667) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/**
 * Adds σ times standard normal numbers (sum of twelve uniforms) to `out`: block `block` of the stream `stream`. xoshiro128** written out,
 * two uniforms of 16 bits a draw.
 */
export function addWhite(out: Float64Array, sigma: number, stream: number, block: number): void {
  if (sigma === 0) return;
  let s0 = mix(stream, block) | 1;
  let s1 = mix(stream ^ 0x3c6ef372, block);
  let s2 = mix(stream ^ 0x510e527f, block);
  let s3 = mix(stream ^ 0x1f83d9ab, block);
  const scale = sigma / 65536;
  const n = out.length;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let draw = 0; draw < 6; draw++) {
      const five = Math.imul(s1, 5);
      const word = Math.imul((five << 7) | (five >>> 25), 9);
      sum += (word >>> 16) + (word & 0xffff);
      const t = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= t;
      s3 = (s3 << 11) | (s3 >>> 21);
    }
    out[j] += scale * (sum - MEAN_OF_TWELVE);
  }
}

/** Octaves of pink noise: spacing of their lattices in grid steps, 2^3 … 2^14 (12.8 kHz to 6 Hz on the 102.4 kHz grid). */
const FIRST_OCTAVE = 3;
const LAST_OCTAVE = 14;

/** Root mean square in 10 … 1000 Hz of `addPink` at size 1 on the 102.4 kHz grid, measured over 400 s (test/emulate/rig.test.ts). */
export const PINK_BAND_RMS = 1.193;

/**
 * Adds noise whose density falls as 1/f: octave lattices of independent values joined by straight lines (after Voss). `block` counts
 * blocks of out.length, a power of two.
 */
export function addPink(out: Float64Array, size: number, stream: number, block: number): void {
  if (size === 0) return;
  const n = out.length;
  const start = block * n;
  for (let octave = FIRST_OCTAVE; octave <= LAST_OCTAVE; octave++) {
    const spacing = 1 << octave;
    let j = 0;
    while (j < n) {
      const cell = Math.floor((start + j) / spacing);
      const offset = start + j - cell * spacing;
      const end = Math.min(n, j + spacing - offset);
      const from = lattice(stream + octave, cell);
      const slope = (lattice(stream + octave, cell + 1) - from) / spacing;
      let value = size * (from + slope * offset);
      const step = size * slope;
      for (; j < end; j++) {
        out[j] += value;
        value += step;
      }
    }
  }
}

/** Uniform in −1 … 1 at a lattice point. */
function lattice(stream: number, cell: number): number {
  return mix(stream, cell) / 2147483648;
}
