import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';
import { type Counting, countingMode, Position } from './timer-count.js';

export interface TimerConfig {
  name: string;
  bits: 8 | 16;
  tccra: number;
  tccrb: number;
  tccrc?: number;
  tcnt: number;
  ocra: number;
  ocrb: number;
  ocrc?: number;
  icr?: number;
  timsk: number;
  tifr: number;
  /** Interrupt vectors; `capture` of 16-bit timers only, `compareC` of the Mega's only. */
  vectors: { overflow: number; compareA: number; compareB: number; compareC?: number; capture?: number };
  /** Cycles a tick by CS2:0; 0 = stopped. External clocks (6, 7 of timers 0 and 1) are not connected on the boards and count nothing. */
  divisors: readonly number[];
}

/** The prescaler that some timers share: free running from reset, its edges at `origin + k · divisor`. */
export class Prescaler {
  origin: number;
  readonly timers: Timer[] = [];

  constructor(cycle: number) {
    this.origin = cycle;
  }

  /** GTCCR.PSRSYNC. */
  reset(cycle: number): void {
    for (const timer of this.timers) timer.sync(cycle);
    this.origin = cycle;
    for (const timer of this.timers) timer.reschedule();
  }
}

/** Flag bits in TIFRn and TIMSKn: TOV, OCFA, OCFB, OCFC, ICF. */
export const TOV = 0x01;
export const OCFA = 0x02;
export const OCFB = 0x04;
export const OCFC = 0x08;
export const ICF = 0x20;

export type OutputLevel = 0 | 1;

/**
 * A timer that computes its count when somebody asks and makes an event only for a match that somebody waits for: an enabled interrupt, the
 * ADC's trigger, an output pin. All flags are set at the tick after the compared value (ATmega328P datasheet, "Timer/Counter Timing
 * Diagrams").
 */
export class Timer {
  /** A flag went from 0 to 1 at this cycle. */
  onFlag: (flag: number, cycle: number) => void = () => {};
  /** Compare output unit 0..2: the pin's new level, or undefined when the unit lets go of the pin. */
  onOutput: (unit: number, level: OutputLevel | undefined, cycle: number) => void = () => {};
  /** Flags the ADC waits for. */
  wanted = 0;
  readonly #compare: number[] = [0, 0, 0];
  readonly #buffer: number[] = [-1, -1, -1];
  readonly #com: number[] = [0, 0, 0];
  readonly #level: OutputLevel[] = [0, 0, 0];
  readonly #units: number;
  readonly #max: number;
  #icr = 0;
  #temp = 0;
  #tccra = 0;
  #tccrb = 0;
  #mask = 0;
  #flags = 0;
  #divisor = 0;
  #counting: Counting;
  readonly #at: Position;
  #synced: number;
  readonly #event: TimedEvent;

  constructor(
    private readonly core: AvrCore,
    private readonly config: TimerConfig,
    private readonly prescaler: Prescaler,
  ) {
    this.#max = config.bits === 8 ? 0xff : 0xffff;
    this.#units = config.ocrc === undefined ? 2 : 3;
    this.#counting = countingMode(config.bits, 0);
    this.#at = new Position(this.#max);
    this.#synced = core.cpu.cycles;
    this.#event = new TimedEvent((due) => {
      this.sync(due);
      this.reschedule();
    });
    prescaler.timers.push(this);
    this.#registers();
  }

  #registers(): void {
    const { core, config } = this;
    const { readHooks, writeHooks } = core.cpu;
    const changing = (apply: (value: number) => void) => (value: number) => {
      this.sync(core.cpu.cycles);
      apply(value);
      this.reschedule();
      return true;
    };
    readHooks[config.tccra] = () => this.#tccra;
    writeHooks[config.tccra] = changing((value) => {
      this.#tccra = value;
      this.#modeChanged();
    });
    readHooks[config.tccrb] = () => this.#tccrb;
    writeHooks[config.tccrb] = changing((value) => {
      this.#tccrb = config.bits === 8 ? value & 0x0f : value & 0xdf;
      this.#divisor = config.divisors[value & 7] ?? 0;
      this.#modeChanged();
      if (config.bits === 8) this.#force(value >> 6, 2);
    });
    if (config.tccrc !== undefined) {
      readHooks[config.tccrc] = () => 0;
      writeHooks[config.tccrc] = changing((value) => this.#force(value >> 5, 3));
    }
    const wide = config.bits === 16;
    const word = (low: number, read: () => number, write: (value: number) => void, readsTemp: boolean): void => {
      readHooks[low] = () => {
        const value = read();
        if (wide && readsTemp) this.#temp = value >> 8;
        return value & 0xff;
      };
      writeHooks[low] = changing((value) => write(wide ? (this.#temp << 8) | value : value));
      if (!wide) return;
      readHooks[low + 1] = () => (readsTemp ? this.#temp : read() >> 8);
      writeHooks[low + 1] = (value) => {
        this.#temp = value;
        return true;
      };
    };
    word(
      config.tcnt,
      () => {
        this.sync(core.cpu.cycles);
        return this.#at.count;
      },
      (value) => this.#at.write(value),
      true,
    );
    const compares = [config.ocra, config.ocrb, config.ocrc];
    for (let unit = 0; unit < this.#units; unit++) {
      word(
        compares[unit]!,
        () => (this.#buffer[unit]! >= 0 ? this.#buffer[unit]! : this.#compare[unit]!),
        (value) => {
          if (this.#counting.buffered === 'none') this.#compare[unit] = value;
          else this.#buffer[unit] = value;
        },
        false,
      );
    }
    if (config.icr !== undefined) {
      word(
        config.icr,
        () => this.#icr,
        (value) => {
          // writable only where ICR defines TOP (datasheet "ICR1")
          if (this.#counting.top === 'icr') this.#icr = value;
        },
        true,
      );
    }
    readHooks[config.timsk] = () => this.#mask;
    writeHooks[config.timsk] = changing((value) => {
      this.#mask = value;
      this.#request();
    });
    readHooks[config.tifr] = () => {
      this.sync(core.cpu.cycles);
      return this.#flags;
    };
    writeHooks[config.tifr] = (value, _old, _at, mask) => {
      this.sync(core.cpu.cycles);
      this.#clear(value & mask);
      return true;
    };
    const { vectors } = config;
    const vectorFlags: [number | undefined, number][] = [
      [vectors.overflow, TOV],
      [vectors.compareA, OCFA],
      [vectors.compareB, OCFB],
      [vectors.compareC, OCFC],
      [vectors.capture, ICF],
    ];
    for (const [vector, flag] of vectorFlags) {
      if (vector !== undefined) core.acknowledge[vector] = () => this.#clear(flag);
    }
  }

  get flags(): number {
    return this.#flags;
  }

  /** Cycles a tick, 0 when stopped. */
  get divisor(): number {
    return this.#divisor;
  }

  /** Input capture edge select (ICES) and noise canceler (ICNC) of TCCRnB. */
  get captureEdge(): 0 | 1 {
    return (this.#tccrb & 0x40) !== 0 ? 1 : 0;
  }

  /** The count at a cycle at or after the last one asked for; for tests. */
  countAt(cycle: number): number {
    this.sync(cycle);
    return this.#at.count;
  }

  /** Sets the count without the effects of a register write; for tests that start near a wrap. */
  preset(count: number): void {
    this.sync(this.core.cpu.cycles);
    this.#at.count = count;
    this.#at.blocked = false;
    this.reschedule();
  }

  #modeChanged(): void {
    const wgm = (this.#tccra & 3) | ((this.#tccrb >> 1) & (this.config.bits === 8 ? 4 : 12));
    this.#counting = countingMode(this.config.bits, wgm);
    if (!this.#counting.dual) this.#at.down = false;
    for (let unit = 0; unit < this.#units; unit++) {
      if (this.#counting.buffered === 'none' && this.#buffer[unit]! >= 0) {
        this.#compare[unit] = this.#buffer[unit]!;
        this.#buffer[unit] = -1;
      }
      const com = (this.#tccra >> (6 - 2 * unit)) & 3;
      // in PWM modes COM = 1 toggles unit A in some modes and leaves the others disconnected (datasheet, COMnx tables)
      const usable = com !== 1 || this.#counting.pwm === false || (unit === 0 && this.#counting.toggles) ? com : 0;
      if (usable !== this.#com[unit]) {
        this.#com[unit] = usable;
        this.onOutput(unit, usable === 0 ? undefined : this.#level[unit], this.core.cpu.cycles);
      }
    }
  }

  #top(): number {
    const { top } = this.#counting;
    if (top === 'ocra') return this.#compare[0]!;
    if (top === 'icr') return this.#icr;
    return top;
  }

  /** Forced output compare acts on the pin only, and not in PWM modes. `bits`: unit A is the highest. */
  #force(bits: number, units: number): void {
    if (this.#counting.pwm) return;
    for (let unit = 0; unit < this.#units; unit++) {
      if ((bits & (1 << (units - 1 - unit))) !== 0) this.#output(unit, this.core.cpu.cycles);
    }
  }

  /** `up`: the count rises as it leaves the compared value (dual slope only). */
  #output(unit: number, cycle: number, up = true): void {
    const com = this.#com[unit]!;
    if (com === 0) return;
    let level: OutputLevel;
    if (com === 1) level = this.#level[unit] === 1 ? 0 : 1;
    else if (this.#counting.dual) level = up === (com === 3) ? 1 : 0;
    else level = com === 3 ? 1 : 0;
    this.#setLevel(unit, level, cycle);
  }

  #setLevel(unit: number, level: OutputLevel, cycle: number): void {
    if (this.#level[unit] === level) return;
    this.#level[unit] = level;
    this.onOutput(unit, level, cycle);
  }

  /** Brings count and flags to `cycle`. */
  sync(cycle: number): void {
    if (cycle <= this.#synced) return;
    const from = this.#synced;
    this.#synced = cycle;
    if (this.#divisor === 0) return;
    const { origin } = this.prescaler;
    const ticks = Math.floor((cycle - origin) / this.#divisor) - Math.floor((from - origin) / this.#divisor);
    if (ticks > 0) this.#advance(ticks, cycle);
  }

  #advance(ticks: number, cycle: number): void {
    const at = this.#at;
    let left = ticks;
    let raised = 0;
    while (left > 0) {
      const top = this.#top();
      const { dual, overflowAtTop, buffered } = this.#counting;
      let step = left;
      let update = Infinity;
      if (buffered !== 'none' && (this.#buffer[0]! >= 0 || this.#buffer[1]! >= 0 || this.#buffer[2]! >= 0)) {
        update = at.ticksToUpdate(top, dual, buffered);
        step = Math.min(step, update);
      }
      for (let unit = 0; unit < this.#units; unit++) {
        const leave = at.ticksToLeave(this.#compare[unit]!, top, dual);
        if (leave > step) continue;
        raised |= OCFA << unit;
        if (this.#com[unit] !== 0) this.#output(unit, cycle, at.risesAfter(leave, top));
      }
      if (at.ticksToOverflow(top, dual, overflowAtTop) <= step) {
        raised |= TOV;
        if (this.#counting.pwm && !dual) {
          for (let unit = 0; unit < this.#units; unit++) {
            if (this.#com[unit]! >= 2) this.#setLevel(unit, this.#com[unit] === 2 ? 1 : 0, cycle);
          }
        }
      }
      if (this.#counting.top === 'icr' && at.ticksToLeave(top, top, dual) <= step) raised |= ICF;
      at.move(step, top, dual);
      if (step === update) {
        for (let unit = 0; unit < this.#units; unit++) {
          if (this.#buffer[unit]! >= 0) this.#compare[unit] = this.#buffer[unit]!;
          this.#buffer[unit] = -1;
        }
      }
      left -= step;
    }
    const fresh = raised & ~this.#flags;
    if (fresh === 0) return;
    this.#flags |= fresh;
    this.#request();
    if ((fresh & this.wanted) !== 0) this.onFlag(fresh & this.wanted, cycle);
  }

  /** An edge on the capture pin. */
  capture(cycle: number): void {
    if (this.config.icr === undefined || this.#counting.top === 'icr') return;
    this.sync(cycle);
    this.#icr = this.#at.count;
    if ((this.#flags & ICF) !== 0) return;
    this.#flags |= ICF;
    this.#request();
    if ((this.wanted & ICF) !== 0) this.onFlag(ICF, cycle);
  }

  #clear(flags: number): void {
    this.#flags &= ~flags;
    this.#request();
    this.reschedule();
  }

  #request(): void {
    const { core, config } = this;
    const active = this.#flags & this.#mask;
    const { vectors } = config;
    core.request(vectors.overflow, (active & TOV) !== 0);
    core.request(vectors.compareA, (active & OCFA) !== 0);
    core.request(vectors.compareB, (active & OCFB) !== 0);
    if (vectors.compareC !== undefined) core.request(vectors.compareC, (active & OCFC) !== 0);
    if (vectors.capture !== undefined) core.request(vectors.capture, (active & ICF) !== 0);
  }

  /** Plans the next match that somebody waits for. */
  reschedule(): void {
    const { core } = this;
    const wanted = (this.#mask | this.wanted) & ~this.#flags;
    const outputs = this.#com[0] !== 0 || this.#com[1] !== 0 || this.#com[2] !== 0;
    if (this.#divisor === 0 || (wanted === 0 && !outputs)) {
      core.events.cancel(this.#event);
      return;
    }
    const at = this.#at;
    const top = this.#top();
    const { dual, overflowAtTop, buffered } = this.#counting;
    let ticks = Infinity;
    for (let unit = 0; unit < this.#units; unit++) {
      if ((wanted & (OCFA << unit)) !== 0 || this.#com[unit] !== 0)
        ticks = Math.min(ticks, at.ticksToLeave(this.#compare[unit]!, top, dual));
    }
    if ((wanted & TOV) !== 0 || outputs) ticks = Math.min(ticks, at.ticksToOverflow(top, dual, overflowAtTop));
    if ((wanted & ICF) !== 0 && this.#counting.top === 'icr') ticks = Math.min(ticks, at.ticksToLeave(top, top, dual));
    if (buffered !== 'none' && (this.#buffer[0]! >= 0 || this.#buffer[1]! >= 0 || this.#buffer[2]! >= 0))
      ticks = Math.min(ticks, at.ticksToUpdate(top, dual, buffered));
    if (ticks === Infinity) {
      core.events.cancel(this.#event);
      return;
    }
    const { origin } = this.prescaler;
    const done = Math.floor((this.#synced - origin) / this.#divisor);
    core.events.schedule(this.#event, origin + (done + ticks) * this.#divisor);
  }
}
