/** Feature rows of a logger (one a second): is this row still the machine that was learned? */

import { KizashiError } from '../errors.js';
import { judgeRows, rowParams } from './feature-baseline.js';
import { type FindingContext, makeFinding } from './finding.js';
import { healthOf } from './health.js';
import { requireHistory } from './history.js';
import type { Assessment, FeatureStream, Finding, History, MotorContext, Quality } from './types.js';

export const FEATURES_ALGORITHM = 'kz-features/1';

const REGIME = 'any-speed';

/**
 * Scores every row against the baseline of rows in `history`; `learn` takes rows up until the baseline has `minCaptures` of them.
 * @throws KZ0651 for a stream without rows or with columns of unequal length
 */
export function assessFeatures(stream: FeatureStream, motor: MotorContext, history?: History): Assessment {
  requireHistory(history);
  const rows = stream.columns[0]?.values.length ?? 0;
  if (rows === 0 || stream.columns.some((column) => column.values.length !== rows)) {
    throw new KizashiError('KZ0651', `stream ${stream.id} has no rows, or columns of unequal length`, {
      stream: stream.id,
      rows,
    });
  }
  const columns = stream.columns.map((column) => column.id);
  const values = stream.columns.map((column) => Array.from(column.values));
  const regime = history?.regimes[REGIME];
  const baseline = regime?.rows;
  const complete = baseline?.model !== undefined;
  const fits =
    complete && baseline.columns.length === columns.length && baseline.columns.every((name, i) => name === columns[i]);
  const judged = fits ? judgeRows(baseline, values) : undefined;
  const last = judged?.scores.at(-1) ?? 0;
  const quality: Quality = {
    status: 'good',
    reasons: [],
    channels: columns,
    durationS: rows / stream.fsHz,
    clipped: {},
  };
  const blind = complete && !fits ? ['the columns are not those that were learned'] : [];
  const source = {
    id: stream.id,
    hash: new Uint8Array(32),
    source: 'recording',
    verdict: { kind: 'unsigned' },
    grade: 'none',
  } as const;
  const context: FindingContext = {
    capture: { ...source, fsHz: stream.fsHz, fsUncertainty: 0, channels: [], spans: [[0, rows]] },
    motor,
    blind,
    ...(history ? { history } : {}),
    ...(regime ? { regime } : {}),
  };
  const findings: Finding[] = [];
  if (judged?.raised) {
    findings.push(
      makeFinding(context, {
        algorithm: FEATURES_ALGORITHM,
        params: { ...rowParams, score: last },
        channels: columns,
        subject: 'machine',
        cause: 'changed',
        says: { of: 'rows', score: last },
      }),
    );
  }
  const have = Math.min(baseline?.n ?? 0, history?.settings.minCaptures ?? 0);
  return {
    schema: 'kizashi-assessment/1',
    captureId: stream.id,
    kind: 'features',
    ...(stream.at === undefined ? {} : { at: stream.at }),
    source: 'recording',
    verdict: { kind: 'unsigned' },
    grade: 'none',
    quality,
    running: true,
    regime: REGIME,
    indicators: [],
    findings,
    unseen: [],
    scores: {
      rollingBad: 0,
      bearing: {},
      unbalance: 0,
      misalignment: 0,
      looseness: 0,
      electrical: 0,
      changed: last,
      rising: 0,
    },
    health: healthOf({
      quality,
      running: true,
      findings,
      blind,
      allBlind: complete && !fits,
      seen: [fits ? { of: 'record-seen', what: 'rows-inside' } : { of: 'record-rows', rows: have }],
      ...(history && !complete ? { settings: history.settings } : {}),
    }),
    ...(judged ? { rowScores: judged.scores, rowAlarms: judged.alarms } : {}),
    evidence: {
      values: {},
      admitted: findings.length === 0 ? true : 'changed',
      durationS: rows / stream.fsHz,
      hits: judged?.raised ? { changed: Math.max(1, last) } : {},
      rms: {},
      rows: { columns, values, ...(judged ? { raised: judged.raised } : {}) },
    },
  };
}
