import { KizashiError } from '../../errors.js';
import type { TwiDevice } from '../board.js';
import type { Random } from '../random.js';
import { Adc, type AdcConfig, type AnalogWorld } from './adc.js';
import { AvrCore } from './core.js';
import { Eeprom, type EepromConfig } from './eeprom.js';
import { type ExternalConfig, Gpio, type PortConfig } from './gpio.js';
import { Spi } from './spi.js';
import { SelfProgramming } from './spm.js';
import { Prescaler, Timer, type TimerConfig } from './timer.js';
import { Twi } from './twi.js';
import { Usart, type UsartConfig } from './usart.js';
import { Watchdog, type WatchdogConfig, type WatchdogOscillator } from './watchdog.js';

/** A chip as data: addresses, vectors, sizes. One set of peripheral classes serves all. */
export interface ChipConfig {
  name: string;
  signature: readonly [number, number, number];
  flashBytes: number;
  pageBytes: number;
  ramBytes: number;
  eepromBytes: number;
  ioEnd: number;
  bootBytes: readonly [number, number, number, number];
  ports: PortConfig[];
  external: ExternalConfig;
  timers: (TimerConfig & { outputs: string[]; capturePin?: string; ownPrescaler?: boolean })[];
  gtccr: number;
  usarts: UsartConfig[];
  adc: AdcConfig;
  adcTriggers: Record<number, { timer: number; flag: number }>;
  eeprom: EepromConfig;
  watchdog: WatchdogConfig;
  spi: {
    spcr: number;
    spsr: number;
    spdr: number;
    vector: number;
    sck: string;
    miso: string;
    mosi: string;
    ss: string;
  };
  twi: { twbr: number; vector: number };
  spm: { spmcsr: number; vector: number };
  /** First byte of the section that the CPU cannot leave while it is written. */
  nrww: number;
  /** Registers that only hold what is written: general purpose, power reduction, digital input disable, comparator, oscillator. */
  plainRegisters: readonly number[];
  smcr: number;
  mcucr: number;
  clkpr: number;
}

/** Memories and clocks that outlive a reset. */
export interface ChipLife {
  flash: Uint16Array;
  eeprom: Uint8Array;
  eepromWear: Uint32Array;
  hz: number;
  random: Random;
  watchdog: WatchdogOscillator;
  fuses: { low: number; high: number; extended: number; lock: number };
  analog: AnalogWorld;
  /** The part that answers to a two-wire address. */
  twiDevice: (address: number) => TwiDevice | undefined;
}

/** One life of a chip, from a reset to the next: CPU, peripherals, wires between them. */
export class Chip {
  readonly core: AvrCore;
  readonly gpio: Gpio;
  readonly timers: Timer[];
  readonly usart: Usart;
  readonly adc: Adc;
  readonly eeprom: Eeprom;
  readonly watchdog: Watchdog;
  readonly spi: Spi;
  readonly twi: Twi;
  readonly spm: SelfProgramming;

  /**
   * @param cycle cycle at which the CPU starts
   * @param mcusr reset flags the software finds
   * @param code decoded flash of an earlier life
   */
  constructor(config: ChipConfig, life: ChipLife, cycle: number, mcusr: number, code?: Int32Array) {
    const core = new AvrCore(life.flash, config.ramBytes, config.ioEnd, cycle, code);
    this.core = core;
    const { cpu } = core;
    this.gpio = new Gpio(core, config.ports, config.external);
    const shared = new Prescaler(cycle);
    const own: Prescaler[] = [];
    this.timers = config.timers.map((timer) => {
      const prescaler = timer.ownPrescaler ? new Prescaler(cycle) : shared;
      if (timer.ownPrescaler) own.push(prescaler);
      return new Timer(core, timer, prescaler);
    });
    this.usart = new Usart(core, config.usarts[0]!);
    this.adc = new Adc(core, config.adc, life.analog);
    this.eeprom = new Eeprom(core, config.eeprom, life.eeprom, life.eepromWear, life.hz);
    this.watchdog = new Watchdog(core, config.watchdog, life.hz, life.watchdog, life.random, mcusr);
    this.spi = new Spi(core, config.spi);
    this.twi = new Twi(core, config.twi, life.twiDevice);
    this.spm = new SelfProgramming(core, {
      ...config.spm,
      pageBytes: config.pageBytes,
      nrww: config.nrww,
      boot: config.flashBytes - config.bootBytes[((life.fuses.high >> 1) & 3) as 0 | 1 | 2 | 3],
      signature: config.signature,
      fuses: life.fuses,
      hz: life.hz,
    });

    config.timers.forEach((timer, index) => {
      const unit = this.timers[index]!;
      unit.onOutput = (output, level, at) => {
        const pin = timer.outputs[output];
        if (pin !== undefined) this.gpio.override(pin[0]!, Number(pin[1]), level, at);
      };
    });
    this.gpio.onInput = (port, bit, level, at) => {
      config.timers.forEach((timer, index) => {
        if (timer.capturePin === `${port}${bit}` && this.timers[index]!.captureEdge === level)
          this.timers[index]!.capture(at);
      });
    };
    this.#wireTriggers(config);
    cpu.writeHooks[config.gtccr] = (value) => {
      // TSM (hold the prescalers) is not modelled: a firmware that needs synchronous timers writes PSRSYNC or TCNT
      if ((value & 1) !== 0) shared.reset(cpu.cycles);
      if ((value & 2) !== 0) for (const prescaler of own) prescaler.reset(cpu.cycles);
      return true;
    };
    cpu.writeHooks[config.clkpr] = (value) => {
      if ((value & 0x8f) !== 0 && (value & 0x80) === 0)
        throw new KizashiError('KZ1106', 'the emulated clock prescaler cannot be changed', { pc: cpu.pc * 2 });
      return true;
    };
    let smcr = 0;
    cpu.readHooks[config.smcr] = () => smcr;
    cpu.writeHooks[config.smcr] = (value) => {
      smcr = value & 0x0f;
      return true;
    };
    core.onSleep = () => {
      if ((smcr & 1) === 0) return false;
      if (smcr >> 1 !== 0)
        throw new KizashiError('KZ1106', 'only the idle sleep mode is emulated', { pc: cpu.pc * 2, mode: smcr >> 1 });
      return true;
    };
    let mcucr = 0;
    cpu.readHooks[config.mcucr] = () => mcucr;
    cpu.writeHooks[config.mcucr] = (value) => {
      mcucr = value & 0x73;
      this.gpio.pullUpsOff = (value & 0x10) !== 0;
      return true;
    };
  }

  #wireTriggers(config: ChipConfig): void {
    const { adc, timers } = this;
    let source: number | undefined;
    for (const timer of timers) {
      timer.onFlag = (_flag, cycle) => {
        if (source !== undefined) adc.trigger(cycle);
      };
    }
    adc.onTriggerSelect = (selected) => {
      if (selected === source) return;
      source = selected;
      const trigger = selected === undefined ? undefined : config.adcTriggers[selected];
      timers.forEach((timer, index) => {
        timer.wanted = trigger?.timer === index ? trigger.flag : 0;
        timer.reschedule();
      });
    };
    adc.triggerLevel = (selected) => {
      const trigger = config.adcTriggers[selected];
      if (trigger === undefined) return false;
      const timer = timers[trigger.timer]!;
      timer.sync(this.core.cpu.cycles);
      return (timer.flags & trigger.flag) !== 0;
    };
  }
}
