/** `kizashi udev print`: the rules file, for packages and images. */

import type { Run } from '../tree.js';
import { udevFile, udevRules } from '../udev-rules.js';

export const run: Run = async ({ out }) => {
  const text = udevRules();
  if (!out.json) out.raw(text);
  out.result({ file: udevFile, text });
  return 0;
};
