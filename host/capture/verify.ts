/**
 * Whether a capture proves itself: the items as they came from the wire, and what is known independently of them, give a verdict. Pure; the
 * live path, evidence files and the fuzzer use this one function. Order of the checks: docs/protocol.md, verdicts, cheap first.
 */
import {
  type Begin,
  beginDigest,
  chainStep,
  checkSignature,
  crossCheckSignature,
  type Data,
  decodeMessage,
  encoding,
  endCode,
  equalBytes,
  type Message,
  type PinnedKey,
  ProtocolError,
  type Seal,
  sampleCount,
  windowDigest,
} from '../../protocol/index.js';
import type { CaptureItems, RejectCause } from './result.js';

/** What is known before the items are looked at. Evidence files know the key alone; a live session knows the rest too. */
export interface Expected {
  key: PinnedKey;
  /** Why the key must not be accepted any more. */
  revoked?: string;
  rec?: number;
  sid?: Uint8Array;
  boot?: number;
  /** Tick rate of the hello. */
  hz?: number;
  /** What the command asked for. */
  asked?: { count: number; period: number; div: number; chans: readonly number[]; enc: number; win: number };
  chal?: Uint8Array;
  /** Refuses a record that does not continue what is held here; gives the reason. */
  chain?: (rec: number, prev: Uint8Array) => string | undefined;
  /** Ask the second verifier too. */
  crossCheck?: boolean;
}

export interface ProvenCapture {
  ok: true;
  begin: Begin;
  seal: Seal;
  /** By frame number; only frames that are proven. */
  frames: (Data | undefined)[];
  /** Windows that the line lost and the seal cannot prove. */
  holes: number[];
}

export type CaptureVerdict = ProvenCapture | { ok: false; why: RejectCause; text: string };

class Refusal extends Error {
  readonly why: RejectCause;

  constructor(why: RejectCause, text: string) {
    super(text);
    this.why = why;
  }
}

function refuse(why: RejectCause, text: string): never {
  throw new Refusal(why, text);
}

function decode(item: Uint8Array, what: string): Message {
  try {
    return decodeMessage(item, 'd2h');
  } catch (error) {
    if (error instanceof ProtocolError) refuse('shape', `${what}: ${error.message}`);
    throw error;
  }
}

interface Frame {
  data: Data;
  /** The bytes under the window's digest: the item, or the payload of a signed frame. */
  hashed: Uint8Array;
  /** Set for a frame that proves itself. */
  signed?: Message & { type: 'signed-data' };
  samples: number;
}

/**
 * Verifies a capture.
 * @returns the proven frames with the holes, or the first reason to reject
 */
export function verifyCapture(items: CaptureItems, expected: Expected): CaptureVerdict {
  try {
    return verify(items, expected);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, why: error.why, text: error.message };
    throw error;
  }
}

function verify(items: CaptureItems, expected: Expected): ProvenCapture {
  if (expected.revoked !== undefined) refuse('revoked', `the key is revoked: ${expected.revoked}`);
  if (!items.begin) refuse('begin-lost', 'the beginning of the capture is missing');
  const begin = decode(items.begin, 'begin');
  if (begin.type !== 'begin') refuse('shape', `a ${begin.type} where begin belongs`);
  checkBegin(begin, expected);

  const frames = items.data.map((item, i) => (item ? readFrame(item, i, begin) : undefined));
  checkCounts(frames, begin);
  if (begin.clock.kind === 0) checkTiming(frames, begin, begin.clock);
  else checkOrder(frames);

  if (!items.seal) refuse('seal-timeout', 'the seal is missing');
  const seal = decode(items.seal, 'seal');
  if (seal.type !== 'seal') refuse('shape', `a ${seal.type} where the seal belongs`);
  checkSeal(seal, begin, expected);

  const bd = beginDigest(items.begin);
  if (!equalBytes(bd, seal.body.bd)) refuse('digest', 'the beginning is not the one under the seal');
  const holes = checkChain(bd, frames, items.marks, begin, seal);
  checkSums(frames, holes, begin, seal);

  if (!checkSignature(seal, expected.key)) refuse('signature', "signature false: not this board's key");
  if (expected.crossCheck && !crossCheckSignature(seal, expected.key.bytes)) {
    refuse('verifier', `verifiers disagree on record ${begin.rec}: report this`);
  }
  return { ok: true, begin, seal, holes, frames: proven(frames, holes, begin, expected) };
}

/** Session, record and plan: is this the capture that was asked for? */
function checkBegin(begin: Begin, expected: Expected): void {
  const { asked } = expected;
  if (expected.rec !== undefined && begin.rec !== expected.rec) {
    refuse('foreign-frame', `begin of record ${begin.rec} where ${expected.rec} was reserved: replayed or swapped`);
  }
  if (expected.sid && !equalBytes(begin.sid, expected.sid)) refuse('foreign-frame', 'begin of another session');
  if (expected.boot !== undefined && begin.boot !== expected.boot) refuse('foreign-frame', 'begin of another boot');
  const sensorClock = begin.enc === encoding.fifoS16 || begin.enc === encoding.fifoU10;
  if ((begin.clock.kind === 1) !== sensorClock) refuse('shape', 'clock and encoding do not belong together');
  if (begin.count === 0 || begin.count % begin.chans.length !== 0) refuse('shape', 'a count that is not whole scans');
  const { clock } = begin;
  if (
    clock.hz === 0 ||
    (clock.kind === 0 && (clock.period === 0 || clock.div === 0 || clock.div % begin.chans.length !== 0))
  ) {
    refuse('shape', 'a clock that cannot be');
  }
  if (expected.hz !== undefined && clock.hz !== expected.hz)
    refuse('timing', 'the tick rate is not that of the greeting');
  if (!asked) return;
  const same =
    begin.count === asked.count &&
    begin.enc === asked.enc &&
    begin.win === asked.win &&
    begin.chans.length === asked.chans.length &&
    begin.chans.every((channel, k) => channel === asked.chans[k]) &&
    (clock.kind === 1 ? clock.odrMhz === asked.period : clock.period === asked.period && clock.div === asked.div);
  if (!same) refuse('digest', 'the board begins another capture than the one asked for');
}

function readFrame(item: Uint8Array, i: number, begin: Begin): Frame {
  const message = decode(item, `frame ${i}`);
  if (message.type !== 'data' && message.type !== 'signed-data')
    refuse('shape', `a ${message.type} where frame ${i} belongs`);
  const data = message.type === 'data' ? message : message.body;
  if (data.rec !== begin.rec) refuse('foreign-frame', `a frame of record ${data.rec} within record ${begin.rec}`);
  if (data.i !== i) refuse('order', `frame ${data.i} where frame ${i} belongs`);
  if (data.enc !== begin.enc) refuse('shape', `frame ${i} has another encoding than begin says`);
  const samples = sampleCount(data.enc, data.samples);
  if (samples === 0 || samples % begin.chans.length !== 0) refuse('shape', `frame ${i} does not hold whole scans`);
  return message.type === 'data'
    ? { data, hashed: item, samples }
    : { data, hashed: message.payload, signed: message, samples };
}

/** Every frame but the last has the same number of samples. */
function checkCounts(frames: (Frame | undefined)[], begin: Begin): void {
  const last = frames.length - 1;
  let each = 0;
  frames.forEach((frame, i) => {
    if (!frame) return;
    if (each !== 0 && (i < last ? frame.samples !== each : frame.samples > each)) {
      refuse('shape', `frame ${i} has ${frame.samples} samples, the others ${each}`);
    }
    if (i < last) each = frame.samples;
    if (frame.samples > begin.count) refuse('shape', `frame ${i} has more samples than the capture`);
  });
}

/**
 * dt[i+1] − dt[i] = (n[i] + gap[i+1]) · period · div / channels, exactly. Across frames that the line lost, what is missing must be whole
 * conversions, and at least as many as the next frame's gap.
 */
function checkTiming(frames: (Frame | undefined)[], begin: Begin, clock: Extract<Begin['clock'], { kind: 0 }>): void {
  const ticks = (clock.period * clock.div) / begin.chans.length;
  let before: { i: number; dt: number; samples: number } | undefined;
  frames.forEach((frame, i) => {
    if (!frame) return;
    const { dt, gap } = frame.data;
    if (!before) {
      if (dt < gap * ticks) refuse('timing', `frame ${i} begins before the capture`);
    } else {
      // frames the line lost had as many samples as the others
      const known = before.samples * (i - before.i);
      const elapsed = (dt - before.dt) / ticks;
      const right = i === before.i + 1 ? elapsed === known + gap : Number.isInteger(elapsed) && elapsed >= known + gap;
      if (!right) refuse('timing', `board clock and samples disagree at frame ${i}`);
    }
    before = { i, dt, samples: frame.samples };
  });
}

/** A sensor with its own clock: times may not run backwards; the rate itself is fitted elsewhere. */
function checkOrder(frames: (Frame | undefined)[]): void {
  let before = -1;
  frames.forEach((frame, i) => {
    if (!frame) return;
    if (frame.data.dt <= before) refuse('timing', `frame ${i} is not later than the one before`);
    before = frame.data.dt;
  });
}

function checkSeal(seal: Seal, begin: Begin, expected: Expected): void {
  const { body } = seal;
  if (!equalBytes(seal.kid, expected.key.kid)) refuse('foreign', 'the seal names another key');
  if (body.rec !== begin.rec)
    refuse('foreign-frame', `the seal of record ${body.rec} on record ${begin.rec}: replayed or swapped`);
  if (body.boot !== begin.boot) refuse('foreign-frame', 'the seal is of another boot');
  if (expected.chal && !equalBytes(body.chal, expected.chal))
    refuse('challenge', 'the challenge is not ours: old capture replayed');
  const broken = expected.chain?.(body.rec, body.prev);
  if (broken !== undefined) refuse('prev', broken);
}

/** Closes the chain of windows up to `cd`; returns the windows that only their mark stands for. */
function checkChain(
  bd: Uint8Array,
  frames: (Frame | undefined)[],
  marks: (Uint8Array | undefined)[],
  begin: Begin,
  seal: Seal,
): number[] {
  const { nf } = seal.body;
  if (nf > 0xffff_ffff / begin.win || nf > frames.length + marks.length * begin.win) {
    refuse('window-lost-with-mark', `${nf} frames are sealed, ${frames.length} arrived`);
  }
  const windows = Math.ceil(nf / begin.win);
  if (frames.length > nf || marks.length > windows) refuse('digest', 'more frames or marks than the seal counts');
  const holes: number[] = [];
  let c = bd;
  for (let w = 0; w < windows; w++) {
    const hashed: Uint8Array[] = [];
    const end = Math.min(nf, (w + 1) * begin.win);
    for (let i = w * begin.win; i < end; i++) {
      const frame = frames[i];
      if (frame) hashed.push(frame.hashed);
    }
    const mark = marks[w];
    let d: Uint8Array;
    if (hashed.length === end - w * begin.win) {
      d = windowDigest(hashed);
      if (mark && !equalBytes(mark, d)) {
        refuse('mark-mismatch', `data of window ${w} were changed between board and host`);
      }
    } else if (mark) {
      d = mark;
      holes.push(w);
    } else refuse('window-lost-with-mark', `window ${w} lost a frame and its digest`);
    c = chainStep(c, d);
  }
  if (!equalBytes(c, seal.body.cd)) refuse('digest', 'data were changed between board and host');
  return holes;
}

/** Counts under the seal against those of the frames. */
function checkSums(frames: (Frame | undefined)[], holes: number[], begin: Begin, seal: Seal): void {
  const { nf, ns, lost, end, t1 } = seal.body;
  const each = frames.find((frame, i) => frame !== undefined && i < nf - 1)?.samples;
  const last = nf > 0 ? frames[nf - 1] : undefined;
  let sum = 0;
  let gaps = 0;
  let latest = 0;
  for (const frame of frames) {
    if (!frame) continue;
    sum += frame.samples;
    gaps += frame.data.gap;
    latest = frame.data.dt;
  }
  const complete = holes.length === 0;
  if (complete && (sum !== ns || gaps !== lost)) refuse('digest', 'the counts of the seal are not those of the frames');
  if (sum > ns || gaps > lost) refuse('digest', 'the seal counts less than arrived');
  if (each !== undefined) {
    const tail = ns - each * (nf - 1);
    if (tail <= 0 || tail > each || (last && last.samples !== tail)) refuse('digest', 'the seal counts other frames');
  }
  if (ns > begin.count || ns % begin.chans.length !== 0) refuse('digest', 'more samples than were asked for');
  if (end === endCode.complete && ns + lost < begin.count)
    refuse('digest', 'fewer samples than the seal calls complete');
  if (t1 < begin.t0 + latest) refuse('timing', 'the capture ended before its last frame');
}

/** Frames of whole windows, and of holes those that carry their own signature. */
function proven(
  frames: (Frame | undefined)[],
  holes: number[],
  begin: Begin,
  expected: Expected,
): (Data | undefined)[] {
  const lost = new Set(holes);
  return frames.map((frame, i) => {
    if (!frame) return undefined;
    if (!lost.has(Math.floor(i / begin.win))) return frame.data;
    return frame.signed && checkSignature(frame.signed, expected.key) ? frame.data : undefined;
  });
}
