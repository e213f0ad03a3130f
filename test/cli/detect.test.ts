/** Sensors on the buses of a board that runs the released images: each is named by what its identity register says. */
import { spawn } from 'node:child_process';
import t from 'tap';
import { sensorsOfSession } from '../../host/cli/detect-sensors.js';
import { Adxl345, Lis3dh, Mpu6050, type TwiDevice } from '../../host/emulate/index.js';
import { openLink } from '../../host/link/index.js';
import { ioBench } from '../johnny-five/bench.js';
import { run, spawnCli } from './run-cli.js';

t.setTimeout(60_000);

/** A part that answers every register with its own contents. */
const part = (registers: Record<number, number>): TwiDevice => {
  let at = 0;
  let first = true;
  return {
    start: (read) => {
      first = !read;
      return true;
    },
    write: (byte) => {
      if (first) at = byte;
      first = false;
      return true;
    },
    read: () => registers[at++] ?? 0,
    stop: () => {},
  };
};

t.test('two-wire bus, under a MAC', async (t) => {
  const { world, board, port, close } = await ioBench();
  const session = port.session!;
  const none = await world.until(sensorsOfSession(session), 60);
  t.same(none.sensors, []);
  t.match(none.notes, [/two-wire bus: \d+ addresses of known parts asked/, /kz-uno-spi/]);
  board.attach('twi', new Mpu6050(board, { acceleration: () => [0, 0, 1] }), { address: 0x68 });
  // ADXL345 and ADXL355 share their addresses and their first register
  board.attach('twi', part({ 0: 0xad, 1: 0x1d, 2: 0xed }), { address: 0x53 });
  board.attach('twi', part({ 0: 0xe5 }), { address: 0x1d });
  board.attach('twi', part({ 254: 0x54, 255: 0x49 }), { address: 0x40 });
  board.attach('twi', part({ 117: 0x71 }), { address: 0x69 });
  const found = await world.until(sensorsOfSession(session), 60);
  t.match(found.sensors, [
    { bus: 'i2c', address: '0x1d', sensor: 'adxl345' },
    { bus: 'i2c', address: '0x40', sensor: 'ina226' },
    { bus: 'i2c', address: '0x53', sensor: 'adxl355' },
    { bus: 'i2c', address: '0x68', sensor: 'mpu6050', name: 'InvenSense MPU-6050' },
    { bus: 'i2c', address: '0x69', sensor: null, name: /none of boards\/sensors/ },
  ]);
  t.equal(session.alive, true);
  await close();
});

t.test('ADXL345 on SPI: there, with its own rate; then not there', async (t) => {
  for (const there of [true, false]) {
    const { world, board, port, close } = await ioBench({ image: 'kz-uno-spi' });
    if (there) {
      const options = { acceleration: () => [0, 0, 1] as const, int1: '8', rateError: -0.02 };
      board.attach('spi', new Adxl345(board, options), { cs: '10' });
    }
    const { sensors, notes } = await world.until(sensorsOfSession(port.session!), 60);
    if (there) {
      t.match(sensors, [{ bus: 'spi', sensor: 'adxl345' }]);
      const rate = Number(/gives ([\d.]+) samples a second \(400 asked\), sealed/.exec(notes.join())?.[1]);
      t.ok(Math.abs(rate - 392) < 1.5, `${rate}`);
    } else {
      t.same(sensors, []);
      t.match(notes, [/kz-uno-io/, /SPI: no Analog Devices ADXL345 answers/]);
    }
    await close();
  }
});

t.test('an MPU-6050 and a LIS3DH, each by the image that reads it', async (t) => {
  for (const [image, sensor, bus] of [
    ['kz-uno-i2c', 'mpu6050', 'i2c'],
    ['kz-uno-lis', 'lis3dh', 'spi'],
  ] as const) {
    const { world, board, port, close } = await ioBench({ image });
    const acceleration = () => [0, 0, 1] as const;
    if (bus === 'i2c') board.attach('twi', new Mpu6050(board, { acceleration, int: '8' }), { address: 0x68 });
    else board.attach('spi', new Lis3dh(board, { acceleration, int1: '8' }), { cs: '10' });
    const { sensors, notes } = await world.until(sensorsOfSession(port.session!), 60);
    t.match(sensors, [{ bus, sensor }]);
    t.match(notes.join('\n'), /samples a second \(\d+ asked\), sealed/);
    await close();
  }
});

/** A pseudo-terminal; prints the slave's name. */
const ptyHolder =
  'import os, sys, tty; m, s = os.openpty(); tty.setraw(s); print(os.ttyname(s), flush=True); sys.stdin.read()';

t.test('two processes on one port: the second says who holds it, and takes it when he is gone', async (t) => {
  const holder = spawn('python3', ['-c', ptyHolder], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.teardown(() => holder.kill());
  const path = await new Promise<string | undefined>((found) => {
    holder.once('error', () => found(undefined));
    holder.once('exit', () => found(undefined));
    holder.stdout.once('data', (text) => found(String(text).trim()));
  });
  if (!path) return t.pass('pseudo-terminals', { skip: 'python3 cannot make them here' });
  const state = t.testdir();
  let pid = 0;
  let gone = () => {};
  const ended = new Promise<void>((done) => {
    gone = done;
  });
  const opened = new Promise<void>((done) => {
    void spawnCli([], {
      script: `const { openLink } = await import('./host/link/index.ts');
        await openLink({ path: ${JSON.stringify(path)}, baud: 115200 });
        console.error('open');
        setInterval(() => {}, 1000);`,
      act: (child) => {
        pid = child.pid ?? 0;
        child.once('exit', gone);
        done();
      },
    });
  });
  await opened;
  const second = await run(['detect', path, '--board', 'uno', '--state', state]);
  const words = new RegExp(`error KZ0102: ${path} is in use by .*\\(${pid}\\)\\n {2}why .*\\n {2}fix `);
  t.match(second, { code: 5, stdout: '', stderr: words });
  t.match(await run(['flash', path, '--board', 'uno', '--state', state, '--json']), { code: 5, stdout: /"KZ0102"/ });
  process.kill(pid, 'SIGKILL');
  await ended;
  const link = await openLink({ path, baud: 115_200 });
  t.ok(link.open, 'a killed process leaves no lock behind');
  await link.close();
});
