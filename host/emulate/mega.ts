import { AvrBoard, type BoardConfig, type BoardOptions } from './avr/board.js';
import { atmega2560 } from './avr/chips/atmega2560.js';

/** Digital pins in order (pins_arduino.h of the Arduino core for the Mega). */
const digital =
  'E0 E1 E4 E5 G5 E3 H3 H4 H5 H6 B4 B5 B6 B7 J1 J0 H1 H0 D3 D2 D1 D0 A0 A1 A2 A3 A4 A5 A6 A7 C7 C6 C5 C4 C3 C2 C1 C0 D7 G2 G1 G0 L7 L6 L5 L4 L3 L2 L1 L0 B3 B2 B1 B0'.split(
    ' ',
  );

/** Arduino Mega 2560; fuses as shipped (boards.txt of the Arduino core: FF D8 FD, lock CF). */
const mega: BoardConfig = {
  kind: 'arduino:avr:mega',
  chip: atmega2560,
  hz: 16_000_000,
  fuses: { low: 0xff, high: 0xd8, extended: 0xfd, lock: 0xcf },
  pins: {
    ...Object.fromEntries(digital.map((pin, i) => [`${i}`, pin])),
    ...Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`A${i}`, i < 8 ? `F${i}` : `K${i - 8}`])),
  },
  analog: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`A${i}`, i])),
};

/** An emulated Arduino Mega 2560 running the given image. @throws KZ1101 if the image cannot be loaded */
export function createMega(options: BoardOptions): AvrBoard {
  return new AvrBoard(mega, options);
}
