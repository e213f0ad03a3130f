/** `kizashi admin sign REQUEST`: the owner's word for a command that a gateway asked for, without the admin key ever going there. */
import { existsSync } from 'node:fs';
import { KizashiError } from '../../errors.js';
import { writePrivate } from '../../flash/index.js';
import { answerText, openRecovery, parseRequest, readIdentity, signRequest } from '../../provision/index.js';
import { askYes, mayAsk, missingAnswer } from '../asking.js';
import { readNamedFile } from '../file.js';
import { passphraseOf } from '../passphrase.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const request = parseRequest(Buffer.from(readNamedFile(args[0])).toString('utf8'));
  const { rule, board, key, kid, n } = request;
  const what =
    rule === 'wipe'
      ? `erase key and identity of ${board} (${key})`
      : `give ${board} a new key; ${key} signs nothing new any more`;
  if (typeof options.ownerKey !== 'string') throw missingAnswer('--owner-key FILE', "only the owner's key signs this");
  const sealed =
    typeof options.recovery === 'string'
      ? readNamedFile(options.recovery)
      : request.recovery === undefined
        ? undefined
        : new Uint8Array(Buffer.from(request.recovery, 'base64'));
  if (!sealed) throw missingAnswer('--recovery FILE', 'the request carries no recovery file of the board');
  out.note(`  the gateway asks to ${what}; command ${n} of its session`);
  if (typeof options.recovery !== 'string') out.note('  which board it is stands in the request: as the gateway says');
  const identity = await readIdentity(readNamedFile(options.ownerKey), () => passphraseOf(context, false));
  const admin = await openRecovery(sealed, identity);
  if (options.yes !== true) {
    if (!mayAsk(context)) throw missingAnswer('--yes', what);
    if (!(await askYes(`${what}. Sign?`))) throw missingAnswer('--yes', 'not confirmed');
  }
  const answer = signRequest(request, admin);
  admin.fill(0);
  const file = typeof options.out === 'string' ? options.out : `${args[0]}.signed`;
  if (existsSync(file))
    throw new KizashiError('KZ1406', `${file} exists already`, { path: file }, { fix: 'name another: --out FILE' });
  await writePrivate(file, answerText(answer)).catch((cause: NodeJS.ErrnoException) => {
    throw new KizashiError('KZ1406', `cannot write ${file}: ${cause.code ?? cause.message}`, { path: file }, { cause });
  });
  out.line(`${file}: ${rule} of ${board} (${key}), for its gateway only`);
  out.result({ file, rule, board, kid, n, secret: answer.pair !== undefined });
  return 0;
};
