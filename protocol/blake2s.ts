/** BLAKE2s-256, unkeyed, no parameters (RFC 7693), from OpenSSL. Vectors in protocol/vectors/blake2s.json. */
import { createHash, type Hash } from 'node:crypto';

/** BLAKE2s-256 over the pieces in order; 32 bytes. */
export function blake2s(...pieces: Uint8Array[]): Uint8Array {
  const hash = createHash('blake2s256');
  for (const piece of pieces) hash.update(piece);
  return new Uint8Array(hash.digest());
}

/** A running BLAKE2s-256. */
export function blake2sRunning(): { update(piece: Uint8Array): void; digest(): Uint8Array } {
  const hash: Hash = createHash('blake2s256');
  return {
    update: (piece) => void hash.update(piece),
    digest: () => new Uint8Array(hash.digest()),
  };
}
