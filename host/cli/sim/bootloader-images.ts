/**
 * The bootloaders of real boards, for emulated ones. They are GPL and no part of this project: taken from Debian's arduino-core-avr where
 * that is installed. Its optiboot image is too long (built with a newer compiler it overlaps its own version word), so optiboot is built
 * again from the source beside it, with options that make it fit.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { LoaderKind } from '../../flash/loader.js';

const folder = '/usr/share/arduino/hardware/arduino/avr/bootloaders';
const optibootSource = `${folder}/optiboot/optiboot.c`;
const shipped = {
  atmegaboot: `${folder}/atmega/ATmegaBOOT_168_atmega328.hex`,
  stk500v2: `${folder}/stk500v2/stk500boot_v2_mega2560.hex`,
} as const;

/** Compiler options of optiboot's own Makefile, and three that save the 16 bytes which gcc 5 and later spend. */
const compile = [
  '-w',
  '-Os',
  '-fno-inline-small-functions',
  '-fno-split-wide-types',
  '-mshort-calls',
  '-fno-tree-switch-conversion',
  '-fno-move-loop-invariants',
  '-fno-tree-scev-cprop',
  '-mmcu=atmega328p',
  '-DF_CPU=16000000L',
  '-DLED_START_FLASHES=3',
  '-DBAUD_RATE=115200',
];
const link = [
  '-mmcu=atmega328p',
  '-Wl,--section-start=.text=0x7e00',
  '-Wl,--section-start=.version=0x7ffe',
  '-Wl,--relax',
  '-nostartfiles',
  '-nostdlib',
];
const copy = [
  '-j',
  '.text',
  '-j',
  '.data',
  '-j',
  '.version',
  '--set-section-flags',
  '.version=alloc,load',
  '-O',
  'ihex',
];

/** Intel HEX of a bootloader; undefined where the package (or, for optiboot, avr-gcc) is not installed. */
export function bootloaderImage(kind: LoaderKind): string | undefined {
  if (kind === 'optiboot') return optiboot();
  const path = shipped[kind];
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function optiboot(): string | undefined {
  const cache = join(envPaths('kizashi', { suffix: '' }).cache, 'optiboot-4.4-atmega328p.hex');
  if (existsSync(cache)) return readFileSync(cache, 'utf8');
  if (!existsSync(optibootSource)) return undefined;
  const work = mkdtempSync(join(tmpdir(), 'kizashi-optiboot-'));
  try {
    const [object, elf, hex] = ['optiboot.o', 'optiboot.elf', 'optiboot.hex'].map((name) => join(work, name));
    execFileSync('avr-gcc', [...compile, '-c', '-o', object, optibootSource], { stdio: 'ignore' });
    execFileSync('avr-gcc', [...link, '-o', elf, object], { stdio: 'ignore' });
    execFileSync('avr-objcopy', [...copy, elf, hex], { stdio: 'ignore' });
    const text = readFileSync(hex, 'utf8');
    mkdirSync(join(cache, '..'), { recursive: true });
    const fresh = `${cache}.${process.pid}`;
    writeFileSync(fresh, text);
    renameSync(fresh, cache);
    return text;
  } catch {
    return undefined; // no avr-gcc, or no room for the cache
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
