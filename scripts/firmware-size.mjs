/**
 * Flash and RAM of the firmware images by module, against their budgets; from the linker's maps:
 *
 *   npm run firmware:size [-- --json]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const firmware = fileURLToPath(new URL('../firmware/', import.meta.url));

/** Image → make target, what its sections may fill by the compiler of the shipped images, and where its text must end by any. */
export const images = {
  'kz-uno': { target: 'uno', flash: 28_672, end: 30_592, ram: 508 },
  'kz-uno-io': { target: 'uno-io', flash: 30_592, end: 30_592, ram: 508 },
  'kz-uno-spi': { target: 'uno-spi', flash: 30_592, end: 30_592, ram: 508 },
  'kz-uno-i2c': { target: 'uno-i2c', flash: 30_592, end: 30_592, ram: 508 },
  'kz-uno-lis': { target: 'uno-lis', flash: 30_592, end: 30_592, ram: 508 },
  'kz-mega': { target: 'mega', flash: 65_280, end: 65_280, ram: 636 },
};

/** Flash budgets by group of modules, in bytes; every object file belongs to one. */
const groups = [
  ['signatures and MACs', 12_288, /core\/(fe25519|ed25519|sha512|hmac|crypto)|avr\/(fe25519|sha512)/],
  ['stream hash', 1536, /blake2s/],
  [
    'messages, framing, session, commands',
    8704,
    /core\/(cbor|cose|messages|session|commands|frame|crc16|state|run)|crc_cobs/,
  ],
  [
    'capture, records, keys, self-test',
    8960,
    /core\/(capture|stream|records|noise|provision|signed|selftest|stack|claim)/,
  ],
  ['sensors and general pins', 4096, /sensors\/|core\/pins|avr\/(io|twi|spi|capture_pin)/],
  ['drivers and start', 4608, /ports\/avr\//],
  ['C library, vectors, padding', 1024, /./],
];

const isFlash = (section) =>
  section.startsWith('.text') || section.startsWith('.progmem') || section.startsWith('.vectors');
const isRam = (section) => section.startsWith('.bss') || section.startsWith('.data') || section === 'COMMON';

/** Bytes by object file as the linker placed them: {object: {flash, ram}}. */
export function sizesOf(map) {
  const sizes = new Map();
  // what was collected as garbage stands before this line, with address 0
  const placed = map.slice(map.indexOf('Linker script and memory map'));
  let section = '';
  for (const line of placed.split('\n')) {
    const name = /^ (\.\S+|COMMON)\s*(.*)$/.exec(line);
    if (name) section = name[1];
    const rest = name ? name[2] : line.trim();
    const at = /^0x0*([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+\.o\)?)$/.exec(rest);
    if (!at || section === '') continue;
    const bytes = Number.parseInt(at[2], 16);
    const object = at[3].replace(/^build\/[^/]+\//, '');
    const entry = sizes.get(object) ?? { flash: 0, ram: 0 };
    if (isFlash(section)) entry.flash += bytes;
    // initial values stand in flash, too
    if (section.startsWith('.data')) entry.flash += bytes;
    if (isRam(section)) entry.ram += bytes;
    sizes.set(object, entry);
    section = '';
  }
  return sizes;
}

/** Sizes of one built image, by group and by module, with its budgets. */
export function measure(name) {
  const { target, flash: flashMost, ram: ramMost } = images[name];
  execFileSync('make', ['-s', target], { cwd: firmware, stdio: ['ignore', 'ignore', 'inherit'] });
  const modules = [...sizesOf(readFileSync(`${firmware}build/${name}/${name}.map`, 'utf8'))];
  const sum = (list, what) => list.reduce((total, [, size]) => total + size[what], 0);
  const rest = new Set(modules);
  const byGroup = groups.map(([title, budget, pattern]) => {
    const mine = [...rest].filter(([object]) => pattern.test(object));
    for (const one of mine) rest.delete(one);
    return { title, budget, flash: sum(mine, 'flash'), ram: sum(mine, 'ram') };
  });
  const sections = execFileSync('avr-size', ['-A', `${firmware}build/${name}/${name}.elf`], { encoding: 'utf8' });
  const size = (section) => Number(new RegExp(`^\\.${section}\\s+(\\d+)`, 'm').exec(sections)?.[1] ?? 0);
  const total = {
    title: 'image',
    budget: flashMost,
    flash: size('text') + size('data'),
    ram: size('data') + size('bss'),
  };
  // vectors and padding belong to no object
  byGroup[byGroup.length - 1].flash += total.flash - sum(modules, 'flash');
  return {
    name,
    modules,
    byGroup,
    total,
    ramMost,
    holds: [...byGroup, total].every((g) => g.flash <= g.budget) && total.ram <= ramMost,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = Object.keys(images).map(measure);
  if (process.argv.includes('--json'))
    console.log(JSON.stringify(all.map(({ modules, ...rest }) => ({ ...rest, modules: Object.fromEntries(modules) }))));
  else
    for (const { name, modules, byGroup, total, ramMost } of all) {
      console.log(`${name}: ${total.flash} of ${total.budget} B of flash, ${total.ram} of ${ramMost} B of variables`);
      for (const { title, budget, flash, ram } of byGroup)
        console.log(
          `  ${title.padEnd(38)} ${String(flash).padStart(6)} of ${String(budget).padStart(6)} ${String(ram).padStart(5)}${flash > budget ? '  over' : ''}`,
        );
      if (process.argv.includes('--modules'))
        for (const [object, { flash, ram }] of modules.sort(([, a], [, b]) => b.flash - a.flash))
          console.log(`    ${object.padEnd(36)} ${String(flash).padStart(6)} ${String(ram).padStart(15)}`);
    }
  if (all.some(({ holds }) => !holds)) process.exitCode = 1;
}
