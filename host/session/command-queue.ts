/**
 * Commands and their acknowledgements: one at a time, with strictly rising numbers, the same bytes up to three times more (docs/protocol.md,
 * sessions).
 */
import {
  type Ack,
  type AckBody,
  ackCode,
  type CommandBody,
  checkMac,
  macMessage,
  type SessionKeys,
} from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { Link, TimerHandle } from '../link/index.js';

/** A command without its number. */
export type Request = CommandBody extends infer C ? (C extends { n: number } ? Omit<C, 'n'> : never) : never;

const ackMs = 1000;
const retransmissions = 3;
/** Least time between a ping and a command: 30 bytes at 115,200 baud, both ways, and the work between. */
const spacingMs = 6;

export interface CommandQueueOptions {
  link: Link;
  keys: SessionKeys;
  /** Name of the board, for messages. */
  name: string;
  /** Host time of the last ping: a board with one receive buffer loses what follows it too closely. */
  pingedAt: () => number;
  /** Nothing acknowledged this command: the session is over. */
  onDead: (text: string) => void;
}

export class CommandQueue {
  readonly #options: CommandQueueOptions;
  #n = 0;
  #waiting?: { n: number; settle: (end: AckBody | KizashiError) => void };
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  /** A command waits for its acknowledgement. */
  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Number that the next command will carry. */
  get next(): number {
    return this.#n + 1;
  }

  /** Runs `work` after everything that was queued before. */
  queue<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => {});
    return run;
  }

  /** Sends a request within `queue`; resolves with the acknowledgement, whatever its code. @throws KZ0207, KZ0208 */
  send(request: Request): Promise<AckBody> {
    const { key, sid } = this.#options.keys;
    return this.sendBytes(macMessage('command', { n: this.next, ...request } as CommandBody, key, sid));
  }

  /** The same for bytes that carry the number `next` already. */
  sendBytes(bytes: Uint8Array): Promise<AckBody> {
    const n = ++this.#n;
    const { link, name, pingedAt, onDead } = this.#options;
    return new Promise<AckBody>((resolve, reject) => {
      let sent = 0;
      let timer: TimerHandle | undefined;
      const settle = (end: AckBody | KizashiError) => {
        if (timer !== undefined) link.clock.clear(timer);
        this.#waiting = undefined;
        if (end instanceof KizashiError) reject(end);
        else resolve(end);
      };
      this.#waiting = { n, settle };
      const send = () => {
        const room = pingedAt() + spacingMs - link.clock.now();
        if (room > 0) {
          // rounded up: what is left of a fraction must not wait for itself
          timer = link.clock.setTimer(Math.ceil(room), send);
          return;
        }
        if (sent++ > retransmissions) {
          settle(new KizashiError('KZ0207', `${name} did not acknowledge command ${n}`, { n }));
          onDead(`${name} did not acknowledge a command`);
          return;
        }
        link.send(bytes);
        timer = link.clock.setTimer(ackMs, send);
      };
      send();
    });
  }

  /** Takes an acknowledgement: settles its command, or says that it is false or that nobody waits for it. */
  acknowledge(ack: Ack): 'settled' | 'false' | 'stray' {
    if (ack.body.n !== this.#waiting?.n) return 'stray';
    const { key, sid } = this.#options.keys;
    if (!checkMac(ack, key, sid)) return 'false';
    this.#waiting.settle(ack.body);
    return 'settled';
  }

  /** What was asked for came by itself (a record sent again): the command is answered. */
  answered(): void {
    if (this.#waiting) this.#waiting.settle({ n: this.#waiting.n, code: ackCode.ok, result: [] });
  }

  /** The session ends: whoever waits hears why. */
  abort(error: KizashiError): void {
    this.#waiting?.settle(error);
  }
}
