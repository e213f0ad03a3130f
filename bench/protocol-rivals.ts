/**
 * Bytes that others put on the line for the same samples: their published formats, computed here. None of them authenticates anything.
 */
import { Encoder } from 'cbor-x';

/** Firmata 2.x sysex (protocol.md of firmata/protocol): 0xF0, command, every byte as two bytes of seven bits, 0xF7. */
export function firmataSysexBytes(rawBytes: number): number {
  return 3 + 2 * rawBytes;
}

/** Klipper's variable length quantity (its Protocol document): seven bits a byte, small negative numbers short too. */
function vlqBytes(value: number): number {
  if (value < 3 * 2 ** 5) return 1;
  if (value < 3 * 2 ** 12) return 2;
  return value < 3 * 2 ** 19 ? 3 : value < 3 * 2 ** 26 ? 4 : 5;
}

/**
 * Klipper `sensor_bulk_data oid sequence data` with at most 52 data bytes in a message block of at most 64: length, sequence, CRC (2) and
 * sync byte around command id, oid, sequence and the length of the data. Mean over its 16-bit sequence numbers.
 */
export function klipperBulkBytes(rawBytes: number): number {
  let sequence = 0;
  const steps = 4096;
  for (let k = 0; k < steps; k++) sequence += vlqBytes(k * 16) / steps;
  const block = 5 + 1 + 1 + sequence + 1;
  return rawBytes + Math.ceil(rawBytes / 52) * block;
}

/**
 * Klipper's ADXL345 stream: 5 bytes a triple, 10 triples a block. 6.07 B were measured on its real image; its source is GPL and stays out of
 * this repository, so the measured figure is kept as a constant beside this computation.
 */
export function klipperTripleBytes(): number {
  return klipperBulkBytes(50) / 10;
}
export const klipperTripleMeasured = 6.07;

/** A generic cbor-x object around the samples, framed as kz1 frames (two bytes of CRC, COBS, delimiter). */
export function cborXBytes(samples: Int16Array, asArray: boolean): number {
  const encoder = new Encoder({ useRecords: false, tagUint8Array: false });
  const item = { t: 2, rec: 42, i: 7, dt: 210_000, gap: 0, s: asArray ? [...samples] : samples };
  const body = encoder.encode(item).length + 2;
  return body + Math.ceil(body / 254) + 1;
}

/** The samples as JSON text with a detached Ed25519 JWS (RFC 7515, RFC 8037) beside them. */
export function jsonJwsBytes(samples: Int16Array): number {
  const payload = JSON.stringify({ rec: 42, i: 7, dt: 210_000, gap: 0, s: [...samples] });
  const header = Buffer.from('{"alg":"EdDSA","kid":"d75a980182b10ab7"}').toString('base64url');
  return payload.length + header.length + 2 + Math.ceil((64 * 4) / 3);
}
