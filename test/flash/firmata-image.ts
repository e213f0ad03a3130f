/**
 * The image of StandardFirmata for the Uno as its users flash it (LGPL; not part of this project): out of the npm package avrgirl-arduino,
 * fetched once into the cache. Undefined without a network.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';

const inside = 'package/junk/hex/uno/StandardFirmata.cpp.hex';

export function standardFirmata(): string | undefined {
  const cached = join(envPaths('kizashi', { suffix: '' }).cache, 'StandardFirmata-uno.hex');
  if (existsSync(cached)) return readFileSync(cached, 'utf8');
  const work = mkdtempSync(join(tmpdir(), 'kizashi-firmata-'));
  try {
    const options = { cwd: work, timeout: 60_000, stdio: 'ignore' } as const;
    execFileSync('npm', ['pack', 'avrgirl-arduino@5.0.1', '--silent'], options);
    execFileSync('tar', ['xzf', 'avrgirl-arduino-5.0.1.tgz', inside], options);
    mkdirSync(join(cached, '..'), { recursive: true });
    copyFileSync(join(work, inside), cached);
    return readFileSync(cached, 'utf8');
  } catch {
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
