import { AvrBoard, type BoardConfig, type BoardOptions } from './avr/board.js';
import { atmega328p } from './avr/chips/atmega328p.js';

/** Arduino Uno R3: digital 0..7 are port D, 8..13 port B, A0..A5 port C; fuses as shipped (boards.txt of the Arduino core: FF DE FD, lock CF). */
const uno: BoardConfig = {
  kind: 'arduino:avr:uno',
  chip: atmega328p,
  hz: 16_000_000,
  fuses: { low: 0xff, high: 0xde, extended: 0xfd, lock: 0xcf },
  pins: {
    ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}`, `D${i}`])),
    ...Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`${i + 8}`, `B${i}`])),
    ...Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`A${i}`, `C${i}`])),
  },
  analog: Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`A${i}`, i])),
};

/** An emulated Arduino Uno running the given image. @throws KZ1101 if the image cannot be loaded */
export function createUno(options: BoardOptions): AvrBoard {
  return new AvrBoard(uno, options);
}
