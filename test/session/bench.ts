/** A bench for tests: a world, boards in it, taps on their cables by whole frames. */
import { emulatedBinding, World } from '../../host/emulate/index.js';
import { loadBoard } from '../../host/link/index.js';
import { hex, MemoryKeyring, type PinnedBoard, type PortOptions } from '../../host/session/index.js';
import { decodeMessage, encodeFrame, FrameReader, keyName, type Message, signMessage } from '../../protocol/index.js';
import { BoardTwin, type TwinOptions } from './board-twin.js';

export const uno = loadBoard('arduino-avr-uno');

export interface Bench {
  world: World;
  twin: BoardTwin;
  keyring: MemoryKeyring;
  pinned: PinnedBoard;
  options: PortOptions;
}

/** A pinned twin `emu:<name>` in a world of its own, or in one given. */
export async function bench(options: TwinOptions & { world?: World } = {}): Promise<Bench> {
  const world = options.world ?? new World({ seed: 7 });
  const name = options.name ?? 'twin';
  const identity = options.identity ?? {
    seed: new Uint8Array(32).fill(name.charCodeAt(0)),
    pair: new Uint8Array(32).fill(0x50),
  };
  const twin = new BoardTwin({ ...options, name, identity });
  world.add(twin, name);
  const keyring = new MemoryKeyring();
  const pinned = pinOf(twin, identity);
  await keyring.save(pinned);
  return {
    world,
    twin,
    keyring,
    pinned,
    options: {
      path: `emu:${name}`,
      board: uno,
      keyring,
      clock: world.clock,
      binding: emulatedBinding(world),
      random: () => 0.5,
    },
  };
}

/** The pin of a twin that was never provisioned: its identity is record 0. */
export function pinOf(twin: BoardTwin, { seed, pair }: { seed: Uint8Array; pair: Uint8Array }): PinnedBoard {
  const { pk } = twin;
  const identity = signMessage(
    'identity',
    {
      rec: 0,
      boot: 0,
      prev: new Uint8Array(16),
      why: 0,
      pk,
      nonce: new Uint8Array(16),
      fw: 'twin/1.0.0',
      fwd: new Uint8Array(16),
      lock: new Uint8Array(0),
      ent: 128,
    },
    seed,
  );
  return {
    kid: hex(pk.subarray(0, 8)),
    pk,
    pair: [pair],
    name: twin.name,
    grade: 'A0',
    chain: { rec: 0, prev: new Uint8Array(16), used: 0 },
    dmax: 1,
    fw: 'twin/1.0.0',
    fwd: new Uint8Array(16).fill(0xc5),
    identity,
    keyName: keyName(pk),
  };
}

export type FrameTap = (
  message: Message,
  body: Uint8Array,
  direction: 'toHost' | 'toBoard',
) => Uint8Array[] | undefined;

/** Sees every frame on a cable; gives the bodies that pass instead, or undefined for the frame as it is. */
export function tapFrames(world: World, name: string, tap: FrameTap): void {
  const readers = { toHost: new FrameReader(), toBoard: new FrameReader() };
  world.tapLine(name, (bytes, direction) => {
    const out: Uint8Array[] = [];
    readers[direction].push(bytes, (body) => {
      const message = decodeMessage(body, direction === 'toHost' ? 'd2h' : 'h2d');
      for (const passed of tap(message, body, direction) ?? [body]) out.push(encodeFrame(passed, true));
    });
    return out;
  });
}
