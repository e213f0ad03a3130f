// `npm test`: everything, from a clean checkout. Installs what the tests need, builds, checks types and lint, runs tap, and ends with one
// plain line computed from tap's totals. A run with fewer assertions than test/floor.json is a failure: tests do not vanish unseen.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

function step(name, command, args) {
  process.stdout.write(`# ${name}\n`);
  const run = spawnSync(command, args, { stdio: 'inherit' });
  if (run.status !== 0) {
    process.stdout.write(`${name} failed\n`);
    process.exit(run.status ?? 1);
  }
}

installPackages();
step('debian packages', 'bash', ['scripts/debian-packages.sh']);
step('build', process.execPath, ['scripts/build.mjs']);
step('typecheck', process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json']);
step('lint', 'node_modules/.bin/biome', ['check', '.']);

process.stdout.write('# tests\n');
const tap = spawn('node_modules/.bin/tap', ['--reporter=tap', ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const last = { total: 0, pass: 0, fail: 0, skip: 0 };
let rest = '';
let depth0 = '';
tap.stdout.setEncoding('utf8');
tap.stdout.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    // the closing totals stand at depth 0 as `# { total: N, pass: N, … }`, possibly over several lines
    if (/^# \{/.test(line) || depth0) {
      depth0 += line.replace(/^# ?/, ' ');
      if (depth0.includes('}')) {
        for (const key of Object.keys(last)) last[key] = Number(new RegExp(`\\b${key}: (\\d+)`).exec(depth0)?.[1] ?? 0);
        depth0 = '';
      }
    }
    if (
      /^\s*not ok |^# (Subtest|time)|^(ok|not ok) |# SKIP|^\s+(---|\.\.\.|diff|at|message|stack|source|error)/.test(
        line,
      )
    )
      process.stdout.write(`${line}\n`);
    else if (/^\s+(\+|-|@@|[a-zA-Z]+:)/.test(line)) process.stdout.write(`${line}\n`);
  }
});
tap.on('close', (code) => {
  const floor = JSON.parse(readFileSync('test/floor.json', 'utf8')).total;
  const failed =
    last.fail + (code !== 0 && last.fail === 0 ? 1 : 0) + (last.total < floor && process.argv.length === 2 ? 1 : 0);
  if (last.total < floor && process.argv.length === 2)
    process.stdout.write(`only ${last.total} assertions ran, the floor is ${floor}\n`);
  process.stdout.write(`${last.pass} passed, ${failed} failed, ${last.skip} skipped\n`);
  process.exit(failed > 0 ? 1 : 0);
});
