/**
 * What answers on a port, from the most to the least that kizashi can do with it. Each step resets the board, as opening a port does
 * anyway; nothing is written to it but questions.
 */
import { randomBytes } from 'node:crypto';
import { encodeMessage } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type FlashPort, SerialDialog, withLoader } from '../flash/index.js';
import { type BoardFacts, imagesOf, type Link, openLink } from '../link/index.js';
import {
  awaitMessage,
  baudOrder,
  type Greeting,
  greet,
  hex,
  type Keyring,
  type PinnedBoard,
  PortTrust,
  Session,
} from '../session/index.js';
import { type SensorSearch, sensorsOfFirmata, sensorsOfSession } from './detect-sensors.js';
import type { PortAccess } from './sim/port-access.js';

export type Detected =
  | {
      answers: 'kizashi';
      state: 'pinned' | 'foreign' | 'blank' | 'bare' | 'refused';
      words: string;
      baud: number;
      firmware?: string;
      chip?: string;
      kid?: string;
      claim?: string;
      channels?: number;
      rateMax?: number;
      board?: PinnedBoard;
      sensors?: SensorSearch;
    }
  | { answers: 'firmata'; words: string; baud: number; name: string; version: string; sensors: SensorSearch }
  | { answers: 'text'; words: string; baud: number; line: string }
  | { answers: 'bootloader'; words: string; loader: string; signature: string; boards: string[] }
  | { answers: 'noise' | 'silent'; words: string; bytes: number };

export interface DetectOptions {
  path: string;
  /** Boards that may be on the port, likeliest first. */
  boards: BoardFacts[];
  keyring: Keyring;
  access: PortAccess;
  onStep?: (text: string) => void;
}

/** StandardFirmata's rate, and those of sketches that print. */
const firmataBaud = 57_600;
const textBauds = [9600, 115_200];
/** Bootloader (1.4 s), then the sketch's own start: StandardFirmata blinks its version first. */
const sketchMs = 3500;
const textMs = 2500;
const answerMs = 500;
/** A board answers `open` within 150 ms, at most once in 250 ms. */
const knockMs = 400;

/** @throws KZ0101–KZ0106 where the port does not open, KZ0105 where it is lost */
export async function detectPort(options: DetectOptions): Promise<Detected> {
  const say = options.onStep ?? (() => {});
  say('listening for kizashi');
  const kizashi = await greeting(options);
  if (kizashi) return kizashi;
  say('asking for StandardFirmata');
  const heard = await sketch(options);
  if (typeof heard !== 'number') return heard;
  say('asking the bootloader');
  return (await bootloader(options)) ?? nothing(heard);
}

async function greeting({ path, boards, keyring, access, onStep }: DetectOptions): Promise<Detected | undefined> {
  const { binding, clock } = access;
  const [board] = boards;
  const link = await openLink({ path, baud: board.uart.default, binding, clock });
  try {
    if (!(await knock(link, board))) return undefined;
    const bauds = baudOrder(board, link.baud);
    const trust = new PortTrust();
    const said = await greet(link, { keyring, trust, bauds, bootMs: 0 });
    const head = { answers: 'kizashi', baud: link.baud } as const;
    switch (said.kind) {
      case 'hello': {
        const { fw, caps } = said.hello.body;
        const { name, grade } = said.board;
        const facts = {
          firmware: fw,
          kid: said.board.kid,
          channels: caps.chans,
          rateMax: caps.rate,
          board: said.board,
        };
        onStep?.('asking the buses');
        const sensors = await searched(said, { link, keyring, trust, boards });
        return {
          ...head,
          sensors,
          state: 'pinned',
          words: `${fw}, ${name}, ${said.board.keyName}, grade ${grade}`,
          ...facts,
        };
      }
      case 'blank': {
        const { fw, chip, cid } = said.blank.body;
        return {
          ...head,
          state: 'blank',
          words: `${fw}, no key yet, claim ${hex(cid)}`,
          firmware: fw,
          chip,
          claim: hex(cid),
        };
      }
      case 'bare': {
        const { fw, chip, why } = said.bare;
        const reason = ['no claim', 'identity damaged', 'self-test failed'][why] ?? `reason ${why}`;
        return { ...head, state: 'bare', words: `${fw}, without identity: ${reason}`, firmware: fw, chip };
      }
      case 'quarantine': {
        const foreign = said.quarantine.cause === 'foreign';
        return { ...head, state: foreign ? 'foreign' : 'refused', words: said.quarantine.text, kid: said.kid };
      }
      case 'refused':
        return { ...head, state: 'refused', words: said.text };
      default:
        return undefined;
    }
  } finally {
    await link.close();
  }
}

/** The buses of a pinned board, by a session that ends with it. */
async function searched(
  hello: Extract<Greeting, { kind: 'hello' }>,
  { link, keyring, trust, boards }: Pick<DetectOptions, 'keyring' | 'boards'> & { link: Link; trust: PortTrust },
): Promise<SensorSearch> {
  const image = hello.hello.body.fw.split('/')[0];
  const facts = boards.find((board) => imagesOf(board).includes(image)) ?? boards[0];
  const session = new Session(hello, { link, keyring, trust, facts });
  try {
    return await sensorsOfSession(session);
  } finally {
    session.end('closed', 'detected');
  }
}

/** Whether anything on the line speaks kz1: `ready` after the reset, or an answer at one of the board's rates. Leaves the link there. */
async function knock(link: Link, board: BoardFacts): Promise<boolean> {
  const spoke = (ms: number) => awaitMessage(link, ms, () => true);
  // a bootloader that hears bytes may stay for ever, so nothing is sent before the board's boot time
  if (await spoke(board.bootMs)) return true;
  for (const baud of baudOrder(board)) {
    await link.setBaud(baud);
    for (let attempt = 0; attempt < 2; attempt++) {
      link.send(encodeMessage({ type: 'open', vmin: 1, vmax: 1, hn: new Uint8Array(randomBytes(16)) }));
      if (await spoke(knockMs)) return true;
    }
  }
  return false;
}

/** A sketch that speaks; else how many bytes came. */
async function sketch({ path, access, onStep }: DetectOptions): Promise<Detected | number> {
  const { binding, clock } = access;
  const dialog = await SerialDialog.open({ path, baud: firmataBaud, binding, clock });
  try {
    await dialog.pulseReset();
    const start = await dialog.listen(sketchMs);
    await dialog.send([0xf0, 0x79, 0xf7]); // START_SYSEX REPORT_FIRMWARE END_SYSEX (Firmata protocol 2.x)
    const bytes = Buffer.concat([start, await dialog.listen(answerMs)]);
    const firmata = firmataReport(bytes);
    if (firmata) {
      const { name, version } = firmata;
      onStep?.('asking its bus');
      const sensors = await sensorsOfFirmata(dialog);
      return {
        answers: 'firmata',
        words: `${name || 'Firmata'} ${version}`,
        baud: firmataBaud,
        name,
        version,
        sensors,
      };
    }
    // at a wrong rate a sketch that prints is garbage, and not silence
    for (const baud of bytes.length === 0 ? [] : [firmataBaud, ...textBauds]) {
      let said: Uint8Array = bytes;
      if (baud !== firmataBaud) {
        await dialog.setBaud(baud);
        await dialog.pulseReset();
        said = await dialog.listen(textMs);
      }
      const line = textLine(said);
      if (line !== undefined) return { answers: 'text', words: `text at ${baud} baud: ${line}`, baud, line };
    }
    return dialog.received;
  } finally {
    await dialog.close();
  }
}

/** `F0 79 major minor (name, two 7-bit halves a character) F7`. */
export function firmataReport(bytes: Uint8Array): { name: string; version: string } | undefined {
  for (let at = bytes.length - 5; at >= 0; at--) {
    if (bytes[at] !== 0xf0 || bytes[at + 1] !== 0x79) continue;
    const end = bytes.indexOf(0xf7, at + 4);
    const body = bytes.subarray(at + 4, end);
    if (end < 0 || body.length % 2 !== 0 || body.some((byte) => byte > 0x7f)) continue;
    const codes = Array.from({ length: body.length / 2 }, (_, k) => body[2 * k] | (body[2 * k + 1] << 7));
    const name = String.fromCharCode(...codes).replace(/\.ino$/, '');
    return { name: name.replace(/[^\x20-\x7e]/g, '?').slice(0, 40), version: `${bytes[at + 2]}.${bytes[at + 3]}` };
  }
  return undefined;
}

/** The first whole line of printable ASCII, where nearly all of it is; undefined for anything else. */
export function textLine(bytes: Uint8Array): string | undefined {
  if (bytes.length < 8) return undefined;
  const printable = bytes.reduce(
    (sum, byte) => sum + ((byte >= 0x20 && byte < 0x7f) || [9, 10, 13].includes(byte) ? 1 : 0),
    0,
  );
  if (printable < 0.95 * bytes.length) return undefined;
  const lines = Buffer.from(bytes).toString('latin1').split(/\r?\n/);
  // the reset cut the first line short
  const line = (lines.length > 2 ? lines.slice(1) : lines).find((text) => text.trim().length > 0);
  return line?.trim().slice(0, 60);
}

async function bootloader({ path, boards, access }: DetectOptions): Promise<Detected | undefined> {
  const { binding, clock } = access;
  const asked = new Set<string>();
  for (const board of boards) {
    const rates = JSON.stringify((board as { bootloader?: unknown }).bootloader);
    if (asked.has(rates)) continue;
    asked.add(rates);
    let loader = '';
    const port: FlashPort = {
      path,
      board,
      binding,
      clock,
      onEvent: (event) => {
        if (event.kind === 'loader') loader = event.name;
      },
    };
    try {
      const signature = await withLoader(port, async (open) => {
        const bytes = hex(await open.loader.signature());
        await open.loader.leave();
        return bytes;
      });
      return loaderFound(loader, signature, boards);
    } catch (error) {
      if (!(error instanceof KizashiError)) throw error;
      if (error.code === 'KZ0304') return loaderFound(loader, String(error.context.found), boards);
      if (error.code !== 'KZ0303' && error.code !== 'KZ0306') throw error;
    }
  }
  return undefined;
}

function loaderFound(loader: string, signature: string, known: BoardFacts[]): Detected {
  const boards = known.filter((board) => (board as { signature?: unknown }).signature === signature);
  const names = boards.map(({ id }) => id.split(':').at(-1) ?? id);
  const chip = (boards[0] as { chip?: string } | undefined)?.chip ?? 'unknown chip';
  return {
    answers: 'bootloader',
    words: `bootloader (${loader}), ${chip} ${signature}, no program that speaks`,
    loader,
    signature,
    boards: names,
  };
}

function nothing(bytes: number): Detected {
  return bytes === 0
    ? { answers: 'silent', words: 'not a byte at any rate, and no bootloader', bytes }
    : { answers: 'noise', words: `${bytes} bytes that nothing known says`, bytes };
}
