/**
 * Emulated boards behind emulated serial ports, in one virtual time.
 *
 *   image (.hex) ─▶ board (chip, pins, line) ─▶ bridge ─▶ port `emu:<name>` ─▶ serialport's stream ─▶ host/link
 *   volts (cycle) ─▶ pins                                   ▲ tap: what happens on the cable
 *
 * In: firmware images, voltages, what happens to power and plugs. Out: a binding for serialport, a clock. Grade E, always.
 */

export type { AvrBoard } from './avr/board.js';
export { typicalAdc } from './avr/real-adc.js';
export type {
  Board,
  BoardPin,
  BoardStats,
  BoardUart,
  Level,
  ResetCause,
  SpiDevice,
  TwiDevice,
} from './board.js';
export type { BridgeKind } from './bridge.js';
export { VirtualClock } from './clock.js';
export { type LineNoiseOptions, lineNoise } from './line-noise.js';
export { createMega } from './mega.js';
export type { Direction, EmulatedPort, LineTap, OpenPort, PortStats } from './port.js';
export { emulatedBinding } from './port.js';
export { Adxl345, type Adxl345Options } from './sensors/adxl345.js';
export { Lis3dh, type Lis3dhOptions } from './sensors/lis3dh.js';
export { Mpu6050, type Mpu6050Options } from './sensors/mpu6050.js';
export { Tacho, type TachoOptions } from './sensors/tacho.js';
export { createUno } from './uno.js';
export { World, type WorldOptions } from './world.js';
