/** Files named on the command line. */
import { readFileSync } from 'node:fs';
import { KizashiError } from '../errors.js';

/** @throws KZ1403 with the path and the system's reason */
export function readNamedFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ1403', `cannot read ${path}: ${errno}`, { path, errno }, { cause: error });
  }
}
