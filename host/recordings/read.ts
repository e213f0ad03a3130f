/** A file into recordings: which reader, by its first bytes; by its name only where the bytes say nothing (text). */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { KizashiError } from '../errors.js';
import { readCsv } from './csv-recording.js';
import { readMatRecordings } from './mat-recording.js';
import { readNpy } from './npy.js';
import { maxBytes, type ReadOptions, type Recording, type RecordingFormat } from './recording.js';
import { readWav } from './wav.js';

/** The format by magic bytes, then by content; undefined when it is none of ours. */
export function detectFormat(bytes: Uint8Array, name: string): RecordingFormat | undefined {
  const head = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  if (head.startsWith('RIFF') || head.startsWith('RIFX')) return 'wav';
  if (head.startsWith('\x93NUMPY')) return 'npy';
  if (head.startsWith('MATLAB ') || head.startsWith('\x89HDF') || /\.mat$/i.test(name)) return 'mat';
  // a CBOR sequence that begins with [0, "kizashi evidence", 1], or screening
  if (head.startsWith('\x83\x00\x70kizashi evidence')) return 'evidence';
  if (head.startsWith('\x83\x00\x71kizashi screening')) return 'screening';
  if (/^(\xef\xbb\xbf)?\s*\{\s*"schema"\s*:\s*"kizashi-/.test(head)) return 'index';
  if (isText(head) && (/\.(csv|tsv|txt|log|dat)$/i.test(name) || /\d[\s,;|]/.test(head))) return 'csv';
  return undefined;
}

/** UTF-16 by its byte order mark, else no control character but white space. */
function isText(head: string): boolean {
  if (head.startsWith('\xff\xfe') || head.startsWith('\xfe\xff')) return true;
  return Array.from(head).every((c) => c >= ' ' || '\t\n\v\f\r\x1b'.includes(c));
}

/**
 * Reads a file of any format but the index (readIndex). Several recordings when the file holds several housings or lengths.
 * @throws KZ0801 not readable, KZ0802 no format of ours, and what the readers throw
 */
export function readRecordings(path: string, options: ReadOptions = {}): Recording[] {
  let bytes: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new KizashiError('KZ0817', `${path} has ${size} bytes`, { size });
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof KizashiError) throw error;
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ0801', `cannot read ${path}: ${errno}`, { path, errno }, { cause: error });
  }
  return readBytes(bytes, basename(path), options);
}

/** As readRecordings, from bytes; `name` gives messages their object and text files their kind. */
export function readBytes(bytes: Uint8Array, name: string, options: ReadOptions = {}): Recording[] {
  if (bytes.length === 0) throw new KizashiError('KZ0815', `${name} has no bytes`, { name });
  const format = detectFormat(bytes, name);
  switch (format) {
    case 'wav':
      return [readWav(bytes, name, options)];
    case 'npy':
      return [readNpy(bytes, name, options)];
    case 'mat':
      return readMatRecordings(bytes, name, options);
    case 'csv':
    case 'klipper':
      return [readCsv(bytes, name, options)];
    case 'evidence':
    case 'screening':
      throw new KizashiError(
        'KZ0802',
        `${name} is ${format === 'screening' ? 'a screening file' : 'an evidence file'}: it is verified before it is read`,
        { name },
        { why: 'the keys you trust are not named', fix: `kizashi analyze ${name} --keys KEYS` },
      );
    default:
      throw new KizashiError('KZ0802', `${name} is no recording that kizashi knows`, {
        firstBytes: Buffer.from(bytes.subarray(0, 16)).toString('hex'),
      });
  }
}
