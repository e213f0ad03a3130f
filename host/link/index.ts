/**
 * Ports. In: a path, a baud rate, a binding. Out: messages of kz1 with the time they arrived, counters by cause, one `lost`.
 *
 *     tty ─▶ Link ─▶ 'message' (decoded, item bytes, ms) ─▶ host/session
 */
export type { BindingInterface } from './binding.js';
export {
  type BoardFacts,
  fifoOf,
  imagesOf,
  loadBoard,
  loadBoards,
  loadSensor,
  oscillatorTolerance,
  pinOfChannel,
  type SensorFacts,
} from './boards.js';
export { type Clock, delay, systemClock, type TimerHandle } from './clock.js';
export { Link, type LinkAlarm, type LinkCounters, type LinkOptions, type LostReason, openLink } from './link.js';
export { type OpenPortOptions, openPort } from './open-port.js';
export { listPorts, type PortRow } from './ports.js';
