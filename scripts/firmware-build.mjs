/**
 * Builds the firmware images and their manifest:
 *
 *   node scripts/firmware-build.mjs            build, then write firmware/images/<name>.hex and manifest.json
 *   node scripts/firmware-build.mjs --check    build, and fail if the committed images are not what this source gives (same compiler)
 *
 * `fwd` is what a board says about itself: BLAKE2s-256, first 16 bytes, over program memory up to hashEnd, with everything the image does not
 * fill, and the claim page, as 0xFF. Budgets: an image that breaks one is not written.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import intelHex from 'nrf-intel-hex';
import { firmwareVersion } from './firmware-boards.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const firmware = join(root, 'firmware');
const images = join(firmware, 'images');
const check = process.argv.includes('--check');

/** Image name → the boards it runs on; the first one's description makes board.h. */
const builds = [
  { name: 'kz-uno', target: 'uno', boards: ['arduino-avr-uno', 'arduino-avr-nano'] },
  { name: 'kz-uno-io', target: 'uno-io', boards: ['arduino-avr-uno', 'arduino-avr-nano'] },
  { name: 'kz-uno-spi', target: 'uno-spi', boards: ['arduino-avr-uno', 'arduino-avr-nano'] },
  { name: 'kz-uno-i2c', target: 'uno-i2c', boards: ['arduino-avr-uno', 'arduino-avr-nano'] },
  { name: 'kz-uno-lis', target: 'uno-lis', boards: ['arduino-avr-uno', 'arduino-avr-nano'] },
  { name: 'kz-mega', target: 'mega', boards: ['arduino-avr-mega'] },
];

/** Bytes of RAM that variables may fill below the reset record (firmware/Makefile): from 0x100 to 0x2FC, on the Mega from 0x200 to 0x47C. */
const staticRamMost = { atmega328p: 0x2fc - 0x100, atmega2560: 0x47c - 0x200 };

const run = (command, args) =>
  execFileSync(command, args, { cwd: firmware, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Digest over every source the image depends on, by sorted path. */
function sourceDigest(board) {
  const hash = createHash('sha256');
  const files = [
    'Makefile',
    'flags.mk',
    ...['core', 'ports/avr', 'sensors'].flatMap((folder) =>
      existsSync(join(firmware, folder))
        ? readdirSync(join(firmware, folder))
            .filter((f) => /\.[chS]$/.test(f))
            .map((f) => `${folder}/${f}`)
        : [],
    ),
  ];
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(firmware, file)));
  hash.update(readFileSync(join(root, 'boards', `${board}.json`)));
  return hash.digest('hex');
}

/** Version of the C library as its header states it. */
const avrLibc = () =>
  /__AVR_LIBC_VERSION_STRING__ "([^"]+)"/.exec(
    run('avr-gcc', ['-mmcu=atmega328p', '-E', '-dM', '-include', 'avr/version.h', '-xc', '/dev/null']),
  )?.[1] ?? '';

function sectionSizes(elf) {
  const sizes = {};
  for (const line of run('avr-size', ['-A', elf]).split('\n')) {
    const match = /^\.(text|data|bss)\s+(\d+)/.exec(line);
    if (match) sizes[match[1]] = Number(match[2]);
  }
  return { text: 0, data: 0, bss: 0, ...sizes };
}

function buildOne({ name, target, boards }) {
  run('make', ['-s', target]);
  const board = JSON.parse(readFileSync(join(root, 'boards', `${boards[0]}.json`), 'utf8'));
  const hex = readFileSync(join(firmware, 'build', name, `${name}.hex`), 'utf8');
  const memory = new Uint8Array(board.hashEnd).fill(0xff);
  let size = 0;
  for (const [at, bytes] of intelHex.fromHex(hex)) {
    if (at + bytes.length > board.appEnd)
      throw new Error(`${name}: ${at + bytes.length} bytes, the application ends at ${board.appEnd}`);
    memory.set(bytes, at);
    size = Math.max(size, at + bytes.length);
  }
  const sections = sectionSizes(join('build', name, `${name}.elf`));
  const staticRam = sections.data + sections.bss;
  const most = staticRamMost[board.mcu];
  if (staticRam > most) throw new Error(`${name}: ${staticRam} bytes of variables, ${most} have room`);
  const entry = {
    name,
    version: firmwareVersion(),
    boards: boards
      .filter((id) => existsSync(join(root, 'boards', `${id}.json`)))
      .map((id) => JSON.parse(readFileSync(join(root, 'boards', `${id}.json`), 'utf8')).id),
    size,
    sha256: sha256(hex),
    fwd: createHash('blake2s256').update(memory).digest('hex').slice(0, 32),
    claimAt: board.claimAt,
    hashEnd: board.hashEnd,
    compiler: {
      gcc: run('avr-gcc', ['-dumpversion']).trim(),
      binutils: /[\d.]+$/m.exec(run('avr-ld', ['--version']).split('\n')[0])?.[0] ?? '',
      avrLibc: avrLibc(),
    },
    sourceDigest: sourceDigest(boards[0]),
    ram: { static: staticRam },
  };
  return { hex, entry };
}

const built = builds.map(buildOne);
const manifestPath = join(images, 'manifest.json');
const manifest = { images: built.map(({ entry }) => entry) };
// short lists on one line, as the formatter of the repository wants them
const text = `${JSON.stringify(manifest, null, 2).replace(/\[\s+("[^\]]*")\s+\]/g, (_, list) => `[${list.replace(/\s+/g, ' ')}]`)}\n`;
if (check) {
  const committed = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const sameCompiler =
    JSON.stringify(committed.images.map((i) => i.compiler)) === JSON.stringify(manifest.images.map((i) => i.compiler));
  for (const { hex, entry } of built) {
    if (sameCompiler && readFileSync(join(images, `${entry.name}.hex`), 'utf8') !== hex)
      throw new Error(`${entry.name}.hex is not what the source gives: npm run firmware`);
  }
  console.log(sameCompiler ? 'images are what the source gives' : 'another compiler: bytes not compared');
} else {
  mkdirSync(images, { recursive: true });
  for (const { hex, entry } of built) writeFileSync(join(images, `${entry.name}.hex`), hex);
  // a signature is over the manifest as it was
  if (!existsSync(manifestPath) || readFileSync(manifestPath, 'utf8') !== text)
    rmSync(`${images}/manifest.sig`, { force: true });
  writeFileSync(manifestPath, text);
  for (const { entry } of built)
    console.log(`${entry.name} ${entry.version}: ${entry.size} bytes of flash, ${entry.ram.static} bytes of variables`);
}
