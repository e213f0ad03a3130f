/**
 * Reference times of an inter-turn short, for the scorer only: |q| by 3-cycle Hann windows every 5 ms over the whole record, with look-ahead;
 * the midpoint between its 10 and 90 % quantiles is the event.
 */
import type { Capture } from '../../host/capture/capture.js';
import { phasor, quantile } from '../../host/signal/index.js';

export type ReferenceEvent =
  | { kind: 'no event' }
  | { kind: 'starts faulted' }
  | { kind: 'event'; onS: number; offS?: number };

const HOP_S = 0.005;
const HOLD_S = 0.2;
const RELEASE_S = 0.02;

export function sequenceEvent(capture: Capture, supplyHz: number): ReferenceEvent {
  const { fsHz } = capture;
  const length = Math.round((3 * fsHz) / supplyHz);
  const hop = Math.round(HOP_S * fsHz);
  const [a, b, c] = capture.channels.map((channel) => channel.samples);
  const q: number[] = [];
  const centre: number[] = [];
  for (let from = 0; from + length <= a.length; from += hop) {
    const [pA, pB, pC] = [a, b, c].map((x) => phasor(x, fsHz, supplyHz, { from, length, window: 'hann' }));
    const root = Math.sqrt(3) / 2;
    const sum = { re: pA.re - 0.5 * (pB.re + pC.re), im: pA.im - 0.5 * (pB.im + pC.im) };
    const turned = { re: root * (pC.im - pB.im), im: root * (pB.re - pC.re) };
    const first = (sum.re + turned.re) ** 2 + (sum.im + turned.im) ** 2;
    const second = (sum.re - turned.re) ** 2 + (sum.im - turned.im) ** 2;
    q.push(Math.sqrt(Math.min(first, second) / Math.max(first, second)));
    centre.push((from + length / 2) / fsHz);
  }
  const low = quantile(q, 0.1);
  const high = quantile(q, 0.9);
  if (high - low < 0.02) return { kind: 'no event' };
  const middle = 0.5 * (low + high);
  if (q[0] > middle) return { kind: 'starts faulted' };
  const hold = Math.round(HOLD_S / HOP_S);
  const on = q.findIndex((_, i) => i + hold <= q.length && q.slice(i, i + hold).every((one) => one > middle));
  if (on < 0) return { kind: 'no event' };
  const quiet = Math.round(RELEASE_S / HOP_S);
  for (let i = on + hold; i + quiet <= q.length; i++) {
    if (q.slice(i, i + quiet).every((one) => one < middle)) return { kind: 'event', onS: centre[on], offS: centre[i] };
  }
  return { kind: 'event', onS: centre[on] };
}
