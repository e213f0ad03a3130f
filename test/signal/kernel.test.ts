/** The WebAssembly kernel gives the bits of the TypeScript reference, for every function that it stands in for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import {
  blockFeatures,
  envelopeSpectrum,
  fft,
  ifft,
  irfft,
  kernel,
  lineSpectrum,
  rfft,
  rms,
  runningMedian,
  statistics,
  useKernel,
  welch,
  whitenedEnvelope,
} from '../../host/signal/index.js';
import { machine, noise } from '../golden/signals.js';

/** Hash of every float64 in a value, in order. */
function bits(value: unknown): string {
  const hash = createHash('sha256');
  const take = (part: unknown): void => {
    if (part instanceof Float64Array) hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    else if (typeof part === 'number') take(Float64Array.of(part));
    else if (part !== null && typeof part === 'object') for (const inner of Object.values(part)) take(inner);
  };
  take(value);
  return hash.digest('hex');
}

function bothWays<T>(compute: () => T): [T, T] {
  useKernel(true);
  const fast = compute();
  useKernel(false);
  const reference = compute();
  useKernel(true);
  return [fast, reference];
}

t.test('this engine runs the kernel', async (t) => {
  t.ok(kernel() !== undefined);
  t.equal(bothWays(() => kernel())[1], undefined, 'and it can be switched off');
});

t.test('transforms', async (t) => {
  for (const n of [8, 16, 24, 32, 40, 48, 72, 120, 1024, 1920, 4096, 6000, 20000, 32768, 48000]) {
    t.ok(kernel()?.takes(n), `${n} is taken`);
    const x = { re: machine(n, 1), im: noise(n, 2) };
    const [fast, reference] = bothWays(() => [fft(x), ifft(x), rfft(x.re), irfft(rfft(x.re), n)]);
    t.equal(bits(fast), bits(reference), `length ${n}`);
  }
  // Halves that are not taken, other primes, odd lengths: TypeScript, with the kernel carrying Bluestein's convolution.
  for (const n of [12, 20, 100, 121, 126, 1001, 15246]) {
    const x = { re: machine(n, 1), im: noise(n, 2) };
    const [fast, reference] = bothWays(() => [fft(x), rfft(x.re)]);
    t.equal(bits(fast), bits(reference), `length ${n}`);
  }
});

t.test('densities, lines, envelopes, medians, statistics', async (t) => {
  const x = machine(48000, 7);
  const compare = (name: string, compute: () => unknown) => {
    const [fast, reference] = bothWays(compute);
    t.equal(bits(fast), bits(reference), name);
  };
  for (const segment of [256, 1000, 1024, 4096, 4098]) compare(`welch ${segment}`, () => welch(x, 12000, { segment }));
  compare('lines', () => lineSpectrum(x, 12000, { window: 'flattop' }));
  compare('lines, padded', () => lineSpectrum(x.subarray(0, 12000), 12000, { padTo: 48000 }));
  for (const n of [32768, 40000, 48000, 15246]) {
    const part = machine(n, 3);
    compare(`whitened envelope ${n}`, () => envelopeSpectrum(part, 12000));
    compare(`whitened envelope itself ${n}`, () => whitenedEnvelope(part));
    compare(`band envelope ${n}`, () => envelopeSpectrum(part, 12000, { whiten: false, band: [2000, 4500] }));
  }
  const { power } = envelopeSpectrum(x, 12000);
  compare('median', () => runningMedian(power, 60));
  compare('median with ties', () =>
    runningMedian(
      power.map((v) => Math.round(Math.log10(v + 1e-9))),
      17,
    ),
  );
  for (const n of [1, 2, 63, 64, 65, 1000, 1001]) compare(`statistics ${n}`, () => statistics(x, 5, 5 + n));
  compare('block features', () => blockFeatures(x, 12000, { envelope: true }));
  compare('rms', () => rms(x));
});

t.test('any lengths and contents', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 130, max: 900 }),
      fc.integer({ min: 0, max: 255 }),
      fc.boolean(),
      (n, seed, silent) => {
        const x = silent ? new Float64Array(n) : noise(n, seed);
        if (silent) x[seed % n] = 1;
        const [fast, reference] = bothWays(() => [
          rfft(x),
          welch(x, 1000, { segment: 128 }),
          envelopeSpectrum(x.subarray(0, n - (n % 2)), 1000),
          runningMedian(x, seed),
        ]);
        return bits(fast) === bits(reference);
      },
    ),
    { numRuns: 150, seed: 11 },
  );
  t.pass('150 random records');
});

t.test('memory is given back and laid out again', async (t) => {
  const x = noise(1 << 16, 1);
  const small = bits(rfft(x));
  const large = new Float64Array(1 << 19).fill(1);
  let most = 0;
  let dropped = false;
  let before = 0;
  // Every padding has tables of its own, some 10 MB each.
  for (const n of [491520, 393216, 409600, 442368, 460800, 480000, 512000, 518400, 524288]) {
    for (const part of [n, n / 2]) rfft(large.subarray(0, Math.min(large.length, part)));
    const { bytes } = kernel()!;
    most = Math.max(most, bytes);
    dropped ||= bytes < before;
    before = bytes;
  }
  t.ok(dropped && most < 160 * 1024 * 1024, `given back once, ${most} bytes at most`);
  t.equal(bits(rfft(x)), small);
});

t.test('the image is that of kernel.c', async (t) => {
  const found = spawnSync('clang', ['--version'], { encoding: 'utf8' });
  if (found.status !== 0 || !/version 14\./.test(found.stdout)) {
    t.pass('image against source', { skip: 'clang 14 is not here' });
    return;
  }
  const script = fileURLToPath(new URL('../../host/signal/kernel/build.mjs', import.meta.url));
  t.doesNotThrow(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' }));
});
