/** The pins of a board as Johnny-Five wants them: a list by number, each with the modes it supports. Facts come from boards/<id>.json. */
import { type Caps, capsFlag } from '../../protocol/index.js';
import type { BoardFacts } from '../link/index.js';

/** Pin modes of Firmata, by which Johnny-Five names them (Firmata protocol, "Pin Modes"). */
export const MODES = Object.freeze({
  INPUT: 0x00,
  OUTPUT: 0x01,
  ANALOG: 0x02,
  PWM: 0x03,
  SERVO: 0x04,
  SHIFT: 0x05,
  I2C: 0x06,
  ONEWIRE: 0x07,
  STEPPER: 0x08,
  SERIAL: 0x0a,
  PULLUP: 0x0b,
  IGNORE: 0x7f,
  UNKNOWN: 0x10,
});

export interface IoPin {
  supportedModes: number[];
  mode: number | undefined;
  value: number;
  /** 1 while the pin is watched. */
  report: 0 | 1;
  /** Number of the analog input, 127 where there is none. */
  analogChannel: number;
}

/** Index of the relay on a pin of the board, or -1. */
export function relayOn(pin: number, board: BoardFacts): number {
  const name = Object.keys(board.pins)[pin];
  return board.relays.findIndex((relay) => relay.pin === name);
}

/** Pins in the order of their numbers; those that belong to the firmware (line, LED) support nothing. */
export function ioPins(board: BoardFacts, caps: Caps): IoPin[] {
  const pins = (caps.flags & capsFlag.pins) !== 0;
  return Object.keys(board.pins).map((name) => {
    const free = pins && board.freePins.includes(name);
    const analog = board.adc.pins.indexOf(name);
    const supportedModes: number[] = [];
    if (free) supportedModes.push(MODES.INPUT, MODES.PULLUP, MODES.OUTPUT);
    if (free && analog >= 0) supportedModes.push(MODES.ANALOG);
    if (free && board.io?.pwm.includes(name)) supportedModes.push(MODES.PWM);
    if (free && board.io?.servo.includes(name)) supportedModes.push(MODES.SERVO);
    if (board.relays.some((relay) => relay.pin === name)) supportedModes.push(MODES.OUTPUT);
    return { supportedModes, mode: undefined, value: 0, report: 0, analogChannel: analog < 0 ? 127 : analog };
  });
}

/** Number of a pin: as printed ("A0", "11"), or the number itself. NaN for what is no pin of the board. */
export function pinNumber(pin: string | number, board: BoardFacts): number {
  if (typeof pin === 'number') return pin;
  const index = Object.keys(board.pins).indexOf(pin);
  return index < 0 ? Number(pin) : index;
}
