/** `kizashi bearings list`: the rows of the bearing table. */
import { bearingRows, variantOf } from '../../motors/index.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ out }) => {
  const variants = bearingRows().map(variantOf);
  const rows = variants.map(({ designation, id, balls, orders, grade }) => [
    designation,
    id,
    String(balls),
    `${orders.BPFO.toFixed(3)}x`,
    `${orders.BPFI.toFixed(3)}x`,
    grade ?? '',
  ]);
  for (const line of tableLines(['BEARING', 'VARIANT', 'N', 'BPFO', 'BPFI', 'GRADE'], rows, [2, 3, 4])) out.line(line);
  out.result({ bearings: variants });
  return 0;
};
