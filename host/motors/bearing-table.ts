/**
 * The bearing table: geometry in, orders out. A row states balls, diameters and its source; the orders are computed, never typed in
 * (one widely copied table is off by 1.6 to 14.8 %). A designation may have several variants, because makers differ: all are tested and
 * the found order picks.
 */
import { readFileSync } from 'node:fs';
import { KizashiError } from '../errors.js';
import type { BearingOrders, BearingVariant } from '../wear/types.js';

export interface BearingRow {
  id: string;
  designation: string;
  maker: string;
  balls: number;
  /** Ball and pitch diameter in mm; null where only their ratio is known. */
  ballMm: number | null;
  pitchMm: number | null;
  ratio?: number;
  contactDeg: number;
  boundary: { boreMm: number; outerMm: number; widthMm: number } | null;
  /** What the source prints, kept as evidence. */
  printed?: Partial<BearingOrders>;
  grade: 'measured' | 'maker table' | 'derived';
  source: string;
  notes?: string;
}

/** Geometry as a nameplate or a data sheet states it. */
export interface BearingGeometry {
  balls: number;
  ballMm: number;
  pitchMm: number;
  contactDeg?: number;
}

/**
 * Orders of a bearing with a fixed outer ring, in multiples of the shaft speed.
 * r = (d/D)·cos α: FTF = (1−r)/2, BPFO = n·FTF, BPFI = n(1+r)/2, BSF = (D/d)(1−r²)/2.
 * @throws KZ0751 when the geometry is impossible
 */
export function ordersOf(geometry: BearingGeometry): BearingOrders {
  const { balls, ballMm, pitchMm, contactDeg = 0 } = geometry;
  if (!(Number.isInteger(balls) && balls >= 3 && balls <= 100 && ballMm > 0 && pitchMm > ballMm && contactDeg >= 0)) {
    throw new KizashiError('KZ0751', `impossible bearing geometry: ${balls} balls of ${ballMm} mm on ${pitchMm} mm`, {
      ...geometry,
    });
  }
  return ordersOfRatio(balls, (ballMm / pitchMm) * Math.cos((contactDeg * Math.PI) / 180), pitchMm / ballMm);
}

function ordersOfRatio(balls: number, r: number, pitchOverBall: number): BearingOrders {
  return {
    BPFO: (balls * (1 - r)) / 2,
    BPFI: (balls * (1 + r)) / 2,
    BSF: (pitchOverBall * (1 - r * r)) / 2,
    FTF: (1 - r) / 2,
  };
}

/** A row as wear takes it. */
export function variantOf(row: BearingRow): BearingVariant {
  const orders =
    row.ballMm !== null && row.pitchMm !== null
      ? ordersOf({ balls: row.balls, ballMm: row.ballMm, pitchMm: row.pitchMm, contactDeg: row.contactDeg })
      : ordersOfRatio(row.balls, row.ratio as number, 1 / (row.ratio as number));
  return {
    id: row.id,
    designation: row.designation,
    maker: row.maker,
    balls: row.balls,
    orders,
    grade: row.grade,
    source: row.source,
  };
}

let rows: BearingRow[] | undefined;

/** All rows of the table, in file order. */
export function bearingRows(): BearingRow[] {
  rows ??= (JSON.parse(readFileSync(new URL('./bearings.json', import.meta.url), 'utf8')) as { rows: BearingRow[] })
    .rows;
  return rows;
}

/**
 * The part of a designation that fixes the geometry: `6205-2RS1/C3` and `SKF 6205 ZZ` both give `6205`, `er16k` gives `ER-16K`.
 */
export function plainDesignation(text: string): string {
  const upper = text.toUpperCase().trim();
  const insert = /\bER[- ]?(\d{2})K?\b/.exec(upper);
  if (insert) return `ER-${insert[1]}K`;
  const grooved = /(?<![\d.])(6[0-4]\d{2})(?!\d)/.exec(upper);
  if (grooved) return grooved[1];
  return upper;
}

/**
 * Every variant of a designation, published geometries first. Empty when the table has no verified source for it: state the geometry then.
 */
export function bearingVariants(designation: string): BearingVariant[] {
  const wanted = plainDesignation(designation);
  const matching = bearingRows().filter(
    (row) => row.designation === wanted || row.id === designation.trim().toLowerCase(),
  );
  const published = matching.filter((row) => row.grade !== 'derived');
  return [...published, ...matching.filter((row) => row.grade === 'derived')].map(variantOf);
}

/** Agreement between computed and printed orders that a source must reach. */
const printLimits = { BPFO: 0.002, BPFI: 0.002, BSF: 0.005, FTF: 0.005 } as const;

/**
 * What contradicts itself in a row, in words; empty for a sound row. Printed tables hold misprints (a row repeated under the next
 * designation, the cage rate measured against the shaft, the ball frequency doubled): none of them passes.
 */
export function contradictions(row: BearingRow): string[] {
  const wrong: string[] = [];
  if (!row.source) wrong.push('no source');
  if (!(row.balls >= 5 && row.balls <= 40)) wrong.push(`${row.balls} balls`);
  const { ballMm, pitchMm, boundary } = row;
  if (ballMm !== null && pitchMm !== null) {
    if (row.balls * Math.asin(ballMm / pitchMm) >= Math.PI) wrong.push('the balls do not fit on the pitch circle');
    if (boundary) {
      const middle = (boundary.boreMm + boundary.outerMm) / 2;
      if (Math.abs(pitchMm - middle) / middle >= 0.03) wrong.push(`pitch diameter ${pitchMm} mm, middle ${middle} mm`);
      const section = (boundary.outerMm - boundary.boreMm) / 2;
      if (ballMm <= 0.5 * section || ballMm >= 0.66 * section)
        wrong.push(`ball ${ballMm} mm in a section of ${section} mm`);
    }
  } else if (row.ratio === undefined || row.grade !== 'measured') wrong.push('neither diameters nor a measured ratio');
  if (wrong.length > 0) return wrong;
  const orders = variantOf(row).orders;
  for (const name of ['BPFO', 'BPFI', 'BSF', 'FTF'] as const) {
    const printed = row.printed?.[name];
    if (printed !== undefined && Math.abs(orders[name] / printed - 1) >= printLimits[name]) {
      wrong.push(`${name} is ${orders[name].toFixed(4)}, printed ${printed}`);
    }
  }
  const { BPFO, BPFI } = row.printed ?? {};
  if (BPFO && BPFI && Math.abs(BPFO + BPFI - row.balls) >= 0.0015) wrong.push(`BPFO + BPFI is ${BPFO + BPFI}`);
  return wrong;
}
