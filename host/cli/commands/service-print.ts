/** `kizashi service print`: the systemd unit for this installation. */
import { thisUnit, unitName } from '../service-unit.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ out }) => {
  const text = thisUnit();
  if (!out.json) out.raw(text);
  out.result({ file: unitName, text });
  return 0;
};
