/**
 * Digests of a capture and of the record chain. `H(x, …) = BLAKE2s-256(byte x ‖ …)`, always over the exact item bytes as sent: the body
 * without its CRC, for `signed-data` the payload.
 *
 *     bd    = H(2, begin)
 *     d[w]  = H(0, data[w·win] … data[min(nf, (w+1)·win) − 1])
 *     c[−1] = bd;  c[w] = H(1, c[w−1], d[w]);  cd = c[last]
 *     prev' = first 16 bytes of H(3, payload of this record)
 */
import { blake2s, blake2sRunning } from './blake2s.js';

const domain = [0, 1, 2, 3].map((x) => Uint8Array.of(x));

/** `bd`: digest of the `begin` item. */
export function beginDigest(begin: Uint8Array): Uint8Array {
  return blake2s(domain[2], begin);
}

/** `d[w]`: digest of one window's `data` items in order. */
export function windowDigest(items: readonly Uint8Array[]): Uint8Array {
  return blake2s(domain[0], ...items);
}

/** One step of the chain: `c[w]` from `c[w−1]` and `d[w]`. */
export function chainStep(before: Uint8Array, window: Uint8Array): Uint8Array {
  return blake2s(domain[1], before, window);
}

/** `cd` from `bd` and the digests of all windows. */
export function chainDigest(bd: Uint8Array, windows: readonly Uint8Array[]): Uint8Array {
  return windows.reduce(chainStep, bd);
}

/** `prev` of the record after the one whose signed payload this is. */
export function nextPrev(payload: Uint8Array): Uint8Array {
  return blake2s(domain[3], payload).slice(0, 16);
}

/** Running digest of one window, for receivers that do not keep the frames. */
export function runningWindow(): { update(item: Uint8Array): void; digest(): Uint8Array } {
  const running = blake2sRunning();
  running.update(domain[0]);
  return running;
}
