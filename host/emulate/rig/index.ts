/**
 * In: a nameplate, a load, faults and a seed. Out: the acceleration of a housing and the currents of its phases at any increasing
 * instants, and the truth. With sensors (../sensors) it becomes volts at a pin; synthetic records come from the same parts.
 *
 *   motor ─▶ shaft + bearing + noise ─▶ path ─▶ accelerometerVolts ─▶ byCycle ─▶ board.analog(pin, …)
 *         └▶ current ─────────────────────────▶ clampVolts ───────┘
 */
export {
  type AccelerometerOptions,
  type AnalogFacts,
  accelerometerVolts,
  byCycle,
} from '../sensors/analog.js';
export { type ClampFacts, type ClampOptions, clampVolts } from '../sensors/clamp.js';
export { type FaultSurroundings, type SensorFault, withFaults } from '../sensors/fault.js';
export {
  type BearingFault,
  type BearingOptions,
  bearingOrders,
  ORDERS_6205,
  type Orders,
  type Resonance,
} from './bearing.js';
export { type CurrentOptions, PHASES, type Phase } from './current.js';
export type { MotorOptions, Nameplate } from './motor.js';
export type { Mount } from './path.js';
export { type Profile, valueAt } from './profile.js';
export { createRig, type Rig, type RigOptions } from './rig.js';
export { AXES, type Axis, type ShaftOptions } from './shaft.js';
export {
  type SyntheticCurrentOptions,
  type SyntheticTruth,
  type SyntheticVibrationOptions,
  syntheticCurrent,
  syntheticVibration,
} from './synthetic.js';
export type { Truth, TruthAt } from './truth.js';
