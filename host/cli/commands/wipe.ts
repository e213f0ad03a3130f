/** `kizashi wipe [PORT]`: erases key and identity of a board, as its owner. */
import { wipe } from '../../provision/index.js';
import { asOwner } from '../owner-session.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { out } = context;
  await asOwner(
    context,
    ({ name, keyName }) =>
      `erase key and identity of ${name} (${keyName}); what it signed stays provable, it can be flashed and provisioned anew`,
    async ({ session, sign, keys, port }) => {
      const { name, kid, keyName } = session.board;
      const event = await wipe(session, sign, keys);
      out.line(`wiped ${name} (${keyName}); its last record is ${event.body.rec}`);
      out.line(`  next    kizashi flash ${port}`);
      out.result({ port, name, kid, key: keyName, lastRecord: event.body.rec });
    },
  );
  return 0;
};
