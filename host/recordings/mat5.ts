/**
 * MATLAB level 5 MAT files (save -v6 and -v7): bytes in, named values out. Format: "MAT-File Format", The MathWorks, chapter 1.
 *
 *   header 128 B ─▶ element tag ─▶ [inflate] ─▶ miMATRIX ─▶ flags, dimensions, name, data
 */
import { inflateSync } from 'node:zlib';
import { KizashiError } from '../errors.js';
import { maxBytes } from './recording.js';

export type MatValue =
  | { kind: 'numeric'; dims: number[]; real: Float64Array; imaginary?: Float64Array }
  | { kind: 'text'; text: string }
  | { kind: 'struct'; dims: number[]; elements: Map<string, MatValue>[] }
  | { kind: 'cell'; dims: number[]; items: MatValue[] }
  /** Sparse, object, function handle: named, not read. */
  | { kind: 'unread'; className: string };

export interface MatFile {
  variables: Map<string, MatValue>;
  /** Variables left out, with the reason. */
  damaged: { at: number; why: string }[];
}

/** Table 1-1: data types. */
const widths: Record<number, number> = {
  1: 1,
  2: 1,
  3: 2,
  4: 2,
  5: 4,
  6: 4,
  7: 4,
  9: 8,
  12: 8,
  13: 8,
  16: 1,
  17: 2,
  18: 4,
};
const miInt8 = 1;
const miInt32 = 5;
const miUint32 = 6;
const miMatrix = 14;
const miCompressed = 15;

/** Table 1-3: array classes that are named but not read. */
const unreadClasses: Record<number, string> = { 3: 'object', 5: 'sparse', 16: 'function handle', 17: 'opaque object' };
const maxDepth = 8;

interface Bytes {
  view: DataView;
  littleEndian: boolean;
  /** Where byte 0 of the view stands, for messages. */
  place: string;
}

interface Element {
  type: number;
  start: number;
  length: number;
  /** First byte behind the element and its padding. */
  next: number;
}

function damaged(bytes: Bytes, at: number, why: string): KizashiError {
  return new KizashiError('KZ0809', `MAT file: ${why} at byte ${at}${bytes.place}`, { byte: at }, { why });
}

/**
 * Reads every variable that can be read; a damaged one is named in `damaged` and the rest is kept.
 * @param limit bytes that all elements may have once unpacked
 * @throws KZ0809 no MAT file or nothing readable in it, KZ0810 version 7.3, KZ0817 over the limit
 */
export function readMat5(file: Uint8Array, limit = maxBytes): MatFile {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const header = Buffer.from(file.subarray(0, Math.min(116, file.length))).toString('latin1');
  if (header.startsWith('MATLAB 7.3') || isHdf5(file))
    throw new KizashiError('KZ0810', 'MAT file of version 7.3 (HDF5)', { header: header.trim() });
  const mark = file.length >= 128 ? String.fromCharCode(file[126], file[127]) : '';
  const bytes: Bytes = { view, littleEndian: mark === 'IM', place: '' };
  if (mark !== 'IM' && mark !== 'MI') throw damaged(bytes, Math.min(126, file.length), 'no endian mark (IM or MI)');
  const version = view.getUint16(124, bytes.littleEndian);
  if (version !== 0x0100) throw damaged(bytes, 124, `version ${version.toString(16)}, not 0100`);

  const result: MatFile = { variables: new Map(), damaged: [] };
  let budget = limit;
  let at = 128;
  while (at < file.length) {
    let element: Element;
    try {
      element = readTag(bytes, at, file.length);
    } catch (error) {
      // behind a false tag nothing can be found again
      result.damaged.push({ at, why: (error as Error).message });
      break;
    }
    try {
      const inner = element.type === miCompressed ? inflate(bytes, file, element, budget) : undefined;
      budget -= inner ? inner.view.byteLength : element.length;
      const where = inner ?? bytes;
      const matrix = inner ? readTag(inner, 0, inner.view.byteLength) : element;
      if (matrix.type === miMatrix) {
        const { name, value } = readMatrix(where, matrix, 0);
        if (name) result.variables.set(name, value);
      } else if (inner || element.type === 0 || (widths[element.type] === undefined && element.type !== miMatrix))
        throw damaged(where, inner ? 0 : at, `element of type ${matrix.type} where a matrix belongs`);
    } catch (error) {
      if (error instanceof KizashiError && error.code === 'KZ0817') throw error;
      result.damaged.push({ at, why: (error as Error).message });
    }
    at = element.next;
  }
  if (result.variables.size === 0) {
    const first = result.damaged[0];
    throw first
      ? new KizashiError('KZ0809', first.why, { byte: first.at })
      : damaged(bytes, Math.min(128, file.length), 'the file holds no variable');
  }
  return result;
}

function isHdf5(file: Uint8Array): boolean {
  const magic = [0x89, 0x48, 0x44, 0x46];
  return [0, 512].some((at) => magic.every((byte, i) => file[at + i] === byte));
}

function inflate(bytes: Bytes, file: Uint8Array, element: Element, budget: number): Bytes {
  let out: Buffer;
  try {
    out = inflateSync(file.subarray(element.start, element.start + element.length), {
      maxOutputLength: Math.max(1, budget),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new KizashiError('KZ0817', 'MAT file: too large once unpacked', { byte: element.start });
    throw damaged(bytes, element.start, `compressed element does not unpack (${(error as Error).message})`);
  }
  return {
    view: new DataView(out.buffer, out.byteOffset, out.byteLength),
    littleEndian: bytes.littleEndian,
    place: ` of the unpacked element at byte ${element.start}`,
  };
}

/** A tag of eight bytes, or of four with its length in the upper half (small data element). */
function readTag(bytes: Bytes, at: number, end: number): Element {
  const { view, littleEndian } = bytes;
  if (at + 8 > end) throw damaged(bytes, at, `${end - at} bytes left, a tag needs 8`);
  const word = view.getUint32(at, littleEndian);
  const small = word >>> 16;
  if (small !== 0) {
    if (small > 4) throw damaged(bytes, at, `small element of ${small} bytes`);
    return { type: word & 0xffff, start: at + 4, length: small, next: at + 8 };
  }
  const length = view.getUint32(at + 4, littleEndian);
  const start = at + 8;
  if (length > end - start) throw damaged(bytes, at, `element of ${length} bytes, ${end - start} are left`);
  // compressed elements are not padded; the last element of a parent may lack its padding
  const next = word === miCompressed ? start + length : Math.min(end, start + Math.ceil(length / 8) * 8);
  return { type: word, start, length, next };
}

function readMatrix(bytes: Bytes, element: Element, depth: number): { name: string; value: MatValue } {
  if (depth > maxDepth) throw damaged(bytes, element.start, `nested deeper than ${maxDepth}`);
  const end = element.start + element.length;
  const empty: MatValue = { kind: 'numeric', dims: [0, 0], real: new Float64Array(0) };
  if (element.length === 0) return { name: '', value: empty };

  const flagsTag = readTag(bytes, element.start, end);
  if (flagsTag.type !== miUint32 || flagsTag.length !== 8) throw damaged(bytes, element.start, 'array flags missing');
  const flags = bytes.view.getUint32(flagsTag.start, bytes.littleEndian);
  const classId = flags & 0xff;
  if (classId === 17) return { name: '', value: { kind: 'unread', className: unreadClasses[17] } };

  const dimsTag = readTag(bytes, flagsTag.next, end);
  if (dimsTag.type !== miInt32) throw damaged(bytes, flagsTag.next, 'dimensions missing');
  const dims = Array.from(numbers(bytes, dimsTag));
  const count = dims.reduce((product, d) => product * d, 1);
  if (dims.length < 2 || dims.some((d) => d < 0) || count > maxBytes)
    throw damaged(bytes, dimsTag.start, `dimensions ${dims.join(' x ')}`);
  const nameTag = readTag(bytes, dimsTag.next, end);
  if (nameTag.type !== miInt8) throw damaged(bytes, dimsTag.next, 'name missing');
  const name = text(bytes, nameTag);
  const body = { at: nameTag.next, end, dims, count, depth, complex: (flags & 0x0800) !== 0 };

  if (unreadClasses[classId]) return { name, value: { kind: 'unread', className: unreadClasses[classId] } };
  if (classId === 1) return { name, value: readCell(bytes, body) };
  if (classId === 2) return { name, value: readStruct(bytes, body) };
  if (classId === 4) return { name, value: { kind: 'text', text: readText(bytes, body) } };
  if (classId >= 6 && classId <= 15) return { name, value: readNumeric(bytes, body) };
  throw damaged(bytes, flagsTag.start, `array class ${classId}`);
}

interface Body {
  at: number;
  end: number;
  dims: number[];
  count: number;
  depth: number;
  complex: boolean;
}

function readNumeric(bytes: Bytes, { at, end, dims, count, complex }: Body): MatValue {
  if (count === 0) return { kind: 'numeric', dims, real: new Float64Array(0) };
  const tag = readTag(bytes, at, end);
  const real = vector(bytes, tag, count);
  if (!complex) return { kind: 'numeric', dims, real };
  const imaginaryTag = readTag(bytes, tag.next, end);
  return { kind: 'numeric', dims, real, imaginary: vector(bytes, imaginaryTag, count) };
}

function vector(bytes: Bytes, tag: Element, count: number): Float64Array {
  const width = widths[tag.type];
  if (width === undefined || tag.length !== width * count)
    throw damaged(bytes, tag.start, `${tag.length} bytes of type ${tag.type} for ${count} numbers`);
  return numbers(bytes, tag);
}

function readText(bytes: Bytes, { at, end, count }: Body): string {
  if (count === 0) return '';
  const tag = readTag(bytes, at, end);
  if (tag.type === 16) return text(bytes, tag);
  return Array.from(numbers(bytes, tag), (unit) => String.fromCharCode(unit & 0xffff)).join('');
}

function readCell(bytes: Bytes, { at, end, dims, count, depth }: Body): MatValue {
  const items: MatValue[] = [];
  for (let i = 0, place = at; i < count; i++) {
    const tag = readTag(bytes, place, end);
    if (tag.type !== miMatrix) throw damaged(bytes, place, `type ${tag.type} inside a cell array`);
    items.push(readMatrix(bytes, tag, depth + 1).value);
    place = tag.next;
  }
  return { kind: 'cell', dims, items };
}

function readStruct(bytes: Bytes, { at, end, dims, count, depth }: Body): MatValue {
  const widthTag = readTag(bytes, at, end);
  const width = widthTag.type === miInt32 && widthTag.length === 4 ? numbers(bytes, widthTag)[0] : 0;
  if (!(width > 0)) throw damaged(bytes, at, 'length of field names missing');
  const namesTag = readTag(bytes, widthTag.next, end);
  const all = text(bytes, namesTag, false);
  const fields = Array.from({ length: Math.floor(all.length / width) }, (_, i) =>
    all.slice(i * width, (i + 1) * width).replace(/\0[\s\S]*$/, ''),
  );
  const elements: Map<string, MatValue>[] = [];
  let place = namesTag.next;
  if (fields.length === 0) return { kind: 'struct', dims, elements };
  for (let i = 0; i < count; i++) {
    const element = new Map<string, MatValue>();
    for (const field of fields) {
      const tag = readTag(bytes, place, end);
      if (tag.type !== miMatrix) throw damaged(bytes, place, `type ${tag.type} inside a structure`);
      element.set(field, readMatrix(bytes, tag, depth + 1).value);
      place = tag.next;
    }
    elements.push(element);
  }
  return { kind: 'struct', dims, elements };
}

function text(bytes: Bytes, tag: Element, trim = true): string {
  const raw = Buffer.from(bytes.view.buffer, bytes.view.byteOffset + tag.start, tag.length).toString('utf8');
  return trim ? raw.replace(/\0+$/, '') : raw;
}

/** The numbers of an element, each exact in a double except 64-bit integers beyond 2^53. */
function numbers(bytes: Bytes, tag: Element): Float64Array {
  const { view, littleEndian: le } = bytes;
  const width = widths[tag.type];
  if (width === undefined) throw damaged(bytes, tag.start, `type ${tag.type} where numbers belong`);
  const out = new Float64Array(Math.floor(tag.length / width));
  const get: Record<number, (at: number) => number> = {
    1: (at) => view.getInt8(at),
    2: (at) => view.getUint8(at),
    3: (at) => view.getInt16(at, le),
    4: (at) => view.getUint16(at, le),
    5: (at) => view.getInt32(at, le),
    6: (at) => view.getUint32(at, le),
    7: (at) => view.getFloat32(at, le),
    9: (at) => view.getFloat64(at, le),
    12: (at) => Number(view.getBigInt64(at, le)),
    13: (at) => Number(view.getBigUint64(at, le)),
    16: (at) => view.getUint8(at),
    17: (at) => view.getUint16(at, le),
    18: (at) => view.getUint32(at, le),
  };
  const read = get[tag.type];
  for (let i = 0; i < out.length; i++) out[i] = read(tag.start + i * width);
  return out;
}
