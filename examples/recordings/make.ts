/**
 * Writes press-04.wav: five seconds of a motor on the virtual rig, with a defect on the outer race of its 6205 at the level of the noise.
 * Not a recording of a machine. Run: node --import tsx examples/recordings/make.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wavefile from 'wavefile';
import { syntheticVibration } from '../../host/emulate/rig/synthetic.js';

const fsHz = 12000;

/** The bytes of the file: PCM of 16 bits, unit and scale in its comment. */
export function pressRecording(): Uint8Array {
  const { capture } = syntheticVibration({
    seed: 4,
    fsHz,
    durationS: 5,
    frHz: 29.1,
    snrDb: 0,
    harmonics: [0.3, 0.15, 0.1],
    bearing: { fault: 'outer', slip: 0.005, resonances: [{ hz: 3200, zeta: 0.05 }] },
  });
  const { samples } = capture.channels[0];
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const step = peak / 32000;
  const file = new wavefile.WaveFile();
  file.fromScratch(
    1,
    fsHz,
    '16',
    Int16Array.from(samples, (x) => Math.round(x / step)),
  );
  const facts = { kizashi: 1, fs: [fsHz, 1], unit: 'm/s2', scale: [step], channels: ['ax'], motor: 'press-04' };
  file.setTag('ICMT', JSON.stringify(facts));
  return file.toBuffer();
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('./press-04.wav', import.meta.url), pressRecording());
