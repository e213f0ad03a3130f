/**
 * The variables of a MAT file as recordings. Known forms: Case Western Reserve (X105_DE_time, X105RPM), MFPT (structure `bearing` with sr,
 * gs, rate, load); else every numeric vector over 1,000 long is a channel and those of equal length make one capture.
 */
import { KizashiError } from '../errors.js';
import { type MatValue, readMat5 } from './mat5.js';
import { buildCapture, type ReadOptions, type Recording } from './recording.js';
import { gapless } from './spans.js';
import { channelOf, type Scale, unitFromFlag, unitFromText } from './units.js';

interface Vector {
  id: string;
  samples: Float64Array;
  /** The variable has an imaginary part, which is no signal of its own. */
  complex?: boolean;
}

/** One capture to be: vectors of equal length that share a clock, and a housing where the file says so. */
interface Group {
  name: string;
  vectors: Vector[];
  rate?: { hz: number; from: string };
  rpm?: { value: number; from: string };
  scale?: Scale;
  unitFrom?: string;
}

const leastVector = 1000;

/**
 * @throws KZ0803 rate not in the file and not named, KZ0806 no channel, KZ0809, KZ0810, KZ0811, KZ0817
 */
export function readMatRecordings(bytes: Uint8Array, name: string, options: ReadOptions = {}): Recording[] {
  const { variables, damaged } = readMat5(bytes);
  const skipped: Record<string, number> = {};
  const notes = damaged.map(({ why }) => `left out: ${why}`);
  if (damaged.length > 0) skipped.damaged = damaged.length;
  for (const value of variables.values())
    if (value.kind === 'unread') skipped[value.className] = (skipped[value.className] ?? 0) + 1;

  const groups = cwru(variables) ?? mfpt(variables, name) ?? anyVectors(variables, name);
  const wanted = options.channels;
  const chosen = wanted ? groups.map((group) => choose(group, wanted)).filter((g) => g.vectors.length > 0) : groups;
  if (chosen.length === 0) {
    const have = groups.flatMap((group) => group.vectors.map(({ id }) => id));
    throw new KizashiError(
      'KZ0806',
      `${name}: ${wanted ? `no channel ${wanted.join(', ')}` : `no numeric vector longer than ${leastVector}`}`,
      { have, variables: [...variables.keys()] },
      have.length > 0 ? { why: `the file has ${have.join(', ')}`, fix: `--channel ${have[0]}` } : {},
    );
  }
  return chosen.map((group) => recordingOf(group, options, notes, skipped));
}

function choose(group: Group, wanted: readonly string[]): Group {
  const vectors = group.vectors.filter(({ id }) => wanted.includes(id) || wanted.includes(group.name));
  return { ...group, vectors };
}

function recordingOf(group: Group, options: ReadOptions, notes: string[], skipped: Record<string, number>): Recording {
  const rate = options.rateHz === undefined ? group.rate : { hz: options.rateHz, from: '--rate' };
  if (!rate)
    throw new KizashiError('KZ0803', `${group.name}: the sample rate is not in the file`, {
      samples: group.vectors[0].samples.length,
    });
  const scale = options.units === undefined ? group.scale : unitFromFlag(options.units);
  const { columns, spans, missing } = gapless(group.vectors.map(({ samples }) => samples));
  const channels = group.vectors.map(({ id }, i) => channelOf(id, columns[i], scale));
  const known = channels.some(({ unit }) => unit !== 'relative');
  const capture = buildCapture({
    name: group.name,
    fsHz: rate.hz,
    // a rate stated by a file is a nominal one; 50 ppm is the usual tolerance of a crystal
    fsUncertainty: 5e-5,
    channels,
    spans,
    notes: [
      ...notes,
      ...group.vectors.filter(({ complex }) => complex).map(({ id }) => `imaginary part of ${id} left out`),
      ...(missing > 0 ? [`${missing} rows without a number left out, spans split there`] : []),
    ],
  });
  return {
    name: group.name,
    capture,
    facts: {
      format: 'mat',
      rateFrom: rate.from,
      unitFrom: options.units !== undefined ? '--units' : known ? (group.unitFrom ?? 'file') : 'not stated',
      ...(group.rpm ? { rpm: group.rpm.value, rpmFrom: group.rpm.from } : {}),
      skipped: missing > 0 ? { ...skipped, missing } : skipped,
    },
  };
}

/** X105_DE_time, X105_FE_time, X105_BA_time, X105RPM: three housings of one rig, so one capture each. No rate and no unit inside. */
function cwru(variables: Map<string, MatValue>): Group[] | undefined {
  const groups: Group[] = [];
  for (const [key, value] of variables) {
    const match = /^X(\d+)_(DE|FE|BA)_time$/.exec(key);
    if (!match || value.kind !== 'numeric') continue;
    const rpmName = `X${match[1]}RPM`;
    const rpm = scalar(variables.get(rpmName));
    groups.push({
      name: key,
      vectors: [{ id: match[2], samples: value.real }],
      ...(rpm === undefined ? {} : { rpm: { value: rpm, from: rpmName } }),
    });
  }
  return groups.length > 0 ? groups : undefined;
}

/** The structure `bearing`: sr samples/s, gs acceleration in g, rate shaft speed in Hz, load in lbs. */
function mfpt(variables: Map<string, MatValue>, name: string): Group[] | undefined {
  const bearing = variables.get('bearing');
  if (bearing?.kind !== 'struct' || bearing.elements.length === 0) return undefined;
  const fields = bearing.elements[0];
  const gs = fields.get('gs');
  const hz = scalar(fields.get('sr'));
  if (gs?.kind !== 'numeric' || gs.real.length < leastVector || hz === undefined) return undefined;
  const shaftHz = scalar(fields.get('rate'));
  return [
    {
      name,
      vectors: [{ id: 'radial', samples: gs.real }],
      rate: { hz, from: 'bearing.sr' },
      ...(shaftHz === undefined ? {} : { rpm: { value: shaftHz * 60, from: 'bearing.rate' } }),
      scale: unitFromText('g'),
      unitFrom: 'bearing.gs',
    },
  ];
}

const rateName = /^(fs|sr|sample_?rate|sampling_?(rate|frequency)|fs_?hz)$/i;
const timeName = /^(t|time|time_?s|seconds)$/i;

function anyVectors(variables: Map<string, MatValue>, name: string): Group[] {
  const vectors: Vector[] = [];
  let rate: Group['rate'];
  let rpm: Group['rpm'];
  let time: Vector | undefined;
  for (const [key, value] of flat(variables)) {
    if (value.kind !== 'numeric') continue;
    const last = key.replace(/^.*\./, '');
    const one = scalar(value);
    if (one !== undefined) {
      if (rateName.test(last) && one > 0) rate ??= { hz: one, from: key };
      else if (/rpm$/i.test(last) && one > 0) rpm ??= { value: one, from: key };
      continue;
    }
    for (const vector of columnsOf(key, value)) {
      if (timeName.test(last)) time ??= vector;
      else vectors.push(vector);
    }
  }
  if (!rate && time) {
    const { samples } = time;
    const hz = (samples.length - 1) / (samples[samples.length - 1] - samples[0]);
    if (Number.isFinite(hz) && hz > 0) rate = { hz, from: `time vector ${time.id}` };
  }
  const byLength = new Map<number, Vector[]>();
  for (const vector of vectors) {
    const equal = byLength.get(vector.samples.length);
    if (equal) equal.push(vector);
    else byLength.set(vector.samples.length, [vector]);
  }
  const several = byLength.size > 1;
  return [...byLength.values()].map((equal) => ({
    name: several ? `${name}:${equal[0].id}` : name,
    vectors: equal,
    ...(rate ? { rate } : {}),
    ...(rpm ? { rpm } : {}),
  }));
}

/** Variables and the fields of single structures, as `name.field`. */
function* flat(variables: Map<string, MatValue>, prefix = ''): Generator<[string, MatValue]> {
  for (const [key, value] of variables) {
    if (value.kind === 'struct' && value.elements.length === 1) yield* flat(value.elements[0], `${prefix}${key}.`);
    else yield [prefix + key, value];
  }
}

/** A vector as it is; a matrix of at most 16 long columns (or rows) as its columns. MATLAB stores column after column. */
function columnsOf(id: string, { dims, real, imaginary }: Extract<MatValue, { kind: 'numeric' }>): Vector[] {
  if (dims.length !== 2 || real.length <= leastVector) return [];
  const [rows, columns] = dims;
  if (rows === 1 || columns === 1) return [{ id, samples: real, ...(imaginary ? { complex: true } : {}) }];
  if (columns <= 16 && rows > leastVector)
    return Array.from({ length: columns }, (_, c) => ({
      id: `${id}.${c + 1}`,
      samples: real.slice(c * rows, (c + 1) * rows),
    }));
  if (rows <= 16 && columns > leastVector)
    return Array.from({ length: rows }, (_, r) => ({
      id: `${id}.${r + 1}`,
      samples: Float64Array.from({ length: columns }, (_, c) => real[c * rows + r]),
    }));
  return [];
}

function scalar(value: MatValue | undefined): number | undefined {
  return value?.kind === 'numeric' && value.real.length === 1 && Number.isFinite(value.real[0])
    ? value.real[0]
    : undefined;
}
