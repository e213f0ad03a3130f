/**
 * The comb over the averaged log envelope spectrum: how high the lines of one family stand over chance. Orders are multiples of the
 * shaft speed.
 */

/** Averaged log lines of one housing (kz-bearing/2 steps 1 to 6) with its axis facts. */
export interface LogLines {
  /** A[k], decades over the local floor, 0..4; notched at the shaft's harmonics. */
  lines: Float64Array;
  dfHz: number;
  fsHz: number;
  frHz: number;
  blockLength: number;
  blocks: number;
  /** Turns in one block. */
  turns: number;
}

export interface CombHit {
  score: number;
  /** Frequency in Hz where the sum is largest. */
  hz: number;
}

const HARMONICS = 5;

/** Harmonics of `familyHz` that fit below half the rate, five at most. */
export function harmonicsOf(familyHz: number, fsHz: number): number {
  return Math.min(HARMONICS, Math.floor(fsHz / 2 / familyHz));
}

/**
 * T(o): the largest Σ_{h=1..H} max(A[⌊hf/df⌋], A[⌊hf/df⌋+1]) for f within o·fr·(1±tolerance). Targets and decoys go through the same
 * lines with the same H and tolerance.
 */
export function combScore(log: LogLines, order: number, tolerance: number, harmonics: number): CombHit {
  const { lines, dfHz, frHz } = log;
  const centre = (order * frHz) / dfHz;
  const points = Math.max(3, Math.ceil(4 * tolerance * centre * harmonics) + 1);
  const from = centre * (1 - tolerance);
  const step = (2 * tolerance * centre) / (points - 1);
  const last = lines.length - 2;
  let score = -1;
  let best = centre;
  for (let i = 0; i < points; i++) {
    const f = from + i * step;
    let sum = 0;
    let at = 0;
    for (let h = 0; h < harmonics; h++) {
      at += f;
      const k = at | 0;
      if (k > last) break;
      const low = lines[k];
      const high = lines[k + 1];
      sum += Math.max(low, high);
    }
    if (sum > score) {
      score = sum;
      best = f;
    }
  }
  return { score, hz: best * dfHz };
}

/** Sets the lines within `half` bins of `hz` to 0. */
export function notch(lines: Float64Array, hz: number, dfHz: number, half: number): void {
  const centre = hz / dfHz;
  const to = Math.min(lines.length - 1, Math.floor(centre + half));
  for (let k = Math.max(0, Math.ceil(centre - half)); k <= to; k++) lines[k] = 0;
}

export type Separability = { ok: true } | { ok: false; code: 'NOT_SEPARABLE' | 'RECORD_TOO_SHORT'; text: string };

/**
 * Whether the family at `order` can be told from the shaft's own harmonics: no integer within ±1 %, and three of the harmonics at least
 * 2.5 bins away from the nearest shaft line. (A blanket distance from integers would refuse most small 8-ball bearings.)
 */
export function separability(order: number, harmonics: number, log: LogLines): Separability {
  const nearest = Math.round(order);
  if (nearest > 0 && Math.abs(nearest - order) <= 0.01 * order) {
    return {
      ok: false,
      code: 'NOT_SEPARABLE',
      text: `${order.toFixed(3)}x cannot be told from ${nearest}x of the shaft`,
    };
  }
  const distances: number[] = [];
  for (let h = 1; h <= harmonics; h++) distances.push(Math.abs(h * order - Math.round(h * order)));
  distances.sort((a, b) => b - a);
  const third = distances[Math.min(2, distances.length - 1)];
  if ((third * log.frHz) / log.dfHz >= 2.5) return { ok: true };
  const seconds = 2.5 / (third * log.frHz);
  return {
    ok: false,
    code: 'RECORD_TOO_SHORT',
    text: `${order.toFixed(3)}x stands apart from the shaft's lines in blocks of ${seconds.toFixed(1)} s or more`,
  };
}
