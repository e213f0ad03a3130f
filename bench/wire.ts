/**
 * What a capture costs on the wire, counted on the cable of an emulated Uno that runs the real image: every byte between the command and
 * the seal, by kind of message, against the raw samples and against what other protocols would need for them.
 *
 *     npm run bench:wire [-- --json]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CapturePlan, startCapture } from '../host/capture/index.js';
import { startFleet } from '../host/cli/demo/fleet.js';
import { demoMotors } from '../host/cli/demo/motors.js';
import { decodeMessage, encodeFrame, FrameReader } from '../protocol/index.js';
import { captureLimits } from './frame-limits.js';
import { type BenchRow, report } from './table.js';

interface Counted {
  total: number;
  byType: Record<string, { frames: number; bytes: number }>;
  samples: number;
  /** From the end of sampling to the seal, and over all, in ms of the board's world. */
  sealMs: number;
  wholeMs: number;
}

const fleet = await startFleet({
  motors: demoMotors.slice(1, 2),
  folder: mkdtempSync(join(tmpdir(), 'kizashi-wire-')),
  version: 'bench',
  captureSeconds: 10,
  intervalSeconds: 60,
  seed: 1,
});
const port = [...fleet.ports.values()][0];

/** One capture with a counter on the cable. */
async function count(plan: CapturePlan): Promise<Counted> {
  const counted: Counted = { total: 0, byType: {}, samples: 0, sealMs: 0, wholeMs: 0 };
  const reader = new FrameReader();
  let counting = false;
  let lastData = 0;
  const { clock } = fleet.world;
  fleet.world.tapLine('uno1', (bytes, direction) => {
    if (direction === 'toHost') {
      reader.push(bytes, (body) => {
        const { type } = decodeMessage(body, 'd2h');
        if (type === 'begin') counting = true;
        if (!counting || type === 'pong') return;
        if (type === 'data') lastData = clock.now();
        if (type === 'seal') counted.sealMs = clock.now() - lastData;
        const size = encodeFrame(body).length;
        counted.total += size;
        const entry = (counted.byType[type] ??= { frames: 0, bytes: 0 });
        entry.frames++;
        entry.bytes += size;
      });
    }
    return [bytes];
  });
  const session = await fleet.world.until(port.ready(30_000), 60);
  const from = clock.now();
  const run = startCapture(session, plan);
  const result = await fleet.world.until(run.result, 120);
  if (!result.ok) throw new Error(`the capture was rejected: ${result.why} ${result.text}`);
  counted.wholeMs = clock.now() - from;
  counted.samples = run.planned.args.count;
  return counted;
}

const one: CapturePlan = { channels: [{ id: 'ax', pin: 'A0' }], rateHz: 8000, seconds: 10 };
const two: CapturePlan = { ...one, channels: [...one.channels, { id: 'i1', pin: 'A1' }], seconds: 10.24 };
const rows: BenchRow[] = [];
for (const [name, plan, goal, most] of [
  ['1 channel x 8 kS/s, 10 s', one, 20, captureLimits['80,000 x u10']],
  ['2 channels x 8 kS/s, 10.24 s (the demo)', two, 20, undefined],
] as const) {
  const { total, byType, samples, sealMs, wholeMs } = await count(plan);
  const packed = (samples * 10) / 8;
  const overhead = 100 * (total / packed - 1);
  const parts = Object.entries(byType).map(([type, { frames, bytes }]) => `${type} ${frames} (${bytes} B)`);
  rows.push({
    row: `${name}: on the wire`,
    value: total,
    unit: 'B',
    reference: parts.join(', '),
    goal: most === undefined ? '' : `<= ${most}`,
    holds: most === undefined ? null : total <= most,
  });
  rows.push({
    row: `${name}: over the samples packed to 10 bits`,
    value: overhead,
    unit: '%',
    reference: `${packed} B packed, ${samples * 2} B as int16`,
    goal: `<= ${goal} %`,
    holds: overhead <= goal,
  });
  rows.push({
    row: `${name}: bytes a sample`,
    value: total / samples,
    unit: 'B',
    reference: 'Firmata sysex 2.0 and no check; int16 2.0',
    goal: '< 2',
    holds: total / samples < 2,
  });
  rows.push({
    row: `${name}: last frame to seal`,
    value: sealMs,
    unit: 'ms',
    reference: 'one Ed25519 signature on the board',
    goal: '',
    holds: null,
  });
  rows.push({
    row: `${name}: command to verified capture`,
    value: wholeMs,
    unit: 'ms',
    reference: `${plan.seconds} s of samples`,
    goal: '',
    holds: null,
  });
}
await fleet.close();
report('wire', rows);
