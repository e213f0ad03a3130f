/** An emulated Uno with the image that has general pins, provisioned, attended, and a Johnny-Five plugin on it. */
import { readFileSync } from 'node:fs';
import { createUno, emulatedBinding, World } from '../../host/emulate/index.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../../host/flash/index.js';
import { Kizashi, type KizashiOptions } from '../../host/johnny-five/index.js';
import { loadBoard, openLink } from '../../host/link/index.js';
import { MemoryKeyStore, provision } from '../../host/provision/index.js';
import { attend, hex } from '../../host/session/index.js';

export const uno = loadBoard('arduino-avr-uno');

export async function ioBench(options: Partial<KizashiOptions> & { image?: string } = {}) {
  const image = readFileSync(
    new URL(`../../firmware/images/${options.image ?? 'kz-uno-io'}.hex`, import.meta.url),
    'utf8',
  );
  const ticket = drawTicket(uno, firmwareDigest(image, uno));
  const world = new World({ seed: 5 });
  const board = createUno({ hex: patchImage(image, uno, claimPage(ticket, uno)), seed: 5, name: 'bench' });
  const cable = world.add(board, 'bench');
  const keyring = new MemoryKeyStore();
  const common = { path: 'emu:bench', board: uno, keyring, clock: world.clock, binding: emulatedBinding(world) };
  let admin: Uint8Array = new Uint8Array();
  const made = await world.until(
    provision({
      link: await openLink({ ...common, baud: uno.uart.default }),
      board: uno,
      ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
      store: keyring,
      name: 'bench',
      grade: 'A0',
      keepAdmin: async (key) => {
        admin = key;
      },
      burn: async (page, same) => {
        board.flash.set(page, uno.claimAt);
        return same;
      },
    }),
    60,
  );
  made.session.end('closed', '');
  await made.session.link.close();
  const port = attend({ ...common, random: () => 0.5 });
  await world.until(port.ready(9000));
  const errors: Error[] = [];
  const io = new Kizashi({ port, ...options });
  io.on('error', (error: Error) => errors.push(error));
  /** Every edge the chip makes on a pin, in µs. */
  const edges = (pin: string) => {
    const list: { level: number | string; us: number }[] = [];
    board.pin(pin).watch((level, cycle) => list.push({ level, us: cycle / 16 }));
    return list;
  };
  /** Lets time pass until all commands are acknowledged. */
  const settle = async () => {
    await world.run(0.005);
    for (let k = 0; io.pending > 0 && k < 400; k++) await world.run(0.01);
  };
  const close = async () => {
    await port.close();
    world.close();
  };
  return { world, board, cable, port, io, keyring, admin, errors, edges, settle, close };
}
