/** `kizashi bearings show NAME`: every variant with its orders and source, in Hz as well when a speed is named. */
import { variantsOf } from '../../motors/index.js';
import { digits } from '../output.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const variants = variantsOf(args[0]);
  const rpm = options.rpm as number | undefined;
  const names = ['BPFO', 'BPFI', 'BSF', 'FTF'] as const;
  const rows = variants.map(({ id, maker, balls, orders, grade }) => [
    id,
    maker ?? '',
    String(balls),
    ...names.map((name) => `${orders[name].toFixed(name === 'FTF' ? 4 : 3)}x`),
    grade ?? '',
  ]);
  for (const line of tableLines(['VARIANT', 'MAKER', 'N', ...names, 'GRADE'], rows, [2, 3, 4, 5, 6])) out.line(line);
  if (rpm !== undefined) {
    out.line();
    const inHz = variants.map(({ id, orders }) => [
      id,
      ...names.map((name) => digits((orders[name] * rpm) / 60)),
      digits((orders.BSF * 2 * rpm) / 60),
    ]);
    for (const line of tableLines([`Hz at ${digits(rpm)} r/min`, ...names, '2xBSF'], inHz, [1, 2, 3, 4, 5]))
      out.line(line);
  }
  out.line();
  for (const { id, source } of variants) out.line(`${id}: ${source}`);
  out.result({ bearing: args[0], variants, ...(rpm === undefined ? {} : { rpm }) });
  return 0;
};
