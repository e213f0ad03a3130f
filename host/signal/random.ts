/**
 * xoshiro128** 1.1 (Blackman and Vigna, public domain): the only source of chance in signal and wear, always from a given seed, so that
 * whoever holds a capture draws the same decoys.
 */
export class Xoshiro128 {
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  /** From 16 seed bytes, four little-endian words. All zero would stand still: the first word becomes 1. */
  constructor(seed: Uint8Array) {
    const view = new DataView(seed.buffer, seed.byteOffset, 16);
    this.#s0 = view.getUint32(0, true) | 0;
    this.#s1 = view.getUint32(4, true) | 0;
    this.#s2 = view.getUint32(8, true) | 0;
    this.#s3 = view.getUint32(12, true) | 0;
    if ((this.#s0 | this.#s1 | this.#s2 | this.#s3) === 0) this.#s0 = 1;
  }

  /** Next 32 bits, 0 … 2^32 − 1. */
  u32(): number {
    const s1 = this.#s1;
    const five = Math.imul(s1, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    this.#s2 ^= this.#s0;
    this.#s3 ^= s1;
    this.#s1 = s1 ^ this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= s1 << 9;
    this.#s3 = (this.#s3 << 11) | (this.#s3 >>> 21);
    return result;
  }

  /** Uniform in [0, 1) with 53 bits, from two words. */
  f64(): number {
    const upper = this.u32() >>> 5;
    return (upper * 67108864 + (this.u32() >>> 6)) / 9007199254740992;
  }

  /**
   * Close to standard normal: the sum of twelve uniforms less six (Irwin–Hall). Bounded at ±6 and free of logarithms; its kurtosis is
   * 2.9 instead of 3.
   */
  gaussian(): number {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += this.f64();
    return sum - 6;
  }
}
