/** `kizashi export FILE --out DIR`: any recording or evidence file as CSV with its facts beside it. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KizashiError } from '../../errors.js';
import { csvFacts, csvLines } from '../../recordings/index.js';
import { evidenceFromFlags } from '../motor-flags.js';
import { readRecordingFile, recordingsOf } from '../recording-file.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const { bytes, name } = readRecordingFile(args[0]);
  const recordings = await recordingsOf(bytes, name, {
    ...(options.rate === undefined ? {} : { rateHz: options.rate as number }),
    ...(options.units === undefined ? {} : { units: options.units as string }),
    ...(options.channel === undefined ? {} : { channels: options.channel as string[] }),
    ...(options.keys === undefined ? {} : { evidence: evidenceFromFlags(options) }),
  });
  const folder = (options.out as string | undefined) ?? '.';
  const written: string[] = [];
  for (const recording of recordings) {
    const base = join(folder, recording.name.replace(/[^A-Za-z0-9._-]/g, '_'));
    try {
      mkdirSync(folder, { recursive: true });
      // wx: what stands there already stays
      const file = openSync(`${base}.csv`, 'wx');
      for (const part of csvLines(recording.capture)) writeSync(file, part);
      closeSync(file);
      writeFileSync(`${base}.json`, `${JSON.stringify(csvFacts(recording.capture), null, 2)}\n`, { flag: 'wx' });
    } catch (error) {
      const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
      throw new KizashiError(
        'KZ1406',
        `cannot write ${base}.csv: ${errno}`,
        { path: `${base}.csv`, errno },
        { cause: error },
      );
    }
    written.push(`${base}.csv`, `${base}.json`);
    out.line(`${base}.csv   ${recording.capture.channels[0].samples.length} rows   facts in ${base}.json`);
  }
  out.result({ files: written });
  return 0;
};
