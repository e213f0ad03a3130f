/** A passphrase, never from a flag or the environment: a file of mode 0600, stdin, or a prompt without echo. */
import { readFileSync, statSync } from 'node:fs';
import { KizashiError } from '../errors.js';
import { mayAsk, missingAnswer } from './asking.js';
import type { CommandContext } from './tree.js';

/** Shortest that is taken for a new key. */
const shortest = 12;

/** @param fresh it will protect a new key: it is asked for twice, and must have 12 characters. @throws KZ1401, KZ1403 */
export async function passphraseOf(context: Pick<CommandContext, 'options' | 'out'>, fresh: boolean): Promise<string> {
  const { passphraseFile } = context.options;
  const given = typeof passphraseFile === 'string' ? fromFile(passphraseFile) : await asked(context, fresh);
  if (given.length >= shortest || !fresh) return given;
  throw new KizashiError(
    'KZ1401',
    `the passphrase has ${given.length} characters`,
    {},
    { why: `at least ${shortest} are needed`, fix: 'take a longer one: five random words are good' },
  );
}

function fromFile(path: string): string {
  try {
    if (path !== '-' && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new KizashiError(
        'KZ1403',
        `others may read ${path}`,
        { path },
        { why: 'its mode is not 0600', fix: `chmod 600 ${path}` },
      );
    }
    return readFileSync(path === '-' ? 0 : path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof KizashiError) throw error;
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ1403', `cannot read ${path}: ${errno}`, { path, errno }, { cause: error });
  }
}

async function asked(context: Pick<CommandContext, 'options' | 'out'>, fresh: boolean): Promise<string> {
  if (!mayAsk(context)) throw missingAnswer('--passphrase-file FILE', 'the passphrase is missing');
  const { password, isCancel } = await import('@clack/prompts');
  const ask = async (message: string): Promise<string> => {
    const answer = await password({ message, output: process.stderr });
    if (isCancel(answer)) throw missingAnswer('--passphrase-file FILE', 'no passphrase was given');
    return answer;
  };
  const first = await ask("passphrase of the owner's key");
  if (fresh && (await ask('the same once more')) !== first) {
    throw new KizashiError('KZ1401', 'the two passphrases differ', {}, { why: 'one was mistyped', fix: 'try again' });
  }
  return first;
}
