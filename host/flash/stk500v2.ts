/**
 * STK500 version 2 as the bootloader of the Mega 2560 speaks it (115,200 baud): Atmel application note AVR068. A message is
 * `1B seq size(2) 0E body xor`; the answer repeats sequence number and command.
 *
 * The loader erases one page at each PROGRAM_FLASH, counting up from 0 by itself, whatever address was loaded; CHIP_ERASE sets that count
 * back to 0 (and says that it failed, since it erases nothing). Hence `sequential`.
 */
import type { BoardFacts } from '../link/index.js';
import { type Loader, wrongAnswer } from './loader.js';
import type { SerialDialog } from './serial-dialog.js';

/** AVR068, "Command format" and "Commands". */
const messageStart = 0x1b;
const token = 0x0e;
const signOn = 0x01;
const loadAddress = 0x06;
const enterProgMode = 0x10;
const leaveProgMode = 0x11;
const chipErase = 0x12;
const programFlash = 0x13;
const readFlash = 0x14;
const readSignature = 0x1b;
const statusOk = 0x00;

const answerMs = 500;
const greetMs = 200;

export class Stk500v2 implements Loader {
  readonly name: string;
  readonly page: number;
  readonly sequential = true;
  readonly #dialog: SerialDialog;
  readonly #far: boolean;
  #sequence = 0;

  constructor(dialog: SerialDialog, board: BoardFacts, baud: number) {
    this.name = `STK500v2 at ${baud} baud`;
    this.page = board.memory.page;
    // more than 64 K words: the extended address bit of LOAD_ADDRESS
    this.#far = board.memory.flash > 0x20000;
    this.#dialog = dialog;
  }

  async greet(): Promise<boolean> {
    this.#dialog.discard();
    const answer = await this.#exchange([signOn], greetMs);
    return answer?.[0] === signOn && answer[1] === statusOk;
  }

  async signature(): Promise<Uint8Array> {
    // time-outs, delays and polling of a real programmer: the loader ignores them
    await this.#ask('ENTER_PROGMODE', [enterProgMode, 200, 100, 25, 32, 0, 0x53, 3, 0xac, 0x53, 0, 0]);
    const bytes: number[] = [];
    for (const index of [0, 1, 2]) {
      const answer = await this.#ask('READ_SIGNATURE', [readSignature, 4, 0x30, 0, index, 0]);
      bytes.push(answer[2]);
    }
    return Uint8Array.from(bytes);
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    await this.#address(address);
    const answer = await this.#ask('READ_FLASH', [readFlash, length >> 8, length & 0xff, 0x20]);
    if (answer.length !== length + 3) throw wrongAnswer(this.#dialog, 'READ_FLASH', answer);
    return answer.slice(2, 2 + length);
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    await this.#address(address);
    const head = [programFlash, bytes.length >> 8, bytes.length & 0xff, 0xc1, 10, 0x40, 0x4c, 0x20, 0, 0];
    await this.#ask('PROGRAM_FLASH', [...head, ...bytes]);
  }

  async rewind(): Promise<void> {
    // the status is a failure by design, see above
    const answer = await this.#exchange([chipErase, 10, 0, 0xac, 0x80, 0, 0], answerMs);
    if (answer?.[0] !== chipErase) throw wrongAnswer(this.#dialog, 'CHIP_ERASE', answer);
  }

  async leave(): Promise<void> {
    await this.#exchange([leaveProgMode, 1, 1], answerMs);
  }

  /** Addresses are words of 16 bits, most significant byte first. */
  async #address(address: number): Promise<void> {
    const word = address >> 1;
    const high = this.#far ? 0x80 : 0;
    await this.#ask('LOAD_ADDRESS', [loadAddress, high, (word >> 16) & 0xff, (word >> 8) & 0xff, word & 0xff]);
  }

  async #ask(name: string, body: number[]): Promise<Uint8Array> {
    const answer = await this.#exchange(body, answerMs);
    if (answer?.[0] !== body[0] || answer[1] !== statusOk) throw wrongAnswer(this.#dialog, name, answer);
    return answer;
  }

  /** Sends one message and gives the body of the answer with its number; undefined for none, or one whose checksum is wrong. */
  async #exchange(body: number[], ms: number): Promise<Uint8Array | undefined> {
    this.#sequence = (this.#sequence + 1) & 0xff;
    const sequence = this.#sequence;
    const message = [messageStart, sequence, body.length >> 8, body.length & 0xff, token, ...body];
    await this.#dialog.send([...message, message.reduce((sum, byte) => sum ^ byte, 0)]);
    const deadline = this.#dialog.clock.now() + ms;
    const receive = (count: number) => this.#dialog.receive(count, Math.max(1, deadline - this.#dialog.clock.now()));
    for (;;) {
      const start = await receive(1);
      if (start === undefined) return undefined;
      if (start[0] !== messageStart) continue;
      const head = await receive(4);
      if (head === undefined) return undefined;
      if (head[3] !== token) continue;
      const rest = await receive(((head[1] << 8) | head[2]) + 1);
      if (rest === undefined) return undefined;
      const sum = [messageStart, ...head, ...rest].reduce((xor, byte) => xor ^ byte, 0);
      if (sum !== 0) return undefined;
      if (head[0] === sequence) return rest.slice(0, -1);
    }
  }
}
