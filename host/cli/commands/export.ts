/**
 * `kizashi export FILE --format csv|wav|npy|parquet`: any recording, evidence or screening file for other tools, its facts beside or inside it. None
 * of these proves anything; only the evidence file does.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Capture } from '../../capture/capture.js';
import { KizashiError } from '../../errors.js';
import { attestedText, csvFacts, csvLines, wavBytes } from '../../recordings/index.js';
import { evidenceFromFlags } from '../motor-flags.js';
import { readRecordingFile, recordingsOf } from '../recording-file.js';
import type { Run } from '../tree.js';

type Write = (capture: Capture) => Iterable<string | Uint8Array> | Promise<Iterable<Uint8Array>>;

const writers: Record<string, Write> = {
  csv: csvLines,
  wav: (capture) => [wavBytes(capture)],
  npy: async (capture) => [await npyBytes(capture)],
  parquet: async (capture) => [await parquetBytes(capture)],
};

export const run: Run = async ({ args, options, out }) => {
  const { bytes, name } = readRecordingFile(args[0]);
  const recordings = await recordingsOf(bytes, name, {
    ...(options.rate === undefined ? {} : { rateHz: options.rate as number }),
    ...(options.units === undefined ? {} : { units: options.units as string }),
    ...(options.channel === undefined ? {} : { channels: options.channel as string[] }),
    ...(options.keys === undefined ? {} : { evidence: evidenceFromFlags(options) }),
  });
  const format = (options.format as string | undefined) ?? 'csv';
  const folder = (options.out as string | undefined) ?? '.';
  const written: string[] = [];
  for (const recording of recordings) {
    const base = join(folder, recording.name.replace(/[^A-Za-z0-9._-]/g, '_'));
    const parts = await writers[format](recording.capture);
    try {
      mkdirSync(folder, { recursive: true });
      let first = true;
      // wx: what stands there already stays
      for (const part of parts) {
        writeFileSync(`${base}.${format}`, part, { flag: first ? 'wx' : 'a' });
        first = false;
      }
      writeFileSync(`${base}.json`, `${JSON.stringify(csvFacts(recording.capture), null, 2)}\n`, { flag: 'wx' });
    } catch (error) {
      const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
      const path = `${base}.${format}`;
      throw new KizashiError('KZ1406', `cannot write ${path}: ${errno}`, { path, errno }, { cause: error });
    }
    written.push(`${base}.${format}`, `${base}.json`);
    const rows = recording.capture.channels[0].samples.length;
    out.line(`${base}.${format}   ${rows} rows   facts in ${base}.json`);
  }
  out.result({ files: written });
  return 0;
};

/** float32, N x channels, C order (numpy.lib.format). */
async function npyBytes({ channels }: Capture): Promise<Uint8Array> {
  const { dump } = await import('npyjs');
  const rows = channels[0].samples.length;
  const values = new Float32Array(rows * channels.length);
  for (const [c, { samples }] of channels.entries())
    for (let i = 0; i < rows; i++) values[i * channels.length + c] = samples[i];
  return new Uint8Array(dump(values, [rows, channels.length]));
}

const suffix = { 'm/s2': '_m_s2', A: '_a', V: '_v', relative: '' };

/** One row a sample, FLOAT; what else is known stands in the key-value metadata. */
async function parquetBytes(capture: Capture): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const { channels, fsHz, verdict, grade, evidence, attested, at, id } = capture;
  const facts: Record<string, string> = {
    schema: 'capture/1',
    fs: `${Math.round(fsHz * 1e6)}/1000000`,
    verdict: verdict.kind,
    grade,
    capture: id,
    ...(at === undefined ? {} : { t0: new Date(at).toISOString() }),
    ...(evidence ? { record: String(evidence.record), key: evidence.kid } : {}),
    evidence: evidence ? `none here, see record ${evidence.record}` : 'none',
    ...(attested ? { attested: attestedText(attested) } : {}),
  };
  for (const channel of channels) {
    facts[`unit.${channel.id}`] = channel.unit;
    if (channel.lsb !== undefined) facts[`scale.${channel.id}`] = String(channel.lsb);
  }
  const buffer = parquetWriteBuffer({
    columnData: channels.map(({ id: name, unit, samples }) => ({
      name: `${name}${suffix[unit]}`,
      data: Float32Array.from(samples),
      type: 'FLOAT' as const,
      nullable: false,
    })),
    kvMetadata: Object.entries(facts).map(([key, value]) => ({ key: `kizashi.${key}`, value })),
  });
  return new Uint8Array(buffer);
}
