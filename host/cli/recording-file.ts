/** A recording named on the command line, before its format is known. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { KizashiError } from '../errors.js';

/** @throws KZ0801 with the system's reason */
export function readRecordingFile(path: string): { bytes: Uint8Array; name: string } {
  try {
    return { bytes: readFileSync(path), name: basename(path) };
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ0801', `cannot read ${path}: ${errno}`, { path, errno }, { cause: error });
  }
}
