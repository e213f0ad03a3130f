/** The words that faces use, explained once. Statuses are those of NAMUR NE 107; grades and reasons are the ones in captures and findings. */

export interface GlossaryEntry {
  word: string;
  also?: string[];
  kind: string;
  text: string;
}

const status = (word: string, also: string[], text: string): GlossaryEntry => ({ word, also, kind: 'status', text });
const grade = (word: string, text: string): GlossaryEntry => ({ word, also: [`grade ${word}`], kind: 'grade', text });
const verdict = (word: string, text: string): GlossaryEntry => ({ word, kind: 'verdict', text });
const reason = (word: string, text: string): GlossaryEntry => ({ word, kind: 'reason', text });
const term = (word: string, text: string, also: string[] = []): GlossaryEntry => ({ word, also, kind: 'term', text });

export const glossary: GlossaryEntry[] = [
  status('now', ['failure'], 'Act in this shift: a fault is confirmed at alarm level.'),
  status(
    'plan',
    ['maintenance-required'],
    'Order the spare, plan the stop: a fault is found and confirmed, not yet urgent.',
  ),
  status('off-spec', ['out-of-specification'], 'Outside its zone, baseline or operating range. Find the cause.'),
  status(
    'check',
    ['check-function'],
    'Sensor, mounting, clipping, clock or signature is doubtful: no word about the motor.',
  ),
  status('normal', ['good'], 'Everything this sensor can see was seen and is inside its limits.'),
  status('silent', ['stale'], 'No valid capture for three periods.'),
  status('blind', [], 'This sensor cannot see what is asked: bandwidth, noise or mounting do not reach.'),
  status('invalid', [], 'Captures arrive, but none is usable.'),
  status('learning', [], 'The baseline of this operating regime is not complete; cold rules speak already.'),
  status('stopped', [], 'The motor does not run.'),

  grade('E', 'Emulated board or virtual rig. Never evidence of anything about a machine, and marked so on every face.'),
  grade(
    'A0',
    'Stock Uno, Nano or Mega, or an ESP32-C3 without secure boot: whoever holds the cable for a minute can read the key. It cannot be told from a program that holds its stolen key.',
  ),
  grade('A1', 'Hardened AVR: no bootloader, lock bits set, chip erase wipes the key. A thief needs a laboratory.'),
  grade('B', 'ESP32-C3 with secure boot, flash encryption and the key behind eFuses. A thief needs fault injection.'),
  grade('C', 'A secure element that signs Ed25519 itself. A thief needs to open the chip.'),
  grade(
    'none',
    'No signature at all: recordings, text and StandardFirmata sources. Good for screening, not for proof.',
  ),

  verdict('verified', 'Every sample is under a valid signature of a known key, in unbroken order; holes are counted.'),
  verdict('unsigned', 'Nothing proves where the samples came from. Never shown like verified.'),
  verdict('rejected', 'The proof failed. The capture is counted with its reason and never analysed.'),

  reason(
    'SENSOR_BANDWIDTH',
    'The sensor, its anti-alias filter, its rate or its mounting ends below the frequencies that this indicator needs. An MPU6050 ends at 208 Hz; bearing families need 500 Hz at least, 1200 Hz for "no evidence".',
  ),
  reason('SENSOR_NOISE_FLOOR', 'The sensor’s own noise in the band is as large as the limit that is asked for.'),
  reason('SENSOR_RATE', 'The sample rate is too low for this indicator.'),
  reason(
    'MOUNTING',
    'The mounting does not carry these frequencies: hand-held to 500 Hz, tape 1 kHz, magnet 2 kHz, glue 5 kHz. Stud or glue sees more.',
  ),
  reason('RECORD_TOO_SHORT', 'The record is too short for the resolution needed. Record 10 s.'),
  reason('TOO_FEW_REVOLUTIONS', 'Too few shaft turns in the record to tell a family of lines from chance.'),
  reason('NOT_SEPARABLE', 'The fault frequency coincides with a shaft harmonic, so neither can be named.'),
  reason('SPEED_UNKNOWN', 'No shaft speed was found and none was stated. Name it: --rpm.'),
  reason('SPEED_DRIFT', 'The speed changed by more than 5 % within the record.'),
  reason('STOPPED', 'The machine does not run; a stopped capture says nothing about it.'),
  reason('CLIPPED', 'Samples stand at the end of the range. Use a larger range.'),
  reason('GAPS', 'Samples are missing and no gap-free stretch is long enough. Nothing is interpolated.'),
  reason(
    'SCOPE',
    'The standard’s limits do not apply to this machine, or what decides it (rated power, foundation) is not known.',
  ),
  reason('NO_BASELINE', 'This indicator compares with a baseline, and none is learned yet.'),
  reason('LOAD_TOO_LOW', 'At this load the indicator means nothing.'),
  reason('VFD', 'The motor is fed by a drive, whose switching makes lines that look like faults.'),
  reason(
    'UNIT_UNKNOWN',
    'The unit of the samples is not known, so no absolute value can be computed. Name it: --units g.',
  ),
  reason('CLOCK_UNCERTAIN', 'The sample rate is known too poorly for these orders.'),
  reason('UNVERIFIED_CAPTURE', 'The capture is not verified, and this use needs proof.'),
  reason('TOO_FEW_CHANNELS', 'The indicator needs more channels: three currents for sequences.'),
  reason('NO_TREND', 'No steady trend is established, so no remaining life is stated.'),

  term(
    'BPFO',
    'Ball-pass frequency of the outer race, in multiples of the shaft speed: a defect of the outer ring is struck this often.',
  ),
  term('BPFI', 'Ball-pass frequency of the inner race; its lines carry side bands at the shaft speed.'),
  term(
    'BSF',
    'Ball-spin frequency. A ball defect strikes both races, so lines stand at 2·BSF. Some tables print 2·BSF as BSF.',
  ),
  term('FTF', 'Fundamental train frequency: how often the cage turns, about 0.4 of the shaft speed.'),
  term(
    'kurtosis',
    'Fourth moment over the square of the second: 3 for noise, more for impacts. Falls again in late damage.',
  ),
  term('crest', 'Peak over RMS.'),
  term(
    'severity',
    'How far a family of lines stands above what chance gives on this record, in dB; 5 dB is the first key.',
  ),
  term(
    'p',
    'Chance that a record without this fault shows such a family, measured by decoy families on the same record.',
    ['p-value'],
  ),
  term(
    'zone',
    'Letters A to D of the velocity limits: A new, B unrestricted, C short time only, D damaging. Limits as commonly published; verify against the standard.',
  ),
  term('velocity', 'RMS vibration velocity from 10 to 1000 Hz in mm/s, the quantity of the zones.', ['rmsVelocity']),
  term(
    'evidence',
    'A .kzev file: the signed items as they came from the board. kizashi verify checks it against keys you hold.',
    ['kzev'],
  ),
  term(
    'screening',
    'A .kzsc file: a capture that nobody signed at its source, under the word of the gateway that received it. kizashi verify says ATTESTED, never VALID; analyze, compare and export take it with --keys.',
    ['kzsc', 'attested'],
  ),
  term('envelope', 'The outline of the signal in a band: impacts that repeat give lines at their rate.'),
];

/** The known word nearest to `asked` by edit distance, if it is near at all. */
export function nearest(asked: string, words: readonly string[]): string | undefined {
  const scored = words
    .map((word) => ({ word, distance: editDistance(asked.toLowerCase(), word.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best && best.distance <= Math.max(2, asked.length / 3) ? best.word : undefined;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
