/** A recording named on the command line into recordings: by its content, evidence and screening files through their proof. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { KizashiError } from '../errors.js';
import { detectFormat, type ReadOptions, type Recording, readBytes } from '../recordings/index.js';
import type { EvidenceOptions } from './evidence-recording.js';

/** All that decides what is read; kept in results, so that they can be computed again. */
export interface FileReadOptions extends ReadOptions {
  evidence?: EvidenceOptions;
}

/** @throws KZ0801 with the system's reason */
export function readRecordingFile(path: string): { bytes: Uint8Array; name: string } {
  try {
    return { bytes: readFileSync(path), name: basename(path) };
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ0801', `cannot read ${path}: ${errno}`, { path, errno }, { cause: error });
  }
}

/** @throws what the readers throw; KZ0502 when evidence or an attestation does not prove itself */
export async function recordingsOf(bytes: Uint8Array, name: string, options: FileReadOptions): Promise<Recording[]> {
  const { evidence, ...read } = options;
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1') {
    const { readParquet } = await import('./parquet-recording.js');
    return readParquet(bytes, name, read);
  }
  const format = detectFormat(bytes, name);
  if (format === 'screening' && evidence !== undefined) {
    const { readScreeningRecording } = await import('./screening-recording.js');
    return [readScreeningRecording(bytes, name, evidence.keys, read.channels)];
  }
  if (format !== 'evidence' || evidence === undefined) return readBytes(bytes, name, read);
  const { readEvidenceFile } = await import('./evidence-recording.js');
  return [readEvidenceFile(bytes, name, evidence)];
}
