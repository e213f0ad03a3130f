/** Whether a signed record is this board's and continues its chain (docs/protocol.md, records). */
import {
  type BoardEvent,
  checkSignature,
  type Identity,
  type PinnedKey,
  pinKey,
  type Seal,
} from '../../protocol/index.js';
import { hex } from './hex.js';
import type { PinnedBoard } from './keyring.js';

export type RecordCheck =
  | { ok: true; gapless: boolean }
  | { ok: false; cause: 'foreign' | 'revoked' | 'prev' | 'signature'; text: string };

const pinned = new WeakMap<PinnedBoard, PinnedKey>();

/** The board's key, checked once and kept. */
export function keyOf(board: PinnedBoard): PinnedKey {
  let key = pinned.get(board);
  if (!key) {
    key = pinKey(board.pk);
    pinned.set(board, key);
  }
  return key;
}

/**
 * Where a record stands in the chain that is held here. A record that follows directly must carry our `prev`; one after a gap proves by its
 * own `prev` whether signed records between were never seen.
 */
export function checkChain(rec: number, prev: Uint8Array, board: PinnedBoard): RecordCheck {
  const { chain } = board;
  const continues = hex(prev) === hex(chain.prev);
  if (rec <= chain.rec) {
    return {
      ok: false,
      cause: 'prev',
      text: `record ${rec} of ${board.name} is not newer than record ${chain.rec}: replayed`,
    };
  }
  if (rec === chain.rec + 1 && !continues) {
    return { ok: false, cause: 'prev', text: `record ${rec} of ${board.name} does not continue record ${chain.rec}` };
  }
  return { ok: true, gapless: continues };
}

/** Cheap first: key id, chain, signature. */
export function checkRecord(message: Identity | BoardEvent | Seal, board: PinnedBoard): RecordCheck {
  const kid = hex(message.kid);
  if (kid !== board.kid) {
    return { ok: false, cause: 'foreign', text: `a record of key ${kid} on the line of ${board.name}` };
  }
  const chain = checkChain(message.body.rec, message.body.prev, board);
  if (!chain.ok) return chain;
  if (!checkSignature(message, keyOf(board))) {
    return {
      ok: false,
      cause: 'signature',
      text: `the signature of record ${message.body.rec} is false: not the key of ${board.name}`,
    };
  }
  return chain;
}
