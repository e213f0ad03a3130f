// Real bootloaders in the emulated flash, avrdude as the programmer: self-programming as the tools of the world use it. The loaders come from
// Debian's Arduino package (GPL; not part of this project); without it, or without avr-gcc and avrdude, the tests are skipped.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPortStream } from '@serialport/stream';
import t from 'tap';
import { createUno, emulatedBinding, World } from '../../host/emulate/index.js';

const loaders = '/usr/share/arduino/hardware/arduino/avr/bootloaders';
const image = new URL('../../firmware/images/kz-uno.hex', import.meta.url).pathname;

function has(tool: string): boolean {
  try {
    execFileSync('which', [tool], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const missing = !existsSync(`${loaders}/optiboot/optiboot.c`)
  ? 'arduino-core-avr is not installed'
  : !has('avrdude') || !has('avr-gcc')
    ? 'avrdude or avr-gcc is not installed'
    : !existsSync(image)
      ? 'there is no firmware image'
      : false;

const folder = mkdtempSync(join(tmpdir(), 'kizashi-boot-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/**
 * optiboot 4.4 from its source with the options of its Makefile: the packaged .hex was built by a compiler for which it became too long and
 * overlaps its own version word.
 */
function buildOptiboot(): string {
  const source = `${loaders}/optiboot`;
  const object = join(folder, 'optiboot.o');
  const elf = join(folder, 'optiboot.elf');
  const hex = join(folder, 'optiboot.hex');
  const smaller = ['-fno-tree-switch-conversion', '-fno-move-loop-invariants', '-fno-tree-scev-cprop'];
  const cflags = ['-w', '-Os', '-fno-inline-small-functions', '-fno-split-wide-types', '-mshort-calls', ...smaller];
  const defines = ['-mmcu=atmega328p', '-DF_CPU=16000000L', '-DLED_START_FLASHES=3', '-DBAUD_RATE=115200'];
  const sections = ['-Wl,--section-start=.text=0x7e00', '-Wl,--section-start=.version=0x7ffe'];
  execFileSync('avr-gcc', [...cflags, ...defines, '-c', '-o', object, `${source}/optiboot.c`]);
  execFileSync('avr-gcc', [
    '-mmcu=atmega328p',
    ...sections,
    '-Wl,--relax',
    '-nostartfiles',
    '-nostdlib',
    '-o',
    elf,
    object,
  ]);
  const keep = ['-j', '.text', '-j', '.data', '-j', '.version', '--set-section-flags', '.version=alloc,load'];
  execFileSync('avr-objcopy', [...keep, '-O', 'ihex', elf, hex]);
  return readFileSync(hex, 'utf8');
}

/** avrdude on a TCP port that leads to the board's serial port; a connection is an opening, so it resets the board. */
async function flash(world: World, baud: number): Promise<{ code: number | null; text: string }> {
  const binding = emulatedBinding(world);
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    const port = new SerialPortStream({ binding, path: 'emu:uno1', baudRate: baud });
    port.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('data', (chunk) => port.write(chunk));
    socket.on('close', () => port.close());
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const tcp = typeof address === 'object' && address !== null ? address.port : 0;
  const options = ['-q', '-p', 'm328p', '-c', 'arduino', '-P', `net:127.0.0.1:${tcp}`, '-b', `${baud}`, '-D'];
  const avrdude = spawn('avrdude', [...options, '-U', `flash:w:${image}:i`]);
  let text = '';
  avrdude.stderr.on('data', (chunk) => {
    text += chunk;
  });
  // avrdude lives by the wall clock and the loader waits one second for it: virtual time must not run ahead
  world.pace(true);
  const code = await new Promise<number | null>((resolve) => avrdude.on('close', resolve));
  world.pace(false);
  server.close();
  await world.run(0.1);
  return { code, text };
}

for (const [name, hex, baud, fuses] of [
  ['optiboot 4.4 (Uno)', buildOptiboot, 115_200, {}],
  [
    'ATmegaBOOT (old Nano)',
    () => readFileSync(`${loaders}/atmega/ATmegaBOOT_168_atmega328.hex`, 'utf8'),
    57_600,
    { high: 0xda },
  ],
] as const) {
  t.test(
    `${name}: avrdude writes and verifies the firmware, which then starts by itself`,
    { skip: missing, timeout: 120_000 },
    async (t) => {
      const world = new World({ seed: 1 });
      const board = createUno({ hex: hex(), seed: 1, name: 'uno1', fuses });
      world.add(board, 'uno1');
      const { code, text } = await flash(world, baud);
      if (code !== 0) t.comment(text);
      t.equal(code, 0, 'avrdude succeeds');
      t.match(text, /bytes of flash verified/);
      const port = new SerialPortStream({ binding: emulatedBinding(world), path: 'emu:uno1', baudRate: 500_000 });
      const heard: number[] = [];
      port.on('data', (chunk: Buffer) => heard.push(...chunk));
      await world.run(5);
      const tail = Buffer.from(heard).subarray(-10).toString('hex');
      t.match(
        tail,
        /840b0101.*00$/,
        'the greeting of a board without keys, behind whatever the loader said at its own rate',
      );
      port.close();
      await world.run(0.01);
      world.close();
    },
  );
}
