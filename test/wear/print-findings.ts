/** Prints the findings of two synthetic records as JSON: the other process of the recomputation test. */
import { assessCurrent, assessVibration } from '../../host/wear/index.js';
import { currents, motor, struck, vibration } from './records.js';

const capture = vibration({ seed: 8, bearing: struck('inner'), snrDb: -2, noise: 0.2, harmonics: [1, 0.5, 0.3] });
const short = currents({ electrical: { shortedTurns: { phase: 'A', share: 0.2, fromS: 1, toS: 3 } } });
const plate = motor({ supplyHz: 50, polePairs: 2, ratedRpm: 1430, bearings: [] });
process.stdout.write(
  JSON.stringify([...assessVibration(capture, motor()).findings, ...assessCurrent(short, plate).findings]),
);
