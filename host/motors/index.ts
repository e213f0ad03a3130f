/**
 * In: YAML of a motor's owner, designations, data files. Out: Motor, MotorContext (what host/wear must know), bearing variants, sensors.
 *
 *   motor.yaml ─▶ parseMotors ─▶ Motor ─▶ motorContext ─▶ MotorContext
 */
export { bearingRows, bearingVariants, ordersOf, plainDesignation, variantOf } from './bearing-table.js';
export { type Motor, motorContext, motorSchema, unknownBearing, variantsOf } from './motor.js';
export { loadMotors, parseMotors } from './motor-file.js';
export {
  addMotor,
  editMotor,
  type MotorFile,
  type MotorInput,
  motorFiles,
  motorNamed,
  motorsOf,
  motorText,
} from './motor-folder.js';
export { type RecordedFacts, type RecordedMotor, recordedMotor } from './recorded-motor.js';
export { type SensorFile, sensorOf, sensorTable } from './sensor-table.js';
