/** `kizashi completion SHELL`: the script that makes a shell complete verbs, flags and names. */
import { KizashiError } from '../../errors.js';
import { completionScript, shells } from '../completion-script.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, out }) => {
  const [shell] = args;
  if (!shells.includes(shell))
    throw new KizashiError(
      'KZ1401',
      `no completion for ${shell}`,
      { shell, shells },
      { why: `shells are ${shells.join(', ')}`, fix: 'kizashi completion bash' },
    );
  const text = completionScript(shell);
  if (!out.json) out.raw(text);
  out.result({ shell, text });
  return 0;
};
