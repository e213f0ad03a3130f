/**
 * Bytes into the flash of a board, through its bootloader:
 *
 *     port ─▶ reset, greeting ─▶ signature ─▶ read what is there ─▶ stub into page 0 ─▶ pages ─▶ page 0 ─▶ read back ─▶ start
 *
 * While the pages are written, page 0 holds a jump to itself. So whenever the cable is pulled, the board runs either all of the old program,
 * or nothing at all with every pin an input, or all of the new one; and its bootloader, which is never written, takes the next attempt.
 */
import { KizashiError } from '../errors.js';
import type { BindingInterface, BoardFacts, Clock } from '../link/index.js';
import { bootloadersOf, chipSignature } from './board-loaders.js';
import type { Loader } from './loader.js';
import { SerialDialog } from './serial-dialog.js';
import { Stk500v1 } from './stk500v1.js';
import { Stk500v2 } from './stk500v2.js';

export type FlashPhase = 'read' | 'write' | 'verify';

export type FlashEvent =
  | { kind: 'loader'; name: string }
  /** `etaMs` of this phase, once a rate is known. */
  | { kind: 'progress'; phase: FlashPhase; done: number; total: number; bytesPerSecond: number; etaMs: number }
  /** The bootloader fell silent; it is reset and greeted anew. */
  | { kind: 'retry'; attempt: number; text: string };

export interface FlashPort {
  path: string;
  board: BoardFacts;
  binding?: BindingInterface;
  clock?: Clock;
  onEvent?: (event: FlashEvent) => void;
  /** Stops between two pages. */
  signal?: AbortSignal;
}

export interface FlashJob {
  /** Flash from address 0, whole pages. */
  image: Uint8Array;
  /**
   * Sees what stood there before the first byte is written, and may refuse by throwing. Must have it safe when it resolves.
   */
  before?: (old: Uint8Array) => Promise<void>;
}

export interface FlashReport {
  loader: string;
  /** Bytes written and bytes that stood there already. */
  written: number;
  unchanged: number;
  ms: number;
}

/** `rjmp .-2`, the instruction that jumps to itself (AVR instruction set manual), low byte first. */
const standStill = [0xff, 0xcf];
/** Resets in a row before a rate is given up; greetings after each. */
const resets = 2;
const greetings = 3;
/**
 * Silence after the reset: 65 ms start-up time of the fuses, then optiboot flashes its LED for 375 ms and would keep three of the bytes sent
 * meanwhile, in pieces. Every loader listens from then on for at least half a second more.
 */
const startUpMs = 500;
/** Times the bootloader may fall silent in one job. */
const retriesMost = 3;

/** An open bootloader. */
export interface OpenLoader {
  loader: Loader;
  dialog: SerialDialog;
  /** Greets again; resets the board where it does not answer: disk or operator took longer than the loader waits. */
  wake(): Promise<void>;
}

/**
 * Opens the port, starts the bootloader and checks the chip, hands it to `work` and frees the port.
 * @throws KZ0101–KZ0106 of the port, KZ0303 no bootloader, KZ0304 another chip, KZ0306 wrong answers
 */
export async function withLoader<T>(port: FlashPort, work: (open: OpenLoader) => Promise<T>): Promise<T> {
  const candidates = bootloadersOf(port.board);
  const dialog = await SerialDialog.open({ ...port, baud: candidates[0].baud });
  try {
    const loader = await findLoader(dialog, port);
    port.onEvent?.({ kind: 'loader', name: loader.name });
    await checkChip(loader, port);
    const wake = async () => {
      if (await loader.greet()) return;
      if (!(await start(dialog, loader))) throw silent(dialog, port, 0);
      await checkChip(loader, port);
    };
    return await work({ loader, dialog, wake });
  } finally {
    await dialog.close();
  }
}

/**
 * Reads, writes and verifies one image, and starts it.
 * @throws as `withLoader`; KZ0305 read-back differs, KZ0310 stopped or unplugged in the middle
 */
export function flashBoard(port: FlashPort, job: FlashJob): Promise<FlashReport> {
  return withLoader(port, async (open) => {
    const { loader, dialog } = open;
    const from = dialog.clock.now();
    const old = await readFlash(open, port, 'read', job.image.length);
    await job.before?.(old);
    mustGoOn(port, 'nothing was written: the board runs what it ran before');
    await open.wake();
    const plan = pagesToWrite(loader, old, job.image);
    if (plan.length > 0) {
      try {
        await writePages(open, port, job.image, plan);
      } catch (error) {
        throw interrupted(error, port);
      }
    }
    await verify(open, port, job.image);
    await loader.leave();
    const written = plan.length * loader.page;
    return { loader: loader.name, written, unchanged: job.image.length - written, ms: dialog.clock.now() - from };
  });
}

/** What stands in [0, length). The board runs on afterwards. @throws as `withLoader` */
export function readBoard(port: FlashPort, length: number): Promise<Uint8Array> {
  return withLoader(port, async (open) => {
    const flash = await readFlash(open, port, 'read', length);
    await open.loader.leave();
    return flash;
  });
}

async function findLoader(dialog: SerialDialog, port: FlashPort): Promise<Loader> {
  for (const { kind, baud } of bootloadersOf(port.board)) {
    await dialog.setBaud(baud);
    const loader =
      kind === 'stk500v2' ? new Stk500v2(dialog, port.board, baud) : new Stk500v1(dialog, port.board, baud);
    if (await start(dialog, loader)) return loader;
  }
  throw silent(dialog, port, dialog.received);
}

async function start(dialog: SerialDialog, loader: Loader): Promise<boolean> {
  for (let reset = 0; reset < resets; reset++) {
    await dialog.pulseReset();
    await dialog.listen(startUpMs);
    for (let k = 0; k < greetings; k++) if (await loader.greet()) return true;
  }
  return false;
}

function silent({ path }: SerialDialog, { board }: FlashPort, bytes: number): KizashiError {
  const rates = bootloadersOf(board).map(({ baud }) => baud);
  return new KizashiError(
    'KZ0303',
    `no bootloader of ${board.name} answers on ${path}`,
    { path, board: board.id, rates, bytes },
    {
      why: `asked after a reset at ${rates.join(' and ')} baud; ${bytes === 0 ? 'not a byte came' : `${bytes} bytes came that no bootloader says`}`,
    },
  );
}

async function checkChip(loader: Loader, { board, path }: FlashPort): Promise<void> {
  const found = Buffer.from(await loader.signature()).toString('hex');
  const expected = chipSignature(board);
  if (found === expected) return;
  const garbage = /^(00|ff)+$/.test(found);
  throw new KizashiError(
    'KZ0304',
    `the chip on ${path} has the signature ${found}, ${board.name} has ${expected}: nothing was written`,
    { path, found, expected },
    garbage
      ? {
          why: 'the bootloader does not read the chip: it is locked or damaged',
          fix: 'burn a bootloader with a programmer',
        }
      : {},
  );
}

async function readFlash(open: OpenLoader, port: FlashPort, phase: FlashPhase, length: number): Promise<Uint8Array> {
  const { loader, dialog } = open;
  const flash = new Uint8Array(length);
  const progress = progressOf(port, phase, length, dialog.clock);
  let retries = 0;
  for (let at = 0; at < length; ) {
    mustGoOn(
      port,
      phase === 'read'
        ? 'nothing was written: the board runs what it ran before'
        : 'all was written, not all read back',
    );
    try {
      flash.set(await loader.read(at, Math.min(loader.page, length - at)), at);
      at += loader.page;
      progress(Math.min(at, length));
    } catch (error) {
      await wakeAgain(error, open, port, ++retries);
    }
  }
  return flash;
}

/** Addresses of the pages to write, in ascending order. */
function pagesToWrite(loader: Loader, old: Uint8Array, image: Uint8Array): number[] {
  const all = Array.from({ length: Math.ceil(image.length / loader.page) }, (_, k) => k * loader.page);
  const differs = all.filter((at) => !equal(old.subarray(at, at + loader.page), image.subarray(at, at + loader.page)));
  const last = differs.at(-1);
  return loader.sequential && last !== undefined ? all.filter((at) => at <= last) : differs;
}

/** Stub first, page 0 last. */
async function writePages(open: OpenLoader, port: FlashPort, image: Uint8Array, plan: number[]): Promise<void> {
  const { loader, dialog } = open;
  const { page } = loader;
  if (plan.length === 1) return writeOne(open, port, image, plan[0]);
  const stub = new Uint8Array(page).fill(0xff);
  stub.set(standStill);
  const progress = progressOf(port, 'write', (plan.length + 1) * page, dialog.clock);
  const rest = plan.filter((at) => at > 0);
  let retries = 0;
  let done = -1;
  while (done < rest.length) {
    mustGoOn(port, 'the board is half written: it stands still, its bootloader is untouched');
    try {
      if (done < 0) {
        await loader.rewind();
        await loader.write(0, stub);
      } else await loader.write(rest[done], image.subarray(rest[done], rest[done] + page));
      done++;
      progress((done + 1) * page);
    } catch (error) {
      await wakeAgain(error, open, port, ++retries);
      if (loader.sequential) done = -1;
    }
  }
  await writeOne(open, port, image, 0);
  progress((plan.length + 1) * page);
}

/** The page at 0, or any one page of a loader that is not sequential. */
async function writeOne(open: OpenLoader, port: FlashPort, image: Uint8Array, at: number): Promise<void> {
  const { loader } = open;
  for (let attempt = 1; ; attempt++) {
    try {
      await loader.rewind();
      return await loader.write(at, image.subarray(at, at + loader.page));
    } catch (error) {
      await wakeAgain(error, open, port, attempt);
    }
  }
}

async function verify(open: OpenLoader, port: FlashPort, image: Uint8Array): Promise<void> {
  const found = await readFlash(open, port, 'verify', image.length).catch((error) => {
    throw interrupted(error, port);
  });
  if (equal(found, image)) return;
  const wrong = [...image.keys()].filter((at) => found[at] !== image[at]);
  const [at] = wrong;
  const byte = (value: number) => value.toString(16).padStart(2, '0');
  throw new KizashiError(
    'KZ0305',
    `${port.path}: ${wrong.length} bytes differ after writing, the first at 0x${at.toString(16)}: ${byte(found[at])} instead of ${byte(image[at])}`,
    { path: port.path, count: wrong.length, address: at, found: found[at], expected: image[at] },
  );
}

/** A wrong answer is met with a reset and another greeting, three times in all; everything else ends the job. */
export async function wakeAgain(error: unknown, open: OpenLoader, port: FlashPort, attempt: number): Promise<void> {
  if (!(error instanceof KizashiError) || error.code !== 'KZ0306' || attempt > retriesMost) throw error;
  port.onEvent?.({ kind: 'retry', attempt, text: error.message });
  await open.wake();
}

function interrupted(error: unknown, { path, board }: FlashPort): unknown {
  if (!(error instanceof KizashiError) || error.code === 'KZ0310') return error;
  return new KizashiError(
    'KZ0310',
    `writing ${board.name} on ${path} broke off: ${error.message}`,
    { path, cause: error.code },
    { why: error.why, cause: error },
  );
}

function mustGoOn({ signal, path }: FlashPort, state: string): void {
  if (signal?.aborted)
    throw new KizashiError('KZ0310', `stopped on ${path}: ${state}`, { path }, { why: 'you stopped it' });
}

function progressOf(port: FlashPort, phase: FlashPhase, total: number, clock: Clock): (done: number) => void {
  const from = clock.now();
  return (done) => {
    const bytesPerSecond = (1000 * done) / Math.max(1, clock.now() - from);
    const etaMs = (1000 * (total - done)) / Math.max(1, bytesPerSecond);
    port.onEvent?.({ kind: 'progress', phase, done, total, bytesPerSecond, etaMs });
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}
