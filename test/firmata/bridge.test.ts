/** `firmata-bridge`: the client firmata-io on TCP drives the pins of an emulated Uno over the authenticated session. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { bootloaderImage } from '../../host/cli/sim/bootloader-images.js';
import type { TwiDevice } from '../../host/emulate/index.js';
import { serveFirmata } from '../../host/firmata/bridge.js';
import { FirmataReader } from '../../host/firmata/wire.js';
import { entry, run } from '../cli/run-cli.js';
import { ioBench } from '../johnny-five/bench.js';

// biome-ignore lint/suspicious/noExplicitAny: firmata-io has no types
const { Firmata }: { Firmata: any } = createRequire(import.meta.url)('firmata-io');

t.setTimeout(120_000);

t.test('messages in any pieces, noise between them', async (t) => {
  const bytes = [0x12, 0xf9, 0x91, 5, 1, 0xf0, 0x79, 0xf7, 0xc2, 1, 0xf0, 0xf7, 0xf4, 3, 1];
  const whole = new FirmataReader().push(Uint8Array.from(bytes));
  const reader = new FirmataReader();
  t.same(
    bytes.flatMap((byte) => reader.push(Uint8Array.of(byte))),
    whole,
  );
  t.same(
    whole.map(({ type, data }) => [type, ...data]),
    [[0xf9], [0x91, 5, 1], [0xf0, 0x79], [0xc2, 1], [0xf4, 3, 1]],
  );
});

/** Registers behind an address that counts up. */
class Registers implements TwiDevice {
  readonly registers = new Uint8Array(64);
  reads = 0;
  #at = 0;
  #first = true;
  start(read: boolean): boolean {
    this.#first = !read;
    return true;
  }
  write(byte: number): boolean {
    if (this.#first) this.#at = byte & 63;
    else this.registers[this.#at++ & 63] = byte;
    this.#first = false;
    return true;
  }
  read(): number {
    this.reads++;
    return this.registers[this.#at++ & 63];
  }
  stop(): void {}
}

t.test('a Firmata client on TCP', async (t) => {
  const bench = await ioBench();
  const { world, board, io } = bench;
  world.pace(true);
  const bridge = await serveFirmata(io, 0);
  t.teardown(async () => {
    await bridge.close();
    world.pace(false);
    await bench.close();
  });
  const socket = connect(bridge.port, bridge.host);
  await once(socket, 'connect');
  const client = new Firmata(socket, { reportVersionTimeout: 1 });
  const strings: string[] = [];
  client.on('string', (text: string) => strings.push(text));
  await once(client, 'ready');
  const until = async (text: string, holds: () => boolean) => {
    for (let k = 0; k < 300 && !holds(); k++) await new Promise((wait) => setTimeout(wait, 10));
    t.ok(holds(), text);
  };
  t.equal(client.firmware.name, 'kizashi');
  t.equal(client.pins.length, 20);
  t.same(client.analogPins, [14, 15, 16, 17, 18, 19]);
  t.same(client.pins[3].supportedModes, [0, 1, 3, 11]);

  client.pinMode(8, client.MODES.OUTPUT);
  client.digitalWrite(8, 1);
  await until('digital output', () => board.pin('8').read() === 1);
  client.digitalWrite(8, 0);
  await until('and off', () => board.pin('8').read() === 0);
  let high = 0;
  let rose = 0;
  board.pin('11').watch((level, cycle) => {
    if (level === 1) rose = cycle;
    else high = cycle - rose;
  });
  client.pinMode(11, client.MODES.PWM);
  client.analogWrite(11, 100);
  await until('PWM 100: 800 µs high', () => high === 2 * 100 * 64);
  board.analog('A2', () => 3);
  let read = 0;
  client.pinMode(2, client.MODES.ANALOG);
  client.analogRead(2, (value: number) => {
    read = value;
  });
  await until('3 V', () => Math.abs(read - 614) <= 1);
  let level = -1;
  client.pinMode(4, client.MODES.PULLUP);
  client.digitalRead(4, (value: number) => {
    level = value;
  });
  await until('pull-up', () => level === 1);
  board.pin('4').drive(0);
  await until('pulled down', () => level === 0);
  client.pinMode(5, client.MODES.PWM);
  await until('what cannot be done is said', () =>
    strings.some((text) => /5 of .*PWM/.test(text.replaceAll('\0', ''))),
  );

  const part = new Registers();
  board.attach('twi', part, { address: 0x1d });
  part.registers.set([0xe5, 1, 2, 3, 4, 5, 6], 0);
  client.i2cConfig(0);
  client.i2cWrite(0x1d, 0x2d, [8, 9, 10]);
  await until('I2C write', () => part.registers[0x2f] === 10);
  t.same([...part.registers.slice(0x2d, 0x30)], [8, 9, 10]);
  let bytes: number[] = [];
  client.i2cReadOnce(0x1d, 1, 6, (reply: number[]) => {
    bytes = reply;
  });
  await until('I2C read', () => bytes.length === 6);
  t.same(bytes, [1, 2, 3, 4, 5, 6]);
  let turns = 0;
  let seen = -1;
  client.setSamplingInterval(50);
  client.i2cRead(0x1d, 0, 1, ([value]: number[]) => {
    turns++;
    seen = value;
  });
  await until('I2C, again and again', () => turns > 3 && seen === 0xe5);
  part.registers[0] = 0x77;
  await until('what it says now', () => seen === 0x77);
  client.i2cStop(0x1d);
  await new Promise((wait) => setTimeout(wait, 300));
  const stopped = part.reads;
  await new Promise((wait) => setTimeout(wait, 300));
  t.equal(part.reads, stopped, 'stopped on the board too');
  client.i2cReadOnce(0x77, 0, 1, () => t.fail('nobody is there'));
  await until('an address without answer is said', () =>
    strings.some((text) => /sensorAbsent/.test(text.replaceAll('\0', ''))),
  );

  const second = connect(bridge.port, bridge.host);
  await once(second, 'close');
  t.equal(bridge.turnedAway(), 1, 'one client at a time');
  client.pinMode(12, client.MODES.OUTPUT);
  client.digitalWrite(12, 1);
  await until('held', () => board.pin('12').read() === 1);
  socket.destroy();
  await until('its outputs go with it', () => board.pin('12').read() === 'z');
});

const skip = bootloaderImage('optiboot') === undefined && 'no bootloader image: arduino-core-avr is not installed';

/** Commands that the guide shows, in its order. */
const guide = [
  ...readFileSync(new URL('../../docs/guides/johnny-five.md', import.meta.url), 'utf8').matchAll(/^\$ kizashi (.*)$/gm),
].map(([, line]) => line.split(' '));

t.test('docs/guides/johnny-five.md: from a board in a box to a Firmata client', { skip }, async (t) => {
  for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE']) delete process.env[name];
  const dir = t.testdir();
  const at = ['--state', join(dir, 'state')];
  const owner = await run(['admin', 'keygen', join(dir, 'owner.key')]);
  writeFileSync(join(dir, 'owner.pub'), owner.stdout);
  const bridgeLine = guide.pop() as string[];
  t.same(
    [...guide, bridgeLine].map(([verb]) => verb),
    ['flash', 'provision', 'firmata-bridge'],
  );
  for (const line of [['init', '--recovery-key', join(dir, 'owner.pub')], ...guide]) {
    const ran = await run([...line, ...at]);
    t.equal(ran.code, 0, `${line[0]} ${ran.code === 0 ? '' : ran.stderr}`);
  }
  // any free port instead of the one shown
  const words = bridgeLine.map((word) => (word === '3030' ? '0' : word));
  const bridge = spawn(process.execPath, ['--import', 'tsx', entry, ...words, '--json', ...at], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => bridge.kill('SIGKILL'));
  const lines = createInterface({ input: bridge.stdout })[Symbol.asyncIterator]();
  const listening = JSON.parse((await lines.next()).value);
  t.match(listening, {
    schema: 'kizashi/firmata-bridge/1',
    event: 'listening',
    host: '127.0.0.1',
    kid: /^[0-9a-f]{16}$/,
  });
  const socket = connect(listening.port, listening.host);
  await once(socket, 'connect');
  const client = new Firmata(socket, { reportVersionTimeout: 1 });
  const strings: string[] = [];
  client.on('string', (text: string) => strings.push(text.replaceAll('\0', '')));
  await once(client, 'ready');
  const until = async (text: string, holds: () => boolean) => {
    for (let k = 0; k < 600 && !holds(); k++) await new Promise((wait) => setTimeout(wait, 20));
    t.ok(holds(), text);
  };
  // sensors of the emulated bench: accelerometer on A0, clamp on A1, MPU-6050 on the bus
  const analog: number[] = [];
  client.pinMode(0, client.MODES.ANALOG);
  client.analogRead(0, (value: number) => analog.push(value));
  await until('analog: the accelerometer around half the supply', () => {
    const mean = analog.reduce((a, b) => a + b, 0) / analog.length;
    return analog.length > 10 && Math.abs(mean - 512) < 60 && new Set(analog).size > 3;
  });
  let level = -1;
  client.pinMode(4, client.MODES.PULLUP);
  client.digitalRead(4, (value: number) => {
    level = value;
  });
  await until('digital: a pull-up', () => level === 1);
  client.pinMode(8, client.MODES.OUTPUT);
  client.digitalWrite(8, 1);
  let state = -1;
  client.queryPinState(8, () => {
    state = client.pins[8].state;
  });
  await until('an output as the board holds it', () => state === 1);
  client.i2cConfig(0);
  let who: number[] = [];
  client.i2cReadOnce(0x68, 0x75, 1, (bytes: number[]) => {
    who = bytes;
  });
  await until('I2C: WHO_AM_I of the MPU-6050', () => who[0] === 0x68);
  client.pinMode(13, client.MODES.OUTPUT);
  await until('a refusal comes back in words', () => strings.some((text) => /13 .*does not do OUTPUT/.test(text)));
  socket.destroy();
  bridge.kill('SIGINT');
  const [code] = (await once(bridge, 'exit')) as [number];
  t.equal(code, 130, 'Ctrl-C');
  t.match(JSON.parse((await lines.next()).value), { event: 'summary', turnedAway: 0 });
});
