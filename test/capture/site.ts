/** An emulated board as on a site: its image, its key made over the wire, its clock compared; for tests and benches that take captures of it. */
import { readFileSync } from 'node:fs';
import { type Capture, type CapturePlan, startCapture } from '../../host/capture/index.js';
import { type AvrBoard, createMega, createUno, emulatedBinding, World } from '../../host/emulate/index.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../../host/flash/index.js';
import { type BoardFacts, openLink } from '../../host/link/index.js';
import { MemoryKeyStore, provision } from '../../host/provision/index.js';
import { hex } from '../../host/session/index.js';
import { writeEvidence } from '../../protocol/index.js';

export interface SiteOptions {
  /** Relative error of the board's oscillator. */
  clockError?: number;
  /** Seconds for which its clock is compared before the first capture. */
  settleS?: number;
  /** Puts parts onto the board before it starts. */
  wire?: (board: AvrBoard) => void;
}

export async function site(facts: BoardFacts, image: string, { clockError = 0, settleS = 20, wire }: SiteOptions = {}) {
  const text = readFileSync(new URL(`../../firmware/images/${image}.hex`, import.meta.url), 'utf8');
  const world = new World({ seed: 11 });
  const { clock } = world;
  const binding = emulatedBinding(world);
  const ticket = drawTicket(facts, firmwareDigest(text, facts));
  const create = facts.mcu === 'atmega2560' ? createMega : createUno;
  const board = create({ hex: patchImage(text, facts, claimPage(ticket, facts)), seed: 3, name: image, clockError });
  wire?.(board);
  const { path } = world.add(board, image);
  const provisioned = (async () => {
    const link = await openLink({ path, baud: facts.uart.default, binding, clock });
    return provision({
      link,
      board: facts,
      ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
      store: new MemoryKeyStore(),
      name: image,
      grade: 'E',
      keepAdmin: async () => {},
      burn: async (page, old) => {
        await old.close();
        board.flash.set(page, facts.claimAt);
        return openLink({ path, baud: facts.uart.default, binding, clock });
      },
    });
  })();
  const { session } = await world.until(provisioned, 60);
  await world.run(settleS);
  const capture = async (channels: CapturePlan['channels'], rateHz: number, seconds: number): Promise<Capture> => {
    const plan = { channels, rateHz, seconds };
    const result = await world.until(startCapture(session, plan).result, 90);
    if (!result.ok) throw new Error(result.text);
    const { begin, data, marks, seal } = result.items;
    if (!begin || !seal) throw new Error('a capture without its ends');
    // as the gateway writes it
    const frames = data.flatMap((item, i) => (item ? [{ i, item }] : []));
    const digests = marks.flatMap((d, w) => (d ? [{ w, d }] : []));
    evidence = writeEvidence({ identity: session.board.identity, begin, frames, marks: digests, seal }, 32);
    return result.capture;
  };
  let evidence: Uint8Array | undefined;
  const close = async () => {
    session.end('closed', '');
    await session.link.close();
    world.close();
  };
  return { board, world, session, capture, evidenceOfLast: () => evidence, close };
}
