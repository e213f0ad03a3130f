/** The pump rig's feature rows: flag each row, scored over whole files as its leaderboard does. */
import {
  type IndexRecord,
  type RecordingsIndex,
  readLabelColumn,
  readRecordTable,
} from '../../host/recordings/index.js';
import { assessFeatures, type FeatureStream, learn, newHistory } from '../../host/wear/index.js';
import { motorOf, type Told } from './records.js';
import { hotellingAndResidual } from './row-baseline.js';
import { atLeast, atMost, type Goal, type Metric, type SetResult, tidy } from './scoring.js';

const LEARN_ROWS = 400;

interface Pool {
  hits: number;
  falseAlarms: number;
  misses: number;
  quiet: number;
}

const newPool = (): Pool => ({ hits: 0, falseAlarms: 0, misses: 0, quiet: 0 });

function count(pool: Pool, flags: readonly boolean[], truth: ArrayLike<number>): void {
  flags.forEach((flag, i) => {
    if (truth[i] > 0) pool[flag ? 'hits' : 'misses']++;
    else pool[flag ? 'falseAlarms' : 'quiet']++;
  });
}

const f1 = ({ hits, falseAlarms, misses }: Pool): number => (2 * hits) / Math.max(1, 2 * hits + falseAlarms + misses);
const far = ({ falseAlarms, quiet }: Pool): number => (100 * falseAlarms) / Math.max(1, falseAlarms + quiet);
const mar = ({ hits, misses }: Pool): number => (100 * misses) / Math.max(1, hits + misses);

export function skab(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const ours = newPool();
  const theirs = newPool();
  let freeFlags = 0;
  let freeRows = 0;
  let labelled = 0;
  const perRecord: Record<string, unknown>[] = [];
  for (const record of records) {
    const table = readRecordTable(index, record);
    const columns = table.columns.filter((column) => column.id !== 'anomaly' && column.id !== 'changepoint');
    const part = (from: number, to?: number): FeatureStream => ({
      id: `${table.id}:${from}`,
      fsHz: table.fsHz,
      columns: columns.map((column) => ({ id: column.id, values: column.values.subarray(from, to) })),
    });
    const motor = motorOf(record, told);
    const learned = learn(
      newHistory({ minCaptures: LEARN_ROWS, minHours: 0 }),
      assessFeatures(part(0, LEARN_ROWS), motor),
    );
    // Each row is judged by rows up to it only: the running mean looks back.
    const alarms = assessFeatures(part(LEARN_ROWS), motor, learned).rowAlarms ?? [];
    const flags = [...new Array<boolean>(LEARN_ROWS).fill(false), ...alarms];
    const reference = hotellingAndResidual(
      columns.map((column) => column.values),
      LEARN_ROWS,
    );
    const truth = readLabelColumn(index, record, 'anomaly');
    const flagged = flags.filter(Boolean).length;
    if (!truth) {
      freeFlags += flagged;
      freeRows += flags.length;
      perRecord.push({ id: record.id, rows: flags.length, flagged });
      continue;
    }
    labelled++;
    const own = newPool();
    count(own, flags, truth);
    count(ours, flags, truth);
    count(theirs, reference, truth);
    perRecord.push({
      id: record.id,
      rows: flags.length,
      flagged,
      f1: tidy(f1(own)),
      far: tidy(far(own)),
      mar: tidy(mar(own)),
    });
  }
  const metrics: Metric[] = [];
  const goals: Goal[] = [];
  if (labelled > 0) {
    metrics.push(
      {
        name: 'F1',
        value: f1(ours),
        beside: { 'T2+Q': tidy(f1(theirs)), 'leaderboard T2+Q / Conv-AE / MSET': '0.76 / 0.78 / 0.78' },
      },
      {
        name: 'false alarm rate',
        value: far(ours),
        unit: '%',
        beside: { 'T2+Q': tidy(far(theirs)), leaderboard: '26.6 / 13.6 / 39.7' },
      },
      {
        name: 'missed alarm rate',
        value: mar(ours),
        unit: '%',
        beside: { 'T2+Q': tidy(mar(theirs)), leaderboard: '24.9 / 28.0 / 14.1' },
      },
    );
    goals.push(atLeast('F1', f1(ours), 0.78), atMost('false alarm rate', far(ours), 20));
  }
  if (freeRows > 0) metrics.push({ name: 'flags on the anomaly-free file', value: freeFlags, unit: `of ${freeRows}` });
  return { metrics, goals, perRecord };
}
