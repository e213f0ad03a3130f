/** `kizashi admin keygen FILE`: the owner's identity, on a computer that is not the gateway. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KizashiError } from '../../errors.js';
import { writePrivate } from '../../flash/index.js';
import { makeIdentity } from '../../provision/index.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, out }) => {
  const file = resolve(args[0]);
  if (existsSync(file)) {
    throw new KizashiError(
      'KZ1406',
      `${file} exists already`,
      { path: file },
      { fix: 'name a file that does not exist' },
    );
  }
  const { identity, recipient } = await makeIdentity();
  const text = `# owner's key of kizashi boards; whoever has it can wipe them\n# public key: ${recipient}\n${identity}\n`;
  await writePrivate(file, text).catch((cause: NodeJS.ErrnoException) => {
    throw new KizashiError(
      'KZ1406',
      `cannot write ${file}: ${cause.code ?? cause.message}`,
      { path: dirname(file) },
      { cause },
    );
  });
  // the public half alone on stdout, so that it can go into a file for the gateway
  out.line(recipient);
  out.note(`  keep ${file} safe and off the gateway; there: kizashi init --recovery-key PUBLIC`);
  out.result({ recipient, file });
  return 0;
};
