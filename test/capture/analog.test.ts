/**
 * Analog sensors on one converter, from the voltage at the pin to SI units in a sealed capture: three current clamps whose skew by the
 * multiplexer is known and taken out, vibration beside them, each accelerometer's scale; a board whose clock is off.
 */
import t from 'tap';
import type { Capture, Channel } from '../../host/capture/index.js';
import { loadBoard, loadSensor } from '../../host/link/index.js';
import { sequenceTrack } from '../../host/wear/sequence.js';
import { site } from './site.js';

const turn = 2 * Math.PI;
const g = 9.80665;
const avcc = 5;

/** Voltage of a sensor at its pin for a quantity in its unit. */
function voltage(sensor: string, quantity: (s: number) => number): (s: number) => number {
  const { analog } = loadSensor(sensor);
  const bias = analog!.bias === 'avcc/2' ? avcc / 2 : analog!.bias / 1000;
  return (s) => Math.max(0, Math.min(avcc, bias + (analog!.mvPerUnit / 1000) * quantity(s)));
}

/** Amplitude and phase in degrees of a tone, by least squares at the channel's own instants; `skewS` as the capture states it, or ignored. */
function tone(capture: Capture, channel: Channel, hz: number, skewed = false): { amplitude: number; degrees: number } {
  const { samples } = channel;
  const skew = skewed ? 0 : (channel.skewS ?? 0);
  // whole cycles, so that tone and mean do not mix
  const n = Math.round((Math.floor((samples.length * hz) / capture.fsHz) * capture.fsHz) / hz);
  let [c, s, mean] = [0, 0, 0];
  for (let i = 0; i < n; i++) mean += samples[i]! / n;
  for (let i = 0; i < n; i++) {
    const at = turn * hz * (i / capture.fsHz + skew);
    c += (samples[i]! - mean) * Math.cos(at);
    s -= (samples[i]! - mean) * Math.sin(at);
  }
  return { amplitude: (2 * Math.hypot(c, s)) / n, degrees: (Math.atan2(s, c) * 360) / turn };
}

const apart = (a: number, b: number) => ((((a - b) % 360) + 540) % 360) - 180;

t.test('three phases and vibration, 4 x 4 kS/s on the Uno', async (t) => {
  const uno = loadBoard('arduino:avr:uno');
  const hz = 50.013;
  const board = await site(uno, 'kz-uno', { clockError: -0.0048 });
  const seconds = (cycle: number) => cycle / (board.board.hz * (1 + board.board.clockError));
  const put = (pin: string, sensor: string, quantity: (s: number) => number) => {
    const volts = voltage(sensor, quantity);
    board.board.analog(pin, (cycle) => volts(seconds(cycle)));
  };
  const amps = 3.2;
  const angles = [0, -120, 120];
  const phase = (k: number) => (s: number) => amps * Math.cos(turn * (hz * s + angles[k]! / 360));
  const shakes = (s: number) => 4 * g * Math.cos(turn * 211.7 * s);

  for (const sensor of ['acs712', 'sct-013-030']) {
    // nothing on the converter in the order of the phases: the skew of each is its own place
    const pins = ['A3', 'A0', 'A1'];
    const scale = sensor === 'acs712' ? 1 : 5;
    pins.forEach((pin, k) => void put(pin, sensor, (s) => scale * phase(k)(s)));
    put('A2', 'adxl1002', shakes);
    const got = await board.capture(
      [
        { id: 'i1', pin: 'A3', sensor, phase: 'A' },
        { id: 'ax', pin: 'A2', sensor: 'adxl1002', axis: 'radial' },
        { id: 'i2', pin: 'A0', sensor, phase: 'B' },
        { id: 'i3', pin: 'A1', sensor, phase: 'C' },
      ],
      4000,
      2,
    );
    t.match(got, { verdict: { kind: 'verified' }, notes: [], evidence: { lost: 0 } });
    const [i1, ax, i2, i3] = got.channels as [Channel, Channel, Channel, Channel];
    const currents = [i1, i2, i3];
    const found = currents.map((channel) => tone(got, channel, hz));
    found.forEach(({ amplitude, degrees }, k) => {
      t.ok(Math.abs(amplitude / (scale * amps) - 1) < 0.003, `${sensor} ${k}: ${amplitude.toFixed(4)} A`);
      const off = apart(degrees - found[0]!.degrees, angles[k]!);
      t.ok(Math.abs(off) < 0.05, `phase ${k} against the first: ${off.toFixed(3)}° off`);
    });
    const ignored = apart(tone(got, i3, hz, true).degrees - tone(got, i1, hz, true).degrees, angles[2]!);
    t.ok(Math.abs(ignored) > 3, `without the skew it would be ${ignored.toFixed(2)}°`);

    const samples = currents.map(({ samples }) => samples) as [Float64Array, Float64Array, Float64Array];
    const skews = currents.map(({ skewS }) => skewS ?? 0) as [number, number, number];
    const negative = (skewS?: [number, number, number]) => {
      const { re, im } = sequenceTrack(samples, got.fsHz, hz, skewS);
      return Math.max(...re.map((x, i) => Math.hypot(x, im[i]!)));
    };
    t.ok(negative(skews) < 0.001, `negative sequence of a balanced set: ${negative(skews).toExponential(1)}`);
    t.ok(negative() > 0.01, `without the skew ${negative().toExponential(1)}`);
    const vibration = tone(got, ax, 211.7);
    t.ok(Math.abs(vibration.amplitude / (4 * g) - 1) < 0.003, `${(vibration.amplitude / g).toFixed(4)} g beside them`);
  }

  // one accelerometer of three axes, on the same pins
  const felt = [1.2, 0.7, 0.4];
  const pins = ['A0', 'A1', 'A2'];
  felt.forEach(
    (amplitude, k) =>
      void put(pins[k]!, 'adxl335', (s) => g * (amplitude * Math.cos(turn * 97.3 * s) + (k === 2 ? 1 : 0))),
  );
  const got = await board.capture(
    pins.map((pin, k) => ({ id: `a${'xyz'[k]}`, pin, sensor: 'adxl335' })),
    3000,
    2,
  );
  felt.forEach((amplitude, k) => {
    const { amplitude: found, degrees } = tone(got, got.channels[k]!, 97.3);
    t.ok(Math.abs(found / g / amplitude - 1) < 0.01, `ADXL335 ${'xyz'[k]}: ${(found / g).toFixed(4)} g`);
    t.ok(Math.abs(apart(degrees, tone(got, got.channels[0]!, 97.3).degrees)) < 0.3);
  });
  const z = got.channels[2]!.samples;
  const mean = z.reduce((sum, value) => sum + value, 0) / z.length / g;
  t.ok(Math.abs(mean - 1) < 0.02, `gravity on z: ${mean.toFixed(4)} g`);
  await board.close();
});
