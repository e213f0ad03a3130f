/**
 * The same Johnny-Five program on `firmata` and on Kizashi makes the same calls; the components that turn and measure, on the pins of an
 * emulated Uno; and each operation while the board captures.
 */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import t from 'tap';
import { startCapture } from '../../host/capture/index.js';
import type { KizashiError } from '../../host/errors.js';
import { FirmataReader, pairs } from '../../host/firmata/wire.js';
import { MODES } from '../../host/johnny-five/index.js';
import { rotate, signRequest } from '../../host/provision/index.js';
import { ioBench } from './bench.js';

const require = createRequire(import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: johnny-five has no types
const five: any = require('johnny-five');
// biome-ignore lint/suspicious/noExplicitAny: firmata has no types
const Firmata: any = require('firmata');

// components of Johnny-Five keep their intervals for ever
const intervals: NodeJS.Timeout[] = [];
const realInterval = globalThis.setInterval;
globalThis.setInterval = ((...args: Parameters<typeof realInterval>) => {
  const interval = realInterval(...args);
  intervals.push(interval);
  return interval;
}) as typeof realInterval;
t.teardown(() => {
  for (const interval of intervals) clearInterval(interval);
});

/** A transport that answers as StandardFirmata on an Uno does when it is asked what it is. */
class UnoTransport extends EventEmitter {
  readonly path = 'fake';
  readonly isOpen = true;
  readonly #reader = new FirmataReader();
  write(bytes: Uint8Array): void {
    for (const { type, data } of this.#reader.push(Uint8Array.from(bytes))) {
      const reply = this.#reply(type, data);
      if (reply) setImmediate(() => this.emit('data', Buffer.from(reply)));
    }
  }
  #reply(type: number, [kind]: number[]): number[] | undefined {
    if (type === 0xf9) return [0xf9, 2, 5];
    if (type !== 0xf0) return undefined;
    if (kind === 0x79) return [0xf0, 0x79, 2, 5, ...pairs([...Buffer.from('StandardFirmata')]), 0xf7];
    const pins = Array.from({ length: 20 }, (_, pin) => pin);
    if (kind === 0x69) return [0xf0, 0x6a, ...pins.map((pin) => (pin < 14 ? 127 : pin - 14)), 0xf7];
    if (kind !== 0x6b) return undefined;
    const modes = pins.flatMap((pin) => {
      if (pin < 2) return [127];
      const pwm = [3, 5, 6, 9, 10, 11].includes(pin) ? [3, 8] : [];
      const analog = pin >= 14 ? [2, 10] : [];
      return [0, 1, 11, 1, 1, 1, ...analog, ...pwm, ...(pin < 14 ? [4, 14] : []), ...(pin > 17 ? [6, 1] : []), 127];
    });
    return [0xf0, 0x6c, ...modes, 0xf7];
  }
}

type Call = [member: string, ...args: unknown[]];

/** An IO object that notes each call from outside; what it calls in itself stays its own. */
// biome-ignore lint/suspicious/noExplicitAny: either IO object
function traced(io: any): { io: any; calls: Call[] } {
  const calls: Call[] = [];
  const silent = new Set(Object.getOwnPropertyNames(EventEmitter.prototype).concat('normalize'));
  const proxy = new Proxy(io, {
    get(target, member) {
      const value = target[member];
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (!silent.has(String(member)))
          calls.push([String(member), ...args.filter((arg) => typeof arg !== 'function')]);
        return value.apply(target, args);
      };
    },
  });
  return { io: proxy, calls };
}

/** A program with every kind of component; the same for both. */
function program(board: unknown): void {
  const led = new five.Led({ pin: 8, board });
  led.on();
  led.off();
  led.toggle();
  const dimmed = new five.Led({ pin: 11, board });
  dimmed.brightness(100);
  const relay = new five.Relay({ pin: 7, board });
  relay.close();
  relay.open();
  const motor = new five.Motor({ pins: { pwm: 3, dir: 4 }, board });
  motor.forward(120);
  motor.reverse(60);
  motor.stop();
  const servo = new five.Servo({ pin: 9, board });
  servo.to(30);
  servo.max();
  const esc = new five.ESC({ pin: 9, board });
  esc.throttle(1400);
  esc.throttle(25);
  esc.brake();
  new five.Sensor({ pin: 'A0', board, freq: 60_000 });
  new five.Thermometer({ controller: 'LM35', pin: 'A1', board, freq: 60_000 });
  new five.Button({ pin: 2, isPullup: true, board });
  new five.Switch({ pin: 10, board });
  new five.Accelerometer({ controller: 'ADXL345', range: 4, board });
  new five.IMU({ controller: 'MPU6050', board });
}

/** A board of Johnny-Five on an IO object, ready. */
// biome-ignore lint/suspicious/noExplicitAny: either IO object
async function boardOn(io: any): Promise<any> {
  const board = new five.Board({ io, repl: false, debug: false, sigint: false });
  board.on('error', () => {});
  if (!board.isReady) await new Promise((done) => board.once('ready', done));
  return board;
}

t.setTimeout(120_000);

t.test('call trace: the same program on firmata and on Kizashi', async (t) => {
  const firmata = new Firmata(new UnoTransport(), { reportVersionTimeout: 1 });
  await new Promise((done) => firmata.once('ready', done));
  const bench = await ioBench();
  t.teardown(bench.close);
  const theirs = traced(firmata);
  const ours = traced(bench.io);
  const begun = boardOn(theirs.io);
  program(await begun);
  const board = boardOn(ours.io);
  await bench.world.until(board, 5);
  program(await board);
  const members = new Set(theirs.calls.map(([member]) => member));
  for (const member of [
    'pinMode',
    'digitalWrite',
    'servoWrite',
    'analogRead',
    'digitalRead',
    'i2cConfig',
    'i2cWrite',
    'i2cRead',
  ])
    t.ok(members.has(member), `the program uses ${member}`);
  t.ok(theirs.calls.length > 40, `${theirs.calls.length} calls`);
  // firmata counts analog inputs from 0, a board of kizashi by its pins, as its `normalize` says
  const pinOf = ([member, pin, mode]: Call) =>
    member === 'analogRead' || (member === 'pinMode' && mode === MODES.ANALOG)
      ? firmata.analogPins[pin as number]
      : pin;
  // a component hands its own options on to i2cConfig; both take an address from them
  const plain = (args: unknown[]) =>
    args.map((arg) => (typeof arg === 'object' && arg !== null && !Array.isArray(arg) ? 'options' : arg));
  t.same(
    ours.calls.map(([member, ...args]) => [member, ...plain(args)]),
    theirs.calls.map((call) => [call[0], ...plain(call.length > 1 ? [pinOf(call), ...call.slice(2)] : [])]),
  );
  t.same(
    bench.errors.map(({ message }) => message).filter((message) => !/sensorAbsent/.test(message)),
    [],
  );
});

t.test('on the pins', async (t) => {
  const bench = await ioBench();
  const { world, board, io, errors, edges, settle } = bench;
  t.teardown(bench.close);
  const pending = boardOn(io);
  await world.until(pending, 5);
  const pcb = await pending;

  t.test('ESC: the pulse of each throttle', async (t) => {
    const pulses = edges('9');
    /** Lengths of the pulses of the next 0.1 s, in µs. */
    const widths = async () => {
      await settle();
      await world.run(0.03);
      pulses.length = 0;
      await world.run(0.1);
      return pulses.flatMap(({ level, us }, k) => (level === 1 && pulses[k + 1] ? [pulses[k + 1].us - us] : []));
    };
    const all = async (us: number, text: string) => {
      const seen = await widths();
      t.ok(
        seen.length >= 4 && seen.every((width) => Math.abs(width - us) < 1),
        `${text}: ${seen.map((x) => x.toFixed(1))} µs`,
      );
    };
    const esc = new five.ESC({ pin: 9, board: pcb });
    await all(1000, 'armed at its least');
    esc.throttle(1640);
    await all(1640, '1640 µs');
    esc.throttle(25);
    await all(1250, '25 %');
    esc.throttle(2500);
    await all(2000, 'no more than its range');
    esc.brake();
    await all(1000, 'brake');
    const both = new five.ESC({ pin: 9, device: 'FORWARD_REVERSE', board: pcb });
    await all(1500, 'both ways: neutral');
    both.throttle(1100);
    await all(1100, 'backwards');
    t.same(errors, []);
  });

  t.test('Thermometer: volts of an LM35 and a TMP36 as degrees', async (t) => {
    let [lm35, tmp36] = [0.253, 0.75];
    board.analog('A1', () => lm35);
    board.analog('A2', () => tmp36);
    const one = new five.Thermometer({ controller: 'LM35', pin: 'A1', freq: 40, board: pcb });
    const two = new five.Thermometer({ controller: 'TMP36', pin: 'A2', freq: 40, board: pcb });
    await settle();
    await world.run(0.3);
    // one count is 4.9 mV, half a degree
    t.ok(Math.abs(one.celsius - 25.3) < 0.6, `LM35: ${one.celsius} °C of 25.3`);
    t.ok(Math.abs(two.celsius - 25) < 1, `TMP36: ${two.celsius} °C of 25`);
    [lm35, tmp36] = [0.9, 1.2];
    await world.run(0.3);
    t.ok(Math.abs(one.celsius - 90) < 1, `LM35: ${one.celsius} °C of 90`);
    t.ok(Math.abs(two.celsius - 70) < 1, `TMP36: ${two.celsius} °C of 70`);
    t.same(errors, []);
  });

  t.test(
    'while the board captures, each operation is refused by name or done afterwards, and none is lost',
    async (t) => {
      io.pinMode(8, MODES.OUTPUT);
      io.digitalWrite(8, 1);
      io.pinMode(11, MODES.PWM);
      io.pwmWrite(11, 100);
      io.pinMode(2, MODES.PULLUP);
      io.digitalWrite(7, 1);
      await settle();
      t.same(errors, []);
      const standing = () => [board.pin('8').read(), board.pin('7').read(), io.pins[8].value, io.pins[11].value];
      t.same(standing(), [1, 1, 1, 100]);
      const run = startCapture(io.session, { channels: [{ id: 'v', pin: 'A0' }], rateHz: 4000, seconds: 3, win: 16 });
      await world.run(1);
      t.equal(io.session.state, 'capturing');
      const refused: [text: string, act: () => void][] = [
        ['digitalWrite', () => io.digitalWrite(8, 0)],
        ['pwmWrite', () => io.pwmWrite(11, 200)],
        ['servoWrite', () => io.servoWrite(9, 1500)],
        ['relay', () => io.digitalWrite(7, 0)],
        ['pinMode', () => io.pinMode(5, MODES.OUTPUT)],
        ['pull-up of an input', () => io.digitalWrite(2, 1)],
        ['i2cWrite', () => io.i2cWrite(0x53, 0x2d, 8)],
        ['i2cWriteReg', () => io.i2cWriteReg(0x53, 0x2d, 8)],
        ['i2cReadOnce', () => io.i2cReadOnce(0x53, 0, 1, () => t.fail('no bus now'))],
        ['reset', () => io.reset()],
      ];
      for (const [text, act] of refused) {
        act();
        await world.run(0.02);
        t.match(errors.splice(0), [{ code: 'KZ0209' }], `${text}: said`);
      }
      t.same(standing(), [1, 1, 1, 100], 'pins stand as they stood, and that is what `pins` shows');
      const later: string[] = [];
      io.i2cRead(0x68, 0x75, 1, () => later.push('bus'));
      io.digitalRead(2, () => later.push('digital'));
      io.analogRead('A1', () => later.push('analog'));
      io.setSamplingInterval(50);
      await world.run(0.3);
      t.equal(io.session.state, 'capturing');
      t.same(later, [], 'nothing is made up meanwhile');
      board.attach(
        'twi',
        { start: () => true, write: () => true, read: () => 0x68, stop: () => {} },
        { address: 0x68 },
      );
      t.match(await world.until(run.result, 60), { ok: true });
      await world.run(0.6);
      for (const kind of ['bus', 'digital', 'analog'])
        t.ok(later.includes(kind), `${kind}: done when the board is free`);
      t.ok(io.samplingInterval >= 50, `${io.samplingInterval} ms asked for meanwhile, now in force`);
      io.i2cStop(0x68);
      io.digitalWrite(8, 0);
      io.digitalWrite(7, 0);
      await settle();
      t.same([board.pin('8').read(), board.pin('7').read()], [0, 0]);
      t.same(errors, []);
    },
  );

  t.test('a new key while pins are in use: the stack holds, the outputs stand, the new key is greeted', async (t) => {
    io.pinMode(8, MODES.OUTPUT);
    io.digitalWrite(8, 1);
    io.pwmWrite(11, 100);
    io.servoWrite(9, 1500);
    io.analogRead('A1');
    await settle();
    await world.run(0.2);
    const { core } = board.chip;
    const before = { ...(await world.until(io.session.status())), low: core.stackLow };
    const level = edges('8');
    const old = io.kid;
    const fresh = await world.until(
      rotate(io.session, async (request) => signRequest(request, bench.admin), bench.keyring),
      60,
    );
    t.not(fresh.kid, old);
    // the board keeps what it paints; the emulator keeps where the stack pointer went
    const free = before.lowestFreeStack - Math.max(0, before.low - core.stackLow);
    t.ok(free >= 64, `${free} B of stack never used, ${before.lowestFreeStack} before the rotation`);
    t.same(level, [], 'no output moved while the key was made');
    await world.until(bench.port.ready(60_000), 70);
    await world.run(1);
    t.equal(io.kid, fresh.kid, 'the plugin goes on under the new key');
    io.digitalWrite(8, 1);
    await settle();
    t.equal(board.pin('8').read(), 1);
    const status = await world.until(io.session.status());
    t.match(status, { rxErrors: 0, badMacs: 0 });
    t.same(
      errors.filter((error) => (error as KizashiError).code !== 'KZ0208'),
      [],
    );
  });
});
