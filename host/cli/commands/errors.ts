/** `kizashi errors`: every code; `--markdown` prints docs/errors.md. */
import { errorEntries, errorPage } from '../error-page.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out }) => {
  if (options.markdown && !out.json) {
    out.raw(errorPage());
    return 0;
  }
  const entries = errorEntries();
  const rows = entries.map(({ code, exit, what, fix }) => [code, String(exit), what, fix]);
  for (const line of tableLines(['CODE', 'EXIT', 'WHAT', 'FIX'], rows, [1])) out.line(line);
  out.result({ errors: entries });
  return 0;
};
