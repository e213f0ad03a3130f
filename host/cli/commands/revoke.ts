/** `kizashi revoke BOARD`: no new record of this key is accepted any more; what it signed before stays valid. */
import { KizashiError } from '../../errors.js';
import { askYes, mayAsk, missingAnswer } from '../asking.js';
import { pinnedBoard } from '../pinned-board.js';
import { realPorts } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const keys = siteKeys(stateFolder(options), realPorts);
  const board = pinnedBoard(keys, args[0]);
  if (board.revoked !== undefined) {
    throw new KizashiError(
      'KZ1401',
      `${board.name} is revoked already: ${board.revoked}`,
      { kid: board.kid },
      { why: 'nothing is left to do', fix: 'kizashi keys list' },
    );
  }
  const reason = typeof options.reason === 'string' ? options.reason : undefined;
  const what = `${board.name} (${board.keyName}, record ${board.chain.used}): no new record is accepted any more; this cannot be undone`;
  if (options.dryRun === true) {
    out.line(`would revoke ${what}`);
    out.result({ dryRun: true, name: board.name, kid: board.kid });
    return 0;
  }
  if (reason === undefined || reason.trim() === '')
    throw missingAnswer('--reason TEXT', 'a revocation needs its reason');
  if (options.yes !== true) {
    if (!mayAsk(context)) throw missingAnswer('--yes', what);
    if (!(await askYes(`${what}. Go on?`))) throw missingAnswer('--yes', 'not confirmed');
  }
  board.revoked = reason;
  await keys.save(board);
  out.line(`revoked ${board.name} (${board.keyName}): ${reason}`);
  out.result({ name: board.name, kid: board.kid, key: board.keyName, reason, lastRecord: board.chain.used });
  return 0;
};
