/** `kizashi doctor [PORT]`: ok, warn, fail, each with its fix; exit 1 when something fails. `--report FILE` writes it for a bug report. */
import { writeFileSync } from 'node:fs';
import { KizashiError } from '../../errors.js';
import { examine, thisMachine } from '../doctor-checks.js';
import type { Style } from '../output.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

const styles: Record<'ok' | 'warn' | 'fail', Style> = { ok: 'green', warn: 'yellow', fail: ['bold', 'red'] };

export const run: Run = async ({ args, options, out }) => {
  const checks = await examine(thisMachine(), stateFolder(options).root, args[0]);
  for (const { level, text, fix } of checks)
    out.line(`  ${out.style(styles[level], level.padEnd(4))}  ${text}${fix === undefined ? '' : `   -> ${fix}`}`);
  const failed = checks.filter(({ level }) => level === 'fail').length;
  const body = { good: failed === 0, platform: `${process.platform} ${process.arch}`, checks };
  const file = options.report as string | undefined;
  if (file !== undefined)
    try {
      writeFileSync(file, `${JSON.stringify(body, null, 2)}\n`);
      out.note(`written to ${file}: names of ports and folders, no keys`);
    } catch (error) {
      const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
      throw new KizashiError('KZ1406', `cannot write ${file}: ${errno}`, { path: file, errno }, { cause: error });
    }
  out.result(body);
  return failed === 0 ? 0 : 1;
};
