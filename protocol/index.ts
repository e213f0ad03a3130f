/**
 * kz1, the wire protocol: messages ⇄ bytes, keys, envelopes, digests, evidence files. Imports nothing else of the project.
 *
 *     chunk ─▶ FrameReader ─▶ body ─▶ decodeMessage ─▶ Message ─▶ checkMac / checkSignature
 *     Message ─▶ encodeMessage, macMessage, signMessage ─▶ body ─▶ encodeFrame ─▶ bytes
 */
export * from './blake2s.js';
export * from './cbor.js';
export { decodeCobs, encodeCobs } from './cobs.js';
export * from './cose.js';
export * from './crc16.js';
export * from './decode.js';
export * from './digest.js';
export * from './encode.js';
export * from './errors.js';
export * from './evidence.js';
export * from './frame.js';
export * from './keys.js';
export * from './message.js';
export * from './samples.js';
export * from './verify.js';
