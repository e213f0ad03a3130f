/**
 * Puts the Arduino library together: firmware/arduino with the sources it shares with the images, and board.h for each chip.
 *
 *   npm run arduino:pack [-- FOLDER]     firmware/build/arduino/Kizashi, or FOLDER
 *
 * The Arduino builder puts only src/ on the include path, so what the images keep in three folders stands in one, src/kz. Files that the
 * library's port wraps are named .inc: the builder compiles every .c it finds.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boardHeader, firmwareVersion } from './firmware-boards.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const firmware = join(root, 'firmware');

/** Left out: the images' own start. */
const notTaken = ['main.c'];
const wrapped = ['adc.c', 'sleep.c'];
/** Board description by what the compiler calls the chip, and its name on the wire. */
const chips = [
  { macro: '__AVR_ATmega328P__', board: 'arduino-avr-uno', image: 'ard-uno', file: 'board_uno.h' },
  { macro: '__AVR_ATmega2560__', board: 'arduino-avr-mega', image: 'ard-mega', file: 'board_mega.h' },
];
/** The Uno's flash: half a second more for a signature, and what of the images' flags a source can ask for, leave the sketch room. */
const unoComb = 2;
/**
 * At the link everything is one program, and what is called once melts into its caller: the loop would carry the frames of every job at once,
 * 150 bytes of the signer's stack. These stay functions.
 */
const unoPreamble = `#ifndef __ASSEMBLER__
#pragma GCC optimize("no-inline-small-functions", "no-tree-scev-cprop", "no-tree-dominator-opts", "no-jump-tables", "no-move-loop-invariants")
#include <stdint.h> /* fixed widths */
void __attribute__((noinline)) run_once(void);
void __attribute__((noinline)) capture_run(void);
void __attribute__((noinline)) take_provision(const uint8_t *body, uint8_t n);
void __attribute__((noinline)) answer_open(const uint8_t *body, uint8_t n);
uint8_t __attribute__((noinline)) take_command(const uint8_t *body, uint8_t n);
void __attribute__((noinline)) rotate_keys(void);
void __attribute__((noinline)) wipe_keys(void);
void __attribute__((noinline)) events_send(void);
uint8_t __attribute__((noinline)) identity_send(uint8_t why, const uint8_t nonce[16]);
#endif
`;

/** Writes the library into `folder` and returns it. */
export function packArduino(folder = join(firmware, 'build/arduino/Kizashi')) {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(firmware, 'arduino'), folder, { recursive: true });
  const kz = join(folder, 'src/kz');
  mkdirSync(kz, { recursive: true });
  for (const from of ['core', 'sensors', 'ports/avr']) {
    for (const name of readdirSync(join(firmware, from))) {
      if (!/\.[chS]$/.test(name) || notTaken.includes(name)) continue;
      cpSync(join(firmware, from, name), join(kz, wrapped.includes(name) ? name.replace(/\.c$/, '.inc') : name));
    }
  }
  // the images' linker gives the hash's work area its own name; it is where the overlay begins
  const hash = join(kz, 'blake2s.S');
  writeFileSync(hash, `#define blake2s_work overlay\n${readFileSync(hash, 'utf8')}`);
  for (const { board, image, file } of chips) {
    const description = JSON.parse(readFileSync(join(root, 'boards', `${board}.json`), 'utf8'));
    let text = boardHeader(description, firmwareVersion(), image);
    if (board.endsWith('uno'))
      text = unoPreamble + text.replace(/#define BOARD_COMB \d/, `#define BOARD_COMB ${unoComb}`);
    writeFileSync(join(kz, file), text);
  }
  writeFileSync(
    join(kz, 'board.h'),
    [
      ...chips.map(({ macro, file }, k) => `#${k ? 'elif' : 'if'} defined(${macro})\n#include "${file}"`),
      '#else\n#error "Kizashi knows the ATmega328P (Uno, Nano) and the ATmega2560 (Mega)"\n#endif\n',
    ].join('\n'),
  );
  const properties = join(folder, 'library.properties');
  writeFileSync(properties, readFileSync(properties, 'utf8').replace(/^version=.*$/m, `version=${firmwareVersion()}`));
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(packArduino(process.argv[2]));
