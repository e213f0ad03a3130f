/**
 * A shaft's pulses by input capture, beside vibration in one sealed capture: emulated boards whose clocks are off, images as shipped; speed
 * and angle against the truth, in both encodings, with uneven marks, missed and doubled pulses.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readEvidenceFile } from '../../host/cli/evidence-recording.js';
import { Tacho, type TachoOptions } from '../../host/emulate/index.js';
import { loadBoard } from '../../host/link/index.js';
import { hex } from '../../host/session/index.js';
import { assessVibration } from '../../host/wear/assess-vibration.js';
import { tachoSpeed } from '../../host/wear/tacho.js';
import { site } from './site.js';

const turn = 2 * Math.PI;

/** Edges of the probe between two of its own, and those of a capture: the mean distance compared. */
function meanError(tacho: Tacho, atS: Float64Array, perTurn = 1): { ppm: number; shift: number; worst: number } {
  const n = atS.length;
  const first = tacho.edges.length - n;
  let best = { ppm: Number.NaN, shift: 0, worst: Number.POSITIVE_INFINITY };
  // the last pulses came after the capture's end
  for (let shift = 0; shift <= first; shift++) {
    const from = tacho.edges[shift]! - atS[0]!;
    let worst = 0;
    for (let k = 0; k < n && worst < best.worst; k++)
      worst = Math.max(worst, Math.abs(tacho.edges[shift + k]! - atS[k]! - from));
    const last = n - 1 - ((n - 1) % perTurn);
    const truth = tacho.edges[shift + last]! - tacho.edges[shift]!;
    if (worst < best.worst) best = { ppm: 1e6 * ((atS[last]! - atS[0]!) / truth - 1), shift, worst };
  }
  return best;
}

t.test('beside an accelerometer on the Uno: the speed to 50 ppm, the angle at each sample', async (t) => {
  const uno = loadBoard('arduino:avr:uno');
  const { board, session, capture, evidenceOfLast, close } = await site(uno, uno.tacho!.images[0]!, {
    clockError: 0.0046,
  });
  const fr = 24.731;
  const angle = (s: number) => fr * s;
  const pin = uno.tacho!.pin;
  const tacho = new Tacho(board, { pin, turns: angle });
  // 1x with its crest at the mark
  board.analog('A0', (cycle) => 2.5 + 0.5 * Math.cos(turn * angle(cycle / (board.hz * (1 + board.clockError)))));
  const channels = [
    { id: 'ax', pin: 'A0', sensor: 'adxl1002', axis: 'radial' as const },
    { id: 'n', pin },
  ];
  const got = await capture(channels, 4000, 3);
  t.match(got, { verdict: { kind: 'verified' }, notes: [] });
  const [ax, n] = got.channels;
  t.match(n, { quantity: 'tacho', pulses: { perTurn: 1, unresolved: 0, bounced: 0 } });
  const pulses = n!.pulses!;
  const turns = (n!.samples.length / got.fsHz) * fr;
  t.ok(Math.abs(pulses.atS.length - turns) < 1, `${pulses.atS.length} pulses in ${turns.toFixed(2)} turns`);
  const { ppm, worst } = meanError(tacho, pulses.atS);
  t.ok(Math.abs(ppm) < 50, `mean speed off by ${ppm.toFixed(1)} ppm with the board's clock 0.46 % off`);
  t.ok(worst < 150e-6, `every pulse within ${(1e6 * worst).toFixed(1)} µs of its place`);
  const speed = tachoSpeed(got)!;
  t.ok(Math.abs(1e6 * (speed.frHz / fr - 1)) < 50, `${speed.frHz.toFixed(5)} Hz`);
  t.ok(Math.abs(speed.frHz / fr - 1) < 2 * speed.uncertainty, 'within what it states');
  // the vibration in phase with the mark, the multiplexer's skew taken out
  const angles = n!.samples;
  let [c, s] = [0, 0];
  ax!.samples.forEach((value, i) => {
    const at = angles[i]! - fr * n!.skewS!;
    c += value * Math.cos(turn * at);
    s += value * Math.sin(turn * at);
  });
  t.ok(
    Math.abs((Math.atan2(s, c) * 360) / turn) < 0.2,
    `phase of 1x: ${((Math.atan2(s, c) * 360) / turn).toFixed(3)}°`,
  );

  const context = {
    drive: 'unknown',
    mounting: 'stud',
    bearings: [],
    speed: { nominalRpm: 1450, tolerance: 0.05, source: 'nameplate' },
  };
  const assessment = assessVibration(got, context as never);
  t.match(assessment.speed, { source: 'tacho', frHz: speed.frHz, algorithm: 'kz-tacho/1' }, 'the analysis takes it');
  const blindfolded = { ...got, channels: got.channels.slice(0, 1) };
  t.match(assessVibration(blindfolded, context as never).speed, { source: 'estimated' }, 'and estimates without');

  const keys = join(t.testdir(), 'keys.json');
  writeFileSync(keys, JSON.stringify({ [session.board.kid]: hex(session.board.pk) }));
  const { fsHz, fsUncertainty } = got;
  const again = readEvidenceFile(evidenceOfLast()!, 'fan.kzc', {
    keys,
    wiring: channels,
    rate: { fsHz, fsUncertainty },
  });
  t.same(again.capture.channels, got.channels, 'the same pulses from the evidence file');
  await close();
});

t.test('on the Mega: marks, fast and slow, a speed that changes; bounce and missed marks are said', async (t) => {
  const mega = loadBoard('arduino:avr:mega');
  const { board, capture, close } = await site(mega, mega.tacho!.images[0]!, { clockError: -0.005 });
  const pin = mega.tacho!.pin;
  const see = async (options: Omit<TachoOptions, 'pin'>, more: object = {}, rateHz = 1000, seconds = 2) => {
    const tacho = new Tacho(board, { pin, ...options });
    const channels = [
      { id: 'i1', pin: 'A0' },
      { id: 'n', pin, pulsesPerTurn: options.marks?.length ?? 1, ...more },
    ];
    const got = await capture(channels, rateHz, seconds);
    tacho.stop();
    return { tacho, got, pulses: got.channels[1]!.pulses!, speed: tachoSpeed(got) };
  };
  const fast = await see({ turns: (s) => 99.97 * s }, {}, 8000, 1);
  t.ok(Math.abs(1e6 * (fast.speed!.frHz / 99.97 - 1)) < 50);
  // a distance of pulses that is the wrap of the ticks: 256 << 4 ticks of 0.5 µs
  const same = await see({ turns: (s) => (s * (1 - 0.005)) / 2048e-6 / 8 });
  t.ok(Math.abs(1e6 * ((same.speed!.frHz * 2048e-6 * 8) / (1 - 0.005) - 1)) < 50, 'pulses that leave the same ticks');
  const slow = await see({ turns: (s) => 5.003 * s, marks: [0, 0.3, 0.71] });
  t.ok(Math.abs(1e6 * (slow.speed!.frHz / 5.003 - 1)) < 50, 'three uneven marks');
  t.ok(Math.abs(meanError(slow.tacho, slow.pulses.atS, 3).ppm) < 50);
  const swinging = await see({ turns: (s) => 20 * s + 0.05 * Math.sin(turn * 1.5 * s) });
  const truth = meanError(swinging.tacho, swinging.pulses.atS);
  t.ok(Math.abs(truth.ppm) < 50 && truth.worst < 60e-6, `worst pulse ${(1e6 * truth.worst).toFixed(1)} µs`);
  t.ok(swinging.speed!.drift! > 0.01, 'and says that it changed');
  const bouncing = await see({ turns: (s) => 30.01 * s, doubled: 0.2 }, {}, 8000, 1);
  t.ok(bouncing.pulses.bounced > 0);
  t.ok(Math.abs(1e6 * (bouncing.speed!.frHz / 30.01 - 1)) < 200);
  const missing = await see({ turns: (s) => 30.01 * s, missed: 0.1 });
  t.equal(missing.speed, undefined, 'missed marks make no speed');
  const crowded = await see({ turns: (s) => 2000.7 * s });
  t.ok(crowded.pulses.unresolved > 100, 'more pulses than scans are not resolved, and are counted');
  t.equal(crowded.speed, undefined);
  const still = await see({ turns: () => 0 });
  t.equal(still.pulses.atS.length, 0);
  await close();
});
