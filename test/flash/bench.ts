/** Boards on the bench with the bootloader they are sold with, ports with faults on them, avrdude at the other end of a TCP port. */
import { execFileSync, spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { SerialPortStream } from '@serialport/stream';
import { bootloaderImage } from '../../host/cli/sim/bootloader-images.js';
import { type AvrBoard, createMega, createUno, emulatedBinding, World } from '../../host/emulate/index.js';
import { KizashiError } from '../../host/errors.js';
import { type FlashEvent, type FlashPort, loadRelease } from '../../host/flash/index.js';
import { type BoardFacts, loadBoard } from '../../host/link/index.js';

export const uno = loadBoard('arduino:avr:uno');
export const nano = loadBoard('arduino:avr:nano');
/** An Uno of which only the first 4 KB are flashed. */
export const smallUno = { ...uno, appEnd: 0xf80, claimAt: 0xf80, hashEnd: 0x1000 } as BoardFacts;
/** An old Nano of which only the first 8 KB are flashed, to keep the test short. */
export const smallNano = { ...nano, appEnd: 0x1f80, claimAt: 0x1f80, hashEnd: 0x2000 } as BoardFacts;
/** A Mega 2560, likewise. */
export const smallMega: BoardFacts = {
  ...loadBoard('arduino:avr:mega'),
  appEnd: 0x1f00,
  claimAt: 0x1f00,
  hashEnd: 0x2000,
};

export const release = loadRelease(uno);

function has(tool: string): boolean {
  try {
    execFileSync('which', [tool], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Why the tests are skipped, or false. */
export const noLoaders =
  bootloaderImage('optiboot') === undefined &&
  'arduino-core-avr or gcc-avr is not installed: scripts/debian-packages.sh';
export const noAvrdude = !has('avrdude') && 'avrdude is not installed: scripts/debian-packages.sh';

export type Loaded = 'optiboot' | 'atmegaboot' | 'stk500v2';

export interface FlashBench {
  world: World;
  board: AvrBoard;
  facts: BoardFacts;
  port: FlashPort;
  events: FlashEvent[];
}

/** A board `emu:b` with a real bootloader and, perhaps, a program in front of it. */
export function flashBench(
  kind: Loaded,
  options: { program?: Uint8Array; facts?: BoardFacts; empty?: boolean } = {},
): FlashBench {
  const world = new World({ seed: 5 });
  const hex = options.empty ? new Uint8Array(0) : bootloaderImage(kind)!;
  const facts = options.facts ?? { optiboot: uno, atmegaboot: smallNano, stk500v2: smallMega }[kind];
  const board =
    kind === 'stk500v2'
      ? createMega({ hex, seed: 5, name: 'b' })
      : createUno({ hex, seed: 5, name: 'b', fuses: kind === 'atmegaboot' ? { high: 0xda } : {} });
  if (options.program) board.flash.set(options.program);
  world.add(board, 'b');
  const events: FlashEvent[] = [];
  const onEvent = (event: FlashEvent) => events.push(event);
  const port = { path: 'emu:b', board: facts, binding: emulatedBinding(world), clock: world.clock, onEvent };
  return { world, board, facts, port, events };
}

/** A program of random bytes that does nothing harmful: it jumps to itself. */
export function program(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let k = 0; k < length; k++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[k] = x >>> 24;
  }
  bytes.set([0xff, 0xcf]);
  return bytes;
}

/** What the promise was refused with. */
export async function refusal(promise: Promise<unknown>): Promise<KizashiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof KizashiError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const parts = { optiboot: 'm328p', atmegaboot: 'm328p', stk500v2: 'm2560' } as const;
const programmers = { optiboot: 'arduino', atmegaboot: 'arduino', stk500v2: 'wiring' } as const;
const bauds = { optiboot: 115_200, atmegaboot: 57_600, stk500v2: 115_200 } as const;

/** Runs avrdude on the board. A TCP port has no DTR, so the board is reset here, and time stands still until avrdude speaks. */
export async function avrdude(
  { world }: FlashBench,
  kind: Loaded,
  action: string,
): Promise<{ code: number | null; text: string }> {
  const port = new SerialPortStream({ binding: emulatedBinding(world), path: 'emu:b', baudRate: bauds[kind] });
  port.on('open', () => port.set({ dtr: false }, () => port.set({ dtr: true })));
  // optiboot flashes its LED for 0.4 s before it listens
  await world.run(0.55);
  let socket: Socket | undefined;
  let traffic = 0;
  let wake = () => {};
  port.on('data', (chunk: Buffer) => {
    traffic++;
    socket?.write(chunk);
  });
  const server = createServer((connected) => {
    socket = connected;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      traffic++;
      wake();
      port.write(chunk);
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const tcp = typeof address === 'object' && address !== null ? address.port : 0;
  const line = ['-p', parts[kind], '-c', programmers[kind], '-b', `${bauds[kind]}`, '-D', '-U', action];
  const child = spawn('avrdude', ['-q', '-P', `net:127.0.0.1:${tcp}`, ...line]);
  // avrdude spins for ever on a socket that was closed
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  process.once('exit', () => child.kill('SIGKILL'));
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  let code: number | null | undefined;
  child.on('close', (exit) => {
    code = exit;
    wake();
  });
  while (code === undefined) {
    const before = traffic;
    if (traffic > 0) await world.run(0.005);
    // a silent line: the other process is at work, and the loader's patience runs in virtual time
    if (traffic === before) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 4);
      });
    }
  }
  clearTimeout(limit);
  server.close();
  port.close();
  await world.run(0.1);
  return { code, text };
}

/** A pseudo-terminal whose far end is this process: bytes pass as they are, there are no modem lines. */
const ptyBridge = `
import os, select, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
sys.stderr.write(os.ttyname(slave) + "\\n")
sys.stderr.flush()
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if master in ready: os.write(1, os.read(master, 4096))
    if 0 in ready:
        data = os.read(0, 4096)
        if not data: break
        os.write(master, data)
`;

/**
 * Puts the board behind a real tty, in step with the wall clock. A pty has no DTR: until `stopResetting` the board is reset every 1.3 s, as
 * by a finger on its button.
 */
export async function behindTty({ world, board }: FlashBench, baud: number) {
  const python = spawn('python3', ['-c', ptyBridge]);
  const path = await new Promise<string | undefined>((resolve) => {
    python.stderr.once('data', (text) => resolve(String(text).trim()));
    python.once('error', () => resolve(undefined));
  });
  if (path === undefined) return undefined;
  const inner = new SerialPortStream({ binding: emulatedBinding(world), path: 'emu:b', baudRate: baud });
  inner.on('data', (chunk: Buffer) => python.stdin.write(chunk));
  python.stdout.on('data', (chunk) => inner.write(chunk));
  world.pace(true);
  const finger = setInterval(() => board.reset('external'), 1300);
  const stopResetting = () => clearInterval(finger);
  const close = () => {
    stopResetting();
    python.kill();
    world.close();
  };
  return { path, stopResetting, close };
}
