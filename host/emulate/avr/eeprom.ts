import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';

export interface EepromConfig {
  /** Address of EECR; EEDR, EEARL, EEARH follow. */
  eecr: number;
  vector: number;
}

/** EECR. */
const EERE = 0x01;
const EEPE = 0x02;
const EEMPE = 0x04;
const EERIE = 0x08;

/** Seconds of erase and write, erase only, write only (datasheet, "EEPROM Programming Time"). */
const WRITE_SECONDS = [0.0034, 0.0018, 0.0018, 0.0034];
/** A write may start within this many cycles of setting EEMPE. */
const MASTER_WINDOW = 4;

/** What a cell holds after its write was cut short. */
export type TornByte = 'old' | 'new' | 'erased' | 'random';

/** EEPROM controller over memory that outlives resets. The CPU is halted 4 cycles by a read, 2 by a write. */
export class Eeprom {
  writes = 0;
  /** Erase cycles by cell. */
  onBusyAccess: () => void = () => {};
  /** A cell holds another value now. */
  onWritten: (address: number) => void = () => {};
  #control = 0;
  #data = 0;
  #address = 0;
  #masterUntil = -1;
  #writing: { address: number; old: number; value: number } | undefined;
  readonly #done: TimedEvent;

  constructor(
    private readonly core: AvrCore,
    private readonly config: EepromConfig,
    private readonly memory: Uint8Array,
    private readonly wear: Uint32Array,
    private readonly hz: number,
  ) {
    const { readHooks, writeHooks } = core.cpu;
    const { eecr } = config;
    this.#done = new TimedEvent(() => {
      const { address, value } = this.#writing!;
      this.memory[address] = value;
      this.#writing = undefined;
      this.onWritten(address);
      this.#control &= ~EEPE;
      this.#request();
    });
    readHooks[eecr] = () => this.#control | (core.cpu.cycles <= this.#masterUntil ? EEMPE : 0);
    writeHooks[eecr] = (value) => {
      this.#writeControl(value);
      return true;
    };
    const plain: [number, () => number, (value: number) => void][] = [
      [
        eecr + 1,
        () => this.#data,
        (value) => {
          this.#data = value;
        },
      ],
      [
        eecr + 2,
        () => this.#address & 0xff,
        (value) => {
          this.#address = (this.#address & 0xff00) | value;
        },
      ],
      [
        eecr + 3,
        () => this.#address >> 8,
        (value) => {
          this.#address = (this.#address & 0xff) | (value << 8);
        },
      ],
    ];
    for (const [address, read, write] of plain) {
      readHooks[address] = read;
      writeHooks[address] = (value) => {
        // EEAR and EEDR must not change during a write (datasheet "EECR")
        if (this.#writing !== undefined) this.onBusyAccess();
        else write(value);
        return true;
      };
    }
    this.#request();
  }

  get busy(): boolean {
    return this.#writing !== undefined;
  }

  #request(): void {
    this.core.request(this.config.vector, (this.#control & EERIE) !== 0 && (this.#control & EEPE) === 0);
  }

  #writeControl(value: number): void {
    const { core } = this;
    const { cpu } = core;
    const open = cpu.cycles <= this.#masterUntil;
    const mode = this.#writing === undefined ? value & 0x30 : this.#control & 0x30;
    this.#control = (this.#control & EEPE) | mode | (value & EERIE);
    if ((value & EEMPE) !== 0 && (value & EEPE) === 0) this.#masterUntil = cpu.cycles + MASTER_WINDOW + 1;
    if ((value & EERE) !== 0) {
      if (this.#writing !== undefined) this.onBusyAccess();
      else {
        this.#data = this.memory[this.#address % this.memory.length]!;
        cpu.cycles += 4;
      }
    } else if ((value & EEPE) !== 0 && open) {
      this.#masterUntil = -1;
      if (this.#writing !== undefined) this.onBusyAccess();
      else this.#begin(mode >> 4);
    }
    this.#request();
  }

  #begin(mode: number): void {
    const { core } = this;
    const address = this.#address % this.memory.length;
    const old = this.memory[address]!;
    const value = mode === 1 ? 0xff : mode === 2 ? old & this.#data : this.#data;
    if (mode !== 2) this.wear[address] = this.wear[address]! + 1;
    this.#writing = { address, old, value };
    this.writes++;
    this.#control |= EEPE;
    core.events.schedule(this.#done, core.cpu.cycles + Math.round(WRITE_SECONDS[mode]! * this.hz));
    core.cpu.cycles += 2;
  }

  /** Power or reset in the middle of a write. */
  cut(torn: TornByte, random: () => number): void {
    if (this.#writing === undefined) return;
    const { address, old, value } = this.#writing;
    const outcome = torn === 'old' ? old : torn === 'new' ? value : torn === 'erased' ? 0xff : random() & 0xff;
    this.memory[address] = outcome;
    this.#writing = undefined;
    this.onWritten(address);
  }
}
