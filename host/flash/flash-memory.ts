/** What stands in the flash of a board: nothing, firmware of kizashi with its claim, or something else. */
import intelHex from 'nrf-intel-hex';
import { KizashiError } from '../errors.js';
import type { BoardFacts } from '../link/index.js';
import { claimMagic, crcOfClaimHolds } from './claim.js';

// the package is CommonJS whose module is the class itself, and its types call that `default`
const MemoryMap = intelHex as unknown as typeof intelHex.default;

export type FlashContent =
  | { kind: 'empty' }
  /** `claim`: `open` = flashed and not provisioned, `burnt` = provisioned, `none` = never claimed. */
  | { kind: 'kizashi'; name: string; version: string; claim: 'open' | 'burnt' | 'none' }
  | { kind: 'other' };

/** @param flash [0, hashEnd) of the board */
export function contentOf(flash: Uint8Array, board: BoardFacts): FlashContent {
  if (flash.every((byte) => byte === 0xff)) return { kind: 'empty' };
  // the firmware says its own name in the greeting, so the text stands in its program memory
  const named = /(kz-[a-z0-9-]{1,8})\/(\d+\.\d+\.\d+)/.exec(Buffer.from(flash).toString('latin1'));
  if (!named) return { kind: 'other' };
  const page = flash.subarray(board.claimAt, board.claimAt + board.memory.page);
  const claimed = claimMagic.every((byte, k) => page[k] === byte);
  const claim = !claimed ? 'none' : crcOfClaimHolds(page) ? 'open' : 'burnt';
  return { kind: 'kizashi', name: named[1], version: named[2], claim };
}

/** Flash as Intel HEX, pages that are erased left out. */
export function hexOfFlash(flash: Uint8Array, page: number): string {
  const blocks = new MemoryMap();
  for (let at = 0; at < flash.length; at += page) {
    const bytes = flash.subarray(at, at + page);
    if (bytes.some((byte) => byte !== 0xff)) blocks.set(at, bytes);
  }
  return blocks.join().asHexString(16);
}

/** The reverse, padded with 0xFF to `length`. @throws KZ0301 for what is no Intel HEX or reaches further */
export function flashOfHex(text: string, length: number): Uint8Array {
  const flash = new Uint8Array(length).fill(0xff);
  let blocks: Map<number, Uint8Array>;
  try {
    blocks = MemoryMap.fromHex(text);
  } catch (cause) {
    throw new KizashiError('KZ0301', `not an Intel HEX image: ${(cause as Error).message}`, {}, { cause });
  }
  for (const [address, bytes] of blocks) {
    const end = address + bytes.length;
    if (end > length) {
      throw new KizashiError(
        'KZ0301',
        `the image reaches 0x${end.toString(16)}, there is room to 0x${length.toString(16)}`,
        {
          end,
        },
      );
    }
    flash.set(bytes, address);
  }
  return flash;
}
