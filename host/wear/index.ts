/**
 * In: a Capture and what is known of the motor. Out: indicators, findings, health. Pure: no clock, no files, no randomness but the seed
 * that the capture's own hash gives.
 *
 *   Capture + MotorContext + History ─▶ quality ─▶ speed ─▶ indicators ─▶ findings ─▶ health ─▶ Assessment ─▶ learn ─▶ History
 */
export { assessVibration } from './assess-vibration.js';
export { learn, newHistory } from './history.js';
export type * from './types.js';
