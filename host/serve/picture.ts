import type { Picture } from '../monitor/picture.js';

/**
 * A picture for a plot: a JSON header and float32 values in one binary message, so that a page draws without parsing numbers.
 *
 * | bytes | content |
 * |---|---|
 * | 0..3 | n, u32 little endian: header length, a multiple of 4, padded with spaces so that the floats are aligned |
 * | 4..3+n | header, JSON |
 * | 4+n.. | `count` IEEE 754 float32, little endian |
 */
export type PictureHeader = Picture['header'];

export function encodePicture(header: PictureHeader, values: ArrayLike<number>): Uint8Array {
  const text = JSON.stringify(header);
  const bytes = new TextEncoder().encode(text);
  const n = (bytes.length + 3) & ~3;
  const out = new Uint8Array(4 + n + values.length * 4).fill(0x20, 4, 4 + n);
  const view = new DataView(out.buffer);
  view.setUint32(0, n, true);
  out.set(bytes, 4);
  for (let i = 0; i < values.length; i++) view.setFloat32(4 + n + i * 4, values[i], true);
  return out;
}

/** Reads what `encodePicture` wrote. Throws RangeError on a truncated message. */
export function decodePicture(bytes: Uint8Array): { header: PictureHeader; values: Float32Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n = view.getUint32(0, true);
  if (n > bytes.length - 4) throw new RangeError('picture is shorter than its header says');
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + n))) as PictureHeader;
  if (bytes.length - 4 - n !== header.count * 4)
    throw new RangeError('picture has another number of points than its header says');
  const values = new Float32Array(header.count);
  for (let i = 0; i < header.count; i++) values[i] = view.getFloat32(4 + n + i * 4, true);
  return { header, values };
}
