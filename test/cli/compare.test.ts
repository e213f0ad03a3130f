/** kizashi compare: what differs is found where it was put, and where nothing differs nothing is named. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { compareSpectra } from '../../host/cli/compare-captures.js';
import { readBytes } from '../../host/recordings/index.js';
import { Xoshiro128 } from '../../host/signal/index.js';
import { onlyJson, run } from './run-cli.js';

const fsHz = 8000;

/** Noise of 1 m/s² RMS and tones of [Hz, amplitude]. */
function recording(seed: number, tones: [number, number][] = [], unit = 'm_s2', seconds = 4): string {
  const random = new Xoshiro128(new Uint8Array(16).fill(7).with(0, seed));
  const lines = [`time_s,ax_${unit}`];
  for (let i = 0; i < seconds * fsHz; i++) {
    let value = random.gaussian();
    for (const [hz, amplitude] of tones) value += amplitude * Math.sin((2 * Math.PI * hz * i) / fsHz);
    lines.push(`${(i / fsHz).toFixed(7)},${value.toFixed(6)}`);
  }
  return `${lines.join('\n')}\n`;
}

interface Result {
  indicators: { id: string; differenceDb: number; apart: boolean | null; unit: string }[];
  spectrum: {
    xUnit: string;
    dx: number;
    scatterDb: number;
    bands: unknown[];
    changed: { x: number; differenceDb: number; label?: string }[];
  };
}

t.test('two recordings', async (t) => {
  const dir = t.testdir({
    'a.csv': recording(1, [[50, 1]]),
    'same.csv': recording(2, [[50, 1]]),
    'b.csv': recording(3, [
      [50, 2],
      [1234, 0.5],
    ]),
    'g.csv': recording(4, [], 'g'),
    'short.csv': recording(5, [], 'm_s2', 0.03),
  });
  const compare = async (other: string, ...more: string[]) =>
    onlyJson(await run(['compare', join(dir, 'a.csv'), join(dir, other), '--json', ...more])) as unknown as Result;

  const same = await compare('same.csv');
  t.equal(same.spectrum.xUnit, 'Hz');
  t.same(same.spectrum.changed, [], 'the same machine twice');
  t.equal(same.indicators.find(({ id }) => id === 'rmsAcceleration.ax')?.apart, false);

  const { spectrum, indicators } = await compare('b.csv');
  t.equal(spectrum.changed.length, 2, 'a tone that grew, and one that came');
  for (const [hz, least, most] of [
    [50, 5, 7],
    [1234, 10, 40],
  ]) {
    const band = spectrum.changed.find(({ x }) => Math.abs(x - hz) <= spectrum.dx / 2);
    t.ok(band && band.differenceDb > least && band.differenceDb < most, `${hz} Hz: ${band?.differenceDb} dB`);
  }
  const rms = indicators.find(({ id }) => id === 'rmsAcceleration.ax');
  t.ok(rms && Math.abs(rms.differenceDb - 10 * Math.log10((1 + 2 + 0.125) / 1.5)) < 0.2 && rms.apart === true);
  t.ok(
    indicators.every(({ unit }) => unit !== ''),
    'every number has its unit',
  );

  const orders = await compare('b.csv', '--rpm', '3000', '--bearing', 'n=9,d=7.94,D=39.04');
  t.equal(orders.spectrum.xUnit, 'orders');
  t.ok(orders.spectrum.changed.some(({ x, label }) => label === '1x' && Math.abs(x - 1) < orders.spectrum.dx));

  const svg = join(dir, 'plot.svg');
  const text = await run(['compare', join(dir, 'a.csv'), join(dir, 'b.csv'), '--svg', svg]);
  t.match(text, { code: 0, stdout: /A {2}a\.csv[\s\S]*B {2}b\.csv[\s\S]*2 of \d+ bands differ beyond chance/ });
  t.notOk(text.stdout.includes('\u001b'));
  t.match(readFileSync(svg, 'utf8'), /^<svg[^>]* xmlns="http:\/\/www.w3.org\/2000\/svg"[\s\S]*A a\.csv[\s\S]*<\/svg>$/);
  t.match(await run(['compare', join(dir, 'a.csv'), join(dir, 'b.csv'), '--svg', svg]), { code: 2, stderr: /KZ1406/ });
  t.match(await run(['compare', join(dir, 'a.csv'), join(dir, 'g.csv')]), { code: 0 });
  t.match(await run(['compare', join(dir, 'a.csv'), join(dir, 'short.csv')]), { code: 9, stderr: /too short/ });
  t.match(await run(['compare', join(dir, 'a.csv'), join(dir, 'b.csv'), '--channel', 'ay']), {
    code: 2,
    stderr: /A has ax/,
  });
  t.match(await run(['compare', join(dir, 'a.csv'), 'nobody', '--state', dir]), {
    code: 2,
    stderr: /KZ0801: cannot read nobody: there is no file and no motor/,
  });
});

t.test('chance alone: 40 pairs of noise', async (t) => {
  let bands = 0;
  let named = 0;
  for (let k = 0; k < 40; k++) {
    const [a, b] = [2 * k + 100, 2 * k + 101].map((seed) => {
      const [{ capture }] = readBytes(Buffer.from(recording(seed, [], 'm_s2', 1.5)), 'n.csv');
      return { capture, assessments: [] };
    });
    const pair = compareSpectra(a, b);
    bands += pair.bands.length;
    named += pair.changed.length;
  }
  t.ok(bands > 8000, `${bands} bands`);
  t.ok(named <= 4, `${named} of ${bands} named; ±4 sigma of a normal law lets 1 of 15,800 through`);
});
