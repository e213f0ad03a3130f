/**
 * Pulses of a shaft from a tacho's slot in the rotation (docs/protocol.md, `cfg`): each value says, in its upper bits, at which tick of the
 * board's clock the last edge was, and its two lowest bits change with every edge. Ticks are latched by the hardware, so a pulse is known to
 * a few ticks although the slot comes round only once a scan.
 */
import { encoding, unpackSamples } from '../../protocol/index.js';
import type { Pulses } from './capture.js';
import type { ProvenCapture } from './verify.js';

/** Pulses closer than this share of the median distance are contact bounce or dirt on the mark. */
const BOUNCE = 0.25;

interface Slot {
  /** Tick of the slot's trigger, from the first trigger of the capture on. */
  tick: number;
  value: number;
}

/** Lowest bit of a tick that was sent, from the converter's facts in `begin.cfg`; undefined for firmware without a tacho. */
function shiftOf(cfg: Uint8Array): number | undefined {
  return cfg[0] === 1 && cfg.length >= 7 && cfg[6] >= 2 && cfg[6] <= 8 ? cfg[6] : undefined;
}

/**
 * Pulses of channel `slot` of the rotation, in seconds from the first sample of the capture on; undefined where the channel is no tacho.
 * @param tickS seconds a tick by the host's clock
 */
export function pulsesOf(
  { begin, frames }: ProvenCapture,
  slot: number,
  perTurn: number,
  tickS: number,
): Pulses | undefined {
  const shift = shiftOf(begin.cfg);
  if (begin.clock.kind !== 0 || shift === undefined) return undefined;
  const { period } = begin.clock;
  const width = begin.chans.length;
  const bits = begin.enc === encoding.s16 ? 16 : 10;
  const wrap = 2 ** (bits - 2 + shift);
  // within one wrap of ticks, the first trigger's place
  const base = Number(BigInt(begin.t0) % BigInt(wrap));
  const mask = 2 ** bits - 1;
  const stretches: number[][] = [[]];
  let unresolved = 0;
  let last: number | undefined;
  const take = ({ tick, value }: Slot): void => {
    const parity = value & 3;
    if (parity !== 1 && parity !== 2) {
      last = undefined;
      unresolved++;
      return;
    }
    const before = last;
    last = value;
    // what stands there at first may be of any age
    if (before === undefined || value === before) return;
    if ((before & 3) === parity) {
      unresolved++; // two edges in one scan: the count is not known any more
      stretches.push([]);
    }
    const edge = (value >> 2) * 2 ** shift;
    // an edge can be up to one conversion younger than its slot
    const slack = wrap / 4;
    const age = ((((base + tick + slack - edge) % wrap) + wrap) % wrap) - slack;
    stretches.at(-1)?.push(tick - age + (2 ** shift - 1) / 2);
  };
  for (const frame of frames) {
    if (!frame || frame.gap > 0) {
      last = undefined;
      stretches.push([]);
    }
    if (!frame) continue;
    const samples = unpackSamples(frame.enc, frame.samples);
    for (let j = slot; j < samples.length; j += width) take({ tick: frame.dt + j * period, value: samples[j] & mask });
  }
  const longest = stretches.reduce((most, one) => (one.length > most.length ? one : most));
  const { kept, bounced } = withoutBounce(longest);
  return {
    atS: Float64Array.from(kept, (tick) => tick * tickS),
    perTurn,
    resolutionS: 2 ** shift * tickS,
    unresolved,
    bounced,
  };
}

function withoutBounce(ticks: readonly number[]): { kept: number[]; bounced: number } {
  const distances = ticks.slice(1).map((tick, i) => tick - ticks[i]);
  const median = distances.toSorted((a, b) => a - b)[distances.length >> 1] ?? 0;
  const kept: number[] = [];
  for (const tick of ticks) if (kept.length === 0 || tick - kept[kept.length - 1] >= BOUNCE * median) kept.push(tick);
  return { kept, bounced: ticks.length - kept.length };
}

/** Shaft angle in turns at `count` instants `dtS` apart, the first at `fromS`: straight between pulses, and on beyond the first and last. */
export function turnsAt({ atS, perTurn }: Pulses, count: number, dtS: number, fromS: number): Float64Array {
  const turns = new Float64Array(count);
  if (atS.length < 2) return turns;
  let k = 0;
  for (let i = 0; i < count; i++) {
    const t = fromS + i * dtS;
    while (k < atS.length - 2 && t >= atS[k + 1]) k++;
    turns[i] = (k + (t - atS[k]) / (atS[k + 1] - atS[k])) / perTurn;
  }
  return turns;
}
