/** The package as npm delivers it: every entry point imports, the command runs, and no source, test or recording is inside. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const skip = existsSync(join(root, 'dist/host/cli/kizashi.js')) ? false : 'not built: npm run build';

t.test('pack, unpack, import', { skip, timeout: 120_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'kizashi-package-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  // the build that stands is packed: building again here would take dist away under other tests
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', home], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const [{ filename, files, size }] = JSON.parse(packed) as {
    filename: string;
    files: { path: string }[];
    size: number;
  }[];
  const paths = files.map(({ path }) => path);
  t.same(
    paths.filter((path) => !/^(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path)),
    [],
    'only what is built, and the three texts',
  );
  t.ok(paths.includes('dist/firmware/images/kz-uno.hex'), 'the firmware image is inside');
  t.ok(size < 4_000_000, `${size} bytes packed`);

  execFileSync('tar', ['xzf', join(home, filename), '-C', home]);
  const user = join(home, 'user');
  mkdirSync(join(user, 'node_modules'), { recursive: true });
  // the dependencies are those of this checkout; what is under test is the package itself
  symlinkSync(join(root, 'node_modules'), join(home, 'package/node_modules'));
  symlinkSync(join(home, 'package'), join(user, 'node_modules/kizashi'));
  writeFileSync(join(user, 'package.json'), '{"type":"module"}');
  const { exports } = JSON.parse(readFileSync(join(home, 'package/package.json'), 'utf8')) as {
    exports: Record<string, string>;
  };
  const entries = Object.keys(exports).filter((entry) => !entry.endsWith('.json'));
  writeFileSync(
    join(user, 'use.js'),
    entries
      .map(
        (entry) =>
          `console.log(${JSON.stringify(entry)}, Object.keys(await import('kizashi${entry.slice(1)}')).length);`,
      )
      .join('\n'),
  );
  const used = spawnSync(process.execPath, ['use.js'], { cwd: user, encoding: 'utf8' });
  t.equal(used.status, 0, used.stderr.slice(-1500));
  for (const entry of entries)
    t.match(used.stdout, new RegExp(`^${entry.replaceAll('.', '\\.')} [1-9]`, 'm'), `kizashi${entry.slice(1)}`);

  const version = spawnSync(process.execPath, [join(home, 'package/dist/host/cli/kizashi.js'), '--version'], {
    encoding: 'utf8',
  });
  t.match(version.stdout, /^\d+\.\d+\.\d+/, version.stderr);
});
