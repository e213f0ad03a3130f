/** What every bootloader is to the flasher, whatever it speaks on the wire. */
import { KizashiError } from '../errors.js';
import type { SerialDialog } from './serial-dialog.js';

export interface Loader {
  /** For people: `STK500v1 at 115200 baud`. */
  readonly name: string;
  /** Bytes of one write and of one read. */
  readonly page: number;
  /**
   * The loader erases pages in its own order, from address 0 upwards, one at each write since `rewind`: pages must be written in that order
   * and without a gap.
   */
  readonly sequential: boolean;
  /** Asks once for the greeting. False: nothing, or nothing that a loader says. @throws KZ0105 */
  greet(): Promise<boolean>;
  /** Three signature bytes of the chip. @throws KZ0306, KZ0105 */
  signature(): Promise<Uint8Array>;
  /** @throws KZ0306, KZ0105 */
  read(address: number, length: number): Promise<Uint8Array>;
  /** Erases and writes one page. @throws KZ0306, KZ0105 */
  write(address: number, bytes: Uint8Array): Promise<void>;
  /** Begins the order of a sequential loader anew. */
  rewind(): Promise<void>;
  /** Starts the application. The loader may stop talking at once. */
  leave(): Promise<void>;
}

/** The kinds of boards/<id>.json, `bootloader.kind`. */
export type LoaderKind = 'optiboot' | 'atmegaboot' | 'stk500v2';

/** A loader that says something else than its protocol allows, or nothing. */
export function wrongAnswer(dialog: SerialDialog, asked: string, answer: Uint8Array | undefined): KizashiError {
  const { path } = dialog;
  const hex = Buffer.from(answer ?? []).toString('hex');
  const heard =
    answer === undefined ? 'nothing' : hex.length <= 32 ? hex : `${answer.length} bytes, ${hex.slice(0, 32)}…`;
  return new KizashiError(
    'KZ0306',
    `the bootloader on ${path} answered ${asked} with ${heard}`,
    { path, asked, heard },
    answer === undefined ? { why: `no answer to ${asked}: bytes are lost on the line, or the board hangs` } : {},
  );
}
