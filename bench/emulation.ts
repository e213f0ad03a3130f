/**
 * How fast emulated boards run: in multiples of real time for the firmware as users run it, and in emulated MHz beside two references in the
 * same run: avr8js's decoder in a bare loop, and avr8js as it ships (its own peripherals, events and interrupts). CPU time, since the
 * machine may be shared.
 */
import { readFileSync } from 'node:fs';
import * as avr8js from 'avr8js';
import { capture } from '../host/capture/index.js';
import { loadImage } from '../host/emulate/avr/image.js';
import { createUno, emulatedBinding, World } from '../host/emulate/index.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../host/flash/index.js';
import { loadBoard, openLink } from '../host/link/index.js';
import { MemoryKeyStore, provision } from '../host/provision/index.js';
import { attend, type BoardPort, hex } from '../host/session/index.js';
import { type BenchRow, paired, report } from './table.js';

const hz = 16e6;
const program = (name: string): string =>
  readFileSync(new URL(`../test/emulate/programs/${name}.hex`, import.meta.url), 'utf8');

async function cpuSeconds(work: () => Promise<void>): Promise<number> {
  const from = process.cpuUsage();
  await work();
  const used = process.cpuUsage(from);
  return (used.user + used.system) / 1e6;
}

/** Busy code: emulated cycles a CPU second of the fast interpreter, the bare avr8js loop, and avr8js with its own peripherals and ticks. */
function busyRows(): BenchRow[] {
  const image = program('busy');
  const cycles = 16e6;
  const ours = createUno({ hex: image, seed: 1, name: 'bench' });
  ours.uart.lineBaud = 500_000;
  ours.run(4e6);
  const bare = new avr8js.CPU(loadImage(image, 32_768), 2_048);
  const stock = new avr8js.CPU(loadImage(image, 32_768), 2_048);
  const usart = new avr8js.AVRUSART(stock, avr8js.usart0Config, hz);
  usart.onByteTransmit = () => {};
  const runBare = (): void => {
    const end = bare.cycles + cycles;
    while (bare.cycles < end) avr8js.avrInstruction(bare);
  };
  const runStock = (): void => {
    const end = stock.cycles + cycles;
    while (stock.cycles < end) {
      avr8js.avrInstruction(stock);
      stock.tick();
    }
  };
  const runOurs = (): void => ours.run(ours.cycle + cycles);
  const plain = paired(5, runBare, runOurs);
  const whole = paired(3, runStock, runOurs);
  const mhz = cycles / 1e6;
  return [
    {
      row: 'busy code',
      value: mhz / plain.b,
      unit: 'MHz',
      reference: `bare avr8js loop ${(mhz / plain.a).toFixed(1)} MHz, in the same run`,
      goal: '>= 2x the bare loop',
      holds: plain.ratio >= 2,
    },
    {
      row: 'busy code against avr8js as shipped',
      value: whole.ratio,
      unit: 'x',
      reference: `avr8js with tick() ${(mhz / whole.a).toFixed(1)} MHz, in the same run`,
      goal: '',
      holds: null,
    },
    {
      row: 'busy code, one board',
      value: mhz / plain.b / 16,
      unit: 'x real time',
      reference: '16 MHz',
      goal: '',
      holds: null,
    },
  ];
}

/** The fast and the plain interpreter with our own peripherals: raw samples of two channels, 500,000 baud, line 96 % full. */
function streamRow(): BenchRow {
  const boards = [false, true].map((plain) => {
    const board = createUno({ hex: program('stream'), seed: 1, name: 'bench', plain });
    board.uart.lineBaud = 500_000;
    board.run(4e6);
    return board;
  });
  const pair = paired(
    3,
    () => boards[1]!.run(boards[1]!.cycle + 16e6),
    () => boards[0]!.run(boards[0]!.cycle + 16e6),
  );
  return {
    row: 'raw stream 16 kS/s, board only',
    value: 1 / pair.b,
    unit: 'x real time',
    reference: `single steps of avr8js, same peripherals: ${(1 / pair.a).toFixed(1)}x`,
    goal: '',
    holds: null,
  };
}

/** The real image behind the real host: boot, provisioning over the wire, idle, and sealed captures that the host verifies. */
async function firmwareRows(): Promise<BenchRow[]> {
  const facts = loadBoard('arduino:avr:uno');
  const image = readFileSync(new URL('../firmware/images/kz-uno.hex', import.meta.url), 'utf8');
  const world = new World({ seed: 7 });
  const binding = emulatedBinding(world);
  const { clock } = world;
  const keys = new MemoryKeyStore();
  const ticket = drawTicket(facts, firmwareDigest(image, facts));
  const board = createUno({ hex: patchImage(image, facts, claimPage(ticket, facts)), seed: 7, name: 'bench' });
  board.analog('A0', (cycle) => 2.5 + 1.5 * Math.sin(cycle * 1e-4));
  board.analog('A1', (cycle) => 2.5 + 0.5 * Math.sin(cycle * 3e-5));
  const { path } = world.add(board, 'bench');
  const baud = facts.uart.default;
  const ready = async (): Promise<BoardPort> => {
    const link = await openLink({ path, baud, binding, clock });
    const { session } = await provision({
      link,
      board: facts,
      ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
      store: keys,
      name: 'bench',
      grade: 'E',
      keepAdmin: async () => {},
      burn: async (page, old) => {
        await old.close();
        board.flash.set(page, facts.claimAt);
        return openLink({ path, baud, binding, clock });
      },
    });
    return attend({ path, board: facts, keyring: keys, clock, binding, link: session.link });
  };
  let port: BoardPort | undefined;
  const provisioning = await cpuSeconds(async () => {
    port = await world.until(ready(), 60);
  });
  const provisioned = clock.now() / 1000;
  const idle = await cpuSeconds(() => world.run(20));
  const seconds = 10;
  const from = clock.now();
  let verified = 0;
  const sealed = await cpuSeconds(async () => {
    const channels = [
      { id: 'ax', pin: 'A0' },
      { id: 'i1', pin: 'A1' },
    ];
    const result = await world.until(capture(port!, { channels, rateHz: 8_000, seconds } as never, { tries: 1 }), 60);
    if (result.ok) verified = result.capture.channels[0]!.samples.length;
  });
  const took = (clock.now() - from) / 1000;
  const slept = board.stats;
  await world.until(port!.close(), 10).catch(() => {});
  world.close();
  return [
    {
      row: 'provisioning (noise, keys, signature)',
      value: provisioned / provisioning,
      unit: 'x real time',
      reference: `${provisioned.toFixed(1)} s on the board`,
      goal: '',
      holds: null,
    },
    { row: 'idle, pinged', value: 20 / idle, unit: 'x real time', reference: 'real time', goal: '', holds: null },
    {
      row: 'sealed stream 2 x 8 kS/s, verified by the host',
      value: took / sealed,
      unit: 'x real time',
      reference: `real time; ${verified} of ${seconds * 8_000} samples a channel verified`,
      goal: '>= 8x, all verified',
      holds: took / sealed >= 8 && verified === seconds * 8_000,
    },
    {
      row: 'stack never reached',
      value: board.stackLowWater() - 0x100,
      unit: 'B below the lowest stack pointer',
      reference: `${slept.instructions} instructions run`,
      goal: '',
      holds: null,
    },
  ];
}

report('emulation', [...busyRows(), streamRow(), ...(await firmwareRows())]);
process.exit();
