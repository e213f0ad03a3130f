import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';

export interface AdcConfig {
  /** Address of ADCL; ADCH, ADCSRA, ADCSRB, ADMUX follow. */
  adcl: number;
  vector: number;
  /** Analog inputs the multiplexer reaches; MUX values from here on to 0b1101 are unconnected. */
  channels: number;
  /** MUX5 lives in ADCSRB (Mega). */
  mux5?: boolean;
}

/** ADCSRA. */
const ADEN = 0x80;
const ADSC = 0x40;
const ADATE = 0x20;
const ADIF = 0x10;
const ADIE = 0x08;

/** ADC clocks of a conversion: first after ADEN, single, auto triggered (datasheet, "ADC Conversion Time"). */
const FIRST_CLOCKS = 25;
const SINGLE_CLOCKS = 13;
const TRIGGERED_CLOCKS = 13.5;
/** ADC clocks from the start to sample-and-hold. */
const FIRST_HOLD = 13.5;
const SINGLE_HOLD = 1.5;
const TRIGGERED_HOLD = 2;

/** Internal bandgap reference in volts. */
const BANDGAP = 1.1;

/** What the converter asks of the world outside: volts on its inputs and references. */
export interface AnalogWorld {
  /** Volts at ADC channel `channel` at a cycle. */
  input(channel: number, cycle: number): number;
  avcc(cycle: number): number;
  aref(cycle: number): number;
  /** Internal reference, 1.1 V ± its tolerance. */
  bandgap: number;
}

/**
 * Successive approximation converter. A conversion starts by ADSC or on the *rising edge* of the selected trigger; channel and reference
 * are latched at that moment; the input is read at the exact sample-and-hold cycle. The code is the ideal one: transitions at half steps.
 * The three CPU cycles of the trigger's synchroniser are a constant delay and left out.
 */
export class Adc {
  conversions = 0;
  missedTriggers = 0;
  /** The trigger source by ADTS: which timer flag is wanted. */
  onTriggerSelect: (source: number | undefined) => void = () => {};
  /** Level of the selected trigger's flag now. */
  triggerLevel: (source: number) => boolean = () => false;
  /** Code of a voltage relative to the reference (0..1): replaceable by a model of a real converter. */
  quantize: (ratio: number, cycle: number) => number = (ratio) => {
    const code = Math.floor(ratio * 1024 + 0.5);
    return code < 0 ? 0 : Math.min(code, 1023);
  };
  #admux = 0;
  #control = 0;
  #controlB = 0;
  #result = 0;
  #locked = false;
  #converting = false;
  #first = true;
  #enabledAt = 0;
  #latched = 0;
  #latchedB = 0;
  /** Strict mode: cycle of the last trigger, to see ADMUX written too early. */
  triggeredAt = -Infinity;
  onMuxTooEarly: () => void = () => {};
  readonly #hold: TimedEvent;
  readonly #done: TimedEvent;
  #held = 0;

  constructor(
    private readonly core: AvrCore,
    private readonly config: AdcConfig,
    private readonly world: AnalogWorld,
  ) {
    const { readHooks, writeHooks } = core.cpu;
    const { adcl } = config;
    this.#hold = new TimedEvent((due) => {
      this.#held = this.#sample(due);
    });
    this.#done = new TimedEvent((due) => this.#finish(due));
    readHooks[adcl] = () => {
      // reading ADCL blocks the data registers until ADCH is read (datasheet "ADCL and ADCH")
      this.#locked = true;
      return this.#word() & 0xff;
    };
    readHooks[adcl + 1] = () => {
      this.#locked = false;
      const high = this.#word() >> 8;
      this.#result = this.#next;
      return high;
    };
    for (const address of [adcl, adcl + 1]) writeHooks[address] = () => true;
    readHooks[adcl + 2] = () => this.#control;
    writeHooks[adcl + 2] = (value) => {
      this.#writeControl(value);
      return true;
    };
    readHooks[adcl + 3] = () => this.#controlB;
    writeHooks[adcl + 3] = (value) => {
      const level = this.#triggerHigh();
      this.#controlB = value;
      this.#selectTrigger();
      // switching from a cleared source to a set one is a rising edge (datasheet "Starting a Conversion")
      if (!level && this.#triggerHigh()) this.trigger(core.cpu.cycles);
      return true;
    };
    readHooks[adcl + 4] = () => this.#admux;
    writeHooks[adcl + 4] = (value) => {
      if (core.cpu.cycles - this.triggeredAt < this.#divisor()) this.onMuxTooEarly();
      this.#admux = value;
      return true;
    };
    core.acknowledge[config.vector] = () => {
      this.#control &= ~ADIF;
      this.#request();
    };
  }

  #next = 0;

  #word(): number {
    return (this.#admux & 0x20) !== 0 ? this.#result << 6 : this.#result;
  }

  #divisor(): number {
    const select = this.#control & 7;
    return select === 0 ? 2 : 1 << select;
  }

  #request(): void {
    this.core.request(this.config.vector, (this.#control & ADIF) !== 0 && (this.#control & ADIE) !== 0);
  }

  /** ADTS: 0 free running. */
  #source(): number {
    return this.#controlB & 7;
  }

  #triggerHigh(): boolean {
    return this.#source() !== 0 && this.triggerLevel(this.#source());
  }

  #selectTrigger(): void {
    const active = (this.#control & ADEN) !== 0 && (this.#control & ADATE) !== 0 && this.#source() !== 0;
    this.onTriggerSelect(active ? this.#source() : undefined);
  }

  #writeControl(value: number): void {
    const { core } = this;
    const before = this.#control;
    let flags = before & ADIF;
    if ((value & ADIF) !== 0) flags = 0;
    this.#control = (value & ~(ADIF | ADSC)) | flags | (this.#converting ? ADSC : 0);
    if ((value & ADEN) === 0) {
      // switching the converter off ends the conversion in progress
      core.events.cancel(this.#hold);
      core.events.cancel(this.#done);
      this.#converting = false;
      this.#first = true;
      this.#control &= ~ADSC;
    } else {
      if ((before & ADEN) === 0) this.#enabledAt = core.cpu.cycles;
      if ((value & ADSC) !== 0 && !this.#converting) {
        // the conversion starts at the next rising edge of the ADC clock, which runs since ADEN
        const divisor = this.#divisor();
        const since = core.cpu.cycles - this.#enabledAt;
        const start = this.#enabledAt + Math.ceil((since + 1) / divisor) * divisor;
        this.#start(start, this.#first ? FIRST_HOLD : SINGLE_HOLD, this.#first ? FIRST_CLOCKS : SINGLE_CLOCKS);
      }
    }
    this.#selectTrigger();
    this.#request();
  }

  #start(at: number, holdClocks: number, clocks: number): void {
    const { core } = this;
    const divisor = this.#divisor();
    this.#converting = true;
    this.#control |= ADSC;
    this.#latched = this.#admux;
    this.#latchedB = this.#controlB;
    core.events.schedule(this.#hold, at + holdClocks * divisor);
    core.events.schedule(this.#done, at + clocks * divisor);
  }

  /** The selected trigger's flag went from 0 to 1. */
  trigger(cycle: number): void {
    if ((this.#control & (ADEN | ADATE)) !== (ADEN | ADATE)) return;
    if (this.#converting) {
      this.missedTriggers++;
      return;
    }
    this.triggeredAt = cycle;
    // the prescaler is reset by the trigger, so the delay is fixed
    this.#enabledAt = cycle;
    if (this.#first) this.#start(cycle, FIRST_HOLD, FIRST_CLOCKS);
    else this.#start(cycle, TRIGGERED_HOLD, TRIGGERED_CLOCKS);
  }

  #sample(cycle: number): number {
    const refs = this.#latched >> 6;
    const reference = refs === 0 ? this.world.aref(cycle) : refs === 1 ? this.world.avcc(cycle) : this.world.bandgap;
    const mux = (this.#latched & 15) | (this.config.mux5 && (this.#latchedB & 8) !== 0 ? 0x20 : 0);
    let volts: number;
    const channel = (mux & 7) | ((mux & 0x20) >> 2);
    if ((mux & 0x18) === 0 && channel < this.config.channels) volts = this.world.input(channel, cycle);
    else if (mux === 8 && !this.config.mux5)
      volts = 0.314; // temperature sensor at 25 °C (datasheet, "Temperature Measurement")
    else if (mux === 14) volts = this.world.bandgap;
    else volts = 0;
    return this.quantize(volts / reference, cycle);
  }

  #finish(due: number): void {
    this.#converting = false;
    this.#first = false;
    this.conversions++;
    this.#next = this.#held;
    if (!this.#locked) this.#result = this.#held;
    const rising = (this.#control & ADIF) === 0;
    this.#control = (this.#control & ~ADSC) | ADIF;
    this.#request();
    if ((this.#control & ADATE) !== 0 && this.#source() === 0) this.#start(due, SINGLE_HOLD, SINGLE_CLOCKS);
    if (rising) this.onComplete(due);
  }

  /** ADIF went from 0 to 1. */
  onComplete: (cycle: number) => void = () => {};
}

export { BANDGAP };
