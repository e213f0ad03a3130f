/** Honest captures for the fuzzer: whole, sealed, and true by every rule, of two boards, in every encoding. */
import {
  type Begin,
  beginDigest,
  chainDigest,
  type Data,
  deviceNonce,
  encodeBody,
  encodeMessage,
  encoding,
  endCode,
  nextPrev,
  packSamples,
  publicKeyOf,
  type SealBody,
  sessionKeys,
  signMessage,
  windowDigest,
  writeEvidence,
} from '../protocol/index.js';

export interface HonestCapture {
  seed: Uint8Array;
  begin: Uint8Array;
  data: Uint8Array[];
  marks: Uint8Array[];
  seal: Uint8Array;
  /** What the host knows on the live path. */
  known: { rec: number; sid: Uint8Array; boot: number; chal: Uint8Array };
  win: number;
  sealBody: SealBody;
  /** Signed payload of the seal. */
  payload: Uint8Array;
  frames: Data[];
  /** The whole as an evidence file. */
  file: Uint8Array;
}

export interface CaptureRecipe {
  seed: Uint8Array;
  rec: number;
  boot: number;
  enc: number;
  chans: number[];
  frames: number;
  perFrame: number;
  win: number;
  sign?: boolean;
  /** Samples lost on the board before this frame, by frame. */
  gaps?: Record<number, number>;
}

const filled = (value: number, n: number) => new Uint8Array(n).fill(value);

/** Makes one honest capture; everything in it follows from the recipe. */
export function honestCapture(recipe: CaptureRecipe): HonestCapture {
  const { seed, rec, boot, enc, chans, win, perFrame, gaps = {} } = recipe;
  const { sid } = sessionKeys(filled(rec, 32), filled(boot, 16), deviceNonce(boot, 1));
  const chal = filled(rec ^ 0x5a, 16);
  const isFifo = enc === encoding.fifoS16 || enc === encoding.fifoU10;
  const isU10 = enc === encoding.u10 || enc === encoding.fifoU10;
  const [period, div] = [250, chans.length];
  const lost = Object.values(gaps).reduce((sum, gap) => sum + gap, 0);
  const ns = recipe.frames * perFrame;
  const begin: Begin = {
    type: 'begin',
    rec,
    sid,
    boot,
    t0: 5_000_000 + rec * 1_000_000,
    clock: isFifo ? { kind: 1, hz: 2_000_000, odrMhz: 3_200_000 } : { kind: 0, hz: 2_000_000, period, div },
    chans,
    enc,
    count: ns + lost,
    win,
    cfg: Uint8Array.of(1, 64, 5),
  };
  const frames: Data[] = [];
  let dt = 0;
  for (let i = 0; i < recipe.frames; i++) {
    const gap = gaps[i] ?? 0;
    dt += (gap * period * div) / chans.length;
    const samples = Array.from({ length: perFrame }, (_, k) => {
      const phase = (i * perFrame + k) * 0.37 + rec;
      const swing = Math.round(300 * Math.sin(phase));
      return enc === encoding.u10 ? 512 + swing : isU10 ? swing : 40 * swing;
    });
    frames.push({
      type: 'data',
      rec,
      i,
      dt,
      gap,
      enc,
      ...(isFifo ? { level: i % 3 } : {}),
      samples: packSamples(enc, samples),
    });
    dt += (perFrame * period * div) / chans.length;
  }
  const payloads = frames.map((frame) => encodeMessage(frame));
  const data = recipe.sign ? frames.map((frame) => signMessage('signed-data', frame, seed)) : payloads;
  const beginItem = encodeMessage(begin);
  const digests: Uint8Array[] = [];
  for (let w = 0; w * win < payloads.length; w++) digests.push(windowDigest(payloads.slice(w * win, (w + 1) * win)));
  const bd = beginDigest(beginItem);
  const sealBody: SealBody = {
    rec,
    boot,
    prev: nextPrev(Uint8Array.of(rec)),
    chal,
    nf: frames.length,
    ns,
    t1: begin.t0 + dt,
    lost,
    end: endCode.complete,
    macbad: 0,
    bd,
    cd: chainDigest(bd, digests),
  };
  const seal = signMessage('seal', sealBody, seed);
  const identity = signMessage(
    'identity',
    {
      rec: 1,
      boot: 1,
      prev: new Uint8Array(16),
      why: 0,
      pk: publicKeyOf(seed),
      nonce: filled(9, 16),
      fw: 'kz-uno/1.0.0',
      fwd: filled(8, 16),
      lock: new Uint8Array(0),
      ent: 512,
    },
    seed,
  );
  const file = writeEvidence(
    {
      identity,
      begin: beginItem,
      frames: data.map((item, i) => ({ i, item })),
      marks: digests.map((d, w) => ({ w, d })),
      seal,
    },
    win,
  );
  return {
    seed,
    begin: beginItem,
    data,
    marks: digests,
    seal,
    known: { rec, sid, boot, chal },
    win,
    sealBody,
    payload: encodeBody('seal', sealBody),
    frames,
    file,
  };
}

const boardA = filled(0x41, 32);
const boardB = filled(0x42, 32);

/** The set the fuzzer draws from. The first captures are targets; all of them give pieces for splices. */
export const honestCaptures: readonly HonestCapture[] = [
  honestCapture({ seed: boardA, rec: 42, boot: 117, enc: 2, chans: [0], frames: 9, perFrame: 12, win: 3 }),
  honestCapture({ seed: boardA, rec: 43, boot: 117, enc: 2, chans: [0], frames: 9, perFrame: 12, win: 3 }),
  honestCapture({
    seed: boardA,
    rec: 44,
    boot: 117,
    enc: 1,
    chans: [0, 1],
    frames: 7,
    perFrame: 8,
    win: 2,
    gaps: { 3: 16 },
  }),
  honestCapture({ seed: boardA, rec: 45, boot: 118, enc: 4, chans: [4, 5, 6], frames: 6, perFrame: 12, win: 4 }),
  honestCapture({ seed: boardA, rec: 46, boot: 118, enc: 1, chans: [0], frames: 6, perFrame: 8, win: 3, sign: true }),
  honestCapture({ seed: boardB, rec: 42, boot: 117, enc: 2, chans: [0], frames: 9, perFrame: 12, win: 3 }),
];
