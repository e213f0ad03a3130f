/**
 * The claim page and its ticket: whoever flashes a board owns it (docs/protocol.md, the claim). The page carries a fresh secret into the
 * board's program memory; the ticket keeps the same secret here until provisioning has burnt the page.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import intelHex from 'nrf-intel-hex';
import { blake2s, crc16 } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { BoardFacts } from '../link/index.js';
import { writePrivate } from './private-file.js';

// the package is CommonJS whose module is the class itself, and its types call that `default`
const MemoryMap = intelHex as unknown as typeof intelHex.default;

/** First bytes of a claim page. */
export const claimMagic: Uint8Array = Uint8Array.of(0x4b, 0x5a, 0x43, 0x4c); // "KZCL"
const version = 1;
/** Baud index of the page. 921,600 is never offered by an AVR at 16 MHz: its error is 8.5 %. */
const baudIndex: readonly number[] = [115_200, 250_000, 500_000, 1_000_000, 921_600];
const flagBurnt = 1;
const flagWeakEntropy = 2;
/** Bytes under the page's CRC. */
const covered = 44;

/** The secret of one flashing, until it is burnt. */
export interface ClaimTicket {
  /** Four bytes that name the flashing. */
  cid: Uint8Array;
  /** K_claim, 32 bytes. */
  claim: Uint8Array;
  board: string;
  /** Digest of the firmware that was flashed, 16 bytes. */
  fwd: Uint8Array;
  /** The operator accepted a key without credited noise. */
  weakEntropy: boolean;
  /** Line rate written into the page. */
  baud: number;
}

/** Draws the ticket of a new flashing. */
export function drawTicket(
  board: BoardFacts,
  fwd: Uint8Array,
  options: { baud?: number; weakEntropy?: boolean } = {},
): ClaimTicket {
  return {
    cid: new Uint8Array(randomBytes(4)),
    claim: new Uint8Array(randomBytes(32)),
    board: board.id,
    fwd,
    weakEntropy: options.weakEntropy ?? false,
    baud: options.baud ?? board.uart.default,
  };
}

/**
 * The claim page of a ticket, one whole flash page.
 * @throws KZ0301 for a line rate that the board cannot make
 */
export function claimPage(ticket: ClaimTicket, board: BoardFacts): Uint8Array {
  const index = baudIndex.indexOf(ticket.baud);
  if (index < 0 || !board.uart.bauds.includes(ticket.baud)) {
    throw new KizashiError('KZ0301', `${board.name} does not run at ${ticket.baud} baud`, { baud: ticket.baud });
  }
  const page = new Uint8Array(board.memory.page).fill(0xff);
  page.set(claimMagic, 0);
  page.set([version, index, ticket.weakEntropy ? flagWeakEntropy : 0, 0], 4);
  page.set(ticket.cid, 8);
  page.set(ticket.claim, 12);
  const crc = crc16(page, 0, covered);
  page.set([crc >> 8, crc & 0xff], covered);
  return page;
}

/** Whether a page with the magic holds a claim under a right CRC: a burnt page does not. */
export function crcOfClaimHolds(page: Uint8Array): boolean {
  return (page[6] & flagBurnt) === 0 && crc16(page, 0, covered + 2) === 0;
}

/** The same page without its secret: claimMagic, version and baud index stay, the rest is zero. */
export function burntPage(ticket: ClaimTicket, board: BoardFacts): Uint8Array {
  const page = new Uint8Array(board.memory.page);
  page.set(claimPage(ticket, board).subarray(0, 6));
  page[6] = flagBurnt;
  return page;
}

function parse(hexText: string): Map<number, Uint8Array> {
  try {
    return MemoryMap.fromHex(hexText);
  } catch (cause) {
    throw new KizashiError('KZ0301', `not an Intel HEX image: ${(cause as Error).message}`, {}, { cause });
  }
}

/**
 * The application flash [0, hashEnd) of an image, padded with 0xFF, claim page included as it is in the image.
 * @throws KZ0301 where the image reaches beyond it, or has something else than a claim page where that belongs
 */
export function applicationFlash(hexText: string, board: BoardFacts): Uint8Array {
  const flash = new Uint8Array(board.hashEnd).fill(0xff);
  for (const [address, bytes] of parse(hexText)) {
    const end = address + bytes.length;
    if (end > board.hashEnd) {
      const limit = `0x${board.appEnd.toString(16)}`;
      throw new KizashiError('KZ0301', `the image reaches 0x${end.toString(16)}, the application ends at ${limit}`, {
        end,
      });
    }
    flash.set(bytes, address);
  }
  const claim = flash.subarray(board.claimAt, board.claimAt + board.memory.page);
  const empty = claim.every((byte) => byte === 0xff);
  if (!empty && !claimMagic.every((byte, k) => claim[k] === byte)) {
    throw new KizashiError('KZ0301', 'the image covers the claim page', { claimAt: board.claimAt });
  }
  return flash;
}

/** `fwd` of an image: BLAKE2s-256/16 over [0, hashEnd) with the claim page read as 0xFF, so that it is the same for all boards. */
export function firmwareDigest(hexText: string, board: BoardFacts): Uint8Array {
  const flash = applicationFlash(hexText, board);
  flash.fill(0xff, board.claimAt, board.claimAt + board.memory.page);
  return blake2s(flash).slice(0, 16);
}

/**
 * Puts a page into an image, in Intel HEX, padded with 0xFF up to `hashEnd`: what the flasher must write, since a bootloader erases only
 * the pages it is given.
 * @throws KZ0301 where the image already covers the claim page
 */
export function patchImage(hexText: string, board: BoardFacts, page: Uint8Array): string {
  const flash = applicationFlash(hexText, board);
  const claim = flash.subarray(board.claimAt, board.claimAt + board.memory.page);
  if (claim.some((byte) => byte !== 0xff)) throw new KizashiError('KZ0301', 'the image already holds a claim page', {});
  claim.set(page);
  return new MemoryMap([[0, flash]]).asHexString();
}

function ticketFile(directory: string, cid: Uint8Array): string {
  return join(directory, `claim-${Buffer.from(cid).toString('hex')}.json`);
}

/** Writes a ticket with mode 0600 and waits for the disk: it must be safe before the first byte is flashed. */
export async function saveTicket(directory: string, ticket: ClaimTicket): Promise<string> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = ticketFile(directory, ticket.cid);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const { board, weakEntropy, baud } = ticket;
  const json = { cid: hex(ticket.cid), claim: hex(ticket.claim), fwd: hex(ticket.fwd), board, weakEntropy, baud };
  await writePrivate(path, `${JSON.stringify(json, null, 2)}\n`);
  return path;
}

/** The ticket of a claim id, or undefined. @throws KZ0302 for a file that is damaged */
export function findTicket(directory: string, cid: Uint8Array): ClaimTicket | undefined {
  const path = ticketFile(directory, cid);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  return parseTicket(text, path);
}

/** @throws KZ0302 */
export function parseTicket(text: string, path: string): ClaimTicket {
  const damaged = (why: string): never => {
    throw new KizashiError('KZ0302', `${path}: ${why}`, { path });
  };
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch {
    return damaged('not JSON');
  }
  const bytes = (name: string, length: number): Uint8Array => {
    const value = json?.[name];
    if (typeof value !== 'string' || !/^[0-9a-f]*$/.test(value) || value.length !== 2 * length) {
      return damaged(`${name} is not ${length} bytes in hexadecimal`);
    }
    return new Uint8Array(Buffer.from(value, 'hex'));
  };
  if (typeof json?.board !== 'string' || typeof json.baud !== 'number') return damaged('board or baud is missing');
  return {
    cid: bytes('cid', 4),
    claim: bytes('claim', 32),
    fwd: bytes('fwd', 16),
    board: json.board,
    weakEntropy: json.weakEntropy === true,
    baud: json.baud,
  };
}

/** Deletes a ticket: after the claim was burnt nothing needs it. */
export function deleteTicket(directory: string, cid: Uint8Array): void {
  rmSync(ticketFile(directory, cid), { force: true });
}
