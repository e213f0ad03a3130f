/**
 * kz-bearing/2: presence and severity of the four families of each variant of one bearing position. A family needs two keys: a
 * calibrated p (present beyond chance) and a severity in dB (more than healthy bearings hum).
 */
import type { Xoshiro128 } from '../signal/index.js';
import { type CombHit, combScore, harmonicsOf, type LogLines, notch, separability } from './comb.js';
import { type Decoys, drawDecoys, pFloorOf } from './decoys.js';
import type { BearingFamily, BearingVariant, Reason } from './types.js';

export const BEARING_ALGORITHM = 'kz-bearing/2';

export const bearingParams = {
  /** Severity in dB that turns the key of the race and ball families, and of the cage family. */
  raceKeyDb: 5,
  cageKeyDb: 3,
  pKey: 0.01,
  /** Slip and geometry; the uncertainty of the speed is added. */
  slip: 0.01,
  learnedTolerance: 0.003,
  decoys: 400,
  explainRounds: 3,
} as const;

/** One family of one variant against the record. */
export interface FamilyResult {
  variant: string;
  designation: string;
  family: BearingFamily;
  expectedOrder: number;
  foundOrder: number;
  harmonics: number;
  /** T of the comb. */
  score: number;
  p: number;
  pFloor: number;
  severityDb: number;
  /** Severity before stronger families were explained away. */
  rawSeverityDb: number;
  /** Severity over its key: 1.0 turns it. */
  bad: number;
  /** Both keys. */
  holds: boolean;
  /** Side lines under the main lines in dB; not used in p. */
  sideDb?: number;
}

export interface BearingResult {
  families: FamilyResult[];
  refused: (Reason & { family: BearingFamily; variant: string })[];
  tested: { families: number; variants: number };
}

export const keyDb = (family: BearingFamily): number =>
  family === 'cage' ? bearingParams.cageKeyDb : bearingParams.raceKeyDb;

/** Order of a family: the learned one where the machine has taught it. */
function orderOf(variant: BearingVariant, family: BearingFamily): { order: number; learned: boolean } {
  const learned = variant.learned?.[family];
  if (learned !== undefined) return { order: learned, learned: true };
  const { BPFO, BPFI, BSF, FTF } = variant.orders;
  return { order: { outer: BPFO, inner: BPFI, ball: 2 * BSF, cage: FTF }[family], learned: false };
}

interface Hypothesis {
  variant: BearingVariant;
  family: BearingFamily;
  order: number;
  tolerance: number;
  harmonics: number;
  decoys: Decoys;
}

/** Scores of the decoys for one tolerance and number of harmonics, kept for one state of the lines. */
class Chance {
  readonly #sorted = new Map<string, Float64Array>();
  readonly #log: LogLines;

  constructor(log: LogLines) {
    this.#log = log;
  }

  scores(decoys: Decoys, tolerance: number, harmonics: number, name: string): Float64Array {
    const key = `${name}/${tolerance}/${harmonics}`;
    let sorted = this.#sorted.get(key);
    if (!sorted) {
      sorted = decoys.orders.map((order) => combScore(this.#log, order, tolerance, harmonics).score).sort();
      this.#sorted.set(key, sorted);
    }
    return sorted;
  }
}

function judge(hypothesis: Hypothesis, log: LogLines, chance: Chance): FamilyResult & { hit: CombHit } {
  const { variant, family, order, tolerance, harmonics, decoys } = hypothesis;
  const hit = combScore(log, order, tolerance, harmonics);
  const scores = chance.scores(decoys, tolerance, harmonics, family === 'cage' ? 'cage' : 'race');
  let reached = 0;
  for (let i = scores.length - 1; i >= 0 && scores[i] >= hit.score; i--) reached++;
  const half = scores.length / 2;
  const median = 0.5 * (scores[half - 1] + scores[half]);
  const severityDb = (10 * (hit.score - median)) / harmonics;
  const p = (1 + reached) / (1 + scores.length);
  return {
    variant: variant.id,
    designation: variant.designation,
    family,
    expectedOrder: order,
    foundOrder: hit.hz / log.frHz,
    harmonics,
    score: hit.score,
    p,
    pFloor: pFloorOf(decoys, tolerance),
    severityDb,
    rawSeverityDb: severityDb,
    bad: severityDb / keyDb(family),
    holds: p <= bearingParams.pKey && severityDb >= keyDb(family),
    hit,
  };
}

/** Zeroes every line that a found family explains: its harmonics, and the side lines its modulation makes. */
function explainAway(log: LogLines, family: BearingFamily, hz: number, cageHz: number): void {
  const side = family === 'inner' ? [log.frHz, 2 * log.frHz] : family === 'ball' ? [cageHz] : [];
  for (let k = 1; k <= 20; k++) {
    const half = 2 + (0.002 * k * hz) / log.dfHz;
    notch(log.lines, k * hz, log.dfHz, half);
    for (const offset of side) {
      notch(log.lines, k * hz - offset, log.dfHz, half);
      notch(log.lines, k * hz + offset, log.dfHz, half);
    }
  }
}

/** Mean height of the side lines under that of the first three main lines, in dB. */
function sideLines(log: LogLines, hz: number, offsetHz: number): number {
  const at = (f: number): number => {
    const k = Math.floor(f / log.dfHz);
    return k >= 0 && k + 1 < log.lines.length ? Math.max(log.lines[k], log.lines[k + 1]) : 0;
  };
  let main = 0;
  let side = 0;
  for (let h = 1; h <= 3; h++) {
    main += at(h * hz);
    side += 0.5 * (at(h * hz - offsetHz) + at(h * hz + offsetHz));
  }
  return (10 * (side - main)) / 3;
}

/**
 * All families of all variants of one position, each after what stronger families explain has been taken out.
 * @param speedUncertainty relative half width of the shaft speed
 */
export function judgeBearing(
  log: LogLines,
  variants: readonly BearingVariant[],
  speedUncertainty: number,
  random: Xoshiro128,
): BearingResult {
  const { race, cage } = drawDecoys(
    random,
    variants.map((variant) => variant.orders),
  );
  const refused: BearingResult['refused'] = [];
  const open: Hypothesis[] = [];
  for (const variant of variants) {
    for (const family of ['outer', 'inner', 'ball', 'cage'] as const) {
      const { order, learned } = orderOf(variant, family);
      const tolerance = (learned ? bearingParams.learnedTolerance : bearingParams.slip) + speedUncertainty;
      const harmonics = harmonicsOf(order * log.frHz, log.fsHz);
      if (harmonics < 1) {
        refused.push({
          code: 'SENSOR_RATE',
          text: `${order.toFixed(3)}x lies above half the rate`,
          family,
          variant: variant.id,
        });
        continue;
      }
      const apart = separability(order, harmonics, log);
      if (!apart.ok) {
        refused.push({ code: apart.code, text: apart.text, family, variant: variant.id });
        continue;
      }
      open.push({ variant, family, order, tolerance, harmonics, decoys: family === 'cage' ? cage : race });
    }
  }
  const rest: LogLines = { ...log, lines: log.lines.slice() };
  const settled: FamilyResult[] = [];
  let current = score(open, rest);
  const raw = new Map(current.map((one) => [`${one.variant}/${one.family}`, one.severityDb]));
  for (let round = 0; round < bearingParams.explainRounds; round++) {
    let strongest: (typeof current)[number] | undefined;
    for (const one of current) {
      if (one.p <= bearingParams.pKey && one.severityDb > 0 && (!strongest || one.severityDb > strongest.severityDb))
        strongest = one;
    }
    if (!strongest) break;
    const { family, hit, foundOrder } = strongest;
    const cageHz = (open.find((one) => one.variant.id === strongest.variant)?.variant.orders.FTF ?? 0) * log.frHz;
    const sideHz = family === 'inner' ? log.frHz : family === 'ball' ? cageHz : undefined;
    // The same lines found through another variant of the designation are the same explanation.
    const same = current.filter((one) => one.family === family && Math.abs(one.foundOrder / foundOrder - 1) <= 0.01);
    for (const { hit: _, ...result } of same) {
      settled.push(sideHz === undefined ? result : { ...result, sideDb: sideLines(rest, hit.hz, sideHz) });
    }
    explainAway(rest, family, hit.hz, cageHz);
    const left = open.filter(
      (one) => !settled.some((done) => done.variant === one.variant.id && done.family === one.family),
    );
    current = score(left, rest);
  }
  const families = [...settled, ...current.map(({ hit: _, ...result }) => result)];
  for (const one of families) one.rawSeverityDb = raw.get(`${one.variant}/${one.family}`) ?? one.severityDb;
  families.sort((a, b) => b.severityDb - a.severityDb || (a.variant < b.variant ? -1 : 1));
  return { families, refused, tested: { families: 4 - countRefused(refused, variants), variants: variants.length } };
}

function score(hypotheses: readonly Hypothesis[], log: LogLines): (FamilyResult & { hit: CombHit })[] {
  const chance = new Chance(log);
  return hypotheses.map((one) => judge(one, log, chance));
}

/** Families that no variant could test. */
function countRefused(refused: BearingResult['refused'], variants: readonly BearingVariant[]): number {
  const families = ['outer', 'inner', 'ball', 'cage'] as const;
  return families.filter((family) => refused.filter((one) => one.family === family).length === variants.length).length;
}
