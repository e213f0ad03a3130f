/** What stood on a board before kizashi: Intel HEX files that avrdude reads too, and a note beside each that says whose they are. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { KizashiError } from '../errors.js';
import type { BoardFacts } from '../link/index.js';
import { flashOfHex, hexOfFlash } from './flash-memory.js';
import { writePrivate } from './private-file.js';

const noteShape = z.strictObject({
  board: z.string(),
  /** ISO 8601. */
  at: z.string(),
  path: z.string(),
  /** Of the USB bridge; clones have none. */
  serialNumber: z.string().optional(),
  sha256: z.string(),
});

export interface Backup extends z.infer<typeof noteShape> {
  file: string;
  /** [0, hashEnd) of the board. */
  flash: Uint8Array;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Writes a backup with mode 0600 and waits for the disk. The same content is kept once.
 * @returns path of the Intel HEX file
 * @throws KZ0309
 */
export async function saveBackup(
  folder: string,
  flash: Uint8Array,
  from: { board: BoardFacts; path: string; serialNumber?: string; wall: number },
): Promise<string> {
  const sha256 = digestOf(flash);
  const at = new Date(from.wall).toISOString();
  const name = `${from.board.id.split(':').at(-1)}-${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z-${sha256.slice(0, 8)}`;
  const note = { board: from.board.id, at, path: from.path, serialNumber: from.serialNumber, sha256 };
  const file = join(folder, `${name}.hex`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await writePrivate(file, hexOfFlash(flash, from.board.memory.page));
    await writePrivate(join(folder, `${name}.json`), `${JSON.stringify(note, null, 2)}\n`);
  } catch (cause) {
    throw new KizashiError('KZ0309', `${file} cannot be written: ${(cause as Error).message}`, { file }, { cause });
  }
  return file;
}

/**
 * The newest backup of the board on a port: of the same USB serial number, else of the same port. Damaged ones are passed over.
 * @throws KZ0308 where there is none
 */
export function findBackup(folder: string, board: BoardFacts, port: { path: string; serialNumber?: string }): Backup {
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    // no backup was ever made
  }
  const all = names.flatMap((name) => {
    try {
      const note = noteShape.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
      const file = join(folder, name.replace(/\.json$/, '.hex'));
      const flash = flashOfHex(readFileSync(file, 'utf8'), board.hashEnd);
      return note.board === board.id && digestOf(flash) === note.sha256 ? [{ ...note, file, flash }] : [];
    } catch {
      return [];
    }
  });
  const mine = port.serialNumber
    ? all.filter(({ serialNumber }) => serialNumber === port.serialNumber)
    : all.filter(({ path, serialNumber }) => serialNumber === undefined && path === port.path);
  const newest = mine.sort((a, b) => a.at.localeCompare(b.at)).at(-1);
  if (newest) return newest;
  throw new KizashiError('KZ0308', `no backup of the board on ${port.path} in ${folder}`, { folder, path: port.path });
}
