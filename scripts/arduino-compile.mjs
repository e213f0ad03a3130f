/**
 * Compiles the library's examples as the Arduino builder does, with the flags of the core's platform.txt, against Debian's arduino-core-avr:
 *
 *   npm run arduino:compile [-- --toolchain PREFIX] [-- --out FOLDER]
 *
 * Prints flash and RAM of each; fails on a warning in our sources, where the text reaches the claim page, or where variables leave the stack
 * less than it needs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packArduino } from './arduino-pack.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where Debian's arduino-core-avr stands. */
export const arduinoCore = '/usr/share/arduino/hardware/arduino/avr';

/** Boards of boards.txt: what the builder passes on, and what the sketch may fill. */
export const arduinoBoards = {
  uno: { mcu: 'atmega328p', macro: 'AVR_UNO', variant: 'standard', board: 'arduino-avr-uno' },
  mega: { mcu: 'atmega2560', macro: 'AVR_MEGA2560', variant: 'mega', board: 'arduino-avr-mega' },
};

/** Paths of sources below a folder, sorted, as the builder finds them. */
function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => /\.(c|cpp|S)$/.test(file))
    .sort()
    .map((file) => join(folder, file));
}

/** A flag list of platform.txt by its key, without the parts in braces and without -MMD. */
function platformFlags(key) {
  const text = readFileSync(join(arduinoCore, 'platform.txt'), 'utf8');
  const line = new RegExp(`^${key.replaceAll('.', '\\.')}=(.*)$`, 'm').exec(text);
  if (!line) throw new Error(`platform.txt has no ${key}`);
  return line[1].split(/\s+/).filter((flag) => flag !== '' && flag !== '-MMD' && !flag.startsWith('{'));
}

/** What extras/platform.local.txt adds to the link, for the boards that need it. */
function extraFlags(boardName) {
  if (boardName !== 'uno') return [];
  const text = readFileSync(join(root, 'firmware/arduino/extras/platform.local.txt'), 'utf8');
  return /^compiler\.c\.elf\.extra_flags=(.*)$/m.exec(text)[1].split(' ');
}

function object(context, source, folder, warnings) {
  const { prefix, at, out } = context;
  const kind = source.endsWith('.cpp') ? 'cpp' : source.endsWith('.S') ? 'S' : 'c';
  const flags = platformFlags(`compiler.${kind}.flags`);
  // DECIMAL_DIG: Print.cpp of the core wants it of gcc 5
  const common = `-mmcu=${at.mcu} -DF_CPU=16000000L -DARDUINO=10819 -DARDUINO_${at.macro} -DARDUINO_ARCH_AVR -DDECIMAL_DIG=17`;
  const to = join(out, folder, `${basename(source)}.o`);
  mkdirSync(join(out, folder), { recursive: true });
  execFileSync(
    `${prefix}${kind === 'cpp' ? 'g++' : 'gcc'}`,
    [...flags, ...warnings, ...common.split(' '), ...context.includes.map((i) => `-I${i}`), source, '-o', to],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  return to;
}

/**
 * Compiles sketches for a board; returns by sketch the Intel HEX, the bytes of flash and of variables, and `symbols`, addresses by name.
 * Core and library are compiled once. Throws what the compiler says.
 */
export function compileSketches(boardName, sketches, { prefix = 'avr-', library = packArduino(), keep } = {}) {
  const at = arduinoBoards[boardName];
  const out = mkdtempSync(join(tmpdir(), 'kizashi-arduino-'));
  const core = join(arduinoCore, 'cores/arduino');
  const context = {
    prefix,
    at,
    out,
    includes: [core, join(arduinoCore, 'variants', at.variant), join(library, 'src')],
  };
  try {
    const coreObjects = sources(core).map((source) => object(context, source, 'core', ['-w']));
    const archive = join(out, 'core.a');
    // gcc-ar: the objects of the core hold no code before the link
    execFileSync(`${prefix}gcc-ar`, ['rcs', archive, ...coreObjects]);
    const strict = ['-Wall', '-Wextra', '-Werror'];
    const ours = ['', 'kz'].flatMap((below) => {
      const from = join(library, 'src', below);
      return sources(from)
        .filter((source) => join(from, basename(source)) === source)
        .map((source) => object(context, source, `library${below}`, strict));
    });
    const built = {};
    for (const sketch of sketches) {
      const name = basename(sketch);
      const text = readFileSync(join(sketch, `${name}.ino`), 'utf8');
      const source = join(out, `${name}.ino.cpp`);
      writeFileSync(source, `#include <Arduino.h>\n#line 1 "${name}.ino"\n${text}`);
      const main = object(context, source, 'sketch', ['-Wall', '-Wextra', '-Werror']);
      const elf = join(out, `${name}.elf`);
      const hex = join(out, `${name}.hex`);
      const link = [
        ...platformFlags('compiler.c.elf.flags'),
        ...extraFlags(boardName),
        '-Wall',
        '-Wextra',
        '-Werror',
        `-mmcu=${at.mcu}`,
      ];
      execFileSync(`${prefix}gcc`, [...link, '-o', elf, main, ...ours, archive, '-lm'], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      execFileSync(`${prefix}objcopy`, ['-O', 'ihex', '-R', '.eeprom', elf, hex]);
      const sections = {};
      for (const line of execFileSync(`${prefix}size`, ['-A', elf], { encoding: 'utf8' }).split('\n')) {
        const match = /^\.(text|data|bss|noinit)\s+(\d+)/.exec(line);
        if (match) sections[match[1]] = Number(match[2]);
      }
      const symbols = new Map(
        execFileSync(`${prefix}nm`, [elf], { encoding: 'utf8' })
          .split('\n')
          .map((row) => [row.slice(11), Number.parseInt(row.slice(0, 8), 16)]),
      );
      const { text: code = 0, data = 0, bss = 0, noinit = 0 } = sections;
      built[name] = { hex: readFileSync(hex, 'utf8'), flash: code + data, ram: data + bss + noinit, symbols };
      if (keep) {
        mkdirSync(keep, { recursive: true });
        writeFileSync(join(keep, `${name}.${boardName}.hex`), built[name].hex);
      }
    }
    return built;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** The library's examples. */
export function examples() {
  const folder = join(root, 'firmware/arduino/examples');
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Flash the sketch may fill, and RAM its variables may, so that the signer keeps its stack. */
export function limits(boardName) {
  const { claimAt, memory } = JSON.parse(
    readFileSync(join(root, 'boards', `${arduinoBoards[boardName].board}.json`), 'utf8'),
  );
  return { flash: claimAt, ram: memory.ram - 384 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
  if (!existsSync(arduinoCore)) {
    console.log('skipped: arduino-core-avr is not installed (scripts/debian-packages.sh)');
    process.exit(0);
  }
  for (const boardName of Object.keys(arduinoBoards)) {
    const most = limits(boardName);
    const built = compileSketches(boardName, examples(), { prefix: option('--toolchain'), keep: option('--out') });
    for (const [name, { flash, ram }] of Object.entries(built)) {
      const holds = flash <= most.flash && ram <= most.ram;
      if (!holds) process.exitCode = 1;
      console.log(
        `${holds ? 'ok     ' : 'FAILED '} ${name}, ${boardName}: ${flash} B of flash (${most.flash}), ${ram} B of variables (${most.ram})`,
      );
    }
  }
}
