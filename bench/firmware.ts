/**
 * What the firmware is worth, in emulation: the bars of a good accelerometer recorder on a 16 MHz AVR (loss that is never hidden, bytes on
 * the wire, time, duration, authenticity, size), the analog stream, and starts out of any state. The reference is Klipper's own AVR image
 * under the same emulation at 250,000 baud with the same sensor; its figures stand here as constants, since its source is under another
 * licence.
 *
 *   npm run bench:firmware [-- --json] [-- --hours 24] [-- --seeds 200]
 */
import { readFileSync } from 'node:fs';
import { measuredRate } from '../host/capture/scaling.js';
import { type Expected, verifyCapture } from '../host/capture/verify.js';
import { encodeFrame } from '../protocol/index.js';
// @ts-expect-error a script without types
import { images } from '../scripts/firmware-size.mjs';
import { adxl345Bench } from '../test/firmware/adxl345-bench.js';
import { Bench, bytes, knownBench } from '../test/firmware/bench.js';
import { ramWhileStreaming } from './ram.js';
import { streamingRows } from './streaming.js';
import { type BenchRow, report } from './table.js';

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

const rows: BenchRow[] = [];
const row = (text: string, value: number, unit: string, reference: string, goal: string, holds: boolean | null) =>
  rows.push({ row: text, value, unit, reference, goal, holds });

/** Loss, wire and CPU at a true rate. */
function capture(odr: number, rateError: number, line: 115_200 | 250_000, seconds: number) {
  const fixture = adxl345Bench({ line, rateError });
  const { bench, part } = fixture;
  fixture.ask(odr, seconds, odr > 800 ? 4 : 3);
  bench.expect('begin', 500);
  const slept = bench.board.stats.sleptCycles;
  const from = bench.board.cycle;
  bench.run(800 * seconds * Math.min(1, 1 / (1 + rateError)));
  const cpu = 1 - (bench.board.stats.sleptCycles - slept) / (bench.board.cycle - from);
  const run = fixture.finish(seconds);
  const { accounted, wrong } = fixture.compare(run, 0);
  const wire = [...run.data, ...run.marks].reduce((sum, { body }) => sum + encodeFrame(body).length, 0);
  return { fixture, run, accounted, wrong, cpu, triple: (3 * wire) / run.seal.body.ns, trueHz: part.rateHz };
}

// ---- loss ----
let highest = 0;
for (const trueHz of [3200, 3328, 3600, 4100, 4300, 4800, 5200, 5600]) {
  const { run, wrong, fixture, cpu, triple } = capture(3200, trueHz / 3200 - 1, 250_000, 3);
  if (run.seal.body.lost > 0 || run.seal.body.end > 0 || wrong > 0 || fixture.part.stats.overwritten > 0) break;
  highest = trueHz;
  if (trueHz !== 3200) continue;
  row(
    '3 x 3,200 Hz at 250,000 baud: bytes on the wire a triple',
    triple,
    'B',
    'Klipper 6.07, CRC only',
    '<= 4.7',
    triple <= 4.7,
  );
  row('the same: CPU', 100 * cpu, '%', '', '', null);
}
row(
  'highest true rate without loss at 250,000 baud (of those tried)',
  highest,
  'Hz',
  'Klipper 3,200',
  '>= 4,100',
  highest >= 4100,
);
{
  const { run, accounted, wrong, trueHz } = capture(3200, 0.3, 115_200, 20);
  const gaps = run.data.reduce((sum, { message }) => sum + message.gap, 0);
  const hidden = 3 * accounted - run.seal.body.ns - gaps + wrong;
  row(
    `${trueHz} Hz forced through 115,200 baud: lost and reported`,
    gaps,
    'samples',
    'Klipper: lost 3,730, reported 0',
    '> 0',
    gaps > 0,
  );
  row('the same: samples neither received nor reported, or at a wrong place', hidden, 'samples', '', '0', hidden === 0);
}

// ---- time ----
for (const [odr, rateError] of [
  [100, 0.0137],
  [800, -0.0271],
  [1600, 0.0391],
  [3200, -0.0173],
] as const) {
  const { fixture, run } = capture(odr, rateError, 250_000, 2.2);
  const { part } = fixture;
  let sent = 0;
  const late = run.data.map(({ message }) => {
    sent += fixture.compare({ ...run, data: [run.data[message.i]!] }, 0).accounted;
    return message.dt * 8 - part.producedAt[sent + (message.level ?? 0) - 1]!;
  });
  const middle = [...late].sort((a, b) => a - b)[late.length >> 1]!;
  const off = late.map((x) => Math.abs(x - middle) / 16).sort((a, b) => a - b);
  const p99 = off[Math.min(off.length - 1, Math.ceil(0.99 * off.length) - 1)]!;
  const name = `${part.rateHz.toFixed(1)} Hz (asked ${odr})`;
  row(`${name}: times of frames, 99 % within`, p99, 'us', 'Klipper 2.9 to 541', '<= 10', p99 <= 10);
  const rate = measuredRate(fixture.prove(run), { hz: 2_000_000, ratio: 1, uncertainty: 1e-6, pings: 50 });
  const ppm = 1e6 * Math.abs(rate.fsHz / part.rateHz - 1);
  row(`${name}: rate error after 2 s, board clock known`, ppm, 'ppm', '', '<= 10', ppm <= 10);
}

// ---- authenticity: one capture, changed in every way a cable allows ----
{
  const { fixture, run } = capture(3200, 0.01, 250_000, 1);
  const items = fixture.itemsOf(run);
  const known: Expected = { ...fixture.known, rec: run.seal.body.rec, chal: bytes(16) };
  // a frame that is missing while its window's digest arrived is a loss of the line, which the verdict names as a hole
  const accepted = (changed: typeof items, by: Expected = known) => {
    const proof = verifyCapture(changed, by);
    return proof.ok && proof.holes.length === 0 ? 1 : 0;
  };
  let bad = 1 - accepted(items);
  let tries = 1;
  for (let k = 0; k < 200; k++, tries++) {
    const at = (k * 7919) % items.data.length;
    const frame = items.data[at]!.slice();
    const bit = (k * 104_729) % (8 * frame.length);
    frame[bit >> 3]! ^= 1 << (bit & 7);
    bad += accepted({ ...items, data: items.data.map((old, i) => (i === at ? frame : old)) });
  }
  const swapped = [...items.data];
  [swapped[1], swapped[2]] = [swapped[2]!, swapped[1]!];
  bad += accepted({ ...items, data: swapped });
  bad += accepted({ ...items, data: items.data.slice(0, -1) });
  bad += accepted({ ...items, data: items.data.slice(0, -1), marks: items.marks.slice(0, -1) });
  bad += accepted(items, { ...known, chal: bytes(16, 1) });
  bad += accepted(items, { ...known, rec: run.seal.body.rec + 1 });
  tries += 5;
  row(
    `${tries - 1} captures with a flipped bit, reordered, cut short, or replayed: taken as whole`,
    bad,
    '',
    'Klipper: CRC only',
    '0',
    bad === 0,
  );
}

// ---- duration: captures of 60 s, one after the other, on one board ----
{
  const hours = option('hours', 0);
  const captures = hours > 0 ? Math.ceil(hours * 60) : 2;
  const fixture = adxl345Bench({ line: 250_000, rateError: 0.021, record: false, noise: undefined });
  const { bench } = fixture;
  let [lost, seals, done] = [0, 0, 0];
  let stop = false;
  process.once('SIGINT', () => {
    stop = true;
  });
  const began = process.memoryUsage().rss;
  let most = began;
  while (done < captures && !stop) {
    fixture.ask(3200, 60, 4);
    const run = fixture.finish(62);
    lost += run.seal.body.lost + Number(run.seal.body.end !== 0);
    seals += Number(bench.signed(run.seal));
    bench.forget();
    done++;
    most = Math.max(most, process.memoryUsage().rss);
    if (hours > 0 && done % 60 === 0)
      process.stderr.write(`${done / 60} h of ${hours}: ${lost} lost, ${seals} of ${done} seals verify\n`);
    // Ctrl-C arrives between two captures: what was done by then is reported.
    await new Promise((resolve) => setImmediate(resolve));
  }
  bench.command(4, {});
  const free = bench.ack().result[1]!;
  const length = hours > 0 ? `${done / 60} h` : `${captures} minutes (--hours 24 for a day)`;
  row(
    `${length} of 3 x 3,200 Hz in captures of 60 s: lost`,
    lost,
    'samples',
    'Klipper: 1,000 s at most',
    '0',
    lost === 0,
  );
  row('the same: seals that verify', seals, '', '', String(done), seals === done);
  row('the same: memory of the process, start to most', (most - began) / 1e6, 'MB', '', '', null);
  row('the same: lowest free stack of the board', free, 'B', '', '>= 150', free >= 150);
}

// ---- size ----
const manifest = JSON.parse(readFileSync(new URL('../firmware/images/manifest.json', import.meta.url), 'utf8'));
const budgets: Record<string, { flash: number; ram: number }> = images;
for (const { name, size, ram } of manifest.images as { name: string; size: number; ram: { static: number } }[]) {
  const budget = budgets[name]!;
  // kz-uno is capture, protocol and crypto; the others add a bus and a part, and stop where the bootloader and the claim page begin
  row(`${name}: flash`, size, 'B', 'Klipper 15.6 KB, no crypto', `<= ${budget.flash}`, size <= budget.flash);
  row(`${name}: variables`, ram.static, 'B', '', `<= ${budget.ram}`, ram.static <= budget.ram);
}

{
  const bench = knownBench();
  for (const pin of ['A0', 'A1', 'A2']) bench.board.analog(pin, () => 2);
  const streaming = ramWhileStreaming(bench, { count: 24_000, period: 83, div: 3, chans: [0, 1, 2], enc: 2 });
  bench.session();
  bench.command(4, {});
  const signing = 2048 - bench.ack().result[1]!;
  row(
    'kz-uno: RAM in use while it streams 24,096 S/s',
    streaming,
    'B',
    'RAM of the chip 2,048',
    '<= 1,638',
    streaming <= 1638,
  );
  row('kz-uno: RAM in use at the most, signing', signing, 'B', 'RAM of the chip 2,048', '<= 1,898', signing <= 1898);
}

// ---- starts with every register at random ----
{
  const seeds = option('seeds', 25);
  let failed = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const bench = new Bench({ poison: seed, seed });
    try {
      bench.boot();
      bench.open();
      bench.expect('bare');
      bench.run(50);
      if (bench.board.stats.resets > 0) failed++;
    } catch {
      failed++;
    }
  }
  row(
    `starts from random registers, interrupts on (${seeds} seeds; --seeds 200): failed`,
    failed,
    '',
    '',
    '0',
    failed === 0,
  );
}

rows.push(...streamingRows());
report('firmware', rows);
