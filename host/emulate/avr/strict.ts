import { KizashiError } from '../../errors.js';
import type { Chip, ChipConfig } from './chip.js';

export interface StrictOptions {
  /** First byte behind the program; jumps beyond it are refused. Default: behind the last byte that is not erased, below the boot section. */
  imageEnd?: number;
  /** Lowest address the stack pointer may have: above static data and canary. */
  stackFloor?: number;
  /** Byte addresses [from, to) of code that may read memory never written (noise from memory at power-on, stack measurement). */
  mayReadUnwritten?: readonly (readonly [number, number])[];
}

const isTwoWordMemory = (op: number): boolean => (op & 0xfc0f) === 0x9000;

/**
 * Refuses what silicon does not forgive but an emulator might: single steps with checks, about a third of the speed of the plain
 * interpreter. Rules bind code in the application section; bootloaders are exempt. @throws KZ1106 with program counter and cycle
 */
export class Strict {
  /** Watchdog resets the test has announced. */
  expectedResets = 0;
  readonly #written: Uint8Array;
  readonly #imageEnd: number;
  readonly #boot: number;
  #chip: Chip | undefined;
  #lastSp = 0;
  #movedByOut = false;

  constructor(
    private readonly config: ChipConfig,
    private readonly options: StrictOptions,
    flash: Uint8Array,
    boot: number,
  ) {
    this.#written = new Uint8Array(config.ioEnd + config.ramBytes);
    this.#boot = boot;
    let end = boot;
    while (end > 0 && flash[end - 1] === 0xff) end--;
    this.#imageEnd = options.imageEnd ?? end;
  }

  /** Memory has its power-on values again. */
  powerOn(): void {
    this.#written.fill(0);
  }

  attach(chip: Chip): void {
    this.#chip = chip;
    const { core } = chip;
    this.#lastSp = core.cpu.SP;
    this.#movedByOut = false;
    core.check = () => this.#check();
    core.onEnter = (sp) => {
      this.#written.fill(1, sp + 1, sp + 4);
      this.#lastSp = sp;
    };
    chip.usart.onOverwrite = () => this.#refuse('UDR was written while it was full');
    chip.adc.onMuxTooEarly = () => this.#refuse('ADMUX was written within one ADC clock of the trigger');
    chip.eeprom.onBusyAccess = () => this.#refuse('the EEPROM was accessed during a write');
    chip.twi.onMisuse = () => this.#refuse('a TWI register was written while TWINT was clear');
  }

  watchdogReset(): void {
    if (this.expectedResets > 0) this.expectedResets--;
    else this.#refuse('the watchdog reset the chip');
  }

  #refuse(what: string, more: Record<string, unknown> = {}): void {
    const { cpu } = this.#chip!.core;
    const pc = cpu.pc * 2;
    if (pc >= this.#boot) return;
    throw new KizashiError('KZ1106', `${what} at 0x${pc.toString(16)}, cycle ${cpu.cycles}`, {
      pc,
      cycle: cpu.cycles,
      ...more,
    });
  }

  #check(): void {
    const { core } = this.#chip!;
    const { cpu } = core;
    const op = cpu.progMem[cpu.pc]!;
    const byte = cpu.pc * 2;
    // the erased words from the boot vector to the end of flash run as no-operations until the program counter wraps
    if (byte >= this.#imageEnd && byte < this.#boot) this.#refuse('the program left its image');
    const sp = cpu.SP;
    if (sp < this.#lastSp && !this.#movedByOut) this.#written.fill(1, sp + 1, this.#lastSp + 1);
    this.#lastSp = sp;
    this.#movedByOut = (op & 0xf800) === 0xb800 && (((op >> 5) & 0x30) | (op & 15)) >= 0x3d;
    if (this.options.stackFloor !== undefined && sp < this.options.stackFloor && !this.#movedByOut)
      this.#refuse('the stack grew into static data', { sp });
    this.#memory(op, byte);
  }

  /** Address that a load or store touches, −1 if it is none. */
  #address(op: number): number {
    const { cpu } = this.#chip!.core;
    const x = cpu.data16[13]!;
    const y = cpu.data16[14]!;
    const z = cpu.data16[15]!;
    if ((op & 0xd000) === 0x8000) {
      const q = (op & 7) | ((op >> 7) & 0x18) | ((op >> 8) & 0x20);
      return ((op & 8) !== 0 ? y : z) + q;
    }
    if (isTwoWordMemory(op)) return cpu.progMem[cpu.pc + 1]!;
    if ((op & 0xfc00) !== 0x9000) return -1;
    switch (op & 15) {
      case 1:
        return z;
      case 2:
        return z - 1;
      case 9:
        return y;
      case 10:
        return y - 1;
      case 12:
      case 13:
        return x;
      case 14:
        return x - 1;
      case 15:
        return (op & 0x200) === 0 ? cpu.SP + 1 : -1;
    }
    return -1;
  }

  #memory(op: number, byte: number): void {
    const { config } = this;
    let store = (op & 0x200) !== 0;
    let at = this.#address(op);
    if ((op & 0xf800) === 0xb800) {
      at = 32 + (((op >> 5) & 0x30) | (op & 15));
      store = true;
    } else if ((op & 0xfd00) === 0x9800) {
      at = 32 + ((op >> 3) & 31);
      store = true;
    } else if (op === 0x9508 || op === 0x9518) {
      at = this.#chip!.core.cpu.SP + 1;
      store = false;
    }
    if (at < 32) return;
    if (at < config.ioEnd) {
      if (store && !this.#known(at)) this.#refuse('a reserved register was written', { address: at });
      return;
    }
    if (at >= this.#written.length) this.#refuse('an address beyond memory was touched', { address: at });
    else if (store) this.#written[at] = 1;
    else if (this.#written[at] === 0) {
      const exempt = this.options.mayReadUnwritten?.some(([from, to]) => byte >= from && byte < to) ?? false;
      if (!exempt) this.#refuse('memory was read that was never written', { address: at });
    }
  }

  #known(at: number): boolean {
    const hook = this.#chip!.core.cpu.writeHooks[at];
    // SPL, SPH, SREG belong to the CPU
    return hook !== undefined || (at >= 0x5d && at <= 0x5f) || this.config.plainRegisters.includes(at);
  }
}
