/** `kizashi provision [PORT]`: a freshly flashed board makes its key and is pinned; the owner's recovery file gets its admin key. */
import { join } from 'node:path';
import { KizashiError } from '../../errors.js';
import { burnClaim, type ClaimTicket, deleteTicket, parseTicket } from '../../flash/index.js';
import { openLink } from '../../link/index.js';
import { OwnerKeys, provision } from '../../provision/index.js';
import { awaitMessage, hex } from '../../session/index.js';
import { askYes, mayAsk, missingAnswer } from '../asking.js';
import { boardOn, portOf } from '../board-port.js';
import { readNamedFile } from '../file.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys, ticketOf } from '../site-keys.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const name = options.name;
  if (typeof name !== 'string' || name.trim() === '') throw missingAnswer('--name NAME', 'the board needs a name');
  const access = await portAccess(options, args[0]);
  const { binding, clock } = access;
  try {
    const port = await portOf(args[0], access);
    const board = boardOn(port, options.board);
    const state = stateFolder(options);
    const keys = siteKeys(state, access);
    const taken = keys.all().find((known) => known.name === name && known.revoked === undefined);
    if (taken)
      throw new KizashiError(
        'KZ1401',
        `a board is called ${name} already: ${taken.keyName}`,
        { name, kid: taken.kid },
        { why: 'names tell boards apart', fix: 'give another --name, or revoke the old board' },
      );
    const owner = new OwnerKeys(join(state.root, 'recovery'));
    const policy = owner.policy();
    if (!policy) throw new KizashiError('KZ0410', 'nobody said where the admin key of this board is to go', {});
    // an emulated board has no LED that anybody could see
    const unseen = access.emulated || options.yes === true;
    if (!unseen && !mayAsk(context))
      throw missingAnswer('--yes', 'whose LED blinks twice? look, then confirm it beforehand');
    const ticket = ticketFrom(options.ticket) ?? ticketOf(state);
    let cid: Uint8Array | undefined;
    const link = await access.during(openLink({ path: port.path, baud: board.uart.default, binding, clock }));
    const made = await access.during(
      provision({
        link,
        board,
        ticket,
        store: keys,
        name,
        zone: typeof options.zone === 'string' ? options.zone : undefined,
        grade: board.grade,
        keepAdmin: (admin, of) => access.outside(() => owner.keep(admin, of)),
        burn: async (page, old) => {
          const { baud } = old;
          await old.close();
          await burnClaim({ path: port.path, board, binding, clock, signal: context.signal }, page);
          const fresh = await openLink({ path: port.path, baud, binding, clock });
          await awaitMessage(fresh, board.bootMs, (message) => (message.type === 'ready' ? true : undefined));
          return fresh;
        },
        confirm: unseen
          ? undefined
          : (keyName) =>
              access.outside(() => askYes(`key ${keyName}: is the LED of the board in your hand blinking twice?`)),
        forget: (of) => {
          cid = of;
          deleteTicket(state.tickets, of);
        },
        onProgress: (text) => out.note(`  ${text}`),
      }).catch(async (error) => {
        await link.close();
        throw error;
      }),
    );
    const { board: pinned, session, entropyBits } = made;
    session.end('closed', '');
    await access.during(session.link.close());
    const recovery = cid && (await owner.nameAfter(pinned.kid, cid));
    const weak = entropyBits < 128;
    if (weak) out.warn(`only ${entropyBits} bits of noise: the key is as secret as this computer was today`);
    out.line(`${name}: key ${pinned.keyName}, evidence grade ${pinned.grade}   (why: kizashi explain ${pinned.grade})`);
    out.line(`  firmware ${pinned.fw}, ${entropyBits} noise bits, claim burnt, pinned in ${state.keys}`);
    if (recovery) out.line(`  the owner's recovery file has the admin key: ${recovery}`);
    out.line(`  next    kizashi motors add ID --board ${name}`);
    out.result({
      port: port.path,
      name,
      zone: pinned.zone ?? null,
      kid: pinned.kid,
      key: pinned.keyName,
      publicKey: hex(pinned.pk),
      grade: pinned.grade,
      emulated: access.emulated,
      firmware: pinned.fw,
      entropyBits,
      owner: policy.kind,
      recovery: recovery ?? null,
    });
    return 0;
  } finally {
    await access.close();
  }
};

/** The ticket of another installation, named on the command line. */
function ticketFrom(file: unknown): ((cid: Uint8Array) => ClaimTicket | undefined) | undefined {
  if (typeof file !== 'string') return undefined;
  const ticket = parseTicket(Buffer.from(readNamedFile(file)).toString('utf8'), file);
  return (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined);
}
