/** The IO plugin contract of Johnny-Five and its unmodified components, against the firmware in an emulated Uno: levels, duty, pulses, volts. */
import { createRequire } from 'node:module';
import t from 'tap';
import { startCapture } from '../../host/capture/index.js';
import type { TwiDevice } from '../../host/emulate/index.js';
import { Mpu6050 } from '../../host/emulate/sensors/mpu6050.js';
import { KizashiError } from '../../host/errors.js';
import { MODES } from '../../host/johnny-five/index.js';
import { ioBench } from './bench.js';

const require = createRequire(import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: johnny-five has no types
const five: any = require('johnny-five');

/** ADXL345 (datasheet rev. E): DEVID, registers that keep what is written, one fixed acceleration in DATAX0..DATAZ1. */
class Adxl345Registers implements TwiDevice {
  readonly registers = new Uint8Array(64);
  #at = 0;
  #first = true;
  constructor(x: number, y: number, z: number) {
    this.registers[0] = 0xe5;
    new Int16Array(this.registers.buffer, 0x32, 3).set([x, y, z]);
  }
  start(read: boolean): boolean {
    if (!read) this.#first = true;
    return true;
  }
  write(byte: number): boolean {
    if (this.#first) this.#at = byte & 63;
    else this.registers[this.#at++] = byte;
    this.#first = false;
    return true;
  }
  read(): number {
    return this.registers[this.#at++ & 63];
  }
  stop(): void {}
}

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

t.setTimeout(120_000);

t.test('a Johnny-Five board over authenticated pins', async (t) => {
  const bench = await ioBench();
  const { world, board, io, errors, edges, settle } = bench;
  t.teardown(bench.close);
  t.equal(io.isReady, false);
  const events: string[] = [];
  for (const type of ['connect', 'ready']) io.once(type, () => events.push(`${type} ${io.isReady}`));
  const pcb = new five.Board({ io, repl: false, debug: false, sigint: false });
  const ready = new Promise<void>((done) => pcb.on('ready', done));
  pcb.on('error', () => {}); // the plugin's own listener above keeps them
  await world.until(ready, 5);

  t.test('contract of an IO plugin', async (t) => {
    t.same(events, ['connect true', 'ready true'], 'in this order, ready by then');
    t.notMatch(io.name, /^(Firmata|Mock)$/);
    t.ok(Object.isFrozen(io.MODES));
    t.match(io.MODES, { INPUT: 0, OUTPUT: 1, ANALOG: 2, PWM: 3, SERVO: 4 });
    t.match(io, { HIGH: 1, LOW: 0, RESOLUTION: { ADC: 1023, DAC: null, PWM: 255 } });
    t.equal(pcb.type, 'UNO');
    t.equal(io.pins.length, 20);
    t.same(io.analogPins, [14, 15, 16, 17, 18, 19]);
    t.same(
      io.pins.map((p) => p.analogChannel),
      [...Array(14).fill(127), 0, 1, 2, 3, 4, 5],
    );
    const able = (mode: number) => io.pins.flatMap((p, k) => (p.supportedModes.includes(mode) ? [k] : []));
    t.same(able(MODES.PWM), [3, 11]);
    t.same(able(MODES.SERVO), [9]);
    t.same(able(MODES.OUTPUT), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19]);
    t.same(io.pins[0].supportedModes, [], 'the line is no pin');
    t.equal(io.normalize('A0'), 14);
    t.equal(io.normalize('11'), 11);
    t.equal(io.normalize(7), 7);
    for (const member of [
      'pinMode',
      'digitalWrite',
      'analogWrite',
      'pwmWrite',
      'servoConfig',
      'servoWrite',
      'digitalRead',
      'analogRead',
      'i2cConfig',
      'i2cWrite',
      'i2cWriteReg',
      'i2cRead',
      'i2cReadOnce',
      'setSamplingInterval',
      'queryPinState',
      'reset',
    ] as const)
      t.type(io[member], 'function', member);
    const asked = new Promise((done) => io.queryPinState('A1', done));
    t.equal(await world.until(asked, 2), 15, 'calls back later');
    const refusals: [() => unknown, RegExp][] = [
      [() => io.analogWrite(5, 10), /5 .*PWM; pins that do: 3, 11/],
      [() => io.servoWrite(3, 1500), /SERVO; pins that do: 9/],
      [() => io.digitalWrite(0, 1), /0 .*OUTPUT/],
      [() => io.digitalWrite(13, 1), /13 .*OUTPUT/],
      [() => io.pinMode('B7', MODES.INPUT), /no pin B7/],
      [() => io.analogRead(4), /ANALOG/],
      [() => io.servoWrite(9, 9999), /9999 µs/],
      [() => io.i2cReadOnce(0x53, 0, 33, () => {}), /32 bytes/],
      [() => io.i2cWrite(200, 1), /no address/],
      [() => (io as unknown as { stepperStep(): void }).stepperStep(), /stepperStep is not offered/],
    ];
    for (const [act, text] of refusals) t.throws(act, { code: 'KZ1502', message: text }, String(text));
    t.same(errors, []);
  });

  t.test('Led, Relay, Motor, Servo: what stands on the pins', async (t) => {
    const led = new five.Led(8);
    const relay = new five.Relay(7);
    const motor = new five.Motor({ pins: { pwm: 3, dir: 4 } });
    const pwm = edges('3');
    const pulses = edges('9');
    led.on();
    relay.close();
    motor.forward(64);
    const servo = new five.Servo({ pin: 9, range: [0, 180] });
    servo.to(90);
    await settle();
    t.equal(board.pin('8').read(), 1, 'Led');
    t.equal(board.pin('7').read(), 1, 'Relay, by the relay command');
    t.same(io.session.relays.held, [0]);
    t.equal(board.pin('4').read(), 1, 'direction');
    const turns = pwm.slice(-40);
    const rises = turns.filter(({ level }) => level === 1).map(({ us }) => us);
    const high = turns.flatMap(({ level, us }, k) => (level === 1 && turns[k + 1] ? [turns[k + 1].us - us] : []));
    t.ok(high.length > 10);
    for (const us of high.slice(1)) t.ok(Math.abs(us - 512) < 0.1, `duty 64 of 255: ${us} µs high`);
    t.ok(Math.abs(rises[5] - rises[4] - 2040) < 0.1, `${rises[5] - rises[4]} µs a period`);
    pulses.length = 0;
    await world.run(0.1);
    const widths = pulses.flatMap(({ level, us }, k) => (level === 1 && pulses[k + 1] ? [pulses[k + 1].us - us] : []));
    t.ok(widths.length >= 4);
    for (const us of widths) t.ok(Math.abs(us - 1500) < 1, `servo at 90°: ${us} µs`);
    led.off();
    relay.open();
    motor.stop();
    servo.to(0);
    await settle();
    pulses.length = 0;
    await world.run(0.06);
    const low = pulses.findIndex(({ level }) => level === 1);
    t.ok(Math.abs(pulses[low + 1].us - pulses[low].us - 600) < 1, 'servo at 0°: Johnny-Five’s 600 µs');
    t.same([board.pin('8').read(), board.pin('7').read(), board.pin('3').read()], [0, 0, 0]);
    t.same(errors, []);
  });

  t.test('Sensor, Button, Switch: what the pins read', async (t) => {
    let volts = 1.25;
    board.analog('A0', () => volts);
    const sensor = new five.Sensor({ pin: 'A0', freq: 50 });
    const button = new five.Button({ pin: 2, isPullup: true });
    const contact = new five.Switch({ pin: 10, type: 'NC' });
    const seen: string[] = [];
    button.on('down', () => seen.push('down')).on('up', () => seen.push('up'));
    contact.on('open', () => seen.push('open')).on('close', () => seen.push('close'));
    const analog: number[] = [];
    io.on('analog-read-14', (value: number) => analog.push(value));
    await settle();
    await world.run(0.3);
    t.equal(board.pin('2').read(), 1, 'pull-up');
    t.ok(Math.abs(sensor.raw - 256) <= 1, `1.25 V reads ${sensor.raw}`);
    volts = 4;
    board.pin('2').drive(0);
    board.pin('10').drive(1);
    await world.run(0.3);
    t.ok(Math.abs(sensor.raw - 819) <= 1, `4 V reads ${sensor.raw}`);
    board.pin('2').drive('z');
    board.pin('10').drive(0);
    await world.run(0.3);
    t.ok(seen.includes('down') && seen.indexOf('up') > seen.indexOf('down'), seen.join(' '));
    t.ok(seen.includes('open') && seen.includes('close'), seen.join(' '));
    t.ok(analog.length > 15, `${analog.length} values in 0.9 s`);
    t.equal(io.samplingInterval, 33, 'the interval in force');
    t.throws(
      () => {
        for (const pin of ['A1', 'A2', 'A3', 5, 6, 11]) io.digitalRead(pin);
      },
      { code: 'KZ1502', message: /one too many/ },
    );
    t.same(errors, []);
  });

  t.test('Accelerometer on the two-wire bus', async (t) => {
    const part = new Adxl345Registers(0, -128, 256);
    board.attach('twi', part, { address: 0x53 });
    const accelerometer = new five.Accelerometer({ controller: 'ADXL345', range: 2 });
    await settle();
    await world.run(0.4);
    t.equal(part.registers[0x2d], 8, 'measures');
    t.equal(part.registers[0x31], 8, 'full resolution');
    t.ok(
      Math.abs(accelerometer.z - 1) < 0.01 && Math.abs(accelerometer.y + 0.5) < 0.01,
      `${accelerometer.y}, ${accelerometer.z} g`,
    );
    const once = new Promise<number[]>((done) => io.i2cReadOnce(0x53, 0, 1, done));
    t.same(await world.until(once, 2), [0xe5]);
    io.i2cStop(0x53);
    t.same(errors, []);
    io.i2cReadOnce(0x1d, 0, 1, () => t.fail('nobody is there'));
    await settle();
    t.match(errors.splice(0), [{ code: 'KZ0206', message: /sensorAbsent/ }]);
  });

  t.test('IMU on the two-wire bus', async (t) => {
    const part = new Mpu6050(board, { acceleration: () => [0.5, 0, 1] });
    board.attach('twi', part, { address: 0x68 });
    const imu = new five.IMU({ controller: 'MPU6050' });
    await settle();
    await world.run(0.6);
    const { x, y, z } = imu.accelerometer;
    t.ok(Math.abs(x - 0.5) < 0.02 && Math.abs(y) < 0.02 && Math.abs(z - 1) < 0.02, `${x}, ${y}, ${z} g`);
    t.type(imu.gyro.x, 'number');
    io.i2cStop(0x68);
    t.same(errors, []);
  });

  t.test('outputs outlast a capture, and what cannot be done meanwhile is an error', async (t) => {
    const led = new five.Led(12);
    led.on();
    await settle();
    const level = edges('12');
    let paused = 0;
    io.on('paused', () => paused++);
    const reports: number[] = [];
    io.on('analog-read-14', (value: number) => reports.push(value));
    const run = startCapture(io.session, { channels: [{ id: 'v', pin: 'A1' }], rateHz: 4000, seconds: 12, win: 16 });
    await world.run(6);
    t.equal(paused, 1);
    const before = reports.length;
    led.off();
    await world.run(0.1);
    t.match(errors.splice(0), [{ code: 'KZ0209' }], 'said, not dropped');
    const result = await world.until(run.result, 60);
    t.match(result, { ok: true });
    t.equal(reports.length, before, 'no reports while the board samples');
    await world.run(1);
    t.ok(reports.length > before + 10, 'the watch goes on by itself');
    t.same(level, [], 'the output never moved: its hold was 10 s, the capture lasted 12');
    t.equal(board.pin('12').read(), 1);
    led.off();
    await settle();
    t.equal(board.pin('12').read(), 0);
    t.same(errors, []);
  });

  t.test('the board has room: stack never used, nothing lost on the line', async (t) => {
    const status = await world.until(io.session.status());
    t.ok(status.lowestFreeStack >= 64, `${status.lowestFreeStack} B of stack never used`);
    t.match(status, { rxErrors: 0, badMacs: 0, overruns: 0 });
  });

  t.test('a host that dies lets go: the dead-man', async (t) => {
    io.pinMode(6, MODES.OUTPUT);
    io.digitalWrite(6, 1);
    await settle();
    t.equal(board.pin('6').read(), 1);
    world.tapLine('bench', (bytes, direction) => (direction === 'toBoard' ? [] : [bytes]));
    await world.run(9);
    t.equal(board.pin('6').read(), 1, 'until its hold runs out');
    await world.run(3);
    t.equal(board.pin('6').read(), 'z', 'an input again');
    world.tapLine('bench', undefined);
    const disconnects: unknown[] = [];
    io.once('reconnect', () => disconnects.push('back'));
    await world.until(bench.port.ready(60_000), 70);
    await world.run(1);
    t.same(disconnects, ['back']);
    t.equal(board.pin('6').read(), 'z', 'nothing is switched on by itself');
    errors.length = 0;
  });

  t.test('johnny-five loads the serialport of this project and no older one', async (t) => {
    const loaded = Object.keys(require.cache).filter((path) =>
      /serialport\/package\.json|serialport\/(lib|dist)\//.test(path),
    );
    t.ok(
      loaded.every((path) => !/johnny-five\/node_modules|firmata\/node_modules/.test(path)),
      loaded.join('\n'),
    );
  });
});

t.test('an image without general pins is named', async (t) => {
  const bench = await ioBench({ image: 'kz-uno' });
  t.teardown(bench.close);
  await bench.world.run(0.1);
  t.match(bench.errors, [{ code: 'KZ1501', message: /kz-uno\// }]);
  t.ok(bench.errors[0] instanceof KizashiError && /kz-uno-io/.test(bench.errors[0].fix));
});

t.test('examples/motor-steps: speeds by PWM, a proven capture at each, orders', async (t) => {
  const { motorSteps, report } = await import('../../examples/motor-steps.js');
  const { emulatedMotor, fullSpeedHz } = await import('../../examples/emulated-motor.js');
  const bench = await emulatedMotor();
  t.teardown(bench.close);
  const steps = await bench.world.until(motorSteps(bench.io, [128, 192]), 120);
  t.equal(steps.length, 2);
  for (const { duty, shaftHz, orders, verdict, grade } of steps) {
    const share = duty / 255;
    t.same([verdict, grade], ['verified', 'E']);
    t.ok(Math.abs(shaftHz / (share * fullSpeedHz) - 1) < 0.01, `${shaftHz.toFixed(2)} Hz at ${duty}`);
    t.ok(Math.abs(orders[0] / (0.8 * share ** 2) - 1) < 0.02, `1x ${orders[0].toFixed(4)} V`);
    t.ok(Math.abs(orders[1] / (0.2 * share ** 2) - 1) < 0.03, `2x ${orders[1].toFixed(4)} V`);
    t.ok(orders[2] < 0.005, `3x ${orders[2].toFixed(4)} V`);
  }
  t.match(report(steps), /PWM 128 +1\d{3} rpm +1x .*verified E\n/);
});
