/**
 * What every emulated board is, whatever its chip: pins, analog inputs, one serial line, buses, memories. The firmware that runs in it is
 * the very image that is flashed. Time is counted in cycles of the board's own oscillator since the first power-on; `cycle` never jumps
 * back, not even over a reset.
 */

export type ResetCause = 'power' | 'external' | 'watchdog' | 'brownout';

/** Level of a pin: driven low, driven high, or not driven at all. */
export type Level = 0 | 1 | 'z';

export interface BoardPin {
  /** Level on the wire: what the chip drives, else what the outside drives, else its pull-up (1), else `z`. */
  read(): Level;
  /** What the outside drives; `z` lets go. */
  drive(level: Level): void;
  /** Calls `fn` on every change of the level the chip itself drives (`z` = input), with the exact cycle. Returns a function that stops it. */
  watch(fn: (level: Level, cycle: number) => void): () => void;
}

export interface BoardUart {
  /** Each character the far end of the line decodes at `lineBaud`, with the cycle at which its stop bit ended. */
  onByte(fn: (byte: number, cycle: number) => void): void;
  /** Puts characters onto the line into the board, back to back at `lineBaud`, the first one starting now (or at `fromCycle`, if later). */
  receive(bytes: Uint8Array, fromCycle?: number): void;
  /** Cycle at which the last character given to `receive` will have left the line; not later than now when the line is idle. */
  readonly receiveEnds: number;
  /** Baud rate of the far end, in bits a second of true time. */
  lineBaud: number;
}

/** A part on the SPI bus. */
export interface SpiDevice {
  /** Chip select became active (true) or inactive. */
  select(active: boolean, cycle: number): void;
  /** One full-duplex byte: what the board sent, what the part answers. `cycle` is the end of the transfer, `cyclesPerBit` the bus clock. */
  transfer(byte: number, cycle: number, cyclesPerBit: number): number;
}

/** A part on the two-wire bus. */
export interface TwiDevice {
  /** Addressed: returns true to acknowledge. */
  start(read: boolean, cycle: number): boolean;
  /** A byte written by the board: returns true to acknowledge. */
  write(byte: number, cycle: number): boolean;
  /** A byte the board reads; `ack` tells whether it wants more. */
  read(ack: boolean, cycle: number): number;
  stop(cycle: number): void;
}

export interface BoardStats {
  /** Cycles run and cycles slept since the first power-on. */
  cycles: number;
  sleptCycles: number;
  instructions: number;
  resets: number;
  bytesOut: number;
  bytesIn: number;
  /** Characters the far end could not decode (framing), and characters the board lost in its receiver. */
  framingErrors: number;
  overruns: number;
  /** Conversions done and triggers that found the converter busy or the trigger flag still set. */
  conversions: number;
  missedTriggers: number;
  eepromWrites: number;
}

export interface Board {
  readonly name: string;
  /** Nominal oscillator frequency in Hz. */
  readonly hz: number;
  /** Relative error of the true oscillator frequency: the board runs `hz * (1 + clockError)` cycles a true second. */
  readonly clockError: number;
  /** Board id as in boards/<id>.json. */
  readonly kind: string;
  readonly cycle: number;
  readonly powered: boolean;
  /** Runs until `cycle >= untilCycle`; the last instruction may end up to 6 cycles later. An unpowered board only lets time pass. */
  run(untilCycle: number): void;
  reset(cause: ResetCause): void;
  power(on: boolean): void;
  readonly uart: BoardUart;
  /** A pin by the name on the board: `0`..`13`, `D7`, `A0`, or by port: `PB5`. Throws KZ1102 for a name the board does not have. */
  pin(name: string): BoardPin;
  /** Voltage at an analog pin as a function of the board's cycle; asked at the exact sampling instants, in increasing order. */
  analog(pin: string, volts: (cycle: number) => number): void;
  attach(bus: 'spi', device: SpiDevice, options: { cs: string }): void;
  attach(bus: 'twi', device: TwiDevice, options: { address: number }): void;
  readonly flash: Uint8Array;
  readonly eeprom: Uint8Array;
  readonly stats: BoardStats;
  /** Lowest stack pointer since the last reset (an address in RAM). */
  stackLowWater(): number;
}
