/** `kizashi config show`: each setting with where it came from. Secrets are no settings: they live in the key store. */
import { settingsFile, settingsOf } from '../settings.js';
import { stateFolder } from '../state-folder.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out }) => {
  const settings = settingsOf(options);
  const root = stateFolder(options).root;
  const rows = Object.entries(settings).map(([key, { value, from }]) => [
    key,
    String(value ?? root),
    key === 'state' && process.env.STATE_DIRECTORY && value === undefined ? 'STATE_DIRECTORY' : from,
  ]);
  for (const line of tableLines(['KEY', 'VALUE', 'FROM'], rows)) out.line(line);
  const file = settingsFile(options) ?? null;
  if (file === null) out.note('no configuration file; kizashi config schema says what may stand in one');
  out.result({ file, state: root, settings });
  return 0;
};
