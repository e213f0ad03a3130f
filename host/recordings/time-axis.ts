/** A column of time stamps into a rate: measured over the gap-free spans, with the jitter that says whether a spectrum may be computed. */
import { KizashiError } from '../errors.js';
import { quantile } from './recording.js';

export interface TimeAxis {
  rateHz: number;
  /** Relative standard uncertainty: resolution of the stamps over the longest span. */
  uncertainty: number;
  medianS: number;
  /** 99th percentile of |interval − median| / median, the resolution of the stamps taken off. */
  p99: number;
  /** Rows before which time jumped. */
  breaks: Set<number>;
}

const said = 0.01;
const refused = 0.05;

/** Unit of a time column by its name, in seconds; undefined when the name is none of a time. */
export function timeUnit(name: string): { seconds: number; stated: boolean } | undefined {
  const bare = name.replace(/^#/, '').trim().toLowerCase();
  const match =
    /^(time|timestamp|t|zeit|elapsed|seconds|sec|millis|micros|ms|us|µs|datetime|date)(?:[ _]*(?:[[(]\s*)?(s|sec|seconds|ms|msec|us|µs|usec|ns)(?:\s*[\])])?)?$/.exec(
      bare,
    );
  if (!match) return undefined;
  const unit = match[2] ?? match[1];
  if (/^(ms|msec|millis)$/.test(unit)) return { seconds: 1e-3, stated: true };
  if (/^(us|µs|usec|micros)$/.test(unit)) return { seconds: 1e-6, stated: true };
  if (unit === 'ns') return { seconds: 1e-9, stated: true };
  return { seconds: 1, stated: /^(s|sec|seconds)$/.test(unit) };
}

/** True when a column without a telling name can only be time: it rises in steps that are equal to 5 %, and is no counter. */
export function looksLikeTime(values: Float64Array): boolean {
  if (values.length < 3) return false;
  const step = (values[values.length - 1] - values[0]) / (values.length - 1);
  if (!(step > 0) || step === 1) return false;
  for (let i = 1; i < values.length; i++)
    if (!(Math.abs(values[i] - values[i - 1] - step) <= 0.05 * step)) return false;
  return true;
}

/**
 * Rate and gaps of time stamps in seconds. A jump forward over 1.5 intervals is a gap; a step back or of zero counts as jitter.
 * @param resolutionS step of the stamps as written (1e-6 for six decimals)
 * @throws KZ0804 intervals whose 99th percentile deviates more than 5 %
 */
export function timeAxis(seconds: Float64Array, resolutionS: number, name: string, notes: string[]): TimeAxis {
  const intervals = new Float64Array(Math.max(0, seconds.length - 1));
  for (let i = 0; i < intervals.length; i++) intervals[i] = seconds[i + 1] - seconds[i];
  const finite = intervals.filter((x) => Number.isFinite(x)).sort();
  const medianS = finite.length > 0 ? quantile(finite, 0.5) : Number.NaN;
  if (!(medianS > 0))
    throw new KizashiError(
      'KZ0804',
      `${name}: half of the time stamps do not advance (resolution ${resolutionS} s)`,
      { medianS },
      { why: 'the stamps are coarser than the sampling', fix: 'name the rate: --rate' },
    );
  const breaks = new Set<number>();
  const deviations: number[] = [];
  let duration = 0;
  let steps = 0;
  for (let i = 0; i < intervals.length; i++) {
    const interval = intervals[i];
    if (!Number.isFinite(interval)) continue;
    if (interval > 1.5 * medianS + resolutionS) {
      breaks.add(i + 1);
      continue;
    }
    duration += interval;
    steps++;
    deviations.push(Math.max(0, Math.abs(interval - medianS) - resolutionS) / medianS);
  }
  const p99 = deviations.length > 0 ? quantile(Float64Array.from(deviations).sort(), 0.99) : 0;
  if (p99 > refused)
    throw new KizashiError(
      'KZ0804',
      `${name}: sample intervals vary, median ${(medianS * 1e3).toPrecision(4)} ms, 99 % within ±${(p99 * 100).toFixed(1)} %`,
      { medianS, p99 },
    );
  if (p99 > said)
    notes.push(
      `sample intervals vary: 99 % within ±${(p99 * 100).toFixed(1)} % of ${(medianS * 1e3).toPrecision(4)} ms`,
    );
  if (breaks.size > 0) notes.push(`${breaks.size} gaps in time: spans split there`);
  return { rateHz: steps / duration, uncertainty: Math.max(1e-6, resolutionS / duration), medianS, p99, breaks };
}
