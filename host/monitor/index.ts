/**
 * The running system. In: motors and a way to measure each. Out: the fleet's state with its reasons, trends, pictures, what was refused.
 *
 *   measure ─▶ Monitor ─▶ assess, learn ─▶ Store ─▶ FleetState ─▶ faces
 */
export * from './fleet.js';
export { Monitor, type MonitorOptions, type WatchedMotor } from './monitor.js';
export { type MotorIdentity, trendPoint, worstHealth } from './motor-state.js';
export { type Picture, type PictureKind, pictureOf } from './picture.js';
