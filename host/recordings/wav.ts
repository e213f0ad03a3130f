/**
 * WAV files: PCM 8, 16, 24, 32 and float 32, 64. Samples are decoded by wavefile, which accepts damaged files without a word, so the
 * header is checked here first (Multimedia Programming Interface and Data Specifications 1.0, RIFF WAVE; WAVEFORMATEXTENSIBLE).
 */
import wavefile from 'wavefile';
import { KizashiError } from '../errors.js';
import { buildCapture, type ReadOptions, type Recording } from './recording.js';
import { gapless } from './spans.js';
import { channelOf, type Scale, unitFromFlag, unitFromText } from './units.js';

interface WavHeader {
  format: 'pcm' | 'float';
  channels: number;
  rateHz: number;
  bits: number;
  dataAt: number;
  dataLength: number;
  /** The header left the size of the data open (0 or 0xFFFFFFFF, a stream). */
  open: boolean;
  comment?: string;
}

function damaged(name: string, byte: number, why: string): KizashiError {
  return new KizashiError('KZ0807', `${name}: ${why} at byte ${byte}`, { byte }, { why });
}

/** Walks the chunks and checks what wavefile does not. */
function checkHeader(bytes: Uint8Array, name: string): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw damaged(name, 0, 'no RIFF/WAVE header');
  let format: Omit<WavHeader, 'dataAt' | 'dataLength' | 'open'> | undefined;
  let data: { at: number; length: number; open: boolean } | undefined;
  let comment: string | undefined;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const id = tag(at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    const left = bytes.length - body;
    if (id === 'data' && (size === 0 || size === 0xffffffff)) {
      data = { at: body, length: left, open: true };
      break;
    }
    if (size > left) throw damaged(name, at, `chunk "${id}" promises ${size} bytes, ${left} are left`);
    if (id === 'fmt ') format = checkFormat(view, body, size, name);
    else if (id === 'data') data = { at: body, length: size, open: false };
    else if (id === 'LIST' && size >= 4 && tag(body) === 'INFO')
      comment ??= infoComment(bytes, view, body + 4, body + size);
    at = body + size + (size & 1);
  }
  if (!format) throw damaged(name, 12, 'no "fmt " chunk');
  if (!data) throw damaged(name, Math.min(at, bytes.length), 'no "data" chunk');
  const frame = (format.channels * format.bits) / 8;
  const rest = data.length % frame;
  if (rest !== 0 && !data.open)
    throw damaged(name, data.at, `${data.length} bytes of data are no whole number of frames of ${frame} bytes`);
  return {
    ...format,
    dataAt: data.at,
    dataLength: data.length - rest,
    open: data.open,
    ...(comment === undefined ? {} : { comment }),
  };
}

function checkFormat(view: DataView, at: number, size: number, name: string) {
  if (size < 16) throw damaged(name, at, `"fmt " chunk of ${size} bytes`);
  const code = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rateHz = view.getUint32(at + 4, true);
  const block = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  // WAVEFORMATEXTENSIBLE: the true code is the first field of the subformat GUID
  if (code === 0xfffe && size < 40) throw damaged(name, at, `extensible format of ${size} bytes`);
  const actual = code === 0xfffe ? view.getUint16(at + 24, true) : code;
  const format = actual === 1 ? ('pcm' as const) : actual === 3 ? ('float' as const) : undefined;
  if (!format) throw damaged(name, at, `compressed audio (format ${actual}), PCM or float is needed`);
  const allowed = format === 'pcm' ? [8, 16, 24, 32] : [32, 64];
  if (!allowed.includes(bits)) throw damaged(name, at + 14, `${bits} bits a sample (${format})`);
  if (channels < 1 || channels > 16) throw damaged(name, at + 2, `${channels} channels (1 to 16 are read)`);
  if (rateHz === 0) throw damaged(name, at + 4, 'sample rate 0');
  if (block !== (channels * bits) / 8)
    throw damaged(name, at + 12, `block of ${block} bytes for ${channels} channels of ${bits} bits`);
  return { format, channels, rateHz, bits };
}

function infoComment(bytes: Uint8Array, view: DataView, from: number, to: number): string | undefined {
  for (let at = from; at + 8 <= to; ) {
    const size = view.getUint32(at + 4, true);
    if (size > to - at - 8) return undefined;
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) === 'ICMT')
      return Buffer.from(bytes.subarray(at + 8, at + 8 + size))
        .toString('utf8')
        .replace(/\0[\s\S]*$/, '');
    at += 8 + size + (size & 1);
  }
  return undefined;
}

/** A header of its own before exactly the bytes that were checked, so that wavefile decodes those and nothing else. */
function plainWav(bytes: Uint8Array, header: WavHeader): Uint8Array {
  const out = new Uint8Array(44 + header.dataLength);
  const view = new DataView(out.buffer);
  const put = (at: number, text: string): void => out.set(Buffer.from(text, 'latin1'), at);
  put(0, 'RIFF');
  view.setUint32(4, 36 + header.dataLength, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, header.format === 'pcm' ? 1 : 3, true);
  view.setUint16(22, header.channels, true);
  view.setUint32(24, header.rateHz, true);
  const block = (header.channels * header.bits) / 8;
  view.setUint32(28, header.rateHz * block, true);
  view.setUint16(32, block, true);
  view.setUint16(34, header.bits, true);
  put(36, 'data');
  view.setUint32(40, header.dataLength, true);
  out.set(bytes.subarray(header.dataAt, header.dataAt + header.dataLength), 44);
  return out;
}

/** What kizashi writes into ICMT: the header's rate is an integer, so the measured one stands here. */
interface KizashiComment {
  fs?: number;
  scale?: Scale;
  factors?: number[];
  /** Value of count 0, by channel. */
  offsets?: number[];
  ids?: string[];
  at?: number;
}

function parseComment(comment: string | undefined, notes: string[]): KizashiComment {
  if (comment === undefined || !comment.trimStart().startsWith('{')) return {};
  let facts: Record<string, unknown>;
  try {
    facts = JSON.parse(comment) as Record<string, unknown>;
  } catch {
    notes.push('the comment in the file (ICMT) is no valid JSON and was ignored');
    return {};
  }
  if (facts.kizashi !== 1) return {};
  const result: KizashiComment = {};
  const numbers = (value: unknown): number[] | undefined =>
    Array.isArray(value) && value.every((x) => typeof x === 'number' && Number.isFinite(x)) ? value : undefined;
  const fs = numbers(facts.fs);
  if (fs?.length === 2 && fs[0] > 0 && fs[1] > 0) result.fs = fs[0] / fs[1];
  const scale = typeof facts.unit === 'string' ? unitFromText(facts.unit) : undefined;
  if (scale) result.scale = scale;
  const factors = numbers(facts.scale);
  if (factors) result.factors = factors;
  const offsets = numbers(facts.offset);
  if (offsets && offsets.length === factors?.length) result.offsets = offsets;
  if (Array.isArray(facts.channels) && facts.channels.every((id) => typeof id === 'string'))
    result.ids = facts.channels;
  const at = typeof facts.at === 'string' ? Date.parse(facts.at) : Number.NaN;
  if (Number.isFinite(at)) result.at = at;
  return result;
}

/**
 * One recording: all channels of a WAV file. Without a kizashi comment full scale is 1 and the unit is not known.
 * @throws KZ0807 damaged or compressed, KZ0811 unit not known, KZ0805, KZ0814, KZ0815
 */
export function readWav(bytes: Uint8Array, name: string, options: ReadOptions = {}): Recording {
  const header = checkHeader(bytes, name);
  const notes = header.open
    ? ['the header leaves the size of the data open: read to the end of the file']
    : ([] as string[]);
  const facts = parseComment(header.comment, notes);
  if (header.dataLength === 0) throw new KizashiError('KZ0815', `${name} has no samples`, { byte: header.dataAt });

  const decoded = new wavefile.WaveFile(plainWav(bytes, header)).getSamples(false, Float64Array) as unknown;
  const raw = header.channels === 1 ? [decoded as Float64Array] : (decoded as Float64Array[]);
  // PCM of 8 bits is offset binary, all wider ones are two's complement
  if (header.format === 'pcm' && header.bits === 8)
    for (const samples of raw) for (let i = 0; i < samples.length; i++) samples[i] -= 128;

  const full = header.format === 'pcm' ? 2 ** (header.bits - 1) : 1;
  const trusted = facts.scale !== undefined && facts.factors?.length === header.channels;
  const unitFrom = options.units !== undefined ? '--units' : trusted ? 'ICMT' : 'not stated';
  const scale = options.units === undefined ? (trusted ? facts.scale : undefined) : unitFromFlag(options.units);
  const { columns, spans, missing } = gapless(raw);
  if (missing > 0) notes.push(`${missing} frames without a number left out, spans split there`);
  const all = columns.map((samples, c) => {
    const step = trusted && facts.factors ? facts.factors[c] : 1 / full;
    const zero = trusted ? (facts.offsets?.[c] ?? 0) : 0;
    if (step !== 1 || zero !== 0) for (let i = 0; i < samples.length; i++) samples[i] = samples[i] * step + zero;
    const id = facts.ids?.length === header.channels ? facts.ids[c] : `ch${c + 1}`;
    const pcm =
      header.format === 'pcm'
        ? { range: [-full * step + zero, (full - 1) * step + zero] as const, lsb: Math.abs(step) }
        : ({} as { range?: readonly [number, number] });
    return channelOf(id, samples, scale, pcm);
  });
  const wanted = options.channels;
  const channels = wanted ? all.filter(({ id }) => wanted.includes(id)) : all;
  if (channels.length === 0)
    throw new KizashiError('KZ0806', `${name}: no channel ${wanted?.join(', ')}`, { have: all.map(({ id }) => id) });
  const capture = buildCapture({
    name,
    fsHz: options.rateHz ?? facts.fs ?? header.rateHz,
    fsUncertainty: facts.fs !== undefined && options.rateHz === undefined ? 1e-5 : 5e-5,
    channels,
    spans,
    notes,
    ...(facts.at === undefined ? {} : { at: facts.at }),
  });
  const rateFrom = options.rateHz !== undefined ? '--rate' : facts.fs !== undefined ? 'ICMT' : 'header';
  return {
    name,
    capture,
    facts: { format: 'wav', rateFrom, unitFrom, skipped: missing > 0 ? { missing } : {} },
  };
}
