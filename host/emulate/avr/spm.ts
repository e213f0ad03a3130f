import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';

export interface SpmConfig {
  spmcsr: number;
  vector: number;
  pageBytes: number;
  /** First byte address of the section that cannot be read while it is written (NRWW): the CPU stops while a page of it is programmed. */
  nrww: number;
  /** First byte address of the boot section, from where alone SPM works. */
  boot: number;
  signature: readonly [number, number, number];
  fuses: { low: number; high: number; extended: number; lock: number };
  hz: number;
}

/** SPMCSR. */
const SPMIE = 0x80;
const RWWSB = 0x40;
const SIGRD = 0x20;
const RWWSRE = 0x10;
const BLBSET = 0x08;
const PGWRT = 0x04;
const PGERS = 0x02;
const SPMEN = 0x01;

/** Datasheet "SPM Programming Time": 3.7 to 4.5 ms for an erase or a write. */
const PAGE_SECONDS = 0.0045;
/** SPM must follow the write of SPMCSR within four cycles, LPM of fuses within three. */
const WINDOW = 4;

/** Self-programming of flash, and reading of fuses, lock and signature bytes by LPM (datasheet, "Self-Programming the Flash"). */
export class SelfProgramming {
  onFlash: (fromByte: number, toByte: number) => void = () => {};
  #control = 0;
  #openUntil = -1;
  #busy = false;
  #rwwBusy = false;
  readonly #buffer: Uint16Array;
  readonly #done: TimedEvent;
  readonly #close: TimedEvent;

  constructor(
    private readonly core: AvrCore,
    private readonly config: SpmConfig,
  ) {
    const { cpu } = core;
    this.#buffer = new Uint16Array(config.pageBytes / 2).fill(0xffff);
    this.#done = new TimedEvent(() => {
      this.#busy = false;
      this.#control &= ~(SPMEN | PGWRT | PGERS | BLBSET);
      this.#request();
    });
    this.#close = new TimedEvent(() => {
      if (this.#busy) return;
      this.#control &= ~(SPMEN | SIGRD | RWWSRE | BLBSET | PGWRT | PGERS);
      this.#hook();
      this.#request();
    });
    cpu.readHooks[config.spmcsr] = () => this.#control | (this.#rwwBusy ? RWWSB : 0);
    cpu.writeHooks[config.spmcsr] = (value) => {
      if (this.#busy) {
        this.#control = (this.#control & ~SPMIE) | (value & SPMIE);
      } else {
        this.#control = value & ~RWWSB;
        if ((value & SPMEN) !== 0) {
          this.#openUntil = cpu.cycles + WINDOW + 1;
          core.events.schedule(this.#close, this.#openUntil);
        }
      }
      this.#hook();
      this.#request();
      return true;
    };
    core.onSpm = () => this.#execute();
  }

  #request(): void {
    this.core.request(this.config.vector, (this.#control & SPMIE) !== 0 && (this.#control & SPMEN) === 0);
  }

  /** LPM reads something else than flash while a window is open or the RWW section is being written. */
  #hook(): void {
    const special =
      (this.#control & (SPMEN | BLBSET)) === (SPMEN | BLBSET) || (this.#control & (SPMEN | SIGRD)) === (SPMEN | SIGRD);
    this.core.lpmHook = special || this.#rwwBusy ? (address) => this.#read(address) : undefined;
  }

  #read(address: number): number {
    const { config, core } = this;
    if (core.cpu.cycles <= this.#openUntil && (this.#control & SPMEN) !== 0 && !this.#busy) {
      const { fuses, signature } = config;
      if ((this.#control & BLBSET) !== 0) return [fuses.low, fuses.lock, fuses.extended, fuses.high][address & 3]!;
      if ((this.#control & SIGRD) !== 0) return (address & 1) === 0 ? (signature[address >> 1] ?? 0xff) : 0xff;
    }
    if (this.#rwwBusy && address < config.nrww) return 0xff;
    return core.cpu.progBytes[address]!;
  }

  #execute(): void {
    const { core, config } = this;
    const { cpu } = core;
    const open = cpu.cycles - 1 <= this.#openUntil && (this.#control & SPMEN) !== 0 && !this.#busy;
    // the program counter already stands behind SPM
    if (!open || cpu.pc * 2 - 2 < config.boot) return;
    const rampz = cpu.progMem.length > 0x8000 ? cpu.data[0x5b]! : 0;
    const z = (rampz << 16) | cpu.data16[15]!;
    const page = z - (z % config.pageBytes);
    const operation = this.#control & (RWWSRE | BLBSET | PGWRT | PGERS);
    if (operation === 0) {
      // a word of the buffer can be filled once; erased by the page write or by RWWSRE
      this.#buffer[(z % config.pageBytes) >> 1] = cpu.data16[0]!;
    } else if (operation === PGERS || operation === PGWRT) {
      if (page >= config.boot && (config.fuses.lock & 0x10) === 0) return; // BLB11: SPM may not write to the boot section
      this.#program(page, operation === PGERS);
    } else if (operation === RWWSRE) {
      this.#rwwBusy = false;
      this.#buffer.fill(0xffff);
    } else if (operation === BLBSET) config.fuses.lock &= cpu.data[0]! | 0xc0;
    if (!this.#busy) this.#control &= ~(SPMEN | operation);
    this.#hook();
    this.#request();
  }

  #program(page: number, erase: boolean): void {
    const { core, config } = this;
    const { cpu } = core;
    const words = cpu.progMem.subarray(page >> 1, (page + config.pageBytes) >> 1);
    for (let i = 0; i < words.length; i++) words[i] = erase ? 0xffff : words[i]! & this.#buffer[i]!;
    if (!erase) this.#buffer.fill(0xffff);
    core.flashChanged(page >> 1, (page + config.pageBytes) >> 1);
    this.onFlash(page, page + config.pageBytes);
    const end = cpu.cycles + Math.round(PAGE_SECONDS * config.hz);
    this.#busy = true;
    if (page < config.nrww) this.#rwwBusy = true;
    else cpu.cycles = end;
    core.events.schedule(this.#done, end);
  }
}
