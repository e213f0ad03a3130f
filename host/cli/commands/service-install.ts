/** `kizashi service install`: the unit into /etc/systemd/system, started now and at every boot. */
import { join } from 'node:path';
import { thisUnit, unitName } from '../service-unit.js';
import { installFile } from '../system-file.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const folder = (context.options.dir as string | undefined) ?? '/etc/systemd/system';
  const path = join(folder, unitName);
  // into another folder: an image is being built, and this machine's daemons are none of it
  const then =
    context.options.dir !== undefined
      ? []
      : [
          ['systemctl', 'daemon-reload'],
          ['systemctl', 'enable', '--now', unitName],
        ];
  const written = await installFile({ path, text: thisUnit(), then }, context);
  context.out.result({ path, written });
  return 0;
};
