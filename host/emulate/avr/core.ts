import * as avr8js from 'avr8js';
import { correctedInstruction } from './corrections.js';
import { decodeAgain, decodeFlash } from './decode.js';
import { EventList } from './events.js';
import { oddFlags, runHot } from './hot.js';

/**
 * The CPU with its interrupts, events and sleep. avr8js decodes and executes; this owns everything around it: what happens at which cycle,
 * which interrupt is taken when, and how long that lasts.
 */
export class AvrCore {
  readonly cpu: avr8js.CPU;
  readonly events = new EventList();
  /** First address that is plain RAM. */
  readonly ioEnd: number;
  /** Decoded flash; one array for all lives of a board. */
  readonly code: Int32Array;
  /** Bit v set: interrupt vector v (1..31) is requested and enabled. `pendingUpper` holds vectors 32..63. */
  pending = 0;
  pendingUpper = 0;
  /** Called when the CPU enters a vector: clears the flag of sources that hardware clears. */
  readonly acknowledge: ((() => void) | undefined)[] = [];
  /** Cycle after an instruction that has just enabled interrupts: the next instruction comes before any interrupt. */
  shadow = -1;
  sleeping = false;
  stackLow: number;
  instructions = 0;
  sleptCycles = 0;
  /** SLEEP was executed: returns whether sleep is enabled (SMCR.SE). */
  onSleep: () => boolean = () => false;
  onSpm: () => void = () => {};
  /** Set while LPM reads something else than flash (fuses, signature, a flash section that is being written). */
  lpmHook: ((address: number) => number) | undefined;
  /** Strict mode: called before every instruction, and after an interrupt has pushed its return address. */
  check: (() => void) | undefined;
  onEnter: ((sp: number) => void) | undefined;
  /** Plain interpreter only: one avr8js step an instruction, for comparison. */
  plain = false;

  constructor(flash: Uint16Array, ramBytes: number, ioEnd: number, cycle: number, code?: Int32Array) {
    // avr8js counts RAM from 0x100; a chip with more I/O space has that much less behind it
    this.cpu = new avr8js.CPU(flash, ramBytes + ioEnd - 0x100);
    this.cpu.cycles = cycle;
    this.ioEnd = ioEnd;
    this.code = code ?? decodeFlash(flash);
    this.stackLow = ioEnd + ramBytes - 1;
  }

  /** Words [from, to) of flash have changed. */
  flashChanged(from: number, to: number): void {
    decodeAgain(this.code, this.cpu.progMem, from, to);
  }

  /** Requests an interrupt. */
  raise(vector: number): void {
    if (vector < 32) this.pending |= 1 << vector;
    else {
      this.pendingUpper |= 1 << (vector - 32);
      this.pending |= 1;
    }
  }

  /** Withdraws a request. */
  lower(vector: number): void {
    if (vector < 32) this.pending &= ~(1 << vector);
    else {
      this.pendingUpper &= ~(1 << (vector - 32));
      if (this.pendingUpper === 0) this.pending &= ~1;
    }
  }

  request(vector: number, on: boolean): void {
    if (on) this.raise(vector);
    else this.lower(vector);
  }

  /** Cycle up to which instructions may run without looking at events. */
  limit(until: number): number {
    return Math.min(this.events.next, until);
  }

  /** One instruction by avr8js, with what it lacks: SLEEP, SPM, the delay after enabling interrupts. */
  step(): void {
    const { cpu } = this;
    const { data } = cpu;
    const op = cpu.progMem[cpu.pc]!;
    const before = data[0x5f]!;
    this.instructions++;
    if (this.lpmHook !== undefined && this.#isLpm(op)) this.#lpm(op);
    else correctedInstruction(cpu);
    if (op === 0x9588) {
      if (this.onSleep()) this.sleeping = true;
    } else if (op === 0x95e8) this.onSpm();
    if ((~before & data[0x5f]! & 0x80) !== 0 || op === 0x9518) this.shadow = cpu.cycles;
    const sp = data[0x5d]! | (data[0x5e]! << 8);
    if (sp < this.stackLow) this.stackLow = sp;
  }

  #isLpm(op: number): boolean {
    return op === 0x95c8 || (op & 0xfe0e) === 0x9004;
  }

  #lpm(op: number): void {
    const { cpu } = this;
    const z = cpu.data16[15]!;
    cpu.data[op === 0x95c8 ? 0 : (op >> 4) & 31] = this.lpmHook!(z);
    if ((op & 0xfe0f) === 0x9005) cpu.data16[15] = z + 1;
    cpu.pc++;
    cpu.cycles += 3;
  }

  /** Jumps to the pending vector of the highest priority (the lowest number). */
  #enter(): void {
    const { cpu } = this;
    const { data } = cpu;
    const lower = this.pending & ~1;
    const vector =
      lower !== 0 ? 31 - Math.clz32(lower & -lower) : 63 - Math.clz32(this.pendingUpper & -this.pendingUpper);
    if (this.sleeping) {
      // datasheet "Interrupt Response Time": four more cycles from sleep
      this.sleeping = false;
      cpu.cycles += 4;
    }
    let sp = data[0x5d]! | (data[0x5e]! << 8);
    data[sp--] = cpu.pc;
    data[sp--] = cpu.pc >> 8;
    if (cpu.pc22Bits) data[sp--] = cpu.pc >> 16;
    data[0x5d] = sp;
    data[0x5e] = sp >> 8;
    if (sp < this.stackLow) this.stackLow = sp;
    this.onEnter?.(sp);
    data[0x5f] = data[0x5f]! & 0x7f;
    // datasheet "Interrupt Response Time": four cycles, five with a three-byte program counter
    cpu.cycles += cpu.pc22Bits ? 5 : 4;
    cpu.pc = this.vectorBase + vector * 2;
    const acknowledge = this.acknowledge[vector];
    if (acknowledge !== undefined) acknowledge();
  }

  /** Word address of the vector table: 0, or the boot section by MCUCR.IVSEL. */
  vectorBase = 0;

  /** Runs until `cycle >= until`. */
  run(until: number): void {
    const { cpu, events } = this;
    const { data } = cpu;
    while (cpu.cycles < until) {
      if (events.next <= cpu.cycles) {
        events.fireDue(cpu.cycles);
        if (this.stopped) return;
      }
      if (this.pending !== 0 && (data[0x5f]! & 0x80) !== 0) {
        if (cpu.cycles !== this.shadow) {
          this.#enter();
          continue;
        }
        if (!this.sleeping) {
          this.check?.();
          this.step();
          continue;
        }
        this.#enter();
        continue;
      }
      if (this.sleeping) {
        const next = Math.min(events.next, until);
        this.sleptCycles += next - cpu.cycles;
        cpu.cycles = next;
        continue;
      }
      if (this.check !== undefined) {
        this.check();
        this.step();
      } else if (this.plain || oddFlags(data[0x5f]!)) this.step();
      else runHot(this, until);
      if (this.stopped) return;
    }
  }

  /** Set by whatever ends this core's life (a reset): `run` returns at once. */
  stopped = false;
}
