/**
 * A Parquet file as a recording: its columns are read as a text table's are, so that names, units, time columns and gaps mean the same in
 * both. What `kizashi export` wrote states its exact rate in the metadata.
 */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { KizashiError } from '../errors.js';
import { type ReadOptions, type Recording, readBytes } from '../recordings/index.js';

/** Largest number of values that are taken into memory as a table. */
const mostValues = 40_000_000;

/** @throws KZ0802 no Parquet that can be read, KZ0817 too large, and what a text table's reader throws */
export async function readParquet(bytes: Uint8Array, name: string, options: ReadOptions): Promise<Recording[]> {
  // a copy: a Buffer is often a window of a larger one
  const file = Uint8Array.from(bytes).buffer;
  let rows: Record<string, unknown>[];
  let fs: string | undefined;
  try {
    const metadata = parquetMetadata(file);
    const columns = metadata.schema.length - 1;
    if (Number(metadata.num_rows) * columns > mostValues)
      throw new KizashiError('KZ0817', `${name} has ${metadata.num_rows} rows of ${columns} columns`, { name });
    fs = metadata.key_value_metadata?.find(({ key }) => key === 'kizashi.fs')?.value;
    rows = (await parquetReadObjects({ file, metadata })) as Record<string, unknown>[];
  } catch (cause) {
    if (cause instanceof KizashiError) throw cause;
    const why = (cause as Error).message.split('\n')[0];
    throw new KizashiError('KZ0802', `${name} cannot be read as Parquet: ${why}`, { name }, { why, cause });
  }
  const names = Object.keys(rows[0] ?? {});
  const lines = [names.map(quoted).join(',')];
  for (const row of rows) lines.push(names.map((column) => cell(row[column])).join(','));
  const rateHz = options.rateHz ?? rateOf(fs);
  const recordings = readBytes(Buffer.from(`${lines.join('\n')}\n`), `${name}.csv`, {
    ...options,
    ...(rateHz === undefined ? {} : { rateHz }),
  });
  const stated = options.rateHz === undefined && rateHz !== undefined;
  return recordings.map((recording) => ({
    ...recording,
    name,
    facts: { ...recording.facts, ...(stated ? { rateFrom: 'metadata' } : {}) },
  }));
}

/** `3201660000/1000000`; undefined for anything else. */
function rateOf(text: string | undefined): number | undefined {
  const [, hz, per] = /^(\d+)\/(\d+)$/.exec(text ?? '') ?? [];
  const rate = Number(hz) / Number(per);
  return rate > 0 && Number.isFinite(rate) ? rate : undefined;
}

/** A number keeps every bit; what is no value stays empty. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
