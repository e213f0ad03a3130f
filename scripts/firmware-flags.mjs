/**
 * Finds the compiler flags that make each file of the firmware smallest, and writes firmware/flags.mk:
 *
 *   npm run firmware:flags [-- core/cbor.c ...]     (all files: a quarter of an hour)
 *
 * For a file after the other the flag that wins most is added, until none wins anything. What counts are the sections that the linker keeps,
 * in the images that the file is for. Every candidate only switches one of the compiler's passes on or off, so it can change the size and
 * the speed of C code, never what it does; what has to be fast is assembly.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const firmware = fileURLToPath(new URL('../firmware/', import.meta.url));
const list = join(firmware, 'flags.mk');
const run = promisify(execFile);

/** Images by which a file is judged, the first two that hold it. */
const images = {
  'kz-uno': 'uno',
  'kz-uno-spi': 'uno-spi',
  'kz-uno-io': 'uno-io',
  'kz-uno-i2c': 'uno-i2c',
  'kz-uno-lis': 'uno-lis',
};

const passes = `gcse inline-functions-called-once ivopts split-wide-types move-loop-invariants tree-fre tree-pre expensive-optimizations
  tree-ter tree-sra tree-sink tree-ccp tree-vrp tree-loop-optimize tree-dse tree-ch tree-forwprop tree-slsr tree-tail-merge ssa-phiopt
  caller-saves reorder-blocks if-conversion rerun-cse-after-loop cse-follow-jumps thread-jumps forward-propagate ipa-sra ipa-cp ipa-icf
  shrink-wrap optimize-sibling-calls guess-branch-probability auto-inc-dec early-inlining partial-inlining peephole2 schedule-insns2
  crossjumping tree-copy-prop tree-switch-conversion ira-share-spill-slots tree-reassoc`;
const others = `-fira-algorithm=priority -fira-region=all -fira-region=one -fira-hoist-pressure -fira-loop-pressure -ftree-dominator-opts
  -ftree-scev-cprop -fweb -frename-registers -fipa-pta -mno-call-prologues -mbranch-cost=2 -mbranch-cost=3`;
const candidates = [...passes.split(/\s+/).map((pass) => `-fno-${pass}`), ...others.split(/\s+/)];

/** What `make` would run to compile a file for an image, as arguments without the file's own flags. */
function commandOf(file, image) {
  const object = `build/${image}/${file.replace(/\.c$/, '.o')}`;
  const line = execFileSync('make', ['-nB', 'FILE_FLAGS=', object], { cwd: firmware, encoding: 'utf8' })
    .split('\n')
    .find((text) => text.includes(` -c ${file} `));
  const words = line.trim().split(/\s+/);
  return words.slice(1, words.indexOf('-c'));
}

/** Sections of a file that the linker did not throw away: a test of names. */
function keptIn(image, file) {
  const map = readFileSync(join(firmware, 'build', image, `${image}.map`), 'utf8');
  const object = `build/${image}/${file.replace(/\.c$/, '.o')}`;
  const [thrown, placed] = map.split('Linker script and memory map');
  const names = (text) => {
    const found = new Set();
    for (const [, name, , size, path] of text.matchAll(/^ (\.\S+)\s+0x0*([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$/gm))
      if (path === object && Number.parseInt(size, 16) > 0) found.add(name);
    return found;
  };
  const gone = names(thrown);
  return {
    holds: [...names(placed)].some((name) => /^\.(text|progmem)/.test(name)),
    counts: (name) => !gone.has(name),
  };
}

const scratch = mkdtempSync(join(tmpdir(), 'kizashi-flags-'));
let serial = 0;

/** Bytes of flash that a file takes with these flags, over its images. */
async function sizeOf(file, judges, flags) {
  let sum = 0;
  for (const { command, counts } of judges) {
    const object = join(scratch, `${serial++}.o`);
    try {
      await run('avr-gcc', [...command, ...flags, '-c', file, '-o', object], { cwd: firmware });
    } catch {
      return Number.POSITIVE_INFINITY; // a flag that this compiler does not have, or that makes it warn
    }
    const { stdout } = await run('avr-size', ['-A', object]);
    for (const [, name, size] of stdout.matchAll(/^(\.(?:text|progmem|rodata|data)\S*)\s+(\d+)/gm))
      if (counts(name)) sum += Number(size);
    rmSync(object);
  }
  return sum;
}

/** The flags of a file: one after the other the best, until none wins. */
async function search(file) {
  const judges = [];
  for (const image of Object.keys(images)) {
    const { holds, counts } = keptIn(image, file);
    if (holds && judges.length < 2) judges.push({ command: commandOf(file, image), counts });
  }
  const flags = [];
  const bare = await sizeOf(file, judges, flags);
  let best = bare;
  for (;;) {
    const tried = [];
    for (const flag of candidates)
      if (!flags.includes(flag)) tried.push([await sizeOf(file, judges, [...flags, flag]), flag]);
    const [size, flag] = tried.reduce((a, b) => (b[0] < a[0] ? b : a));
    // two bytes a flag and image are the least it is worth a word for
    if (size > best - 2 * judges.length) break;
    best = size;
    flags.push(flag);
  }
  process.stderr.write(`${file}: ${bare} -> ${best} B ${flags.join(' ')}\n`);
  return flags;
}

for (const target of Object.values(images)) execFileSync('make', ['-s', target], { cwd: firmware, stdio: 'inherit' });
const sources = execFileSync('make', ['-s', 'sources'], { cwd: firmware, encoding: 'utf8' }).trim().split(/\s+/);
const wanted = process.argv.slice(2);
// What runs in the converter's interrupt counts in cycles, about 500 at the most: its flags stay unless the file is named.
const files = sources.filter((file) => (wanted.length === 0 ? file !== 'core/stream.c' : wanted.includes(file)));
const found = new Map(
  readFileSync(list, 'utf8')
    .split('\n')
    .flatMap((line) => (/^FLAGS_/.test(line) ? [line.slice(6).split(' := ')] : [])),
);
const queue = [...files];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let file = queue.shift(); file; file = queue.shift())
      found.set(file.replace(/\.c$/, ''), (await search(file)).join(' '));
  }),
);
rmSync(scratch, { recursive: true });
const lines = [...found].filter(([, flags]) => flags !== '').sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(
  list,
  `# What makes each file smallest with the compiler of the shipped images: written by \`npm run firmware:flags\`.\n${lines
    .map(([file, flags]) => `FLAGS_${file} := ${flags}\n`)
    .join('')}`,
);
