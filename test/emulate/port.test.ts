// The contract of @serialport/bindings-interface over emulated ports, through serialport's own stream.
import { readFileSync } from 'node:fs';
import { SerialPortStream } from '@serialport/stream';
import t from 'tap';
import { createUno, emulatedBinding, World } from '../../host/emulate/index.js';

const memory = readFileSync(new URL('./programs/memory.hex', import.meta.url), 'utf8');
const stream = readFileSync(new URL('./programs/stream.hex', import.meta.url), 'utf8');

interface Setup {
  world: World;
  binding: ReturnType<typeof emulatedBinding>;
  board: ReturnType<typeof createUno>;
}

function setup(hex = memory, options: { clockError?: number; bridge?: 'direct' | '16u2' } = {}): Setup {
  const world = new World({ seed: 3 });
  const board = createUno({ hex, seed: 3, name: 'uno1', clockError: options.clockError ?? 0 });
  world.add(board, 'uno1', options.bridge ? { bridge: options.bridge } : {});
  return { world, binding: emulatedBinding(world), board };
}

function open(binding: Setup['binding'], extra: { hupcl?: boolean; baudRate?: number } = {}) {
  const port = new SerialPortStream({ binding, path: 'emu:uno1', baudRate: 500_000, hupcl: false, ...extra });
  const log: string[] = [];
  const data: number[] = [];
  port.on('open', () => log.push('open'));
  port.on('close', (error?: Error) => log.push(error ? `close: ${error.message}` : 'close'));
  port.on('error', (error) => log.push(`error: ${error.message}`));
  port.on('data', (chunk: Buffer) => data.push(...chunk));
  return { port, log, data };
}

t.test('list, open, echo, close', async (t) => {
  const { world, binding, board } = setup();
  const [info] = await binding.list();
  t.match(info, { path: 'emu:uno1', manufacturer: 'kizashi emulator', vendorId: '2341', productId: '0043' });
  const { port, log, data } = open(binding);
  await world.run(0.2);
  t.strictSame(log, ['open']);
  t.equal(board.stats.resets, 1, 'the first opening asserts DTR, which resets');
  t.strictSame(data, [0x21], 'greeting after the start-up time');
  port.write('m');
  await world.run(0.01);
  t.strictSame(data, [0x21, 0x03], 'PORF of power-on and EXTRF of the opening');
  port.close();
  await world.run(0.01);
  t.strictSame(log, ['open', 'close']);
  t.rejects(binding.open({ path: 'emu:none', baudRate: 9600 }), /No such file or directory, cannot open emu:none/);
  t.rejects(binding.open({ path: '', baudRate: 9600 }), TypeError);
  t.rejects(binding.open({ path: 'emu:uno1', baudRate: 0 }), TypeError);
});

t.test('lock: the second opening fails with the text of the Linux binding', async (t) => {
  const { world, binding } = setup();
  const first = open(binding);
  await world.run(0.01);
  const second = open(binding);
  await world.run(0.01);
  t.match(second.log, [/^error: .*Cannot lock port/]);
  t.strictSame(first.log, ['open']);
});

t.test('DTR: hupcl decides whether the next opening resets; set() deasserts and asserts', async (t) => {
  const { world, binding, board } = setup();
  const first = open(binding);
  await world.run(0.01);
  first.port.close();
  await world.run(0.01);
  const second = open(binding, { hupcl: true });
  await world.run(0.01);
  t.equal(board.stats.resets, 1, 'hupcl false: DTR stayed asserted, no edge');
  second.port.close();
  await world.run(0.01);
  const third = open(binding);
  await world.run(0.01);
  t.equal(board.stats.resets, 2, 'hupcl true: DTR fell, so this opening resets');
  await new Promise<void>((resolve) => third.port.set({ dtr: false }, () => resolve()));
  t.equal(board.stats.resets, 2);
  await new Promise<void>((resolve) => third.port.set({}, () => resolve()));
  t.equal(board.stats.resets, 3, 'flags that are not named get their defaults: DTR asserted');
  const status = await new Promise((resolve) => third.port.get((_error, got) => resolve(got)));
  t.strictSame(status, { cts: false, dsr: false, dcd: false });
});

t.test('unplug: exactly one close with an error; gone from the list; plugged in again it opens', async (t) => {
  const { world, binding } = setup(stream);
  const { port, log, data } = open(binding);
  await world.run(0.2);
  t.ok(data.length > 1_000);
  world.port('uno1').unplug();
  await world.run(0.1);
  t.match(log, ['open', /^close: /]);
  t.equal(log.length, 2);
  t.equal(port.isOpen, false);
  t.strictSame(await binding.list(), []);
  const failed = open(binding);
  await world.run(0.01);
  t.match(failed.log, [/^error: .*No such file/]);
  world.port('uno1').plug();
  const before = data.length;
  port.open();
  await world.run(0.2);
  t.ok(data.length > before + 1_000);
  t.equal(port.isOpen, true);
});

t.test('read and write on a closed or vanished port', async (t) => {
  const { world, binding } = setup();
  const raw = await binding.open({ path: 'emu:uno1', baudRate: 500_000 });
  const pending = raw.read(Buffer.alloc(8), 0, 8);
  await raw.close();
  t.equal((await pending.catch((reason) => reason)).canceled, true);
  const late = await raw.read(Buffer.alloc(8), 0, 8).catch((reason) => reason);
  t.equal(late.canceled, true);
  await t.rejects(raw.write(Buffer.from('x')), /not open/);
  const again = await binding.open({ path: 'emu:uno1', baudRate: 500_000 });
  const lost = again.read(Buffer.alloc(8), 0, 8);
  world.port('uno1').unplug();
  const error = await lost.catch((reason) => reason);
  t.equal(error.canceled, undefined, 'not cancelled: a lost device');
  t.equal(again.isOpen, true, 'open until it is closed');
  await t.rejects(again.write(Buffer.from('x')), /Input\/output error/);
  await again.close();
});

t.test('update, drain, flush, back-pressure at line rate', async (t) => {
  const { world, binding, board } = setup();
  const { port, data } = open(binding);
  await world.run(0.2);
  const began = world.clock.now();
  port.write(Buffer.alloc(5_000, 0x6d));
  let drained = 0;
  port.drain(() => {
    drained = world.clock.now();
  });
  await world.run(0.05);
  t.equal(drained, 0, '5,000 characters of 20 us are not over after 50 ms');
  await world.run(0.06);
  t.ok(Math.abs(drained - began - 100) < 3, `drained ${(drained - began).toFixed(1)} ms after the write`);
  t.equal(board.stats.bytesIn, 5_000);
  await world.run(0.05);
  t.equal(data.length, 5_001);
  await new Promise<void>((resolve) => port.update({ baudRate: 115_200 }, () => resolve()));
  t.equal(board.uart.lineBaud, 115_200);
  port.write('m');
  await world.run(0.05);
  port.update({ baudRate: 500_000 });
  port.write('m');
  await world.run(0.05);
  t.equal(data[data.length - 1], 3, 'right again after the rate came back');
});

t.test('a wrong rate gives other characters and other counts, not a refusal', async (t) => {
  const right = setup(stream);
  const one = open(right.binding);
  await right.world.run(0.5);
  const wrong = setup(stream);
  const two = open(wrong.binding, { baudRate: 250_000 });
  await wrong.world.run(0.5);
  t.ok(wrong.board.stats.framingErrors > 100, `${wrong.board.stats.framingErrors} framing errors`);
  t.ok(two.data.length > 1_000 && two.data.length < 0.7 * one.data.length, `${two.data.length} of ${one.data.length}`);
  let groups = 0;
  for (let at = 0; at + 2 < two.data.length; at++) {
    if ((two.data[at]! & 0xe0) === 0xc0 && two.data[at + 1]! < 0x40 && (two.data[at + 2]! & 0xe0) === 0x80) groups++;
  }
  t.ok(groups < two.data.length / 30, 'no sequence of valid groups');
});

t.test('same seed, same bytes at the same times; another seed moves the bridge', async (t) => {
  const run = async (seed: number): Promise<string> => {
    const world = new World({ seed });
    const board = createUno({ hex: stream, seed: 9, name: 'uno1', clockError: -0.0013 });
    world.add(board, 'uno1');
    board.analog('A0', (cycle) => 2.5 + 2 * (((cycle % 160_000) / 160_000) * 2 - 1));
    const port = new SerialPortStream({ binding: emulatedBinding(world), path: 'emu:uno1', baudRate: 500_000 });
    const seen: string[] = [];
    port.on('data', (chunk: Buffer) => seen.push(`${world.clock.now()} ${chunk.toString('hex')}`));
    await world.run(0.5);
    return seen.join('\n');
  };
  const first = await run(5);
  t.equal(await run(5), first);
  t.not(await run(6), first);
});

t.test('tap: bytes on the cable can be changed, kept back, added', async (t) => {
  const { world, binding } = setup();
  const { port, data } = open(binding);
  await world.run(0.2);
  world.tapLine('uno1', (bytes, direction) =>
    direction === 'toBoard' ? [Uint8Array.from(bytes, () => 0x7a)] : [bytes, bytes],
  );
  port.write('m');
  await world.run(0.01);
  t.strictSame(data, [0x21, 0x3f, 0x3f], 'the board saw z and its ? came twice');
  world.tapLine('uno1', undefined);
  world.port('uno1').inject(Uint8Array.of(1, 2), 'toHost');
  world.port('uno1').inject(Uint8Array.of(0x7a), 'toBoard');
  await world.run(0.01);
  t.strictSame(data.slice(3), [1, 2, 0x3f]);
});

t.test('clock: timers fire in order at their time, until() ends with the promise or with KZ1105', async (t) => {
  const { world } = setup();
  const order: string[] = [];
  world.clock.setTimer(12.5, () => order.push(`b ${world.clock.now()}`));
  world.clock.setTimer(3.25, () => {
    order.push(`a ${world.clock.now()}`);
    world.clock.setTimer(0.5, () => order.push(`c ${world.clock.now()}`));
  });
  const cleared = world.clock.setTimer(5, () => order.push('never'));
  world.clock.clear(cleared);
  await world.run(0.02);
  t.strictSame(order, ['a 3.25', 'c 3.75', 'b 12.5']);
  t.equal(world.clock.now(), 20);
  const value = await world.until(new Promise((resolve) => world.clock.setTimer(7, () => resolve('done'))));
  t.equal(value, 'done');
  t.ok(world.clock.now() < 40);
  await t.rejects(world.until(new Promise(() => {}), 0.05), { code: 'KZ1105' });
  t.throws(() => world.port('uno7'), { code: 'KZ1104' });
});

t.test(
  'paced: virtual time keeps up with the wall clock or says how far it fell behind; a fault stops it',
  async (t) => {
    const { world, board } = setup(stream);
    const from = performance.now();
    world.pace(true);
    await new Promise((resolve) => setTimeout(resolve, 400));
    world.pace(false);
    await world.run(0);
    const wall = performance.now() - from;
    t.ok(world.clock.now() <= wall + 1, 'never ahead');
    t.ok(world.clock.now() + world.lagMs > 400 - 150, `${world.clock.now()} ms run, ${world.lagMs} ms given up`);
    t.ok(board.cycle > 1e6);
    const stood = world.clock.now();
    await new Promise((resolve) => setTimeout(resolve, 30));
    t.equal(world.clock.now(), stood, 'stands still afterwards');
    let fault: unknown;
    const doomed = new World({
      seed: 1,
      onFault: (error) => {
        fault = error;
      },
    });
    // LDS of memory that was never written
    const image = new Uint8Array(Uint16Array.of(0x9100, 0x0300, 0xcfff).buffer);
    doomed.add(createUno({ hex: image, seed: 1, name: 'uno1', strict: {} }), 'uno1');
    doomed.pace(true);
    for (let i = 0; i < 200 && fault === undefined; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    t.match(fault, { code: 'KZ1106' });
    await t.rejects(doomed.run(0.1), { code: 'KZ1106' }, 'a run that is awaited throws it');
  },
);
