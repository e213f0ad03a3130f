/**
 * Evidence files (.kzev): a CBOR sequence (RFC 8742) of parts by evidence.cddl, one capture a file. The reader is strict and streams: it
 * holds one part at most, whatever the file's size. It checks form and order; host/capture checks what the parts say.
 */
import { Cursor, major, Writer } from './cursor.js';
import { ProtocolError } from './errors.js';

/** Most bytes of a whole file. */
export const maxEvidence = 256 * 1024 * 1024;
/** Most bytes of one byte string in a part. */
export const maxPartItem = 65_535;
const magic = 'kizashi evidence';
/** Heads of a part and its other members, above `maxPartItem`. */
const longestPart = maxPartItem + 64;

export type EvidencePart =
  | { part: 'head' }
  /** Wire item of the identity that names the key. */
  | { part: 'identity'; item: Uint8Array }
  /** Log entry. */
  | { part: 'entry'; item: Uint8Array }
  | { part: 'begin'; item: Uint8Array }
  /** Frame `i`, a `data` or `signed-data` item. */
  | { part: 'data'; i: number; item: Uint8Array }
  | { part: 'mark'; w: number; d: Uint8Array }
  | { part: 'seal'; item: Uint8Array }
  /** Inclusion proof and checkpoint, C2SP tlog-proof. */
  | { part: 'proof'; item: Uint8Array }
  /** The checkpoint note the challenge was made from. */
  | { part: 'note'; item: Uint8Array };

/** A whole file in memory. */
export interface Evidence {
  identity: Uint8Array;
  entry?: Uint8Array;
  begin: Uint8Array;
  frames: { i: number; item: Uint8Array }[];
  marks: { w: number; d: Uint8Array }[];
  seal: Uint8Array;
  proof?: Uint8Array;
  note?: Uint8Array;
}

const numbers: Record<EvidencePart['part'], number> = {
  head: 0,
  identity: 1,
  entry: 2,
  begin: 3,
  data: 4,
  mark: 5,
  seal: 6,
  proof: 7,
  note: 8,
};
const names = Object.keys(numbers) as EvidencePart['part'][];
/** Parts that are in every file. */
const needed: EvidencePart['part'][] = ['head', 'identity', 'begin', 'seal'];

function refuse(why: string): never {
  throw new ProtocolError('evidence', why);
}

function itemAt(cursor: Cursor): Uint8Array {
  const from = cursor.at;
  const length = cursor.head(major.bytes);
  if (length === 0 || length > maxPartItem) refuse(`a byte string of ${length} bytes`);
  cursor.at = from;
  return cursor.bytesView().slice();
}

function index(cursor: Cursor): number {
  const value = cursor.uint();
  return value > 0xffffffff ? refuse(`the index ${value}`) : value;
}

function readPart(cursor: Cursor): EvidencePart {
  const length = cursor.head(major.array);
  const number = cursor.uint();
  const part = names[number] ?? refuse(`part ${number}`);
  const members = part === 'head' || part === 'data' || part === 'mark' ? 3 : 2;
  if (length !== members) refuse(`part ${number} with ${length} members`);
  switch (part) {
    case 'head':
      if (cursor.text(magic.length) !== magic) refuse('not a kizashi evidence file');
      if (cursor.uint() !== 1) refuse('a version other than 1');
      return { part };
    case 'data':
      return { part, i: index(cursor), item: itemAt(cursor) };
    case 'mark': {
      const w = index(cursor);
      const d = cursor.bytesView();
      return d.length === 32 ? { part, w, d: d.slice() } : refuse(`a window digest of ${d.length} bytes`);
    }
    default:
      return { part, item: itemAt(cursor) };
  }
}

/** Order of the parts: each at most once, but frames and marks, whose indices rise. */
class PartOrder {
  #last = -1;
  #frame = -1;
  #window = -1;
  readonly #seen = new Set<EvidencePart['part']>();

  take(part: EvidencePart): void {
    const number = numbers[part.part];
    const isStream = part.part === 'data' || part.part === 'mark';
    // frames and marks alternate between `begin` and `seal`
    const rank = isStream ? numbers.data : number;
    if (rank < this.#last || (!isStream && this.#seen.has(part.part))) refuse(`${part.part} out of order`);
    for (const before of needed) {
      if (numbers[before] < number && !this.#seen.has(before)) refuse(`${part.part} before ${before}`);
    }
    if (part.part === 'data') {
      if (part.i <= this.#frame) refuse(`frame ${part.i} out of order`);
      this.#frame = part.i;
    } else if (part.part === 'mark') {
      if (part.w <= this.#window) refuse(`mark ${part.w} out of order`);
      this.#window = part.w;
    }
    this.#last = rank;
    this.#seen.add(part.part);
  }

  finish(): void {
    for (const part of needed) if (!this.#seen.has(part)) refuse(`the file ends without ${part}`);
  }
}

/** Reads a file piece by piece. Every refusal is a ProtocolError `evidence` (form, order, limits) or `cbor` (profile). */
export class EvidenceReader {
  readonly #order = new PartOrder();
  #waiting: Uint8Array = new Uint8Array(0);
  #total = 0;

  /** Takes the next bytes of the file, gives the parts that are now whole. */
  push(chunk: Uint8Array): EvidencePart[] {
    this.#total += chunk.length;
    if (this.#total > maxEvidence) refuse(`a file above ${maxEvidence} bytes`);
    let bytes = chunk;
    if (this.#waiting.length > 0) {
      bytes = new Uint8Array(this.#waiting.length + chunk.length);
      bytes.set(this.#waiting);
      bytes.set(chunk, this.#waiting.length);
    }
    const parts: EvidencePart[] = [];
    const cursor = new Cursor(bytes);
    let from = 0;
    while (from < bytes.length) {
      cursor.at = from;
      let part: EvidencePart;
      try {
        part = readPart(cursor);
      } catch (error) {
        // cut off by the chunk's end and still short enough to be one part: wait for more
        if (error instanceof ProtocolError && error.cause === 'cbor' && bytes.length - from < longestPart) break;
        throw error;
      }
      this.#order.take(part);
      parts.push(part);
      from = cursor.at;
    }
    this.#waiting = bytes.slice(from);
    return parts;
  }

  /** The file has ended. @throws ProtocolError where something is cut off or missing */
  end(): void {
    if (this.#waiting.length > 0) {
      readPart(new Cursor(this.#waiting));
      refuse('the file is cut off');
    }
    this.#order.finish();
  }
}

/**
 * Reads a whole file.
 * @throws ProtocolError `evidence` or `cbor`
 */
export function readEvidence(bytes: Uint8Array): Evidence {
  const reader = new EvidenceReader();
  const parts = reader.push(bytes);
  reader.end();
  const evidence: Partial<Evidence> & Pick<Evidence, 'frames' | 'marks'> = { frames: [], marks: [] };
  for (const part of parts) {
    if (part.part === 'data') evidence.frames.push({ i: part.i, item: part.item });
    else if (part.part === 'mark') evidence.marks.push({ w: part.w, d: part.d });
    else if (part.part !== 'head') evidence[part.part] = part.item;
  }
  return evidence as Evidence;
}

/** Encodes one part. @throws ProtocolError `value` for an item that is empty or too long */
export function encodePart(part: EvidencePart): Uint8Array {
  const writer = new Writer('item' in part ? part.item.length + 32 : 64);
  const number = numbers[part.part];
  const members = part.part === 'head' || part.part === 'data' || part.part === 'mark' ? 3 : 2;
  writer.head(major.array, members);
  writer.uint(number);
  if (part.part === 'head') {
    writer.text(magic);
    writer.uint(1);
    return writer.finish();
  }
  if (part.part === 'data') writer.uint(part.i);
  if (part.part === 'mark') writer.uint(part.w);
  const bytes = part.part === 'mark' ? part.d : part.item;
  if (bytes.length === 0 || bytes.length > maxPartItem)
    throw new ProtocolError('value', `a byte string of ${bytes.length} bytes`);
  writer.byteString(bytes);
  return writer.finish();
}

/** Writes parts in their order, checked as the reader checks them. */
export class EvidenceWriter {
  readonly #order = new PartOrder();

  /** Bytes to append to the file; the first call is `{part: 'head'}`. */
  write(part: EvidencePart): Uint8Array {
    this.#order.take(part);
    return encodePart(part);
  }

  /** @throws ProtocolError where a needed part is missing */
  end(): void {
    this.#order.finish();
  }
}

/**
 * A whole file, frames before the marks that cover them: mark `w` stands behind frame `(w + 1) · win − 1`.
 * @param win frames in a window, from `begin`
 */
export function writeEvidence(evidence: Evidence, win: number): Uint8Array {
  const writer = new EvidenceWriter();
  const pieces: Uint8Array[] = [];
  const put = (part: EvidencePart) => pieces.push(writer.write(part));
  put({ part: 'head' });
  put({ part: 'identity', item: evidence.identity });
  if (evidence.entry) put({ part: 'entry', item: evidence.entry });
  put({ part: 'begin', item: evidence.begin });
  let m = 0;
  for (const { i, item } of evidence.frames) {
    for (; m < evidence.marks.length && evidence.marks[m].w < Math.floor(i / win); m++)
      put({ part: 'mark', ...evidence.marks[m] });
    put({ part: 'data', i, item });
  }
  for (; m < evidence.marks.length; m++) put({ part: 'mark', ...evidence.marks[m] });
  put({ part: 'seal', item: evidence.seal });
  if (evidence.proof) put({ part: 'proof', item: evidence.proof });
  if (evidence.note) put({ part: 'note', item: evidence.note });
  writer.end();
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const file = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}
