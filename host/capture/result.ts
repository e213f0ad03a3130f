/** What a capture run ends with: a capture that proves itself, or the reason why it does not, with everything that was received. */
import type { Capture } from './capture.js';

/** Why a capture is rejected. Names are those of docs/protocol.md, "what each bad input gets". */
export type RejectCause =
  /** No `begin` arrived: nothing can be checked. */
  | 'begin-lost'
  /** A frame of another record, session or channel plan: replayed, or swapped between boards. */
  | 'foreign-frame'
  /** Frames that are not in the order of their numbers, or one number with two contents. */
  | 'order'
  | 'timing'
  | 'shape'
  | 'challenge'
  /** The record does not continue the chain of this board. */
  | 'prev'
  /** begin, data or counts are not those under the seal. */
  | 'digest'
  /** The board's own digest of a window differs from that of the frames received. */
  | 'mark-mismatch'
  | 'window-lost-with-mark'
  | 'seal-timeout'
  | 'foreign'
  | 'revoked'
  | 'signature'
  | 'verifier'
  /** Reset, unplug or end of the session in the middle. */
  | 'lost';

/** The exact items of a capture as they came from the wire: what an evidence file holds. */
export interface CaptureItems {
  begin?: Uint8Array;
  /** By frame number; absent where the line lost a frame. */
  data: (Uint8Array | undefined)[];
  /** By window. */
  marks: (Uint8Array | undefined)[];
  seal?: Uint8Array;
}

export type CaptureResult =
  | { ok: true; record: number; capture: Capture; items: CaptureItems; tries: number }
  | { ok: false; record: number | undefined; why: RejectCause; text: string; items: CaptureItems; tries: number };

/** How far a running capture is. */
export interface CaptureProgress {
  phase: 'armed' | 'capturing' | 'sealing' | 'verifying';
  frames: number;
  framesExpected: number;
  lostFrames: number;
  /** While sealing: what the board says it still needs. */
  leftMs?: number;
}
