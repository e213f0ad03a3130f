import type { LineTap } from './port.js';
import { randomStream } from './random.js';

export interface LineNoiseOptions {
  seed: number;
  /** Probability that a bit arrives inverted. */
  bitErrors?: number;
  /** Probability that a character is lost, and that one comes twice. */
  drops?: number;
  doubles?: number;
  /** Probability a character that a burst begins, which garbles so many characters in a row. */
  bursts?: number;
  burstLength?: number;
}

/** A bad cable: bit errors, lost and doubled characters, bursts. Seeded; both directions share the same misfortune rates. */
export function lineNoise(options: LineNoiseOptions): LineTap {
  const { bitErrors = 0, drops = 0, doubles = 0, bursts = 0, burstLength = 20 } = options;
  const random = randomStream(options.seed, 'line noise');
  const left = { toHost: 0, toBoard: 0 };
  return (bytes, direction) => {
    const out: number[] = [];
    for (let byte of bytes) {
      if (bursts > 0 && random.f64() < bursts) left[direction] = burstLength;
      if (left[direction] > 0) {
        left[direction]--;
        byte = random.u32() & 0xff;
      }
      if (bitErrors > 0) for (let bit = 0; bit < 8; bit++) if (random.f64() < bitErrors) byte ^= 1 << bit;
      if (drops > 0 && random.f64() < drops) continue;
      out.push(byte);
      if (doubles > 0 && random.f64() < doubles) out.push(byte);
    }
    return [Uint8Array.from(out)];
  };
}
