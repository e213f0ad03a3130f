/**
 * Samples as they lie in `data` messages. s16: signed, little-endian, two bytes. u10: unsigned 0 to 1,023, four samples a b c d in five
 * bytes `a&255, b&255, c&255, d&255, (a>>8) | (b>>8)<<2 | (c>>8)<<4 | (d>>8)<<6`. A FIFO sensor's signed ten-bit values travel as u10 with
 * (v + 512) & 1023 (encoding 4).
 */
import { ProtocolError } from './errors.js';
import { encoding } from './message.js';

/** Samples in a payload of this encoding. */
export function sampleCount(enc: number, payload: Uint8Array): number {
  return enc === encoding.u10 || enc === encoding.fifoU10 ? (payload.length / 5) * 4 : payload.length / 2;
}

/**
 * Unpacks a payload; values are counts as the converter gave them (encoding 4: signed again).
 * @throws ProtocolError `shape` for a length the encoding cannot have
 */
export function unpackSamples(enc: number, payload: Uint8Array): Int16Array {
  const samples = new Int16Array(Math.ceil(sampleCount(enc, payload)));
  unpackInto(enc, payload, samples, 0);
  return samples;
}

/** As `unpackSamples`, into `out` from `at` on. @returns the number of samples written */
export function unpackInto(enc: number, payload: Uint8Array, out: Int16Array | Float64Array, at: number): number {
  const count = sampleCount(enc, payload);
  if (!Number.isInteger(count) || count > out.length - at)
    throw new ProtocolError('shape', `${payload.length} bytes of samples`);
  if (enc === encoding.s16 || enc === encoding.fifoS16) {
    for (let k = 0, p = 0; k < count; k++, p += 2) out[at + k] = ((payload[p] | (payload[p + 1] << 8)) << 16) >> 16;
    return count;
  }
  const offset = enc === encoding.fifoU10 ? 512 : 0;
  for (let p = 0, k = at; p < payload.length; p += 5, k += 4) {
    const high = payload[p + 4];
    out[k] = (payload[p] | ((high & 0x03) << 8)) - offset;
    out[k + 1] = (payload[p + 1] | ((high & 0x0c) << 6)) - offset;
    out[k + 2] = (payload[p + 2] | ((high & 0x30) << 4)) - offset;
    out[k + 3] = (payload[p + 3] | ((high & 0xc0) << 2)) - offset;
  }
  return count;
}

/**
 * Packs samples for the wire.
 * @throws ProtocolError `value` for a sample out of range or a count that is no multiple of 4 (u10)
 */
export function packSamples(enc: number, samples: ArrayLike<number>): Uint8Array {
  const isU10 = enc === encoding.u10 || enc === encoding.fifoU10;
  const offset = enc === encoding.fifoU10 ? 512 : 0;
  const [least, most] = isU10 ? [0, 1023] : [-32768, 32767];
  if (isU10 && samples.length % 4 !== 0)
    throw new ProtocolError('value', `${samples.length} samples are no multiple of 4`);
  const out = new Uint8Array(isU10 ? (samples.length / 4) * 5 : samples.length * 2);
  for (let k = 0; k < samples.length; k++) {
    const value = samples[k] + offset;
    if (!Number.isInteger(value) || value < least || value > most)
      throw new ProtocolError('value', `sample ${samples[k]} at ${k}`);
    if (isU10) {
      const group = (k >> 2) * 5;
      out[group + (k & 3)] = value & 0xff;
      out[group + 4] |= (value >> 8) << (2 * (k & 3));
    } else {
      out[2 * k] = value & 0xff;
      out[2 * k + 1] = (value >> 8) & 0xff;
    }
  }
  return out;
}
