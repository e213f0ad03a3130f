/** An ADXL345 from its registers to a verified capture in m/s²: the image kz-uno-spi, its key made over the wire, the host as on a real site. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { startCapture } from '../../host/capture/index.js';
import { Adxl345, createUno, emulatedBinding, World } from '../../host/emulate/index.js';
import { createRig } from '../../host/emulate/rig/rig.js';
import { rigAcceleration } from '../../host/emulate/sensors/rig-acceleration.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../../host/flash/index.js';
import { loadBoard, openLink } from '../../host/link/index.js';
import { MemoryKeyStore, provision } from '../../host/provision/index.js';
import { hex } from '../../host/session/index.js';

const uno = loadBoard('arduino:avr:uno');
const image = readFileSync(new URL('../../firmware/images/kz-uno-spi.hex', import.meta.url), 'utf8');

t.test('x, y and z at the rate of the part’s own clock', async (t) => {
  const world = new World({ seed: 5 });
  const { clock } = world;
  const binding = emulatedBinding(world);
  const ticket = drawTicket(uno, firmwareDigest(image, uno));
  const clockError = 0.002;
  const board = createUno({ hex: patchImage(image, uno, claimPage(ticket, uno)), seed: 3, name: 'spi', clockError });
  const rig = createRig({
    seed: 9,
    nameplate: { kw: 1.1, rpm: 1420, poles: 4, hz: 50, volts: 400, amps: 2.6 },
  } as never);
  const felt = rigAcceleration({ rig, bandwidthHz: 1600 });
  const part = new Adxl345(board, {
    acceleration: (s) => {
      const [x, y, z] = felt(s);
      return [x + 0.8 * Math.sin(2 * Math.PI * 400 * s), y, z];
    },
    int1: '8',
    rateError: 0.031,
    noise: [290, 290, 430],
    strict: true,
    record: true,
  });
  board.attach('spi', part, { cs: '10' });
  const { path } = world.add(board, 'spi');
  const provisioned = (async () => {
    const link = await openLink({ path, baud: uno.uart.default, binding, clock });
    return provision({
      link,
      board: uno,
      ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
      store: new MemoryKeyStore(),
      name: 'spi',
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
  const first = part.produced.length;
  const channels = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor: 'adxl345' }));
  const result = await world.until(startCapture(session, { channels, rateHz: 3200, seconds: 4 }).result);
  if (!result.ok) return t.fail(result.text);
  const { capture } = result;
  t.match(capture, { verdict: { kind: 'verified' }, grade: 'E', evidence: { lost: 0, holes: [] } });
  t.same(capture.spans, [[0, 12_800]]);
  t.match(capture.channels, [{ unit: 'm/s2', quantity: 'acceleration' }, { id: 'ay' }, { id: 'az' }]);
  const step = 9.80665 / 128;
  let wrong = 0;
  for (const [k, { samples }] of capture.channels.entries())
    for (const [i, value] of samples.entries())
      if (Math.abs(value - part.produced[first + i]![k]! * step) > 1e-9) wrong++;
  t.equal(wrong, 0, 'every count became its m/s², none is missing');
  const ppm = 1e6 * (capture.fsHz / part.rateHz - 1);
  t.ok(
    Math.abs(ppm) < 4e6 * capture.fsUncertainty + 1,
    `rate off by ${ppm.toFixed(1)} ppm, stated ${(1e6 * capture.fsUncertainty).toFixed(1)}`,
  );
  t.ok(Math.abs(ppm) < 100);
  const { samples } = capture.channels[0]!;
  let [c, s] = [0, 0];
  samples.forEach((value, i) => {
    c += value * Math.cos((2 * Math.PI * 400 * i) / capture.fsHz);
    s += value * Math.sin((2 * Math.PI * 400 * i) / capture.fsHz);
  });
  const amplitude = (2 * Math.hypot(c, s)) / samples.length / 9.80665;
  t.ok(Math.abs(amplitude / 0.8 - 1) < 0.02, `400 Hz of 0.8 g: ${amplitude.toFixed(3)} g at the measured rate`);
  const mean = capture.channels[2]!.samples.reduce((sum, value) => sum + value, 0) / 12_800 / 9.80665;
  t.ok(Math.abs(mean - 1) < 0.02, `gravity on z: ${mean.toFixed(3)} g`);
  t.same(capture.notes, []);

  part.faults.unplugged = true;
  await t.rejects(
    world.until(startCapture(session, { channels, rateHz: 3200, seconds: 1 }).result),
    { code: 'KZ0206' },
    'a part that is not there is said',
  );
  session.end('closed', '');
  await session.link.close();
  world.close();
});
