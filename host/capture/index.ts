/**
 * Messages become verified captures. In: a session and a plan, or an evidence file and keys. Out: `Capture`, or a rejection with its reason;
 * evidence files.
 *
 *     plan ─▶ startCapture ─▶ items ─▶ verifyCapture ─▶ Capture ─▶ host/signal
 *                                └─▶ evidenceOf ─▶ .kzev ─▶ verifyEvidence
 */
export type { Capture, Channel, Grade, Quantity, Source, Unit, Verdict } from './capture.js';
export { type EvidenceVerdict, type KnownKey, type KnownKeys, readKnownKeys, verifyEvidence } from './evidence.js';
export { type CapturePlan, type PlanChannel, type PlannedCapture, planCapture } from './plan.js';
export { evidenceOf } from './prove.js';
export type { CaptureItems, CaptureProgress, CaptureResult, RejectCause } from './result.js';
export { capture, type RetryOptions } from './retry.js';
export { CaptureRun, startCapture } from './run.js';
export { type MeasuredRate, rateOfArrivals, unsignedCapture } from './unsigned.js';
export { type CaptureVerdict, type Expected, type ProvenCapture, verifyCapture } from './verify.js';
