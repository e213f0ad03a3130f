/**
 * In: a Capture and what is known of the motor. Out: indicators, findings, health. Pure: no clock, no files, no randomness but the seed
 * that the capture's own hash gives.
 *
 *   Capture + MotorContext + History ─▶ quality ─▶ speed ─▶ indicators ─▶ findings ─▶ health ─▶ Assessment ─▶ learn ─▶ History
 */
export { type Alarm, type AlarmEvent, type AlarmState, alarmAfter, newAlarm } from './alarm.js';
export { assessCurrent } from './assess-current.js';
export { assessFeatures } from './assess-features.js';
export { assessVibration } from './assess-vibration.js';
export { matchingVariants } from './blind-comb.js';
export type { LogLines } from './comb.js';
export { averageRunLength, decisionInterval } from './cusum.js';
export { logLines } from './envelope-lines.js';
export { findingWords, type Language, refusalWords, subjectWords, unseenWords } from './finding-words.js';
export { defaultSettings, learn, newHistory } from './history.js';
export { type Recomputation, recompute } from './recompute.js';
export { healthWords, remarksWords, saidWords } from './record-words.js';
export { judgeVelocity, severityScope, type Zone } from './severity.js';
export { asPublished, severityTables } from './severity-limits.js';
export { estimateSpeed } from './speed.js';
export type * from './types.js';
export { channelSight, type Sight, sightOf } from './validity.js';
export { checkedVariant } from './variant-check.js';
