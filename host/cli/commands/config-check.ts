/** `kizashi config check [FILE]`: the configuration file and every motor file of the state folder, with line and column of what is wrong. */
import { existsSync } from 'node:fs';
import { KizashiError } from '../../errors.js';
import { motorContext, motorFiles } from '../../motors/index.js';
import { readSettings, settingsFile } from '../settings.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const named = args[0] as string | undefined;
  const path = named ?? settingsFile(options);
  const checked: string[] = [];
  const errors: KizashiError[] = [];
  const attempt = (what: string, act: () => void): void => {
    try {
      act();
      checked.push(what);
    } catch (error) {
      if (!(error instanceof KizashiError)) throw error;
      errors.push(error);
    }
  };
  if (path !== undefined) attempt(path, () => void readSettings(path));
  if (named === undefined && errors.length === 0) {
    const { motors } = stateFolder(options);
    if (existsSync(motors))
      for (const { file, load } of motorFiles(motors)) attempt(file, () => void load().forEach(motorContext));
  }
  for (const file of checked) out.line(`ok    ${file}`);
  if (errors.length === 0) {
    if (checked.length === 0) out.note('nothing to check: no configuration file and no motor');
    out.result({ files: checked });
    return 0;
  }
  for (const error of errors.slice(out.json ? 0 : 1)) if (!out.json) out.error(error);
  throw errors[0];
};
