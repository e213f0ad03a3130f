/**
 * Capturing through loss and attack. A rejected capture is never repaired: it is kept as it is, counted under its reason, and the same plan
 * is captured anew with a fresh challenge, lock and record number. What a rejection costs is one capture; what it can never cost is a false
 * one. A quarantined port is not asked again.
 */
import { KizashiError } from '../errors.js';
import type { BoardPort } from '../session/index.js';
import type { CapturePlan } from './plan.js';
import type { CaptureProgress, CaptureResult } from './result.js';
import { startCapture } from './run.js';

export interface RetryOptions {
  /** Captures at most. 3 by default. */
  tries?: number;
  /** How long to wait for a session before each, in ms. 30 s by default. */
  sessionMs?: number;
  onProgress?: (progress: CaptureProgress) => void;
  /** Sees each rejected try, the last one too. */
  onRejected?: (result: Extract<CaptureResult, { ok: false }>) => void;
}

/**
 * Captures on a port until one proves itself, at most `tries` times.
 * @returns the proven capture, or the last rejection
 * @throws KZ0501 impossible plan; the port's own failure where no session comes; KZ0206 where the board refuses
 */
export async function capture(port: BoardPort, plan: CapturePlan, options: RetryOptions = {}): Promise<CaptureResult> {
  const most = options.tries ?? 3;
  for (let tries = 1; ; tries++) {
    const session = await port.ready(options.sessionMs ?? 30_000);
    let result: CaptureResult;
    try {
      const run = startCapture(session, plan);
      if (options.onProgress) run.on('progress', options.onProgress);
      result = { ...(await run.result), tries };
    } catch (error) {
      // the session ended before the board took the command: nothing was captured, a new session may
      const ended = error instanceof KizashiError && (error.code === 'KZ0207' || error.code === 'KZ0208');
      if (!ended || tries >= most || port.trust.quarantine) throw error;
      continue;
    }
    if (result.ok) return result;
    options.onRejected?.(result);
    if (tries >= most || port.trust.quarantine) return result;
  }
}
