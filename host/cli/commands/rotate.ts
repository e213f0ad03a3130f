/** `kizashi rotate [PORT]`: a new key for a board, as its owner. The old one stays good for what it signed. */
import { copyFileSync } from 'node:fs';
import { rotate } from '../../provision/index.js';
import { asOwner } from '../owner-session.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { out } = context;
  await asOwner(
    context,
    ({ name, keyName }) => `give ${name} a new key; ${keyName} signs nothing new any more`,
    async ({ session, admin, keys, owner, port }) => {
      const { kid: oldKid, keyName: oldKey } = session.board;
      out.note('  making a new key on the board');
      const fresh = await rotate(session, admin, keys);
      // rotation leaves the admin key as it is, and the owner looks for it by the key's name
      copyFileSync(owner.fileOf(oldKid), owner.fileOf(fresh.kid));
      out.line(`${fresh.name}: key ${fresh.keyName} instead of ${oldKey}, evidence grade ${fresh.grade}`);
      out.result({
        port,
        name: fresh.name,
        kid: fresh.kid,
        key: fresh.keyName,
        before: { kid: oldKid, key: oldKey },
        grade: fresh.grade,
      });
    },
  );
  return 0;
};
