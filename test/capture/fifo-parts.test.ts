/**
 * An MPU-6050 and a LIS3DH from their registers to an indicator: boards of their own images, keys made over the wire, captures under seal,
 * clocks of board and part off; a known tone comes back with its frequency and its amplitude.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { startCapture } from '../../host/capture/index.js';
import { type AvrBoard, createUno, emulatedBinding, Lis3dh, Mpu6050, World } from '../../host/emulate/index.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../../host/flash/index.js';
import { fifoOf, loadBoard, loadSensor, openLink } from '../../host/link/index.js';
import { MemoryKeyStore, provision } from '../../host/provision/index.js';
import { hex } from '../../host/session/index.js';
import { welch } from '../../host/signal/index.js';

const uno = loadBoard('arduino:avr:uno');
const turn = 2 * Math.PI;
const toneHz = 149.3;
const toneG = 0.8;
const boardError = -0.0037;

const cases = [
  {
    sensor: 'mpu6050',
    rateHz: 1000,
    partError: 0.026,
    // 0.49 mg a step; noise of 400 µg/√Hz
    attach: (board: AvrBoard, acceleration: (t: number) => readonly [number, number, number]) => {
      const part = new Mpu6050(board, { acceleration, int: '8', rateError: 0.026, noise: 400 });
      board.attach('twi', part, { address: 0x68 });
      return part;
    },
  },
  {
    sensor: 'lis3dh',
    rateHz: 1344,
    partError: -0.041,
    attach: (board: AvrBoard, acceleration: (t: number) => readonly [number, number, number]) => {
      const part = new Lis3dh(board, { acceleration, int1: '8', rateError: -0.041, noise: 220, watermark: 'exceeds' });
      board.attach('spi', part, { cs: '10' });
      return part;
    },
  },
];

for (const { sensor, rateHz, partError, attach } of cases) {
  t.test(`${sensor}: provisioned, sealed, a tone of ${toneHz} Hz`, async (t) => {
    const fifo = fifoOf(uno, sensor)!;
    const image = readFileSync(new URL(`../../firmware/images/${fifo.image}.hex`, import.meta.url), 'utf8');
    const world = new World({ seed: 5 });
    const { clock } = world;
    const binding = emulatedBinding(world);
    const ticket = drawTicket(uno, firmwareDigest(image, uno));
    const hexOf = patchImage(image, uno, claimPage(ticket, uno));
    const board = createUno({ hex: hexOf, seed: 3, name: sensor, clockError: boardError });
    const part = attach(board, (s) => [toneG * Math.sin(turn * toneHz * s), 0.1 * Math.sin(turn * 31 * s), 1]);
    const { path } = world.add(board, sensor);
    const provisioned = (async () => {
      const link = await openLink({ path, baud: uno.uart.default, binding, clock });
      return provision({
        link,
        board: uno,
        ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
        store: new MemoryKeyStore(),
        name: sensor,
        grade: 'E',
        keepAdmin: async () => {},
        burn: async (page, old) => {
          await old.close();
          board.flash.set(page, uno.claimAt);
          return openLink({ path, baud: uno.uart.default, binding, clock });
        },
      });
    })();
    const { session } = await world.until(provisioned, 60);
    await world.run(8); // the clock of the board is compared meanwhile
    const channels = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor }));
    const result = await world.until(startCapture(session, { channels, rateHz, seconds: 4 }).result);
    if (!result.ok) return t.fail(result.text);
    const { capture } = result;
    t.match(capture, { verdict: { kind: 'verified' }, grade: 'E', evidence: { lost: 0, holes: [] }, notes: [] });
    t.same(capture.spans, [[0, 4 * rateHz]]);
    const ppm = 1e6 * (capture.fsHz / (rateHz * (1 + partError)) - 1);
    t.ok(Math.abs(ppm) < 50, `rate off by ${ppm.toFixed(1)} ppm with clocks 0.37 % and ${100 * partError} % off`);

    const [x, , z] = capture.channels;
    const { values, df } = welch(x!.samples, capture.fsHz);
    let peak = 1;
    values.forEach((value, k) => {
      if (k > 2 && value > values[peak]!) peak = k;
    });
    t.ok(Math.abs(peak * df - toneHz) <= df, `the spectrum's peak stands at ${(peak * df).toFixed(2)} Hz`);
    // least squares against the tone where it is known to be
    let [c, s] = [0, 0];
    const { samples } = x!;
    samples.forEach((value, i) => {
      c += value * Math.cos((turn * toneHz * i) / capture.fsHz);
      s += value * Math.sin((turn * toneHz * i) / capture.fsHz);
    });
    const g = (2 * Math.hypot(c, s)) / samples.length / 9.80665;
    t.ok(Math.abs(g / toneG - 1) < 0.01, `${toneG} g: ${g.toFixed(4)} g at the measured rate`);
    const mean = z!.samples.reduce((sum, value) => sum + value, 0) / samples.length / 9.80665;
    t.ok(Math.abs(mean - 1) < 0.01, `gravity on z: ${mean.toFixed(4)} g`);
    t.equal(x!.sensor, sensor);
    t.ok((loadSensor(sensor).odrHz ?? []).includes(rateHz));

    part.faults.unplugged = true;
    await t.rejects(world.until(startCapture(session, { channels, rateHz, seconds: 1 }).result), { code: 'KZ0206' });
    session.end('closed', '');
    await session.link.close();
    world.close();
  });
}
