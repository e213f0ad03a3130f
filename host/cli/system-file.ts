/** Files of the operating system that a command installs: what it will do is said first, nothing is written without --yes. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KizashiError } from '../errors.js';
import { mayAsk, missingAnswer } from './asking.js';
import type { CommandContext } from './tree.js';

export interface SystemFile {
  path: string;
  text: string;
  /** What must run afterwards for the file to count. */
  then: string[][];
}

/** Whether this very text is there already. */
export function isInstalled({ path, text }: SystemFile): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') === text;
}

/**
 * Installs a file after `--yes` or a person's yes; `--dry-run` only says what would happen.
 * @returns whether it was written
 * @throws KZ1401 without an answer, KZ1407 without permission
 */
export async function installFile(file: SystemFile, { options, out }: CommandContext): Promise<boolean> {
  if (isInstalled(file)) {
    out.line(`${file.path} is up to date`);
    return false;
  }
  out.note(`${existsSync(file.path) ? 'replaces' : 'writes'} ${file.path}`);
  for (const command of file.then) out.note(`then      ${command.join(' ')}`);
  if (options.dryRun === true) return false;
  if (options.yes !== true) {
    if (!mayAsk({ options, out })) throw missingAnswer('--yes', 'this changes the system');
    const { confirm, isCancel } = await import('@clack/prompts');
    const answer = await confirm({ message: `Write ${file.path}?` });
    if (isCancel(answer) || !answer) return false;
  }
  try {
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text, { mode: 0o644 });
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError(
      'KZ1407',
      `cannot write ${file.path}: ${errno}`,
      { path: file.path, errno },
      { fix: `sudo kizashi ${process.argv.slice(2).join(' ')}`, cause: error },
    );
  }
  for (const [program, ...args] of file.then) {
    const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 2] });
    if (status !== 0)
      out.warn(`${program} ${args.join(' ')}: ${error ? 'not found' : `exit ${status}`}; run it by hand`);
  }
  out.line(`${file.path} written`);
  return true;
}
