/**
 * What `rotate` and `wipe` share: the board, its session, and the owner's word: by the admin key out of the recovery file, or, with
 * `--request`, by a file that goes to the owner's computer and comes back signed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KizashiError } from '../errors.js';
import {
  type KeyStore,
  OwnerKeys,
  type OwnerRequest,
  type OwnerSigns,
  openRecovery,
  parseAnswer,
  readIdentity,
  signRequest,
} from '../provision/index.js';
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
  sign: OwnerSigns;
  keys: KeyStore;
  access: PortAccess;
  owner: OwnerKeys;
  port: string;
}

/**
 * Opens a session, says what will be done, asks or takes `--yes`, and runs `work` with the owner's word.
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
      const file = typeof options.request === 'string' ? options.request : undefined;
      const admin = file === undefined ? await adminKeyOf(context, owner, session.board) : undefined;
      const sign: OwnerSigns = async (request) =>
        admin
          ? signRequest(request, admin)
          : access.outside(() => carried(context, request, file as string, owner.fileOf(request.kid)));
      try {
        return await access.during(work({ session, sign, keys, access, owner, port: port.path }));
      } finally {
        admin?.fill(0);
      }
    } finally {
      if (session.alive) session.end('closed', '');
      await access.during(session.link.close());
    }
  } finally {
    await access.close();
  }
}

/** How long the owner has, and how often the answer is looked for, in ms. */
const answerMs = 600_000;
const lookMs = 250;

/** Writes the request and waits for `FILE.signed`. The session stays open meanwhile: the answer is bound to it. */
async function carried(
  { out, signal }: CommandContext,
  request: OwnerRequest,
  file: string,
  recovery: string,
): Promise<ReturnType<typeof parseAnswer>> {
  const sealed = existsSync(recovery) ? { recovery: readFileSync(recovery).toString('base64') } : {};
  const back = `${file}.signed`;
  try {
    writeFileSync(file, `${JSON.stringify({ ...request, ...sealed }, null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ1406', `cannot write ${file}: ${errno}`, { path: file, errno }, { cause: error });
  }
  out.note(`  ${file} is for the owner's computer: kizashi admin sign ${file} --owner-key owner.key`);
  out.note(`  waiting ${answerMs / 60_000} min for ${back}`);
  for (let waited = 0; waited < answerMs && !signal.aborted; waited += lookMs) {
    const text = existsSync(back) ? readFileSync(back, 'utf8') : '';
    // a file that is being copied ends without its last line
    if (text.endsWith('}\n')) return parseAnswer(text, request);
    await sleep(lookMs);
  }
  throw new KizashiError('KZ0415', `${back} did not come`, { file: back }, { why: 'the session with the board ended' });
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
        fix: `--request FILE writes what the owner signs there (kizashi admin sign), or plug the board in there`,
      },
    );
  }
  const content = readNamedFile(file ?? owner.benchIdentityFile);
  const identity = await readIdentity(content, () => passphraseOf(context, false));
  return openRecovery(readNamedFile(recovery), identity);
}
