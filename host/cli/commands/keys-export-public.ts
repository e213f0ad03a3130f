/** `kizashi keys export-public`: what somebody needs to check evidence of this site. No secret is in it. */
import { writeFileSync } from 'node:fs';
import { KizashiError } from '../../errors.js';
import { realPorts } from '../sim/port-access.js';
import { publicKeysOf, siteKeys } from '../site-keys.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out }) => {
  const state = stateFolder(options);
  const keys = publicKeysOf(siteKeys(state, realPorts), state);
  const text = `${JSON.stringify(keys, null, 2)}\n`;
  const file = typeof options.out === 'string' ? options.out : undefined;
  if (file === undefined) {
    if (!out.json) out.raw(text);
  } else {
    try {
      writeFileSync(file, text, { flag: 'wx' });
    } catch (error) {
      const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
      throw new KizashiError('KZ1406', `cannot write ${file}: ${errno}`, { path: file, errno }, { cause: error });
    }
    out.line(`${Object.keys(keys).length} public keys: ${file}`);
  }
  out.result({ keys, file: file ?? null });
  return 0;
};
