/**
 * In: captures, assessments, refusals and alarm changes. Out: trends, what was learned, what was refused. One SQLite file a site.
 *
 *   Assessment + StoredCapture ─▶ Store.save ─▶ kizashi.db ─▶ trend, history, refusals ─▶ monitor, faces
 */
export { Store, type StoredAlarmEvent, type StoredCapture, type StoredRefusal } from './store.js';
export { decodeTrendRow, encodeTrendRow, type TrendPoint, thin } from './trend.js';
