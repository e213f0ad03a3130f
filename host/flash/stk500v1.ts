/**
 * STK500 version 1 as the bootloaders of the Uno (optiboot, 115,200 baud) and of old Nanos (ATmegaBOOT, 57,600 baud) speak it: Atmel
 * application note AVR061. Every command ends in Sync_CRC_EOP, every answer stands between Resp_STK_INSYNC and Resp_STK_OK.
 */
import type { BoardFacts } from '../link/index.js';
import { type Loader, wrongAnswer } from './loader.js';
import type { SerialDialog } from './serial-dialog.js';

/** AVR061, "Appendix: definitions". */
const eop = 0x20;
const inSync = 0x14;
const ok = 0x10;
const getSync = 0x30;
const leaveProgMode = 0x51;
const loadAddress = 0x55;
const progPage = 0x64;
const readPage = 0x74;
const readSign = 0x75;
const flashMemory = 'F'.charCodeAt(0);

/** A page write takes 9 ms (erase and write, 4.5 ms each), 128 bytes at 57,600 baud 22 ms each way. */
const answerMs = 500;
const greetMs = 150;

export class Stk500v1 implements Loader {
  readonly name: string;
  readonly page: number;
  readonly sequential = false;
  readonly #dialog: SerialDialog;

  constructor(dialog: SerialDialog, board: BoardFacts, baud: number) {
    this.name = `STK500v1 at ${baud} baud`;
    this.page = board.memory.page;
    this.#dialog = dialog;
  }

  async greet(): Promise<boolean> {
    this.#dialog.discard();
    await this.#dialog.send([getSync, eop]);
    const answer = await this.#dialog.receive(2, greetMs);
    if (answer?.[0] !== inSync || answer[1] !== ok) return false;
    // answers to earlier greetings may still be on their way
    await this.#dialog.listen(60);
    return true;
  }

  signature(): Promise<Uint8Array> {
    return this.#ask('READ_SIGN', [readSign], 3);
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    await this.#address(address);
    return this.#ask('READ_PAGE', [readPage, length >> 8, length & 0xff, flashMemory], length);
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    await this.#address(address);
    await this.#ask('PROG_PAGE', [progPage, bytes.length >> 8, bytes.length & 0xff, flashMemory, ...bytes], 0);
  }

  async rewind(): Promise<void> {}

  async leave(): Promise<void> {
    // optiboot answers and lets its watchdog start the application, ATmegaBOOT starts it when nothing more comes
    await this.#dialog.send([leaveProgMode, eop]);
    await this.#dialog.receive(2, answerMs);
  }

  /** Addresses are words of 16 bits, low byte first. */
  async #address(address: number): Promise<void> {
    const word = address >> 1;
    await this.#ask('LOAD_ADDRESS', [loadAddress, word & 0xff, word >> 8], 0);
  }

  async #ask(name: string, command: number[], length: number): Promise<Uint8Array> {
    await this.#dialog.send([...command, eop]);
    const answer = await this.#dialog.receive(length + 2, answerMs);
    if (answer?.[0] !== inSync || answer[length + 1] !== ok) {
      throw wrongAnswer(this.#dialog, name, answer ?? partOf(this.#dialog));
    }
    return answer.slice(1, length + 1);
  }
}

/** What came of an answer that is too short; undefined if nothing. */
function partOf(dialog: SerialDialog): Uint8Array | undefined {
  const part = dialog.discard();
  return part.length > 0 ? part : undefined;
}
