/**
 * The index of a collection of recordings (`kizashi-…/1`): one entry a record with file, rate, channels, digest and statistics. Every record
 * is checked against its entry before use. Labels are carried along for scorers and never used in reading.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Capture, Channel, Quantity } from '../capture/capture.js';
import { KizashiError } from '../errors.js';
import { readColumns } from './csv-recording.js';
import { buildCapture, maxBytes } from './recording.js';
import { channelOf, phaseOfName, quantityOfName, unitFromText } from './units.js';

export interface IndexChannel {
  name: string;
  unit?: string;
  scale: number;
  offset: number;
  rms_ac?: number;
  kurtosis?: number;
}

export interface IndexGeometry {
  bearing?: string;
  balls?: number;
  orders?: Partial<Record<'BPFO' | 'BPFI' | 'BSF' | 'FTF', number>>;
  ball_diameter_in?: number;
  pitch_diameter_in?: number;
  ball_diameter_mm?: number;
  pitch_diameter_mm?: number;
  contact_angle_deg?: number;
}

/** One entry as it stands in the file; unknown fields are kept and ignored. */
export interface IndexRecord {
  id: string;
  dataset: string;
  file: string;
  dtype: string;
  gzip?: boolean;
  fs_hz: number;
  n: number;
  channels: (IndexChannel | string)[];
  sha256?: string;
  rpm?: number | null;
  supply_hz?: number;
  geometry?: Record<string, IndexGeometry> | null;
  label?: Record<string, unknown>;
  group?: string;
  snapshots?: number;
  samples_per_snapshot?: number;
  snapshot_interval_s?: number;
  [other: string]: unknown;
}

export interface RecordingsIndex {
  schema: string;
  records: IndexRecord[];
  /** Folder that the files are relative to. */
  root: string;
  /** SHA-256 of the index file, hex. */
  sha256: string;
}

/** A table of one row a second or slower, column by column. */
export interface RecordTable {
  id: string;
  fsHz: number;
  at?: number;
  columns: { id: string; values: Float64Array }[];
}

/** Where the development recordings are: KIZASHI_RECORDINGS (folder or index file), else ../shared/recordings beside the checkout. */
export function findRecordings(): string | undefined {
  // from the sources and from dist/
  const beside = ['../../../', '../../../../'].map((up) =>
    fileURLToPath(new URL(`${up}shared/recordings`, import.meta.url)),
  );
  const places = process.env.KIZASHI_RECORDINGS ? [process.env.KIZASHI_RECORDINGS] : beside;
  return places
    .flatMap((place) => [place, resolve(place, 'index.json')])
    .find((path) => path.endsWith('.json') && existsSync(path));
}

/**
 * @param root folder of the files, if it is not the index's own
 * @throws KZ0801 not readable, KZ0812 not an index; the message names the record and field
 */
export function readIndex(path: string, root?: string): RecordingsIndex {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  const parsed = parseIndex(bytes.toString('utf8'), path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...parsed, root: resolve(root ?? dirname(path)), sha256 };
}

function unreadable(path: string, error: unknown): KizashiError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new KizashiError('KZ0801', `cannot read ${path}: ${code}`, { path, errno: code }, { cause: error });
}

/** @throws KZ0812 */
export function parseIndex(text: string, name: string): Pick<RecordingsIndex, 'schema' | 'records'> {
  const bad = (what: string, record?: unknown): KizashiError =>
    new KizashiError('KZ0812', `${name}: ${what}`, record === undefined ? {} : { record });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw bad(`no JSON (${(error as Error).message})`);
  }
  const { schema, records } = (json ?? {}) as { schema?: unknown; records?: unknown };
  if (typeof schema !== 'string' || !/^kizashi-.*\/1$/.test(schema))
    throw bad(`schema ${JSON.stringify(schema)} is not kizashi-…/1`);
  if (!Array.isArray(records)) throw bad('no list of records');
  records.forEach((record: unknown, i) => {
    const wrong = faultOf(record);
    const id = (record as { id?: unknown } | null)?.id;
    if (wrong) throw bad(`record ${typeof id === 'string' ? id : `number ${i + 1}`}: ${wrong}`, id ?? i);
  });
  return { schema, records: records as IndexRecord[] };
}

function faultOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null) return 'not an object';
  const r = record as Record<string, unknown>;
  for (const field of ['id', 'dataset', 'file', 'dtype'])
    if (typeof r[field] !== 'string') return `${field} is missing or no text`;
  for (const field of ['fs_hz', 'n'])
    if (!(typeof r[field] === 'number' && r[field] > 0)) return `${field} is missing or not above 0`;
  if (!Number.isSafeInteger(r.n)) return 'n is no whole number';
  if (!Array.isArray(r.channels) || r.channels.length === 0) return 'channels is missing or empty';
  for (const channel of r.channels) {
    if (typeof channel === 'string') continue;
    const c = channel as Partial<IndexChannel> | null;
    if (typeof c?.name !== 'string' || !Number.isFinite(c.scale) || !Number.isFinite(c.offset))
      return 'a channel lacks name, scale or offset';
  }
  const { snapshots, samples_per_snapshot: per } = r;
  if (per !== undefined && !(Number.isSafeInteger(per) && (per as number) > 0))
    return 'samples_per_snapshot is no count';
  if (snapshots !== undefined && per !== undefined && (snapshots as number) * (per as number) !== r.n)
    return `${snapshots} snapshots of ${per} samples are not ${r.n}`;
  return undefined;
}

/**
 * One record as a capture. Snapshots of a set that is not contiguous become one span each.
 * @throws KZ0801, KZ0813 digest, length or statistics differ, KZ0802 another dtype, KZ0817
 */
export function readRecord(index: RecordingsIndex, record: IndexRecord): Capture {
  const channels = channelsOf(record, recordBytes(index, record));
  const per = record.samples_per_snapshot;
  return buildCapture({
    name: record.id,
    fsHz: record.fs_hz,
    fsUncertainty: 5e-5,
    channels,
    spans: per ? Array.from({ length: record.n / per }, (_, k) => [k * per, (k + 1) * per] as const) : [[0, record.n]],
  });
}

/**
 * The snapshots of a record as captures of their own, in time order. `at` counts from the start of the recording in ms where the index
 * states the interval; without one it is absent.
 */
export function* readSnapshots(index: RecordingsIndex, record: IndexRecord): Generator<Capture> {
  const per = record.samples_per_snapshot;
  if (!per) {
    yield readRecord(index, record);
    return;
  }
  const channels = channelsOf(record, recordBytes(index, record));
  const every = record.snapshot_interval_s;
  for (let k = 0; k * per < record.n; k++)
    yield buildCapture({
      name: `${record.id} snapshot ${k + 1}`,
      fsHz: record.fs_hz,
      fsUncertainty: 5e-5,
      channels: channels.map((channel) => ({ ...channel, samples: channel.samples.slice(k * per, (k + 1) * per) })),
      ...(every === undefined ? {} : { at: k * every * 1000 }),
    });
}

/**
 * A record of the dtype `csv (;)`: the columns that the index names, numeric ones only. Columns beyond those (row labels) are not read.
 * @throws KZ0801, KZ0813, KZ0808
 */
export function readRecordTable(index: RecordingsIndex, record: IndexRecord): RecordTable {
  const table = readColumns(recordBytes(index, record), record.id);
  if (table.rows !== record.n)
    throw mismatch(record, `${table.rows} rows, the index says ${record.n}`, { rows: table.rows });
  const names = record.channels.map((channel) => (typeof channel === 'string' ? channel : channel.name));
  const found = names.flatMap((name) => table.columns.filter((column) => column.name === name));
  const date = found.find(({ texts }) => texts !== undefined)?.texts?.[0];
  const at = date === undefined ? Number.NaN : Date.parse(`${date.trim().replace(' ', 'T')}Z`);
  return {
    id: record.id,
    fsHz: record.fs_hz,
    ...(Number.isFinite(at) ? { at } : {}),
    columns: found.filter(({ texts }) => texts === undefined).map(({ name, values }) => ({ id: name, values })),
  };
}

/** One column of a table record that the index does not name as a channel: the row labels, for scorers only. */
export function readLabelColumn(index: RecordingsIndex, record: IndexRecord, name: string): Float64Array | undefined {
  return readColumns(recordBytes(index, record), record.id).columns.find((column) => column.name === name)?.values;
}

function mismatch(record: IndexRecord, what: string, context: Record<string, unknown>): KizashiError {
  return new KizashiError('KZ0813', `record ${record.id} (${record.file}): ${what}`, { record: record.id, ...context });
}

function recordBytes(index: RecordingsIndex, record: IndexRecord): Uint8Array {
  const path = resolve(index.root, record.file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (record.gzip) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        throw new KizashiError('KZ0817', `record ${record.id}: more than 1 GB once unpacked`, { record: record.id });
      throw mismatch(record, `gzip is damaged (${(error as Error).message})`, {});
    }
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (record.sha256 !== undefined && record.sha256 !== sha256)
    throw mismatch(record, `SHA-256 is ${sha256}, the index says ${record.sha256}`, { sha256 });
  return bytes;
}

function channelsOf(record: IndexRecord, bytes: Uint8Array): Channel[] {
  const width = record.dtype === 'int16le' ? 2 : record.dtype === 'float32le' ? 4 : undefined;
  if (width === undefined)
    throw new KizashiError('KZ0802', `record ${record.id}: dtype ${record.dtype} is no waveform`, {
      dtype: record.dtype,
    });
  const needed = record.n * record.channels.length * width;
  if (bytes.length !== needed) throw mismatch(record, `${bytes.length} bytes, the index says ${needed}`, { needed });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return record.channels.flatMap((entry, c) => {
    const facts = typeof entry === 'string' ? { name: entry, scale: 1, offset: 0 } : entry;
    // the base accelerometer of the CWRU rig sits on another machine part
    if (record.dataset === 'cwru' && facts.name === 'BA') return [];
    const samples = new Float64Array(record.n);
    for (let i = 0, at = c * record.n * width; i < record.n; i++, at += width)
      samples[i] = (width === 2 ? view.getInt16(at, true) : view.getFloat32(at, true)) * facts.scale + facts.offset;
    checkStatistics(record, facts, samples);
    const scale = facts.unit === undefined ? undefined : unitFromText(facts.unit);
    const channel = channelOf(facts.name, samples, scale, { quantity: quantityOf(facts, record.dataset) });
    const phase = phaseOfName(facts.name);
    return [channel.quantity === 'current' && phase ? { ...channel, phase } : channel];
  });
}

function quantityOf(channel: IndexChannel, dataset: string): Quantity {
  if (dataset === 'itsc' || dataset === 'mcsa') return 'current';
  return quantityOfName(channel.name);
}

/** rms_ac and kurtosis of the index hold to 1e-4, plus half of their last printed digit (six and four decimals). */
function checkStatistics(record: IndexRecord, channel: IndexChannel, samples: Float64Array): void {
  let mean = 0;
  for (const x of samples) mean += x;
  mean /= samples.length;
  let m2 = 0;
  let m4 = 0;
  for (const x of samples) {
    const d = (x - mean) * (x - mean);
    m2 += d;
    m4 += d * d;
  }
  m2 /= samples.length;
  m4 /= samples.length;
  const check = (field: string, found: number, stated: number | undefined, halfDigit: number): void => {
    if (stated !== undefined && !(Math.abs(found - stated) <= 1e-4 * Math.abs(stated) + halfDigit))
      throw mismatch(record, `${field} of ${channel.name} is ${found}, the index says ${stated}`, { field, found });
  };
  check('rms_ac', Math.sqrt(m2), channel.rms_ac, 5.1e-7);
  check('kurtosis', m4 / (m2 * m2), channel.kurtosis, 5.1e-5);
}
