/**
 * Tables of slow rows (one a second or slower) are features, not waveforms: the first rows are learned as the machine's habit, the rest is
 * held against it.
 */
import {
  type Assessment,
  assessFeatures,
  type FeatureStream,
  learn,
  type MotorContext,
  newHistory,
} from '../wear/index.js';

/** Below this rate no waveform of a machine can be meant. */
export const slowestWaveformHz = 10;

/** Rows that are learned: 400, or half of a short table. */
const learnedRows = 400;

/** Fewest rows a habit can be learned from. */
export const leastRows = 80;

export interface FeatureVerdict {
  assessment: Assessment;
  learned: number;
  rows: number;
  /** Rows over the threshold among those that were judged. */
  over: number;
  /** First of them, counted from 1 over the whole table. */
  firstOver?: number;
  columns: string[];
}

/** Splits a stream and judges its rest by its beginning. The caller makes sure of `leastRows`. */
export function judgeRows(stream: FeatureStream, motor: MotorContext): FeatureVerdict {
  const rows = stream.columns[0].values.length;
  const learned = Math.min(learnedRows, rows >> 1);
  const begin = assessFeatures(part(stream, 0, learned), motor);
  const history = learn(newHistory({ minCaptures: learned, minHours: 0 }), begin);
  const assessment = assessFeatures(part(stream, learned, rows), motor, history);
  const scores = assessment.rowScores ?? [];
  const first = scores.findIndex((score) => score >= 1);
  return {
    assessment,
    learned,
    rows,
    over: scores.filter((score) => score >= 1).length,
    ...(first < 0 ? {} : { firstOver: learned + first + 1 }),
    columns: stream.columns.map(({ id }) => id),
  };
}

/** One line for people. */
export function rowsText({ learned, rows, over, firstOver }: FeatureVerdict): string {
  const judged = rows - learned;
  const where = firstOver === undefined ? '' : `, the first is row ${firstOver}`;
  return `${learned} rows learned; ${over} of ${judged} later rows differ from them${where}`;
}

function part(stream: FeatureStream, from: number, to: number): FeatureStream {
  return {
    ...stream,
    ...(stream.at === undefined ? {} : { at: stream.at + (from / stream.fsHz) * 1000 }),
    columns: stream.columns.map((column) => ({ ...column, values: column.values.slice(from, to) })),
  };
}
