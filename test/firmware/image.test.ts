/** The shipped images are what the manifest says, and what the source gives when the same compiler builds it somewhere else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { firmwareDigest } from '../../host/flash/index.js';
import { loadBoard } from '../../host/link/index.js';
// @ts-expect-error a script without types
import { images as budgets } from '../../scripts/firmware-size.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'firmware/images');

interface Image {
  name: string;
  boards: string[];
  size: number;
  sha256: string;
  fwd: string;
  compiler: { gcc: string };
  ram: { static: number };
}
const { images } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { images: Image[] };

function avrGcc(): string | null {
  try {
    return execFileSync('avr-gcc', ['-dumpversion'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

t.test('every image is listed, and is what its digests say', async (t) => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.hex'));
  t.same(files.sort(), images.map(({ name }) => `${name}.hex`).sort());
  for (const { name, boards, sha256, fwd, size, ram } of images) {
    const text = readFileSync(join(folder, `${name}.hex`), 'utf8');
    t.equal(createHash('sha256').update(text).digest('hex'), sha256, `${name}: SHA-256`);
    t.equal(Buffer.from(firmwareDigest(text, loadBoard(boards[0]))).toString('hex'), fwd, `${name}: firmware digest`);
    const { flash, ram: variables } = budgets[name];
    t.ok(size <= flash && ram.static <= variables, `${name}: ${size} of ${flash} B, ${ram.static} of ${variables} B`);
  }
});

const found = avrGcc();
const recorded = images[0].compiler.gcc;
const skip =
  found === null
    ? 'no avr-gcc here: apt-get install gcc-avr binutils-avr avr-libc'
    : found === recorded
      ? false
      : `avr-gcc ${found} is not the ${recorded} that built the shipped images: the bytes may differ`;

t.test('the same compiler, in another folder, gives the same bytes', { skip, timeout: 200_000 }, async (t) => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'kizashi-image-'));
  t.teardown(() => rmSync(elsewhere, { recursive: true, force: true }));
  for (const part of ['firmware', 'boards', 'scripts', 'package.json']) {
    cpSync(join(root, part), join(elsewhere, part), {
      recursive: true,
      filter: (path) => path !== join(root, 'firmware/build'),
    });
  }
  t.notOk(existsSync(join(elsewhere, 'firmware/build')), 'nothing built is taken along');
  symlinkSync(join(root, 'node_modules'), join(elsewhere, 'node_modules'));
  const built = spawnSync(process.execPath, ['scripts/firmware-build.mjs', '--check'], {
    cwd: elsewhere,
    encoding: 'utf8',
  });
  t.equal(built.status, 0, `${built.stdout}${built.stderr}`.slice(-2000));
});
