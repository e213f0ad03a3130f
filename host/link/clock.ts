/**
 * The only clock of host/link, host/session, host/capture and host/monitor. Production uses the machine's monotonic clock, tests and
 * emulation a virtual one (host/emulate), so that hours of plant run in seconds and every run is repeatable.
 */
export interface Clock {
  /** Monotonic time in milliseconds, fractional; the zero point has no meaning. */
  now(): number;
  /** Wall-clock time in milliseconds since 1970; for labels and log entries only, never for measuring. */
  wall(): number;
  /** Calls `fn` once, `ms` milliseconds from now. Returns a handle for `clear`. */
  setTimer(ms: number, fn: () => void): TimerHandle;
  clear(handle: TimerHandle): void;
}

export type TimerHandle = { readonly __timer: unique symbol } | object;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimer: (ms, fn) => setTimeout(fn, ms),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** Resolves `ms` milliseconds from now on that clock. */
export function delay(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(ms, resolve));
}
