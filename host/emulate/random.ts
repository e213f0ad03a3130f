import { Xoshiro128 } from '../signal/random.js';

export type Random = Xoshiro128;

/**
 * The generator of everything random in an emulation: one seed, one stream a name, so that adding a component leaves the others alone.
 * Seed words: the seed and FNV-1a of the name, spread by splitmix32.
 */
export function randomStream(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  let state = (Math.imul(seed | 0, 0x9e3779b9) ^ hash) >>> 0;
  const words = new DataView(new ArrayBuffer(16));
  for (let at = 0; at < 16; at += 4) {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    words.setUint32(at, (z ^ (z >>> 15)) >>> 0, true);
  }
  return new Xoshiro128(new Uint8Array(words.buffer));
}
