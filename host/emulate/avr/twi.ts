import type { TwiDevice } from '../board.js';
import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';

export interface TwiConfig {
  /** Address of TWBR; TWSR, TWAR, TWDR, TWCR, TWAMR follow. */
  twbr: number;
  vector: number;
}

/** TWCR. */
const TWINT = 0x80;
const TWEA = 0x40;
const TWSTA = 0x20;
const TWSTO = 0x10;
const TWWC = 0x08;
const TWEN = 0x04;
const TWIE = 0x01;

/** Status codes of the master modes (datasheet, tables of "Status Codes"). */
const IDLE = 0xf8;
const STARTED = 0x08;
const REPEATED = 0x10;
const SLA_W_ACK = 0x18;
const SLA_W_NACK = 0x20;
const DATA_W_ACK = 0x28;
const DATA_W_NACK = 0x30;
const SLA_R_ACK = 0x40;
const SLA_R_NACK = 0x48;
const DATA_R_ACK = 0x50;
const DATA_R_NACK = 0x58;

/** Two-wire master: a start or stop takes one bit time, a byte nine, SCL = F / (16 + 2 · TWBR · 4^TWPS). */
export class Twi {
  /** Strict mode: a register was touched while TWINT was clear. */
  onMisuse: () => void = () => {};
  /** SDA held low by a part: nothing starts. */
  stuck = false;
  #rate = 0;
  #prescale = 0;
  #status = IDLE;
  #data = 0xff;
  #control = 0;
  #own = 0xfe;
  #mask = 0;
  #active = false;
  #device: TwiDevice | undefined;
  /** Direction of the addressed transfer; undefined before an address was sent. */
  #reading: boolean | undefined;
  readonly #done: TimedEvent;
  #finish: (due: number) => void = () => {};

  constructor(
    private readonly core: AvrCore,
    private readonly config: TwiConfig,
    private readonly find: (address: number) => TwiDevice | undefined,
  ) {
    const { readHooks, writeHooks } = core.cpu;
    const { twbr } = config;
    this.#done = new TimedEvent((due) => this.#finish(due));
    readHooks[twbr] = () => this.#rate;
    writeHooks[twbr] = (value) => {
      this.#rate = value;
      return true;
    };
    readHooks[twbr + 1] = () => this.#status | this.#prescale;
    writeHooks[twbr + 1] = (value) => {
      this.#prescale = value & 3; // the status bits are read-only
      return true;
    };
    readHooks[twbr + 2] = () => this.#own;
    writeHooks[twbr + 2] = (value) => {
      this.#own = value;
      return true;
    };
    readHooks[twbr + 3] = () => this.#data;
    writeHooks[twbr + 3] = (value) => {
      if ((this.#control & TWINT) === 0 && this.#active) {
        this.#control |= TWWC;
        this.onMisuse();
      } else {
        this.#data = value;
        this.#control &= ~TWWC;
      }
      return true;
    };
    readHooks[twbr + 4] = () => this.#control;
    writeHooks[twbr + 4] = (value) => {
      this.#write(value);
      return true;
    };
    readHooks[twbr + 5] = () => this.#mask;
    writeHooks[twbr + 5] = (value) => {
      this.#mask = value;
      return true;
    };
  }

  #bit(): number {
    return 16 + 2 * this.#rate * 4 ** this.#prescale;
  }

  #after(bits: number, finish: (due: number) => void): void {
    this.#finish = finish;
    this.core.events.schedule(this.#done, this.core.cpu.cycles + Math.round(bits * this.#bit()));
  }

  #ready(status: number): void {
    this.#status = status;
    this.#control |= TWINT;
    this.#request();
  }

  #request(): void {
    this.core.request(this.config.vector, (this.#control & (TWINT | TWIE | TWEN)) === (TWINT | TWIE | TWEN));
  }

  #write(value: number): void {
    const interrupt = (value & TWINT) !== 0 ? 0 : this.#control & TWINT;
    this.#control = (value & ~(TWINT | TWWC)) | interrupt | (this.#control & TWWC);
    if ((value & TWEN) === 0) {
      this.core.events.cancel(this.#done);
      this.#active = false;
      this.#device = undefined;
      this.#status = IDLE;
    } else if ((value & TWINT) !== 0 && !this.#done.queued && !this.stuck) this.#go(value);
    this.#request();
  }

  #go(value: number): void {
    if ((value & TWSTO) !== 0 && this.#active) {
      // no TWINT after a stop; TWSTO clears itself when it has been sent
      this.#after(1, (due) => {
        this.#device?.stop(due);
        this.#device = undefined;
        this.#active = false;
        this.#reading = undefined;
        this.#control &= ~TWSTO;
        this.#status = IDLE;
        if ((this.#control & TWSTA) !== 0) this.#go(TWSTA);
      });
    } else if ((value & TWSTA) !== 0) {
      const repeated = this.#active;
      this.#after(1, () => {
        this.#active = true;
        this.#reading = undefined;
        this.#ready(repeated ? REPEATED : STARTED);
      });
    } else if (this.#active) this.#byte((value & TWEA) !== 0);
  }

  #byte(ack: boolean): void {
    if (this.#reading === undefined) {
      const address = this.#data >> 1;
      const reading = (this.#data & 1) === 1;
      this.#after(9, (due) => {
        this.#reading = reading;
        this.#device = this.find(address);
        const answered = this.#device?.start(reading, due) ?? false;
        if (reading) this.#ready(answered ? SLA_R_ACK : SLA_R_NACK);
        else this.#ready(answered ? SLA_W_ACK : SLA_W_NACK);
      });
    } else if (this.#reading) {
      this.#after(9, (due) => {
        this.#data = this.#device?.read(ack, due) ?? 0xff;
        this.#ready(ack ? DATA_R_ACK : DATA_R_NACK);
      });
    } else {
      const data = this.#data;
      this.#after(9, (due) => {
        const answered = this.#device?.write(data, due) ?? false;
        this.#ready(answered ? DATA_W_ACK : DATA_W_NACK);
      });
    }
  }
}
