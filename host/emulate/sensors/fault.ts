/** What happens to sensors on a site: pulled out, stuck, come loose. Wraps the voltage of any sensor model. */
import { sinTurns } from '../../signal/index.js';
import { randomStream } from '../random.js';

export interface SensorFault {
  /**
   * `unplugged`: the pin floats near half the supply and picks up the mains; `stuck`: the output holds; `loose`: the mount lets go, a third of
   * the signal and rattling are left.
   */
  kind: 'unplugged' | 'stuck' | 'loose';
  fromS: number;
  /** Absent: for good. */
  toS?: number;
}

export interface FaultSurroundings {
  seed: number;
  avcc?: number;
  mainsHz?: number;
  /** Resting voltage of the sensor, V; half the supply by default. */
  restV?: number;
}

/** Share of the signal that a loose mount lets through, and V of a rattle. */
const LOOSE_GAIN = 0.33;
const RATTLE_V = 0.25;
/** Amplitude of mains on an open pin, V. */
const OPEN_PIN_V = 0.35;

/** `volts` with faults upon it; the first fault that holds at an instant counts. Asked at increasing instants, as the model below it. */
export function withFaults(
  volts: (t: number) => number,
  faults: readonly SensorFault[],
  surroundings: FaultSurroundings,
): (t: number) => number {
  const avcc = surroundings.avcc ?? 5;
  const rest = surroundings.restV ?? avcc / 2;
  const mainsHz = surroundings.mainsHz ?? 50;
  const random = randomStream(surroundings.seed, 'sensor fault');
  const drift = random.f64();
  let held: { fault: SensorFault; value: number } | undefined;
  let nextRattle = 0;
  let rattle = 0;
  return (t) => {
    const fault = faults.find(({ fromS, toS }) => t >= fromS && t < (toS ?? Number.POSITIVE_INFINITY));
    // The sensor lives on while nobody sees it: its own state must not depend on the fault.
    const value = volts(t);
    if (fault === undefined) return value;
    if (fault.kind === 'unplugged') {
      return avcc / 2 + 0.1 * sinTurns(0.05 * t + drift) + OPEN_PIN_V * sinTurns(mainsHz * t);
    }
    if (fault.kind === 'stuck') {
      if (held?.fault !== fault) held = { fault, value };
      return held.value;
    }
    if (t >= nextRattle) {
      rattle = RATTLE_V * (2 * random.f64() - 1);
      nextRattle = t + 0.02 + 0.2 * random.f64();
    }
    rattle *= 0.97;
    const loose = rest + LOOSE_GAIN * (value - rest) + rattle;
    return Math.max(0, Math.min(avcc, loose));
  };
}
