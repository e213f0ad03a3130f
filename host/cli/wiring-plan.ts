/** Which pin of a sensor goes to which pin of a board, from their descriptions, and what must stand between. */
import { KizashiError } from '../errors.js';
import { type BoardFacts, fifoOf } from '../link/index.js';
import type { SensorFile } from '../motors/index.js';

export interface Wire {
  sensor: string;
  board: string;
  /** What stands between, in words. */
  via?: string;
}

export interface WiringPlan {
  bus: 'spi' | 'i2c' | 'analog' | 'pulse';
  wires: Wire[];
  notes: string[];
  /** The flag of `motors add` that says this wiring. */
  flag?: string;
}

export interface WiringOptions {
  bus?: string;
  /** Analog pin; A0 by default. */
  pin?: string;
  /** Samples a second of the channel: decides the anti-alias filter. */
  rateHz: number;
}

/** Capacitor of the anti-alias filter in farads, a common foil value; the resistor follows from the corner. */
const filterFarads = 10e-9;
/** Corner of the filter by sampling rate (host/cli/demo and docs/signal.md use the same). */
const cornerOfRate = 0.4;
/** Resistors of E12, one decade. */
const e12 = [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2];

/** @throws KZ1408 when sensor and board have no bus or pin in common */
export function wiringPlan(sensor: SensorFile, board: BoardFacts, options: WiringOptions): WiringPlan {
  const offered = sensor.bus.filter((bus) => bus === 'analog' || board[bus] !== undefined);
  const bus = (options.bus ?? offered[0]) as WiringPlan['bus'] | undefined;
  if (bus === undefined || !offered.includes(bus))
    throw new KizashiError(
      'KZ1408',
      `${sensor.name} cannot be wired to ${board.name}${options.bus ? ` by ${options.bus}` : ''}`,
      { sensor: sensor.id, board: board.id, bus: options.bus ?? null },
      { why: `the sensor has ${sensor.bus.join(', ')}`, fix: `kizashi wiring ${sensor.id} ${board.id}` },
    );
  const logicV = board.adc.vrefMv / 1000;
  const tooHigh = sensor.supplyV !== undefined && sensor.supplyV[1] < logicV;
  const supply: Wire[] =
    sensor.supplyV === undefined
      ? []
      : [
          { sensor: 'VCC', board: tooHigh ? '3V3' : '5V' },
          { sensor: 'GND', board: 'GND' },
        ];
  const notes = [...(sensor.notes ?? [])];
  if (bus === 'analog') return { bus, ...analogWires(sensor, board, options, supply, tooHigh, notes) };
  const shift = tooHigh ? 'level shifter' : undefined;
  const wire = (name: string, pin: string): Wire => ({ sensor: name, board: pin, ...(shift ? { via: shift } : {}) });
  const pins = board[bus] as Record<string, string>;
  const fifo = fifoOf(board, sensor.id);
  const read = fifo && (bus === 'spi') === (fifo.cs !== undefined) ? fifo : undefined;
  const interrupt = read ? [{ sensor: bus === 'spi' ? 'INT1' : 'INT', board: read.int1 }] : [];
  const wires =
    bus === 'spi'
      ? [
          wire('SCL/SCK', pins.sck),
          wire('SDA/MOSI', pins.mosi),
          { sensor: 'SDO/MISO', board: pins.miso },
          wire('CS', read?.cs ?? pins.cs),
          ...interrupt,
        ]
      : [wire('SCL', pins.scl), wire('SDA', pins.sda), ...interrupt];
  if (tooHigh)
    notes.unshift(
      `${sensor.name} bears ${sensor.supplyV?.[1]} V at most, ${board.name} drives ${logicV} V: a level shifter, or the sensor dies`,
    );
  notes.unshift(
    read
      ? `the image ${read.image} reads it: kizashi flash --image ${read.image}`
      : `the image ${String(board.image)} samples analog pins only: this wiring is for StandardFirmata, Klipper or a sketch of your own`,
  );
  const flag = read && ['x', 'y', 'z'].map((axis) => `--wire a${axis}=${axis}:${sensor.id}`).join(' ');
  return { bus, wires: [...supply, ...wires], notes, ...(flag ? { flag } : {}) };
}

/** A tacho's probe: an output stage to ground, as inductive and optical probes have. @throws KZ1408 where no image times pulses */
export function tachoPlan(board: BoardFacts): WiringPlan {
  const { tacho } = board;
  if (!tacho)
    throw new KizashiError(
      'KZ1408',
      `${board.name} has no tacho pin`,
      { sensor: 'tacho', board: board.id, bus: null },
      { why: 'no image of it times pulses', fix: 'kizashi wiring tacho uno' },
    );
  return {
    bus: 'pulse',
    wires: [
      { sensor: 'VCC', board: '5V' },
      { sensor: 'GND', board: 'GND' },
      { sensor: 'OUT', board: tacho.pin, via: '10 kΩ from OUT to 5V, where the output is an open collector (NPN)' },
    ],
    notes: [
      `the image ${tacho.images[0]} times its pulses: kizashi flash --image ${tacho.images[0]}`,
      'a probe that runs on 12 or 24 V and has an open collector: its own supply, common ground, the resistor still to 5V',
      'rising edges count; pulses are seen as long as not more than one comes between two samples of a channel',
      'a sensor with a FIFO has its interrupt on the same pin: one or the other',
    ],
    flag: `--wire n=${tacho.pin},pulses=1`,
  };
}

function analogWires(
  sensor: SensorFile,
  board: BoardFacts,
  { pin = board.adc.pins[0], rateHz }: WiringOptions,
  supply: Wire[],
  tooHigh: boolean,
  notes: string[],
): Omit<WiringPlan, 'bus'> {
  if (!board.adc.pins.includes(pin))
    throw new KizashiError(
      'KZ1408',
      `${board.name} has no analog pin ${pin}`,
      { pin, pins: board.adc.pins },
      { why: `its analog pins are ${board.adc.pins.join(', ')}`, fix: `--pin ${board.adc.pins[0]}` },
    );
  const acceleration = sensor.quantity === 'acceleration';
  const via: string[] = [];
  if (sensor.antiAlias === 'external') {
    const corner = cornerOfRate * rateHz;
    const ohms = nearestE12(1 / (2 * Math.PI * corner * filterFarads));
    via.push(`${ohmsText(ohms)}, 10 nF to GND (low pass ${Math.round(1 / (2 * Math.PI * ohms * filterFarads))} Hz)`);
    notes.unshift(
      `the low pass keeps what is above half of ${rateHz} S/s out of the samples; one RC is the least, second order is better`,
    );
  }
  const passive = sensor.supplyV === undefined;
  const wires = [...supply, { sensor: 'OUT', board: pin, ...(via.length > 0 ? { via: via.join(', ') } : {}) }];
  if (passive) {
    wires[0].sensor = 'lead 1';
    wires.push({ sensor: 'lead 2', board: 'bias', via: '2 x 10 kΩ from 5V and GND, 10 µF to GND' });
    notes.unshift('clamp around one conductor only: around two the currents cancel');
  }
  if (tooHigh)
    notes.unshift(
      `the sensor runs on 3.3 V and the converter's range is ${board.adc.vrefMv / 1000} V: a third of the range is never used`,
    );
  if (!board.adc.pins.includes('A0') && acceleration) notes.push(`first analog pin: ${board.adc.pins[0]}`);
  return {
    wires,
    notes,
    flag: `--wire ${acceleration ? 'ax' : 'i1'}=${pin}:${sensor.id},${acceleration ? 'axis=radial' : 'phase=A'}`,
  };
}

function nearestE12(ohms: number): number {
  const decade = 10 ** Math.floor(Math.log10(ohms));
  const values = [...e12.map((value) => value * decade), 10 * decade];
  return values.reduce((best, value) =>
    Math.abs(Math.log(value / ohms)) < Math.abs(Math.log(best / ohms)) ? value : best,
  );
}

function ohmsText(ohms: number): string {
  return ohms >= 1000 ? `${Number((ohms / 1000).toPrecision(2))} kΩ` : `${Number(ohms.toPrecision(2))} Ω`;
}

/** Two boxes and the wires between them, at most 79 columns wide. */
export function wiringDrawing(sensor: { id: string }, board: BoardFacts, { wires }: WiringPlan): string[] {
  const left = Math.max(...wires.map((wire) => wire.sensor.length), sensor.id.length) + 2;
  const right = Math.max(...wires.map((wire) => wire.board.length), 5) + 2;
  const notes = wires.flatMap(({ via }) => via ?? []).filter((via, i, all) => all.indexOf(via) === i);
  const middle = 14;
  const edge = `  +${'-'.repeat(left)}+${' '.repeat(middle)}+${'-'.repeat(right)}+`;
  const rows = wires.map(({ sensor: from, board: to, via }) => {
    const mark = via === undefined ? '' : `[${notes.indexOf(via) + 1}]`;
    const dashes = middle - mark.length;
    const line = `${'-'.repeat(Math.floor(dashes / 2))}${mark}${'-'.repeat(Math.ceil(dashes / 2))}`;
    return `  |${from.padStart(left - 1)} |${line}| ${to.padEnd(right - 1)}|`;
  });
  return [
    `   ${sensor.id.padEnd(left + middle + 2)}${board.name}`,
    edge,
    ...rows,
    edge,
    ...notes.map((via, i) => `  [${i + 1}] ${via}`),
  ];
}
