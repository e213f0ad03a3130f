// npm packages from the lock file, without any foreign install script (the native parts ship prebuilt inside their packages).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.kizashi-lock`;

/** Runs `npm ci` unless node_modules was already installed from exactly this lock file. Progress goes to stderr: stdout is the result's. */
export function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('installing npm packages from the lock file\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write('npm ci failed: see the lines above. Is the npm registry reachable? Try: npm ping\n');
    process.exit(npm.status ?? 1);
  }
  writeFileSync(stamp, lock);
}
