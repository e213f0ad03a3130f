import type { Random } from '../random.js';

/** Faults of a converter, in steps of its least significant bit. */
export interface RealAdcOptions {
  /** RMS noise of one conversion. */
  noise: number;
  /** Largest integral non-linearity: a bow over the whole range. */
  inl: number;
  /** Largest width error of a code. */
  dnl: number;
  offset: number;
  /** Error at full scale. */
  gain: number;
}

/** ATmega328P datasheet, "ADC Characteristics", typical values at 4 V reference and 200 kHz; noise as a board with a switching USB supply shows. */
export const typicalAdc: RealAdcOptions = { noise: 0.5, inl: 0.5, dnl: 0.25, offset: 2, gain: 1 };

/**
 * A converter as it leaves the fab: noise, bow, uneven codes, offset, gain. A stated, adjustable model; it claims nothing about one board.
 * Returns the replacement of `Adc.quantize`.
 */
export function realAdc(options: RealAdcOptions, random: Random): (ratio: number) => number {
  const bow = (random.f64() < 0.5 ? -1 : 1) * options.inl;
  const offset = (2 * random.f64() - 1) * options.offset;
  const gain = (2 * random.f64() - 1) * options.gain;
  const edges = Float64Array.from({ length: 1024 }, () => (random.f64() - 0.5) * options.dnl);
  return (ratio) => {
    // a parabola with zero ends and the given middle
    const ideal = ratio * 1024;
    const x = ideal + offset + gain * ratio + 4 * bow * ratio * (1 - ratio) + options.noise * random.gaussian();
    let code = Math.floor(x + 0.5);
    if (code < 0) return 0;
    if (code > 1023) return 1023;
    // the edge below this code lies a little off its place
    if (x + 0.5 - code < edges[code]!) code--;
    return Math.max(0, code);
  };
}
