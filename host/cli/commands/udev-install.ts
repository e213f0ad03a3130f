/** `kizashi udev install`: the rules into /etc/udev/rules.d. */
import { join } from 'node:path';
import { installFile } from '../system-file.js';
import type { Run } from '../tree.js';
import { udevFile, udevRules } from '../udev-rules.js';

export const run: Run = async (context) => {
  const folder = (context.options.dir as string | undefined) ?? '/etc/udev/rules.d';
  const path = join(folder, udevFile);
  // into another folder: an image is being built, and this machine's daemons are none of it
  const then =
    context.options.dir !== undefined
      ? []
      : [
          ['udevadm', 'control', '--reload'],
          ['udevadm', 'trigger', '--subsystem-match=tty'],
        ];
  const written = await installFile({ path, text: udevRules(), then }, context);
  context.out.result({ path, written });
  return 0;
};
