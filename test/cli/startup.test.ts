/** Starting `kizashi --help` costs commander and a handful of small files: what it loads is listed, what it costs is measured. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';
import t from 'tap';
import { entry } from './run-cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files that a module imports when it is loaded, itself first; imports by name of a verb are not among them. */
function loadedBy(metafile: Metafile, file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path, kind, external } of metafile.inputs[file]?.imports ?? [])
    if (kind === 'import-statement' && !external) loadedBy(metafile, path, seen);
  return seen;
}

const graph = buildSync({
  entryPoints: [relative(root, entry)],
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  metafile: true,
  write: false,
  outdir: '.tap/unused',
  splitting: true,
}).metafile;

t.test('what is loaded before a verb is known', async (t) => {
  t.same([...loadedBy(graph, relative(root, entry))].sort(), [
    'host/cli/board-commands.ts',
    'host/cli/crash.ts',
    'host/cli/doors.ts',
    'host/cli/kizashi.ts',
    'host/cli/main.ts',
    'host/cli/output.ts',
    'host/cli/tree.ts',
    'host/errors.ts',
  ]);
});

t.test('kizashi --help within 1.5 times node -e 0 and 60 ms of processor time', async (t) => {
  const outdir = join(root, '.tap', `startup-${process.pid}`);
  t.teardown(() => rmSync(outdir, { recursive: true, force: true }));
  mkdirSync(outdir, { recursive: true });
  buildSync({
    entryPoints: [...loadedBy(graph, relative(root, entry))],
    absWorkingDir: root,
    outdir,
    outbase: root,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const built = resolve(outdir, relative(root, dirname(entry)), 'kizashi.js');
  // processor time, not the clock's: other programs run beside a test
  const spent =
    "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.error((user + system) / 1000); })";
  const hook = ['--import', `data:text/javascript,${encodeURIComponent(spent)}`];
  const cost = (...args: string[]): number => {
    const ran = spawnSync(process.execPath, [...hook, ...args], { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(ran.stderr);
    return Number(ran.stderr.trim().split('\n').at(-1));
  };
  // the least of some runs is the one that was disturbed least
  const least = (...args: string[]): number => Math.min(...Array.from({ length: 5 }, () => cost(...args)));
  const bare = least('-e', '0');
  const help = least(built, '--help');
  t.ok(help <= 1.5 * bare + 60, `${help.toFixed(0)} ms; node -e 0 ${bare.toFixed(0)} ms`);
  t.match(spawnSync(process.execPath, [built, '--help'], { encoding: 'utf8' }).stdout, /What do you have\?/);
});
