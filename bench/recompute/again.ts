/** The other engine's part: a capture and a motor as data in, the findings as JSON out. Bundled for another Node or a browser. */
import type { Capture } from '../../host/capture/capture.js';
import { useKernel } from '../../host/signal/index.js';
import { assessCurrent, assessVibration, type MotorContext } from '../../host/wear/index.js';

/** A capture whose samples and hash are base64 of little-endian bytes. */
export interface Packed {
  kind: 'vibration' | 'current';
  motor: MotorContext;
  capture: Omit<Capture, 'hash' | 'channels'> & { hash: string; channels: Record<string, unknown>[] };
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

/** @param wasm whether the WebAssembly kernel computes, or TypeScript alone */
export function findingsAgain(packed: Packed, wasm: boolean): string {
  useKernel(wasm);
  const { kind, motor, capture } = packed;
  const channels = capture.channels.map(({ samples, ...rest }) => ({
    ...rest,
    samples: new Float64Array(bytesOf(samples as string).buffer),
  }));
  const whole = { ...capture, hash: bytesOf(capture.hash), channels } as unknown as Capture;
  const assess = kind === 'current' ? assessCurrent : assessVibration;
  return JSON.stringify(assess(whole, motor).findings);
}

(globalThis as { findingsAgain?: typeof findingsAgain }).findingsAgain = findingsAgain;
