/** Seeds of chance: whoever holds the evidence draws the same decoys. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const prefix = utf8ToBytes('kz-seed/1\0');

/**
 * First 16 bytes of SHA-256("kz-seed/1" ‖ 0 ‖ capture hash ‖ algorithm id ‖ 0 ‖ channel names joined by ",").
 */
export function seedOf(captureHash: Uint8Array, algorithm: string, channels: readonly string[]): Uint8Array {
  return sha256(concatBytes(prefix, captureHash, utf8ToBytes(`${algorithm}\0${channels.join(',')}`))).subarray(0, 16);
}

export const seedHex = (seed: Uint8Array): string => bytesToHex(seed);
