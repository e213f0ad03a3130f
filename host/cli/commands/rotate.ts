/** `kizashi rotate [PORT]`: a new key for a board, as its owner. The old one stays good for what it signed. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { openLink } from '../../link/index.js';
import { OwnerKeys, resumeRotation, rotate } from '../../provision/index.js';
import type { PinnedBoard } from '../../session/index.js';
import { boardOn, portOf } from '../board-port.js';
import { asOwner } from '../owner-session.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { stateFolder } from '../state-folder.js';
import type { CommandContext, Run } from '../tree.js';

interface Rotated {
  port: string;
  old: Pick<PinnedBoard, 'kid' | 'keyName'>;
  fresh: PinnedBoard;
}

export const run: Run = async (context) => {
  const { out } = context;
  const rotated = (await finishBegun(context)) ?? (await begin(context));
  if (rotated === undefined) return 0;
  const { port, old, fresh } = rotated;
  out.line(`${fresh.name}: key ${fresh.keyName} instead of ${old.keyName}, evidence grade ${fresh.grade}`);
  out.result({
    port,
    name: fresh.name,
    kid: fresh.kid,
    key: fresh.keyName,
    before: { kid: old.kid, key: old.keyName },
    grade: fresh.grade,
  });
  return 0;
};

function begin(context: CommandContext): Promise<Rotated | undefined> {
  return asOwner(
    context,
    ({ name, keyName }) => `give ${name} a new key; ${keyName} signs nothing new any more`,
    async ({ session, sign, keys, owner, port }) => {
      const { kid, keyName } = session.board;
      context.out.note('  making a new key on the board');
      const fresh = await rotate(session, sign, keys);
      renameRecovery(owner, kid, fresh.kid);
      return { port, old: { kid, keyName }, fresh };
    },
  );
}

/** A rotation that was cut off after the board had its new key: nobody has to be asked for it again. */
async function finishBegun({ args, options, out }: CommandContext): Promise<Rotated | undefined> {
  const state = stateFolder(options);
  const access = await portAccess(options, args[0]);
  try {
    const keys = siteKeys(state, access);
    if (options.dryRun === true || keys.all().every(({ pair }) => pair.length < 2)) return undefined;
    const port = await portOf(args[0], access);
    const board = boardOn(port, options.board);
    const { binding, clock } = access;
    const link = await openLink({ path: port.path, baud: board.uart.default, binding, clock });
    try {
      const resumed = await access.during(resumeRotation(link, board, keys));
      if (!resumed) return undefined;
      out.note('  the board had its new key already: an earlier rotation is finished');
      renameRecovery(new OwnerKeys(join(state.root, 'recovery')), resumed.old.kid, resumed.fresh.kid);
      return { port: port.path, ...resumed };
    } finally {
      await access.during(link.close());
    }
  } finally {
    await access.close();
  }
}

/** Rotation leaves the admin key as it is, and the owner looks for it by the key's name. */
function renameRecovery(owner: OwnerKeys, from: string, to: string): void {
  if (existsSync(owner.fileOf(from))) copyFileSync(owner.fileOf(from), owner.fileOf(to));
}
