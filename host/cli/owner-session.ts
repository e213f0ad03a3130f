/** What `rotate` and `wipe` share: the board, its session, and the admin key out of the owner's recovery file. */
import { join } from 'node:path';
import { KizashiError } from '../errors.js';
import { type KeyStore, OwnerKeys, openRecovery, readIdentity } from '../provision/index.js';
import { openSession, type PinnedBoard, type Session } from '../session/index.js';
import { askYes, mayAsk, missingAnswer } from './asking.js';
import { boardOn, portOf } from './board-port.js';
import { readNamedFile } from './file.js';
import { passphraseOf } from './passphrase.js';
import { type PortAccess, portAccess } from './sim/port-access.js';
import { siteKeys } from './site-keys.js';
import { stateFolder } from './state-folder.js';
import type { CommandContext } from './tree.js';

export interface OwnerSession {
  session: Session;
  admin: Uint8Array;
  keys: KeyStore;
  access: PortAccess;
  owner: OwnerKeys;
  port: string;
}

/**
 * Opens a session, says what will be done, asks or takes `--yes`, and runs `work` with the admin key.
 * @returns undefined with `--dry-run`
 */
export async function asOwner<T>(
  context: CommandContext,
  what: (board: PinnedBoard) => string,
  work: (owned: OwnerSession) => Promise<T>,
): Promise<T | undefined> {
  const { args, options, out } = context;
  const access = await portAccess(options, args[0]);
  try {
    const port = await portOf(args[0], access);
    const board = boardOn(port, options.board);
    const state = stateFolder(options);
    const keys = siteKeys(state, access);
    const owner = new OwnerKeys(join(state.root, 'recovery'));
    const { binding, clock } = access;
    const session = await access.during(openSession({ path: port.path, board, keyring: keys, binding, clock }));
    try {
      const words = what(session.board);
      if (options.dryRun === true) {
        out.line(`would ${words}`);
        out.result({ dryRun: true, port: port.path, name: session.board.name, kid: session.board.kid });
        return undefined;
      }
      if (options.yes !== true) {
        if (!mayAsk(context)) throw missingAnswer('--yes', words);
        if (!(await access.outside(() => askYes(`${words}. Go on?`)))) throw missingAnswer('--yes', 'not confirmed');
      }
      const admin = await adminKeyOf(context, owner, session.board);
      try {
        return await access.during(work({ session, admin, keys, access, owner, port: port.path }));
      } finally {
        admin.fill(0);
      }
    } finally {
      if (session.alive) session.end('closed', '');
      await access.during(session.link.close());
    }
  } finally {
    await access.close();
  }
}

async function adminKeyOf(context: CommandContext, owner: OwnerKeys, board: PinnedBoard): Promise<Uint8Array> {
  const { options } = context;
  const recovery = typeof options.recovery === 'string' ? options.recovery : owner.fileOf(board.kid);
  const file = typeof options.ownerKey === 'string' ? options.ownerKey : undefined;
  if (file === undefined && owner.policy()?.kind !== 'bench') {
    throw new KizashiError(
      'KZ1401',
      `${board.name} obeys its owner only: --owner-key FILE`,
      { missing: '--owner-key' },
      {
        why: "the owner's key is not on this computer",
        fix: 'plug the board into the computer that has it, and name it there',
      },
    );
  }
  const content = readNamedFile(file ?? owner.benchIdentityFile);
  const identity = await readIdentity(content, () => passphraseOf(context, false));
  return openRecovery(readNamedFile(recovery), identity);
}
