/** board.h of the Uno for programs that link parts of the firmware's core: its table of base-point multiples depends on the board. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// @ts-expect-error a build script without types
import { boardHeader } from '../../../scripts/firmware-boards.mjs';

/** Writes board.h into a folder, for the compiler's -I. */
export function writeBoardHeader(folder: string): void {
  const path = fileURLToPath(new URL('../../../boards/arduino-avr-uno.json', import.meta.url));
  writeFileSync(join(folder, 'board.h'), boardHeader(JSON.parse(readFileSync(path, 'utf8')), '1.0.0'));
}
