/**
 * What an attacker on the cable can do to a capture, as functions of a random source: bend bytes, exchange, drop, double and splice items,
 * rewrite fields and digests consistently, sign with another key. Each changes the items in place.
 */
import {
  beginDigest,
  chainDigest,
  type Data,
  decodeMessage,
  encodeMessage,
  type SealBody,
  signMessage,
  windowDigest,
} from '../protocol/index.js';
import { type HonestCapture, honestCaptures } from './fuzz-specimens.js';

export interface Items {
  begin?: Uint8Array;
  data: (Uint8Array | undefined)[];
  marks: (Uint8Array | undefined)[];
  seal?: Uint8Array;
}

/** An integer from 0 to n − 1. */
export type Draw = (n: number) => number;

type Slot = { get: () => Uint8Array | undefined; set: (item: Uint8Array | undefined) => void };

function slots(items: Items): Slot[] {
  const list: Slot[] = [
    { get: () => items.begin, set: (item) => void (items.begin = item) },
    { get: () => items.seal, set: (item) => void (items.seal = item) },
  ];
  for (const array of [items.data, items.marks]) {
    for (let k = 0; k < array.length; k++) list.push({ get: () => array[k], set: (item) => void (array[k] = item) });
  }
  return list;
}

const pick = <T>(list: readonly T[], draw: Draw): T => list[draw(list.length)];

/** Changes one field of a frame and encodes it again: shape and CRC stay right. */
function bendFrame(frame: Data, draw: Draw): Data {
  const edges = [0, 1, 2, frame.i + 1, frame.gap + 4, 12, 65_535, 65_536, 2 ** 32 - 1];
  switch (draw(6)) {
    case 0:
      return { ...frame, rec: pick(edges, draw) };
    case 1:
      return { ...frame, i: pick(edges, draw) };
    case 2:
      return { ...frame, dt: Math.max(0, frame.dt + pick([-250, -1, 1, 250, 3000], draw)) };
    case 3:
      return { ...frame, gap: pick(edges, draw) };
    case 4:
      return frame.level === undefined ? { ...frame, dt: frame.dt + 1 } : { ...frame, level: draw(32) };
    default: {
      const samples = frame.samples.slice();
      samples[draw(samples.length)] ^= 1 << draw(8);
      return { ...frame, samples };
    }
  }
}

function bendSeal(body: SealBody, draw: Draw): SealBody {
  const numbers = ['rec', 'boot', 'nf', 'ns', 't1', 'lost', 'macbad'] as const;
  const hashes = ['prev', 'chal', 'bd', 'cd'] as const;
  if (draw(3) === 0) {
    const name = pick(hashes, draw);
    const value = body[name].slice();
    value[draw(value.length)] ^= 1 << draw(8);
    return { ...body, [name]: value };
  }
  if (draw(6) === 0) return { ...body, end: draw(5) };
  const name = pick(numbers, draw);
  return { ...body, [name]: Math.max(0, body[name] + pick([-12, -1, 1, 4, 12], draw)) };
}

/** All digests made anew over the items as they are, as a forger without the key can do. */
function digestsOf(items: Items, win: number): { bd: Uint8Array; windows: Uint8Array[]; cd: Uint8Array } {
  const bd = beginDigest(items.begin ?? new Uint8Array(1));
  const windows: Uint8Array[] = [];
  for (let w = 0; w * win < items.data.length; w++) {
    windows.push(windowDigest(items.data.slice(w * win, (w + 1) * win).map((item) => item ?? new Uint8Array(1))));
  }
  return { bd, windows, cd: chainDigest(bd, windows) };
}

const foreignSeed = new Uint8Array(32).fill(0x66);

/** Rewrites a frame's field, or the seal's, through the codec. */
function rewriteFrame(items: Items, honest: HonestCapture, draw: Draw): void {
  const i = draw(items.data.length);
  items.data[i] = encodeMessage(bendFrame(honest.frames[Math.min(i, honest.frames.length - 1)], draw));
}

export const mutations: Record<string, (items: Items, honest: HonestCapture, draw: Draw) => void> = {
  'flip a bit': (items, _, draw) => {
    const slot = pick(slots(items), draw);
    const item = slot.get()?.slice();
    if (!item) return;
    item[draw(item.length)] ^= 1 << draw(8);
    slot.set(item);
  },
  'edit bytes': (items, _, draw) => {
    const slot = pick(slots(items), draw);
    const item = slot.get()?.slice();
    if (!item) return;
    for (let k = draw(4); k >= 0; k--) item[draw(item.length)] = draw(256);
    slot.set(item);
  },
  truncate: (items, _, draw) => {
    const slot = pick(slots(items), draw);
    const item = slot.get();
    if (item) slot.set(item.slice(0, draw(item.length)));
  },
  'exchange two frames': (items, _, draw) => {
    const [a, b] = [draw(items.data.length), draw(items.data.length)];
    [items.data[a], items.data[b]] = [items.data[b], items.data[a]];
  },
  'exchange two marks': (items, _, draw) => {
    const [a, b] = [draw(items.marks.length), draw(items.marks.length)];
    [items.marks[a], items.marks[b]] = [items.marks[b], items.marks[a]];
  },
  'drop a frame': (items, _, draw) => {
    items.data[draw(items.data.length)] = undefined;
  },
  'drop a frame, close the gap': (items, _, draw) => {
    items.data.splice(draw(items.data.length), 1);
  },
  'drop a frame and bend its mark': (items, honest, draw) => {
    const i = draw(items.data.length);
    items.data[i] = undefined;
    const mark = items.marks[Math.floor(i / honest.win)]?.slice();
    if (!mark) return;
    mark[draw(32)] ^= 1 << draw(8);
    items.marks[Math.floor(i / honest.win)] = mark;
  },
  'drop a mark': (items, _, draw) => {
    items.marks[draw(items.marks.length)] = undefined;
  },
  'double a frame': (items, _, draw) => {
    const i = draw(items.data.length);
    items.data.splice(i, 0, items.data[i]);
  },
  'move bytes across a frame border': (items, _, draw) => {
    const i = draw(items.data.length - 1);
    const [a, b] = [items.data[i], items.data[i + 1]];
    if (!a || !b) return;
    const both = Uint8Array.of(...a, ...b);
    const cut = draw(both.length);
    items.data[i] = both.slice(0, cut);
    items.data[i + 1] = both.slice(cut);
  },
  'splice from another capture': (items, _, draw) => {
    const other = pick(honestCaptures, draw);
    const what = draw(5);
    if (what === 0) items.begin = other.begin;
    else if (what === 1) items.seal = other.seal;
    else if (what === 2) items.marks[draw(items.marks.length)] = pick(other.marks, draw);
    else {
      const i = draw(items.data.length);
      items.data[i] = other.data[what === 3 ? Math.min(i, other.data.length - 1) : draw(other.data.length)];
    }
  },
  'another capture whole': (items, _, draw) => {
    const other = pick(honestCaptures, draw);
    Object.assign(items, { begin: other.begin, data: [...other.data], marks: [...other.marks], seal: other.seal });
  },
  'truncate the capture': (items, honest, draw) => {
    const left = draw(items.data.length);
    items.data.length = left;
    items.marks.length = Math.min(items.marks.length, Math.ceil(left / honest.win));
  },
  'rewrite a frame': rewriteFrame,
  'rewrite a frame, marks follow': (items, honest, draw) => {
    rewriteFrame(items, honest, draw);
    items.marks = digestsOf(items, honest.win).windows;
  },
  'rewrite begin': (items, _, draw) => {
    if (!items.begin) return;
    const begin = items.begin.slice();
    // numbers of the head and the clock, without touching lengths
    begin[1 + draw(begin.length - 1)] ^= 1 << draw(5);
    items.begin = begin;
  },
  'rewrite the seal, keep its signature': (items, honest, draw) => {
    const seal = decodeMessage(honest.seal, 'd2h');
    if (seal.type !== 'seal') return;
    const forged = decodeMessage(signMessage('seal', bendSeal(honest.sealBody, draw), foreignSeed), 'd2h');
    if (forged.type === 'seal') items.seal = encodeMessage({ ...seal, payload: forged.payload });
  },
  'change data, make all digests anew, sign with another key': (items, honest, draw) => {
    rewriteFrame(items, honest, draw);
    const { bd, windows, cd } = digestsOf(items, honest.win);
    items.marks = windows;
    const forged = decodeMessage(signMessage('seal', { ...honest.sealBody, bd, cd }, foreignSeed), 'd2h');
    const seal = decodeMessage(honest.seal, 'd2h');
    if (forged.type !== 'seal' || seal.type !== 'seal') return;
    // with the foreign kid, or under the board's name
    items.seal = encodeMessage(draw(2) ? forged : { ...forged, kid: seal.kid });
  },
  'turn the signature': (items, honest, draw) => {
    const seal = decodeMessage(honest.seal, 'd2h');
    if (seal.type !== 'seal') return;
    const signature = seal.signature.slice();
    if (draw(2)) signature.set(signature.slice(32), 0);
    else signature.reverse();
    items.seal = encodeMessage({ ...seal, signature });
  },
};

/** Names of all mutations. */
export const mutationNames = Object.keys(mutations);
