/**
 * Builds crypto_avr.c for the ATmega328P and runs it in avr8js's instruction set: CPU-bound code needs no peripherals, and its cycles are
 * the datasheet's. Used by the tests and by bench/signer.ts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { avrInstruction, CPU } from 'avr8js';
import { writeBoardHeader } from './board-header.js';

const firmware = fileURLToPath(new URL('../../../firmware/', import.meta.url));
const program = fileURLToPath(new URL('./crypto_avr.c', import.meta.url));

const core = [
  'blake2s',
  'crc16',
  'crypto',
  'ed25519',
  'ed25519_point',
  'ed25519_scalar',
  'fe25519',
  'hmac',
  'sha512',
].map((f) => join(firmware, 'core', `${f}.c`));
const kernels = ['blake2s', 'crc_cobs', 'fe25519', 'fe25519_product', 'sha512']
  .map((f) => join(firmware, 'ports/avr', `${f}.S`))
  .filter(existsSync);

const gpior0 = 0x3e;
const gpior1 = 0x4a;
const ioBytes = 448;
const ramEnd = 0x8ff;
const paint = 0xc5;

/** What firmware/Makefile compiles the image with. */
const flags = [
  '-mmcu=atmega328p',
  '-DF_CPU=16000000UL',
  ...'-Os -std=gnu11 -Wall -Wextra -Werror -ffunction-sections -fdata-sections -fno-common'.split(' '),
  ...'-mrelax -mcall-prologues -fno-inline-small-functions -fno-tree-scev-cprop'.split(' '),
];

export interface AvrImage {
  words: Uint16Array;
  /** Data address of a symbol. */
  address(symbol: string): number;
  /** Bytes of flash that the linker kept of objects whose names match. */
  flashOf(pattern: RegExp): number;
  /** First RAM byte above .data and .bss. */
  heap: number;
  elf: Buffer;
}

function tool(command: string, args: string[]): string {
  const run = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${run.stderr || run.error}`);
  return run.stdout;
}

/** True where the Debian packages of the firmware build are installed. */
export const avrCompilerPresent = spawnSync('avr-gcc', ['--version']).status === 0;

/** Flash sections that the linker kept, by object, from its map. */
function sectionsOf(map: string): { object: string; size: number }[] {
  const kept = map.slice(map.indexOf('Linker script and memory map'));
  const line = /^ \.(?:text|progmem|rodata|data)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+\S*?([^/\s]+)\.o$/gm;
  return [...kept.matchAll(line)].map(([, size, object]) => ({ object, size: Number.parseInt(size, 16) }));
}

/** @param assembly with the kernels of ports/avr, or the C twins alone (but for COBS, whose twin needs the rest of the firmware) */
export function buildAvrImage(assembly: boolean): AvrImage {
  const dir = mkdtempSync(join(tmpdir(), 'crypto-avr-'));
  try {
    writeBoardHeader(dir);
    const elf = join(dir, 'crypto.elf');
    const used = assembly ? kernels : kernels.filter((k) => k.endsWith('crc_cobs.S'));
    const objects = [program, ...core, ...used].map((source) => {
      const object = join(dir, `${basename(source)}.o`);
      tool('avr-gcc', [...flags, `-I${join(firmware, 'core')}`, `-I${dir}`, '-c', source, '-o', object]);
      return object;
    });
    const map = join(dir, 'crypto.map');
    tool('avr-gcc', ['-mmcu=atmega328p', '-mrelax', '-Wl,--gc-sections', `-Wl,-Map,${map}`, ...objects, '-o', elf]);
    const sections = sectionsOf(readFileSync(map, 'utf8'));
    const binary = join(dir, 'crypto.bin');
    tool('avr-objcopy', ['-O', 'binary', elf, binary]);
    const bytes = readFileSync(binary);
    const words = new Uint16Array(0x4000).fill(0xffff);
    for (let i = 0; i < bytes.length; i++) {
      words[i >> 1] = i & 1 ? (words[i >> 1] & 0x00ff) | (bytes[i] << 8) : (words[i >> 1] & 0xff00) | bytes[i];
    }
    const rows = tool('avr-nm', [elf]).split('\n');
    const byName = new Map(rows.map((row) => [row.slice(11), Number.parseInt(row.slice(0, 8), 16)]));
    return {
      words,
      elf: readFileSync(elf),
      address(symbol) {
        const at = byName.get(symbol);
        if (at === undefined) throw new Error(`no symbol ${symbol}`);
        return at & 0xffff;
      },
      flashOf: (pattern) =>
        sections.filter(({ object }) => pattern.test(object)).reduce((sum, { size }) => sum + size, 0),
      heap: byName.get('_end')! & 0xffff,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export interface AvrRun {
  /** CPU cycles of the operation. */
  cycles: number;
  /** Bytes of stack below the caller, return address of the operation included. */
  stack: number;
  /** Longest time between two yields of the signer, start and end of the operation included. */
  yieldGap: number;
  /** Hash of all program counters and of all data addresses, with `trace`. */
  pcTrace: number;
  addressTrace: number;
}

export class AvrMachine {
  readonly cpu: CPU;
  private readonly io: number;
  private readonly command: number;
  private started = 0;
  private startedSp = 0;
  private ended = -1;
  private yielded = 0;
  private yieldGap = 0;
  private addresses = 0;

  constructor(private readonly image: AvrImage) {
    this.cpu = new CPU(image.words, 2048);
    this.io = image.address('io');
    this.command = image.address('command');
    this.cpu.writeHooks[gpior0] = (value) => {
      if (value === 1) {
        this.started = this.yielded = this.cpu.cycles;
        this.yieldGap = 0;
        this.startedSp = this.cpu.SP;
        this.cpu.data.fill(paint, this.image.heap, this.startedSp);
      } else {
        this.ended = this.cpu.cycles;
        this.yieldGap = Math.max(this.yieldGap, this.ended - this.yielded);
      }
    };
    this.cpu.writeHooks[gpior1] = () => {
      this.yieldGap = Math.max(this.yieldGap, this.cpu.cycles - this.yielded);
      this.yielded = this.cpu.cycles;
    };
    const { cpu } = this;
    const read = cpu.readData;
    const write = cpu.writeData;
    cpu.readData = (address) => {
      this.addresses = (Math.imul(this.addresses, 31) + address) | 0;
      return read.call(cpu, address);
    };
    cpu.writeData = (address, value, mask) => {
      this.addresses = (Math.imul(this.addresses, 37) + address) | 0;
      write.call(cpu, address, value, mask);
    };
    // the start code and the first look at the mailbox
    while (cpu.cycles < 20_000) avrInstruction(cpu);
  }

  put(offset: number, bytes: Uint8Array): void {
    this.cpu.data.set(bytes, this.io + offset);
  }

  get(offset: number, n: number): Buffer {
    return Buffer.from(this.cpu.data.slice(this.io + offset, this.io + offset + n));
  }

  /** Runs one operation of crypto_avr.c on what stands in `io`. */
  run(op: string, { trace = false, limit = 400e6 } = {}): AvrRun {
    const { cpu } = this;
    const stop = cpu.cycles + limit;
    this.ended = -1;
    this.addresses = 0;
    cpu.data[this.command] = op.charCodeAt(0);
    let pcTrace = 0;
    if (trace) {
      let reset = false;
      while (this.ended < 0 && cpu.cycles < stop) {
        if (!reset && this.started > stop - limit) {
          reset = true;
          this.addresses = 0;
          pcTrace = 0;
        }
        pcTrace = (Math.imul(pcTrace, 31) + cpu.pc) | 0;
        avrInstruction(cpu);
      }
    } else {
      while (this.ended < 0 && cpu.cycles < stop) avrInstruction(cpu);
    }
    if (this.ended < 0) throw new Error(`operation ${op} did not end within ${limit} cycles`);
    const addressTrace = this.addresses;
    // back to the mailbox loop, which clears the command
    while (cpu.data[this.command] !== 0) avrInstruction(cpu);
    let low = this.image.heap;
    while (low < ramEnd && cpu.data[low] === paint) low++;
    return {
      cycles: this.ended - this.started,
      stack: this.startedSp - low + 1,
      yieldGap: this.yieldGap,
      pcTrace,
      addressTrace,
    };
  }
}

const simavrProgram = fileURLToPath(new URL('./simavr_run.c', import.meta.url));

/** True where simavr's library and headers are installed. */
export const simavrPresent = existsSync('/usr/include/simavr/sim_avr.h');

export interface SimavrAnswer {
  cycles: number;
  io: Buffer;
}

/** Runs operations in simavr, each on an `io` of its own: the same image in an emulator of another origin. */
export function runSimavr(image: AvrImage, requests: { op: string; io: Uint8Array }[]): SimavrAnswer[] {
  const dir = mkdtempSync(join(tmpdir(), 'crypto-simavr-'));
  try {
    const binary = join(dir, 'simavr_run');
    const elf = join(dir, 'crypto.elf');
    writeFileSync(elf, image.elf);
    tool('cc', ['-O2', '-Wall', '-Wextra', '-Werror', simavrProgram, '-lsimavr', '-o', binary]);
    const input = Buffer.alloc(requests.length * (1 + ioBytes));
    for (const [i, { op, io }] of requests.entries()) {
      input[i * (1 + ioBytes)] = op.charCodeAt(0);
      input.set(io, i * (1 + ioBytes) + 1);
    }
    const args = [elf, String(image.address('io')), String(image.address('command'))];
    const run = spawnSync(binary, args, { input, maxBuffer: 1 << 30 });
    const size = 8 + ioBytes;
    if (run.status !== 0 || run.stdout.length !== size * requests.length)
      throw new Error(`simavr: ${run.status} ${run.stderr}`);
    return requests.map((_, i) => ({
      cycles: Number(run.stdout.readBigUInt64LE(i * size)),
      io: run.stdout.subarray(i * size + 8, (i + 1) * size),
    }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** An `io` of crypto_avr.c with operands at their places. */
export function operands(...parts: [offset: number, bytes: Uint8Array][]): Buffer {
  const io = Buffer.alloc(ioBytes);
  for (const [offset, bytes] of parts) io.set(bytes, offset);
  return io;
}

/** A message as crypto_avr.c looks for it, to be put at 128. */
export function messageAt128(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([message.length & 255, message.length >> 8]), message]);
}

/** Flash of Ed25519, SHA-512 and HMAC with their tables and kernels. */
export const signerFlash = (image: AvrImage): number => image.flashOf(/^(ed25519|fe25519|sha512|hmac|crypto\.c)/);
/** Flash of BLAKE2s. */
export const blake2sFlash = (image: AvrImage): number => image.flashOf(/^blake2s/);
