/** Twiddles, transforms, windows, chance and elementary functions: the arithmetic every finding rests on. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import FftJs from 'fft.js';
import t from 'tap';
import {
  arithmeticHolds,
  atan2,
  type Complex,
  circlePoint,
  cosTurns,
  exp,
  fft,
  halfCircle,
  ifft,
  irfft,
  ln,
  log10,
  lowBins,
  rfft,
  sinTurns,
  window,
  Xoshiro128,
} from '../../host/signal/index.js';

function noise(n: number, seed: number): Float64Array {
  const random = new Xoshiro128(new Uint8Array(16).fill(seed));
  return new Float64Array(n).map(() => random.f64() - 0.5);
}

function relL2(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return Math.sqrt(difference / norm);
}

/** Transform by its definition, in the engine's own sine and cosine. */
function definition(x: Complex): Complex {
  const n = x.re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      out.re[k] += x.re[j] * Math.cos(angle) - x.im[j] * Math.sin(angle);
      out.im[k] += x.re[j] * Math.sin(angle) + x.im[j] * Math.cos(angle);
    }
  }
  return out;
}

t.test('twiddle tables are the published bytes', async (t) => {
  const expected: Record<number, string> = {
    16: 'fae8aea3338955d0eab980052589cbec98449847b1008b978211caea4f005a4b',
    1024: '9fb2c67f4d98a32c9d5422566f7ccbcccd158911f56cc4f3f57733a474303c6f',
    16384: '8f60a059d3286ba435b34c0b71de6759398a98ade1a7a51777eac5cd0a55d450',
    65536: '2b3039ec8b2b9f4feedd626b2997cde9c624996fb5394b160e6d393d1acb5e8c',
    131072: '975be86f7bccfb94f1c4754ac0196d4a0ff3227bd84f222b53b5f3bf00532393',
  };
  // Coarse first and fine first: tables read off finer ones are the same bytes.
  for (const [n, digest] of [...Object.entries(expected), ...Object.entries(expected).reverse()]) {
    const { cos, sin } = halfCircle(Number(n));
    const bytes = (a: Float64Array) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
    t.equal(createHash('sha256').update(bytes(cos)).update(bytes(sin)).digest('hex'), digest, `n = ${n}`);
  }
});

t.test('a table read off a finer one is the table computed by itself', async (t) => {
  for (const n of [60, 121968, 48000]) {
    const alone = halfCircle(n);
    const { cos, sin } = halfCircle(4 * n);
    for (let i = 0; i < 24; i++) halfCircle(2 * (1000 + i));
    const read = halfCircle(4 * n) && halfCircle(n);
    t.ok(cos.length === 2 * n && sin.length === 2 * n && read !== alone);
    t.same([read.cos, read.sin], [alone.cos, alone.sin], `n = ${n}`);
  }
});

t.test('circle points of any denominator', async (t) => {
  for (const n of [3, 7, 12, 100, 121968, 999983]) {
    for (const k of [0, 1, Math.floor(n / 3), Math.floor(n / 2), n - 1]) {
      const { cos, sin } = circlePoint(k, n);
      t.ok(
        Math.abs(cos - Math.cos((2 * Math.PI * k) / n)) < 1e-15 &&
          Math.abs(sin - Math.sin((2 * Math.PI * k) / n)) < 1e-15,
      );
    }
  }
  t.same(circlePoint(1, 4), { cos: 0, sin: 1 });
  t.same(circlePoint(3, 6), { cos: -1, sin: 0 });
});

t.test('xoshiro128** reference vectors', async (t) => {
  const first = new Xoshiro128(new Uint8Array(new Uint32Array([1, 2, 3, 4]).buffer));
  t.same(
    [0, 0, 0, 0, 0, 0].map(() => first.u32()),
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492],
  );
  const seed = Uint8Array.from({ length: 16 }, (_, i) => i);
  const bits = new Xoshiro128(seed);
  t.same([bits.u32(), bits.u32(), bits.u32(), bits.u32()], [0x0770da99, 0xbc258f4d, 0x875b0e00, 0x8f24d72a]);
  const floats = new Xoshiro128(seed);
  t.same([floats.f64(), floats.f64(), floats.f64()], [0.029065763465673577, 0.5287331384357503, 0.3612129446888348]);
  t.ok(new Xoshiro128(new Uint8Array(16)).f64() >= 0, 'an all-zero seed still moves');
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 20000; i++) {
    const g = floats.gaussian();
    sum += g;
    squares += g * g;
  }
  t.ok(Math.abs(sum / 20000) < 0.03 && Math.abs(squares / 20000 - 1) < 0.04, 'gaussian has mean 0 and variance 1');
});

t.test('elementary functions agree with the engine to 2 ulp', async (t) => {
  t.ok(arithmeticHolds(), 'square roots are correctly rounded here');
  const random = new Xoshiro128(new Uint8Array(16).fill(9));
  const worst = { ln: 0, log10: 0, exp: 0, sin: 0, cos: 0, atan2: 0 };
  const keep = (name: keyof typeof worst, ours: number, theirs: number, scale: number) => {
    worst[name] = Math.max(worst[name], Math.abs(ours - theirs) / scale);
  };
  for (let i = 0; i < 100000; i++) {
    const x = Math.exp((random.f64() - 0.5) * 1400);
    const a = (random.f64() - 0.5) * 1400;
    const y = random.f64() - 0.5;
    keep('ln', ln(x), Math.log(x), Math.abs(Math.log(x)));
    keep('log10', log10(x), Math.log10(x), Math.abs(Math.log10(x)));
    keep('exp', exp(a), Math.exp(a), Math.exp(a));
    keep('sin', sinTurns(y), Math.sin(2 * Math.PI * y), 1);
    keep('cos', cosTurns(y), Math.cos(2 * Math.PI * y), 1);
    keep('atan2', atan2(y, a), Math.atan2(y, a), Math.abs(Math.atan2(y, a)));
  }
  for (const [name, error] of Object.entries(worst)) t.ok(error < 5e-16, `${name}: ${error}`);
  t.same([ln(0), ln(1), log10(1000), exp(0), exp(-1000), exp(1000)], [-Infinity, 0, 3, 1, 0, Infinity]);
  t.ok(Number.isNaN(ln(-1)));
  t.equal(sinTurns(1e9 + 0.125), sinTurns(0.125), 'a phase of a billion turns is exact');
  t.same([atan2(0, -1), atan2(-1, 0), atan2(0, 0)], [Math.PI, -Math.PI / 2, 0]);
});

t.test('transforms equal their definition at every small length', async (t) => {
  for (let n = 1; n <= 70; n++) {
    const x = { re: noise(n, 1), im: noise(n, 2) };
    const expected = definition(x);
    const got = fft(x);
    t.ok(relL2(got.re, expected.re) < 1e-13 && relL2(got.im, expected.im) < 1e-13, `fft ${n}`);
    const real = rfft(x.re);
    const alone = definition({ re: x.re, im: new Float64Array(n) });
    const bins = Math.floor(n / 2) + 1;
    const stacked = (z: Complex) => [...z.re.subarray(0, bins), ...z.im.subarray(0, bins)];
    t.ok(relL2(stacked(real), stacked(alone)) < 1e-13, `rfft ${n}`);
    t.ok(relL2(irfft(real, n), x.re) < 1e-13, `irfft ${n}`);
    t.ok(relL2(ifft(got).im, x.im) < 1e-13, `ifft ${n}`);
  }
});

t.test('large powers of two agree with fft.js', async (t) => {
  for (const n of [1024, 2048, 4096, 32768]) {
    const x = noise(n, 3);
    const other = new FftJs(n);
    const out = other.createComplexArray();
    other.realTransform(out, Array.from(x));
    const got = rfft(x);
    let worst = 0;
    for (let k = 0; k < n / 2; k++)
      worst = Math.max(worst, Math.abs(got.re[k] - out[2 * k]), Math.abs(got.im[k] - out[2 * k + 1]));
    t.ok(worst < 1e-11, `${n}: ${worst}`);
  }
});

t.test('Parseval, linearity and shift hold for any length', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 600 }), fc.integer({ min: 0, max: 255 }), (n, seed) => {
      const x = { re: noise(n, seed), im: noise(n, seed + 1) };
      const y = { re: noise(n, seed + 2), im: noise(n, seed + 3) };
      const X = fft(x);
      const Y = fft(y);
      const sum = fft({ re: x.re.map((v, i) => 3 * v - y.re[i]), im: x.im.map((v, i) => 3 * v - y.im[i]) });
      const energy = (z: Complex) => z.re.reduce((s, v, i) => s + v * v + z.im[i] * z.im[i], 0);
      const shifted = fft({ re: x.re.map((_, i) => x.re[(i + 1) % n]), im: x.im.map((_, i) => x.im[(i + 1) % n]) });
      let worst = 0;
      for (let k = 0; k < n; k++) {
        const { cos, sin } = circlePoint(k, n);
        worst = Math.max(
          worst,
          Math.abs(sum.re[k] - (3 * X.re[k] - Y.re[k])),
          Math.abs(shifted.re[k] - (X.re[k] * cos - X.im[k] * sin)),
          Math.abs(shifted.im[k] - (X.re[k] * sin + X.im[k] * cos)),
        );
      }
      return worst < 1e-11 && Math.abs(energy(X) / n - energy(x)) < 1e-12 * n;
    }),
    { numRuns: 60, seed: 7 },
  );
  t.pass('60 random lengths');
});

t.test('the same plan gives the same bits again', async (t) => {
  for (const n of [4096, 40000]) {
    const x = noise(n, 5);
    t.same(rfft(x), rfft(x));
  }
});

t.test('a transform without a length is refused', async (t) => {
  t.throws(() => fft({ re: new Float64Array(0), im: new Float64Array(0) }), { code: 'KZ0601' });
  t.throws(() => irfft(rfft(noise(16, 1)), 20), { code: 'KZ0601' });
  t.throws(() => window('hann', 0), { code: 'KZ0601' });
});

t.test('windows: bandwidth and cosine sums', async (t) => {
  for (const n of [999, 1000, 4096]) {
    t.ok(Math.abs(window('hann', n).enbwBins - 1.5) < 1e-12, `Hann ${n}`);
    t.ok(Math.abs(window('blackmanharris', n).enbwBins - 2.0044) < 1e-4, `Blackman-Harris ${n}`);
    t.ok(Math.abs(window('flattop', n).enbwBins - 3.7702) < 1e-4, `flattop ${n}`);
    t.equal(window('rectangular', n).enbwBins, 1);
    const { values } = window('hann', n);
    t.ok(values.every((v, j) => Math.abs(v - (0.5 - 0.5 * Math.cos((2 * Math.PI * j) / n))) < 1e-15));
  }
});

t.test('the lowest bins alone are those of the whole padded transform', async (t) => {
  const random = new Xoshiro128(Uint8Array.from({ length: 16 }, (_, i) => 3 * i));
  for (const [samples, length, bins] of [
    [32000, 131072, 6700],
    [1000, 4096, 100],
    [999, 4096, 2049],
    [77, 1024, 17],
    [4096, 4096, 64],
  ]) {
    const x = new Float64Array(samples).map(() => random.gaussian());
    const padded = new Float64Array(length);
    padded.set(x);
    const whole = rfft(padded);
    const low = lowBins(x, length, bins);
    let error = 0;
    let power = 0;
    for (let k = 0; k < bins; k++) {
      error += (low.re[k] - whole.re[k]) ** 2 + (low.im[k] - whole.im[k]) ** 2;
      power += whole.re[k] ** 2 + whole.im[k] ** 2;
    }
    t.equal(low.re.length, bins);
    t.ok(Math.sqrt(error / power) < 2e-15, `${samples} in ${length}: ${Math.sqrt(error / power)}`);
  }
  t.throws(() => lowBins(new Float64Array(9), 8, 2), { code: 'KZ0601' });
  t.throws(() => lowBins(new Float64Array(9), 16, 10), { code: 'KZ0601' });
  t.throws(() => lowBins(new Float64Array(9), 24, 2), { code: 'KZ0601' });
});
