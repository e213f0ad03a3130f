/** Against SciPy (test/golden/signal.json): the same signals, the tolerances of the design. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import {
  bandRms,
  blockFeatures,
  butterworth,
  centredSpectrum,
  decimate,
  displacementRms,
  envelopeSpectrum,
  filterZeroPhase,
  impulsiveness,
  lineNear,
  lineSpectrum,
  median,
  phasor,
  realCepstrum,
  resampleByAngle,
  resampleRational,
  rfft,
  runningMedian,
  shaftPhase,
  smoothPhase,
  speedDrift,
  squaredEnvelope,
  statistics,
  upsampleBySpectrum,
  velocityFloor,
  velocityPsd,
  velocityRms,
  type WindowName,
  welch,
  window,
  Xoshiro128,
  zoomFft,
} from '../../host/signal/index.js';
import { machine, noise, relL2 } from '../golden/signals.js';

const golden = JSON.parse(readFileSync(new URL('../golden/signal.json', import.meta.url), 'utf8'));
const fs = 12000;

function every(values: Float64Array, step: number): Float64Array {
  return values.filter((_, i) => i % step === 0);
}

function close(t: Test, got: number, expected: number, tolerance: number, name: string): void {
  const error = Math.abs(got - expected) / Math.abs(expected);
  t.ok(error <= tolerance, `${name}: ${got} against ${expected}, ${error}`);
}

function near(t: Test, got: Float64Array, expected: number[], tolerance: number, name: string): void {
  t.equal(got.length, expected.length, `${name}: length`);
  const error = relL2(got, expected);
  t.ok(error <= tolerance, `${name}: relL2 ${error}`);
}

t.test('scipy.fft.rfft', async (t) => {
  for (const { n, every: step, re, im } of golden.fft) {
    const got = rfft(machine(n, 1));
    near(t, every(got.re, step), re, 1e-12, `re ${n}`);
    near(t, every(got.im, step), im, 1e-12, `im ${n}`);
  }
});

t.test('scipy.signal.get_window', async (t) => {
  for (const { window: name, n, values } of golden.windows) {
    const got = window(name as WindowName, n).values;
    const worst = Math.max(...got.map((v, i) => Math.abs(v - values[i])));
    t.ok(worst <= 1e-14, `${name} ${n}: ${worst}`);
  }
});

t.test('scipy.signal.welch', async (t) => {
  const x = machine(20000, 2);
  for (const { window: name, segment, df, values } of golden.welch) {
    const psd = welch(x, fs, { window: name, segment });
    close(t, psd.df, df, 1e-15, 'df');
    near(t, psd.values, values, 1e-12, `${name} ${segment}`);
    const top = Math.max(...values);
    const worst = Math.max(
      ...values.map((v: number, k: number) => (v > 1e-9 * top ? Math.abs(psd.values[k] / v - 1) : 0)),
    );
    t.ok(worst < 1e-9, `${name} ${segment} by bin: ${worst}`);
  }
});

t.test('scipy.signal.hilbert and the squared envelope spectrum, plain and whitened', async (t) => {
  const x = machine(golden.envelope.n, 3);
  const envelope = squaredEnvelope(centredSpectrum(x), x.length);
  near(t, every(envelope, 4), golden.envelope.values, 1e-11, 'squared envelope');
  near(t, every(envelopeSpectrum(x, fs, { whiten: false }).power, 2), golden.envelope.plain, 1e-11, 'spectrum');
  const whitened = envelopeSpectrum(x, fs).power;
  near(t, whitened, golden.whitened.power, 1e-9, 'whitened');
  near(t, runningMedian(Float64Array.from(golden.whitened.power), 60), golden.median.values, 1e-11, 'running median');
  const { gini, negentropy } = impulsiveness(envelope);
  close(t, gini, golden.impulsiveness.gini, 1e-11, 'Gini index');
  close(t, negentropy, golden.impulsiveness.negentropy, 1e-11, 'negentropy');
});

t.test('running median against its definition', async (t) => {
  for (const [n, half] of [
    [1, 3],
    [5, 10],
    [300, 60],
    [301, 2],
  ]) {
    // Coarse values: many ties.
    const x = noise(n, 40).map((v) => Math.round(v * 20));
    const expected = Float64Array.from(x, (_, k) =>
      median(Array.from({ length: 2 * half + 1 }, (__, i) => x[Math.min(n - 1, Math.max(0, k + i - half))])),
    );
    t.same(runningMedian(x, half), expected, `${n} values, ±${half}`);
  }
});

t.test('scipy.stats', async (t) => {
  const got = statistics(machine(golden.statistics.n, 4));
  for (const name of ['rms', 'kurtosis', 'skewness', 'crest', 'shape', 'impulse', 'clearance'] as const) {
    close(t, got[name], golden.statistics[name], 1e-11, name);
  }
});

t.test('velocity, displacement and band RMS', async (t) => {
  const psd = welch(machine(20000, 2), fs, { segment: 20000 });
  close(t, velocityRms(psd), golden.velocity.rms, 1e-10, 'velocity');
  close(t, displacementRms(psd), golden.velocity.displacement, 1e-10, 'displacement');
  close(t, bandRms(psd, 10, 1000), golden.velocity.bandRms, 1e-10, 'band');
  close(t, bandRms(velocityPsd(psd), 10, 1000), golden.velocity.rms, 1e-10, 'velocity density');
});

t.test('butter and sosfiltfilt', async (t) => {
  const x = machine(1500, 5);
  for (const { order, kind, hz, values } of golden.filters) {
    const sections = butterworth(order, { kind, hz }, fs);
    near(t, every(filterZeroPhase(sections, x), 3), values, 1e-8, `${kind} ${order} ${hz}`);
  }
  t.throws(() => butterworth(4, { kind: 'lowpass', hz: 7000 }, fs), { code: 'KZ0601' });
  t.throws(() => filterZeroPhase(butterworth(4, { kind: 'lowpass', hz: 700 }, fs), x.subarray(0, 10)), {
    code: 'KZ0601',
  });
});

t.test('decimate, resample_poly, resample', async (t) => {
  const x = machine(1500, 5);
  for (const { factor, values } of golden.decimate) near(t, decimate(x, factor), values, 1e-9, `decimate ${factor}`);
  for (const { up, down, values } of golden.resample) {
    near(t, every(resampleRational(x, up, down), 2), values, 1e-9, `${up}/${down}`);
  }
  near(t, every(upsampleBySpectrum(x, 8), 16), golden.upsample.values, 1e-9, 'upsample 8');
  t.throws(() => decimate(x, 2.5), { code: 'KZ0601' });
});

t.test('real cepstrum, zoom_fft, one phasor', async (t) => {
  const x = machine(1500, 5);
  near(t, every(realCepstrum(x), 2), golden.cepstrum.values, 1e-9, 'cepstrum');
  const zoom = zoomFft(x, fs, golden.zoom.f1, golden.zoom.f2, golden.zoom.points);
  near(t, zoom.re, golden.zoom.re, 1e-10, 'zoom re');
  near(t, zoom.im, golden.zoom.im, 1e-10, 'zoom im');
  const { from, length, f, re, im } = golden.phasor;
  const got = phasor(x, fs, f, { from, length });
  close(t, got.re, re, 1e-10, 'phasor re');
  close(t, got.im, im, 1e-10, 'phasor im');
});

t.test('order map against numpy.interp', async (t) => {
  const { fs: rate, n, perTurn, every: step, values } = golden.orders;
  const phase = new Float64Array(n).map((_, j) => 20 * (j / rate) + 0.25 * (j / rate) * (j / rate));
  const x = phase.map((turns, j) => {
    const share = j / (n - 1);
    return (
      (4 * share * (1 - share)) ** 4 *
      (Math.sin(2 * Math.PI * 5.3 * turns) + 0.5 * Math.cos(2 * Math.PI * 12.7 * turns))
    );
  });
  const { samples } = resampleByAngle(x, phase, perTurn);
  const got = every(samples, step).subarray(0, values.length);
  const worst = Math.max(...got.map((v, i) => Math.abs(v - values[i])));
  t.equal(got.length, values.length);
  t.ok(worst < 1e-6, `worst difference ${worst}`);
});

t.test('shaft phase found in the signal sharpens a drifting line', async (t) => {
  const rate = 4000;
  const n = 16000;
  const turns = new Float64Array(n).map((_, j) => 24 * (j / rate) + 0.2 * (j / rate) * (j / rate));
  const x = turns.map(
    (a, j) => Math.cos(2 * Math.PI * a) + 0.4 * Math.cos(2 * Math.PI * 7.4 * a) + 0.3 * noise(1, j % 200)[0],
  );
  const phase = shaftPhase(x, rate, 24.4);
  const middle = (k: number) => turns[k] - turns[n / 2] - (phase[k] - phase[n / 2]);
  t.ok(
    Math.abs(middle(1600)) < 0.02 && Math.abs(middle(14400)) < 0.02,
    `phase error ${middle(1600)}, ${middle(14400)}`,
  );
  t.ok(Math.abs(speedDrift(phase) - 0.06) < 0.02, `drift ${speedDrift(phase)}`);
  const smooth = smoothPhase(phase);
  const error = (p: Float64Array) => {
    let sum = 0;
    for (let k = 1600; k < 14400; k++) sum += (turns[k] - turns[n / 2] - (p[k] - p[n / 2])) ** 2;
    return Math.sqrt(sum / 12800);
  };
  t.ok(error(smooth) < 0.8 * error(phase), `smooth phase: ${error(smooth)} turns, raw ${error(phase)}`);
  const cubic = turns.map((a) => 0.5 * a + 1e-4 * a * a - 1e-7 * a * a * a);
  const same = smoothPhase(cubic, 6);
  t.ok(Math.max(...same.map((v, j) => Math.abs(v - cubic[j]))) < 1e-9, 'a polynomial stays what it is');
  const { samples, perTurn } = resampleByAngle(x, phase, 64);
  const orders = lineSpectrum(samples, perTurn, { window: 'flattop' });
  const line = lineNear(orders, 7.4, 0.1);
  close(t, line.amplitude, 0.4, 0.05, 'order 7.4 after tracking');
  const before = lineNear(lineSpectrum(x, rate, { window: 'flattop' }), 7.4 * 24.4, 8);
  t.ok(before.amplitude < 0.3, `smeared before: ${before.amplitude}`);
  t.throws(() => shaftPhase(x.subarray(0, 100), rate, 24.4), { code: 'KZ0601' });
});

t.test('a line reads its amplitude on a bin and between two', async (t) => {
  const n = 4096;
  for (const offset of [0, 0.5]) {
    const f = ((100 + offset) * fs) / n;
    const x = new Float64Array(n).map((_, j) => 3 * Math.cos((2 * Math.PI * f * j) / fs + 0.4) + 7);
    const hann = lineNear(lineSpectrum(x, fs), f, 10);
    const flat = lineNear(lineSpectrum(x, fs, { window: 'flattop' }), f, 10);
    const lossDb = -20 * Math.log10(hann.amplitude / 3);
    t.ok(offset === 0 ? lossDb < 1e-6 : lossDb > 1.4 && lossDb < 1.43, `Hann ${lossDb} dB low`);
    t.ok(Math.abs(20 * Math.log10(flat.amplitude / 3)) < 0.01, 'flattop within 0.01 dB');
    t.ok(Math.abs(hann.fHz - f) < 0.02 * (fs / n), `frequency ${hann.fHz} against ${f}`);
    const p = phasor(x, fs, f);
    t.ok(Math.abs(p.re - 3 * Math.cos(0.4)) < 1e-3 && Math.abs(p.im - 3 * Math.sin(0.4)) < 1e-3, 'phasor');
    const energy = bandRms(welch(x, fs, { segment: n }), f - 50, f + 50);
    close(t, energy, 3 / Math.sqrt(2), 1e-3, 'band RMS of the line');
  }
});

t.test('block features: medians that one bump does not move', async (t) => {
  const x = noise(24000, 11);
  const clean = blockFeatures(x, fs, { envelope: true });
  t.equal(clean.blockCount, 8);
  x[5000] = 40;
  const bumped = blockFeatures(x, fs);
  t.ok(Math.abs(clean.kurtosis.median - 1.8) < 0.05, 'uniform noise has kurtosis 1.8');
  t.ok(Math.abs(bumped.kurtosis.median - clean.kurtosis.median) < 0.02, 'median holds');
  t.ok(statistics(x).kurtosis > 100, 'the plain one does not');
  const { ci95, median: middle } = clean.rms;
  t.ok(ci95[0] <= middle && middle <= ci95[1] && ci95[1] - ci95[0] < 0.02, 'interval holds the median');
  t.equal(blockFeatures(x.subarray(0, 100), fs).blockCount, 1, 'short record: one block');
  const random = new Xoshiro128(new Uint8Array(16).fill(12));
  const gaussian = blockFeatures(
    x.map(() => random.gaussian()),
    fs,
    { envelope: true },
  );
  // The squared envelope of Gaussian noise is exponential: Gini index 1/2, mean x ln x = 1 − γ.
  t.ok(Math.abs(gaussian.gini!.median - 0.5) < 0.02, `Gini of Gaussian noise ${gaussian.gini!.median}`);
  t.ok(
    Math.abs(gaussian.negentropy!.median - 0.4228) < 0.04,
    `negentropy of Gaussian noise ${gaussian.negentropy!.median}`,
  );
  t.equal(impulsiveness(new Float64Array(50).fill(2)).negentropy, 0);
});

t.test('velocity floor of a sensor', async (t) => {
  close(t, velocityFloor(290), 0.14, 0.03, 'ADXL345 x');
});
