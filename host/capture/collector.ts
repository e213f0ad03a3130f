/** The items of one capture as they arrive: placed by number, refused at once where their order alone proves a foreign hand. */
import { checkSignature, decodeMessage, type Seal } from '../../protocol/index.js';
import { type CaptureMessage, checkChain, hex, type Session } from '../session/index.js';
import type { CaptureItems, RejectCause } from './result.js';
import type { Expected } from './verify.js';

/** Items that may arrive before the host has read the acknowledgement that precedes them. */
const earlyLimit = 64;
/** Frames of one capture; a number beyond it cannot be. */
const frameLimit = 0x10000;

export interface CollectorFault {
  why: RejectCause;
  text: string;
}

export class Collector {
  readonly items: CaptureItems = { data: [], marks: [] };
  /** Frames that arrived. */
  frames = 0;
  /** The first reason to reject, if there is one; later ones do not replace it. */
  rejected?: CollectorFault;
  readonly #win: number;
  #record = 0;
  #early: [CaptureMessage, Uint8Array][] = [];

  constructor(win: number) {
    this.#win = win;
  }

  /** Frames that the numbers of later ones show to be missing. */
  get missing(): number {
    return this.items.data.length - this.frames;
  }

  /** The record number is known: what belongs to others is refused from now on. */
  expect(record: number): void {
    this.#record = record;
  }

  /** Items that came before `expect`, once; those of other records were left over on the line and are dropped. */
  early(): [CaptureMessage, Uint8Array][] {
    const items = this.#early.filter(([message]) => recordOf(message) === this.#record);
    this.#early = [];
    return items;
  }

  reject(why: RejectCause, text: string): void {
    this.rejected ??= { why, text };
  }

  /** Places one item. Returns why the capture is lost by it, or nothing. */
  take(message: CaptureMessage, item: Uint8Array): CollectorFault | undefined {
    if (this.#record === 0) {
      if (this.#early.length < earlyLimit) this.#early.push([message, item]);
      return undefined;
    }
    if (message.type === 'busy') return undefined; // a heartbeat without authority
    const rec = recordOf(message);
    // a seal that was sent twice; one of an older record proves nothing here
    if (message.type === 'seal' && rec < this.#record) return undefined;
    if (rec !== this.#record) {
      return {
        why: 'foreign-frame',
        text: `a ${message.type} of record ${rec} within record ${this.#record}: replayed or swapped`,
      };
    }
    if (this.items.seal) return { why: 'order', text: `a ${message.type} after the seal` };
    switch (message.type) {
      case 'begin':
        if (this.items.begin || this.items.data.length > 0) return { why: 'order', text: 'a second begin' };
        this.items.begin = item;
        return undefined;
      case 'data':
        return this.#place(message.i, item);
      case 'signed-data':
        return this.#place(message.body.i, item);
      case 'mark':
        return this.#mark(message.w, message.d);
      case 'seal':
        this.items.seal = item;
        return undefined;
    }
  }

  #place(i: number, item: Uint8Array): CollectorFault | undefined {
    const next = this.items.data.length;
    if (i < next) return { why: 'order', text: `frame ${i} after frame ${next - 1}: reordered or replayed` };
    if (i >= frameLimit) return { why: 'order', text: `frame ${i} cannot be` };
    // a mark closes its window
    if (Math.floor(i / this.#win) < this.items.marks.length) {
      return { why: 'order', text: `frame ${i} after the digest of its window` };
    }
    while (this.items.data.length < i) this.items.data.push(undefined);
    this.items.data.push(item);
    this.frames++;
    return undefined;
  }

  #mark(w: number, d: Uint8Array): CollectorFault | undefined {
    const next = this.items.marks.length;
    if (w < next) return { why: 'order', text: `digest ${w} after digest ${next - 1}` };
    if (w >= frameLimit) return { why: 'order', text: `digest ${w} cannot be` };
    if (this.items.data.length > (w + 1) * this.#win)
      return { why: 'order', text: `digest ${w} after frames of a later window` };
    while (this.items.marks.length < w) this.items.marks.push(undefined);
    this.items.marks.push(d);
    return undefined;
  }

  /**
   * Moves the board's chain on by a genuine seal, also where the data under it are rejected: the record exists, and the next one continues
   * it.
   */
  async advanceChain(session: Session, expected: Expected): Promise<void> {
    const seal = this.#genuineSeal(expected);
    if (seal && checkChain(seal.body.rec, seal.body.prev, session.board).ok) {
      await session.advance(seal.body.rec, seal.payload);
    }
  }

  #genuineSeal(expected: Expected): Seal | undefined {
    if (!this.items.seal) return undefined;
    const seal = decodeMessage(this.items.seal, 'd2h');
    if (seal.type !== 'seal' || hex(seal.kid) !== hex(expected.key.kid)) return undefined;
    return checkSignature(seal, expected.key) ? seal : undefined;
  }
}

function recordOf(message: CaptureMessage): number {
  if (message.type === 'signed-data' || message.type === 'seal') return message.body.rec;
  return message.rec;
}
