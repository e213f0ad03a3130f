import { KizashiError } from '../../errors.js';
import type { Board, BoardPin, BoardStats, BoardUart, Level, ResetCause, SpiDevice, TwiDevice } from '../board.js';
import { type Random, randomStream } from '../random.js';
import { BANDGAP } from './adc.js';
import { Chip, type ChipConfig } from './chip.js';
import { decodeAgain } from './decode.js';
import type { TornByte } from './eeprom.js';
import { loadImage } from './image.js';
import { type RealAdcOptions, realAdc } from './real-adc.js';
import { Strict, type StrictOptions } from './strict.js';
import { warmUp } from './warm-up.js';
import { BORF, EXTRF, PORF, type WatchdogOscillator, WDRF } from './watchdog.js';
import { Wire } from './wire.js';

export interface Fuses {
  low: number;
  high: number;
  extended: number;
  lock: number;
}

/** A board as data: its chip, its pin names, its fuses as shipped. */
export interface BoardConfig {
  kind: string;
  chip: ChipConfig;
  hz: number;
  fuses: Fuses;
  /** Name printed on the board → port and bit, `B5`. */
  pins: Record<string, string>;
  /** Pins that are analog inputs → ADC channel. */
  analog: Record<string, number>;
}

export interface BoardOptions {
  /** Firmware: Intel HEX text, or bytes (HEX text or the memory itself). */
  hex: string | Uint8Array;
  /** Seed of what is random in the silicon: memory at power-on, watchdog jitter, floating inputs. */
  seed: number;
  name: string;
  /** Relative error of the oscillator. */
  clockError?: number;
  fuses?: Partial<Fuses>;
  /** Contents of the EEPROM at the factory or from an earlier life; erased if absent. */
  eeprom?: Uint8Array;
  watchdog?: Partial<WatchdogOscillator>;
  /** Supply voltage as a function of the cycle; 5 V if absent. */
  avcc?: (cycle: number) => number;
  /** Single steps through avr8js instead of the fast interpreter, for comparison. */
  plain?: boolean;
  /** Faults of the converter; an ideal one if absent. */
  adc?: RealAdcOptions;
  /** Refuse misuse of the chip (KZ1106). */
  strict?: StrictOptions;
  /** Seed of random register contents before the image is entered at address 0, as an unknown loader might leave them. */
  poison?: number;
}

/** Time from the end of a reset to the first instruction with the fuses of an Arduino (SUT = 11: 14 clocks + 65 ms). */
const START_UP_SECONDS = 0.065;

const causeFlag: Record<ResetCause, number> = { power: PORF, external: EXTRF, brownout: BORF, watchdog: WDRF };

/** A board with an AVR chip. The chip is rebuilt at each reset; flash, EEPROM, pins' outside and (unless power was lost) SRAM stay. */
export class AvrBoard implements Board {
  readonly name: string;
  readonly kind: string;
  readonly hz: number;
  readonly clockError: number;
  readonly flash: Uint8Array;
  readonly eeprom: Uint8Array;
  readonly eepromWear: Uint32Array;
  /** The program changed bytes [from, to) of a memory that outlives power: for whoever keeps them, before anything else happens. */
  onKept: (memory: 'flash' | 'eeprom', from: number, to: number) => void = () => {};
  readonly uart: BoardUart;
  powered = true;
  chip: Chip;
  readonly #config: BoardConfig;
  readonly #flashWords: Uint16Array;
  readonly #random: Random;
  readonly #floating: Random;
  readonly #watchdog: WatchdogOscillator;
  readonly #fuses: Fuses;
  readonly #avcc: (cycle: number) => number;
  readonly #plain: boolean;
  readonly #bandgap: number;
  /** The strict rules, if they are on. */
  readonly strict: Strict | undefined;
  readonly #quantize: ((ratio: number) => number) | undefined;
  readonly #poison: number | undefined;
  /** Flash as it was last decoded; the outside may have changed it meanwhile. */
  readonly #decoded: Uint16Array;
  readonly #inputs = new Map<number, (cycle: number) => number>();
  readonly #twi = new Map<number, TwiDevice>();
  readonly #outside = new Map<string, Level>();
  readonly #watchers = new Map<string, Set<(level: Level, cycle: number) => void>>();
  readonly #wire: Wire;
  /** Cycle while no CPU runs: in reset, or without power. */
  #standing = 0;
  #startsAt = 0;
  readonly #past = {
    slept: 0,
    instructions: 0,
    resets: 0,
    bytesIn: 0,
    overruns: 0,
    conversions: 0,
    missed: 0,
    eeprom: 0,
  };

  constructor(config: BoardConfig, options: BoardOptions) {
    warmUp();
    this.#config = config;
    this.name = options.name;
    this.kind = config.kind;
    this.hz = config.hz;
    this.clockError = options.clockError ?? 0;
    this.#random = randomStream(options.seed, `${options.name} silicon`);
    this.#floating = randomStream(options.seed, `${options.name} floating inputs`);
    this.#watchdog = { error: 0, jitter: 15e-6, ...options.watchdog };
    this.#fuses = { ...config.fuses, ...options.fuses };
    this.#avcc = options.avcc ?? (() => 5);
    this.#plain = options.plain ?? false;
    // datasheet "System and Reset Characteristics": 1.0 to 1.2 V
    this.#bandgap = BANDGAP * (1 + 0.02 * (2 * this.#random.f64() - 1));
    this.#flashWords = loadImage(options.hex, config.chip.flashBytes);
    this.flash = new Uint8Array(this.#flashWords.buffer);
    this.eeprom = new Uint8Array(config.chip.eepromBytes).fill(0xff);
    if (options.eeprom) this.eeprom.set(options.eeprom.subarray(0, this.eeprom.length));
    this.eepromWear = new Uint32Array(config.chip.eepromBytes);
    this.#wire = new Wire(this.hz * (1 + this.clockError));
    const wire = this.#wire;
    this.uart = {
      onByte: (fn) => wire.onByte(fn),
      receive: (bytes, fromCycle = 0) => wire.receive(bytes, Math.max(fromCycle, this.cycle)),
      get receiveEnds() {
        return wire.receiveEnds;
      },
      get lineBaud() {
        return wire.lineBaud;
      },
      set lineBaud(baud: number) {
        wire.lineBaud = baud;
      },
    };
    this.#quantize = options.adc && realAdc(options.adc, randomStream(options.seed, `${options.name} converter`));
    this.#decoded = this.#flashWords.slice();
    this.#poison = options.poison;
    this.strict = options.strict && new Strict(config.chip, options.strict, this.flash, this.#bootStart());
    this.chip = this.#build(PORF, undefined);
  }

  get cycle(): number {
    return Math.max(this.#standing, this.#running ? this.chip.core.cpu.cycles : 0);
  }

  get #running(): boolean {
    return this.powered && this.#standing >= this.#startsAt;
  }

  /** First byte of the boot section by the fuses. */
  #bootStart(): number {
    const { chip } = this.#config;
    return chip.flashBytes - chip.bootBytes[((this.#fuses.high >> 1) & 3) as 0 | 1 | 2 | 3];
  }

  #decodeChanges(code: Int32Array): Int32Array {
    const flash = this.#flashWords;
    for (let at = 0; at < flash.length; at++) {
      if (flash[at] === this.#decoded[at]) continue;
      decodeAgain(code, flash, at, at + 1);
      this.#decoded[at] = flash[at]!;
    }
    return code;
  }

  /** Timers, converter, line and pins in any state, interrupts on: nothing may be inherited from a loader. */
  #poisonRegisters(chip: Chip, seed: number): void {
    const random = randomStream(seed, 'poison');
    const { cpu } = chip.core;
    const config = this.#config.chip;
    const { eeprom, spm, watchdog, clkpr } = config;
    // a loader cannot leave a write of EEPROM or flash, a clock prescaler or a watchdog setting that no program could undo in time
    const spared = new Set([eeprom.eecr, spm.spmcsr, watchdog.wdtcsr, watchdog.mcusr, clkpr, 0x5d, 0x5e, 0x5f]);
    for (let at = 0x20; at < config.ioEnd; at++) {
      const value = random.u32() & 0xff;
      if (!spared.has(at) && cpu.writeHooks[at] !== undefined) cpu.writeData(at, value);
    }
    cpu.SP = config.ioEnd + config.ramBytes - 1;
    cpu.data[0x5f] = random.u32() & 0x7f;
    cpu.pc = 0;
  }

  #build(mcusr: number, earlier: Chip | undefined): Chip {
    const { chip: config } = this.#config;
    this.#startsAt = this.#standing + Math.round(START_UP_SECONDS * this.hz) + 14;
    const chip = new Chip(
      config,
      {
        flash: this.#flashWords,
        eeprom: this.eeprom,
        eepromWear: this.eepromWear,
        hz: this.hz,
        random: this.#random,
        watchdog: this.#watchdog,
        fuses: this.#fuses,
        twiDevice: (address) => this.#twi.get(address),
        analog: {
          input: (channel, cycle) => this.#volts(channel, cycle),
          avcc: this.#avcc,
          aref: this.#avcc,
          bandgap: this.#bandgap,
        },
      },
      this.#startsAt,
      mcusr,
      earlier && this.#decodeChanges(earlier.core.code),
    );
    const { core } = chip;
    core.plain = this.#plain;
    if (this.#quantize) chip.adc.quantize = this.#quantize;
    const { data } = core.cpu;
    for (let register = 0; register < 32; register++) data[register] = this.#random.u32();
    if (earlier !== undefined && mcusr !== PORF) data.set(earlier.core.cpu.data.subarray(config.ioEnd), config.ioEnd);
    else for (let at = config.ioEnd; at < data.length; at++) data[at] = this.#random.u32();
    if ((this.#fuses.high & 1) === 0) core.cpu.pc = this.#bootStart() >> 1;
    chip.spm.onFlash = (from, to) => {
      this.#decoded.set(this.#flashWords.subarray(from >> 1, to >> 1), from >> 1);
      this.onKept('flash', from, to);
    };
    chip.eeprom.onWritten = (address) => this.onKept('eeprom', address, address + 1);
    chip.watchdog.onReset = () => {
      this.strict?.watchdogReset();
      this.reset('watchdog');
    };
    chip.gpio.onDriven = (port, bit, level, cycle) => {
      for (const fn of this.#watchers.get(`${port}${bit}`) ?? []) fn(level, cycle);
    };
    for (const [pin, level] of this.#outside) chip.gpio.drive(pin[0]!, Number(pin[1]), level, this.#startsAt);
    this.#wire.attach(chip);
    if (this.#poison !== undefined) this.#poisonRegisters(chip, this.#poison);
    if (mcusr === PORF) this.strict?.powerOn();
    this.strict?.attach(chip);
    return chip;
  }

  #volts(channel: number, cycle: number): number {
    const input = this.#inputs.get(channel);
    if (input !== undefined) return input(cycle);
    // an open input: charge of the sample-and-hold and hum, some tens of millivolts
    return 1.6 + 0.04 * this.#floating.gaussian();
  }

  run(untilCycle: number): void {
    const until = Math.ceil(untilCycle);
    while (this.cycle < until) {
      if (!this.powered) {
        this.#standing = until;
        break;
      }
      if (this.#standing < this.#startsAt) {
        this.#standing = Math.min(until, this.#startsAt);
        continue;
      }
      this.chip.core.run(until);
    }
    this.#wire.settle(this.cycle);
  }

  #end(torn: TornByte | undefined): void {
    const { chip } = this;
    const past = this.#past;
    this.#standing = this.cycle;
    chip.core.stopped = true;
    chip.usart.cut(this.#standing);
    const outcomes: TornByte[] = ['old', 'new', 'erased', 'random'];
    chip.eeprom.cut(torn ?? outcomes[this.#random.u32() & 3]!, () => this.#random.u32());
    past.slept += chip.core.sleptCycles;
    past.instructions += chip.core.instructions;
    past.bytesIn += chip.usart.received;
    past.overruns += chip.usart.overruns;
    past.conversions += chip.adc.conversions;
    past.missed += chip.adc.missedTriggers;
    past.eeprom += chip.eeprom.writes;
    for (const [pin, watchers] of this.#watchers) {
      if (chip.gpio.isOutput(pin[0]!, Number(pin[1]))) for (const fn of watchers) fn('z', this.#standing);
    }
  }

  reset(cause: ResetCause): void {
    if (!this.powered) return;
    const running = this.#running;
    const earlier = this.chip;
    if (running) this.#end(undefined);
    this.#past.resets++;
    const mcusr = cause === 'power' ? PORF : (earlier.watchdog.mcusr & 15) | causeFlag[cause];
    this.chip = this.#build(mcusr, earlier);
  }

  power(on: boolean): void {
    if (on === this.powered) return;
    if (!on) this.cutPower();
    else {
      this.powered = true;
      this.#past.resets++;
      this.chip = this.#build(PORF, this.chip);
    }
  }

  /** Takes the power away now; a byte of EEPROM that is being written keeps the given remains, or by chance one of the four. */
  cutPower(torn?: TornByte): void {
    if (!this.powered) return;
    if (this.#running) this.#end(torn);
    this.powered = false;
  }

  #find(name: string): string {
    const plain = name.startsWith('P') ? name.slice(1) : name;
    const pin = this.#config.pins[name] ?? this.#config.pins[name.replace(/^D/, '')] ?? plain;
    if (!Object.values(this.#config.pins).includes(pin)) {
      throw new KizashiError('KZ1102', `${this.kind} has no pin ${name}`, { name });
    }
    return pin;
  }

  pin(name: string): BoardPin {
    const pin = this.#find(name);
    const port = pin[0]!;
    const bit = Number(pin[1]);
    return {
      read: () => (this.#running ? this.chip.gpio.read(port, bit) : (this.#outside.get(pin) ?? 'z')),
      drive: (level) => {
        this.#outside.set(pin, level);
        this.chip.gpio.drive(port, bit, level, this.cycle);
      },
      watch: (fn) => {
        const watchers = this.#watchers.get(pin) ?? new Set();
        this.#watchers.set(pin, watchers);
        watchers.add(fn);
        return () => watchers.delete(fn);
      },
    };
  }

  analog(name: string, volts: (cycle: number) => number): void {
    const channel = this.#config.analog[name];
    if (channel === undefined) throw new KizashiError('KZ1102', `${this.kind} has no analog pin ${name}`, { name });
    this.#inputs.set(channel, volts);
  }

  attach(bus: 'spi', device: SpiDevice, options: { cs: string }): void;
  attach(bus: 'twi', device: TwiDevice, options: { address: number }): void;
  attach(_bus: 'spi' | 'twi', device: SpiDevice | TwiDevice, options: { cs: string } | { address: number }): void {
    if ('address' in options) {
      this.#twi.set(options.address, device as TwiDevice);
      return;
    }
    const part = device as SpiDevice;
    this.pin(options.cs).watch((level, cycle) => {
      // an input with a pull-up on the part's side is inactive
      const active = level === 0;
      const { selected } = this.chip.spi;
      if (selected.includes(part) === active) return;
      this.chip.spi.selected = active ? [...selected, part] : selected.filter((other) => other !== part);
      part.select(active, cycle);
    });
  }

  get stats(): BoardStats {
    const { chip } = this;
    const past = this.#past;
    const live = this.#running ? 1 : 0;
    return {
      cycles: this.cycle,
      sleptCycles: past.slept + live * chip.core.sleptCycles,
      instructions: past.instructions + live * chip.core.instructions,
      resets: past.resets,
      bytesOut: this.#wire.bytesOut,
      bytesIn: past.bytesIn + live * chip.usart.received,
      framingErrors: this.#wire.framingErrors,
      overruns: past.overruns + live * chip.usart.overruns,
      conversions: past.conversions + live * chip.adc.conversions,
      missedTriggers: past.missed + live * chip.adc.missedTriggers,
      eepromWrites: past.eeprom + live * chip.eeprom.writes,
    };
  }

  stackLowWater(): number {
    return this.chip.core.stackLow;
  }
}
