/** The boards that `--sim` plugs in, kept in `<state>/sim` from one command to the next. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Adxl345, type AvrBoard, createMega, createUno, emulatedBinding, Mpu6050, World } from '../../emulate/index.js';
import { createRig } from '../../emulate/rig/rig.js';
import { accelerometerVolts, byCycle } from '../../emulate/sensors/analog.js';
import { clampVolts } from '../../emulate/sensors/clamp.js';
import { rigAcceleration } from '../../emulate/sensors/rig-acceleration.js';
import { writePrivate } from '../../flash/index.js';
import type { LoaderKind } from '../../flash/loader.js';
import { type BindingInterface, fifoOf, loadBoard, loadSensor } from '../../link/index.js';
import { sensorOf } from '../../motors/index.js';
import { accelerometer, amplifier, clamp, demoMotors, filterHz } from '../demo/motors.js';
import { bootloaderImage } from './bootloader-images.js';
import type { PortAccess } from './port-access.js';

interface SimulatedBoard {
  loader: LoaderKind;
  fuses: { high?: number };
  usb: { vendorId: string; productId: string };
  /** Which motor of the demo its sensors are mounted on: accelerometer on A0, clamp on A1, MPU-6050 and ADXL345 on I2C, ADXL345 on SPI. */
  motor: number;
  /** Relative error of the oscillator. */
  clockError: number;
}

/** Name → board: an Uno, a Nano with the bootloader of 2015, a Mega. */
const simulated: Record<string, SimulatedBoard> = {
  uno0: { loader: 'optiboot', fuses: {}, usb: { vendorId: '2341', productId: '0043' }, motor: 0, clockError: 0.0021 },
  nano0: {
    loader: 'atmegaboot',
    fuses: { high: 0xda },
    usb: { vendorId: '0403', productId: '6001' },
    motor: 1,
    clockError: -0.0013,
  },
  mega0: {
    loader: 'stk500v2',
    fuses: {},
    usb: { vendorId: '2341', productId: '0042' },
    motor: 2,
    clockError: 0.0034,
  },
};

/** Limit of a wait in emulated seconds; a command that follows paces the boards instead. */
const longestSeconds = 24 * 3600;
const avcc = 5;
/** Text serialport gives for a port that another process holds (host/link knows it). */
const locked = 'Error Resource temporarily unavailable Cannot lock port';

export async function emulatedBench(state: string, only: string | undefined): Promise<PortAccess> {
  const folder = join(state, 'sim');
  const world = new World({ seed: 1, startWall: Date.now() });
  const boards = new Map<string, AvrBoard>();
  const held: string[] = [];
  const kept: (() => void)[] = [];
  const names = only !== undefined && only in simulated ? [only] : Object.keys(simulated);
  for (const name of names) {
    const board = plugIn(name, join(folder, name));
    boards.set(name, board);
    world.add(board, name);
  }
  const plain = emulatedBinding(world);
  const binding: BindingInterface = {
    async list() {
      return (await plain.list()).map((port) => ({ ...port, ...simulated[port.path.slice('emu:'.length)]?.usb }));
    },
    async open(options) {
      const name = options.path.replace(/^emu:/, '');
      if (boards.has(name) && !held.includes(name)) {
        if (!lock(join(folder, `${name}.lock`))) throw new Error(locked);
        held.push(name);
        // another command may have used it since this one began
        recall(boards.get(name)!, join(folder, name));
        kept.push(keepThrough(boards.get(name)!, join(folder, name)));
      }
      return plain.open(options);
    },
  };
  return {
    emulated: true,
    binding,
    clock: world.clock,
    during: (work) => world.until(work, longestSeconds),
    outside: (work) => {
      const release = world.hold();
      return work().finally(release);
    },
    pace: (on) => world.pace(on),
    close: async () => {
      world.close();
      for (const letGo of kept) letGo();
      for (const name of held) {
        const board = boards.get(name)!;
        await writePrivate(join(folder, `${name}.flash`), board.flash);
        await writePrivate(join(folder, `${name}.eeprom`), board.eeprom);
        rmSync(join(folder, `${name}.lock`), { force: true });
      }
      held.length = 0;
    },
  };
}

function plugIn(name: string, files: string): AvrBoard {
  const { loader, fuses, motor, clockError } = simulated[name];
  const seed = motor + 1;
  const create = loader === 'stk500v2' ? createMega : createUno;
  const board = create({ hex: bootloaderImage(loader) ?? new Uint8Array(0), seed, name, fuses, clockError });
  recall(board, files);
  const rig = createRig(demoMotors[motor].rig);
  const sensed = accelerometerVolts({ rig, sensor: loadSensor(accelerometer) as never, filterHz, avcc });
  const amplified = (t: number): number => Math.max(0, Math.min(avcc, avcc / 2 + amplifier * (sensed(t) - avcc / 2)));
  board.analog('A0', byCycle(amplified, board));
  board.analog('A1', byCycle(clampVolts({ rig, phase: 'A', sensor: loadSensor(clamp) as never, avcc }), board));
  const felt = rigAcceleration({ rig, bandwidthHz: sensorOf('adxl345').bandwidthHz ?? 1600 });
  const turned = rigAcceleration({ rig, bandwidthHz: sensorOf('mpu6050').bandwidthHz ?? 260 });
  const facts = loadBoard(loader === 'stk500v2' ? 'arduino:avr:mega' : 'arduino:avr:uno');
  // one capture pin for both interrupts: only the part that a capture reads has its own switched on
  const int = fifoOf(facts, 'mpu6050')?.int1;
  board.attach('twi', new Mpu6050(board, { acceleration: turned, rateError: 0.011, seed, int }), { address: 0x68 });
  // without an interrupt: read by its level, as StandardFirmata can
  const polled = new Adxl345(board, { acceleration: felt, rateError: 0.013, seed: seed + 100 });
  board.attach('twi', polled.twi, { address: 0x53 });
  const { fifo } = facts;
  if (fifo?.cs !== undefined) {
    const part = new Adxl345(board, { acceleration: felt, int1: fifo.int1, rateError: -0.018, seed });
    board.attach('spi', part, { cs: fifo.cs });
  }
  return board;
}

/**
 * Keeps memories on disk while the board writes them: a command that is killed leaves the board as it stood, and no record number is used
 * twice. @returns ends it
 */
function keepThrough(board: AvrBoard, files: string): () => void {
  const open: Partial<Record<'flash' | 'eeprom', number>> = {};
  for (const memory of ['flash', 'eeprom'] as const) {
    const file = `${files}.${memory}`;
    // at once: emulated time runs on while a promise waits
    if (!existsSync(file)) writeFileSync(file, board[memory], { mode: 0o600 });
    open[memory] = openSync(file, 'r+');
  }
  board.onKept = (memory, from, to) => {
    writeSync(open[memory] as number, board[memory], from, to - from, from);
  };
  return () => {
    board.onKept = () => {};
    for (const file of Object.values(open)) closeSync(file);
  };
}

/** Memories as the last command left them. */
function recall(board: AvrBoard, files: string): void {
  if (!existsSync(`${files}.flash`)) return;
  board.flash.set(readFileSync(`${files}.flash`));
  board.eeprom.set(readFileSync(`${files}.eeprom`));
}

/** One process at a time uses a board, as a serial port is locked. A lock of a process that is gone counts for nothing. */
function lock(file: string): boolean {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const fd = openSync(file, 'wx', 0o600);
      writeSync(fd, `${process.pid}`);
      closeSync(fd);
      return true;
    } catch {
      if (lives(Number(readFileSync(file, 'utf8')))) return false;
      rmSync(file, { force: true });
    }
  }
  return false;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid > 0;
  } catch {
    return false;
  }
}
