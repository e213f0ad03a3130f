/**
 * kizashi as a library. The parts have entry points of their own: `kizashi/protocol`, `kizashi/signal`, `kizashi/wear`, `kizashi/emulate`,
 * `kizashi/johnny-five`. Here: what opens boards, takes captures and verifies evidence.
 */
export * from './capture/index.js';
export { type ErrorCode, type ErrorRow, errorTable, KizashiError } from './errors.js';
export { type Clock, Link, listPorts, loadBoard, loadBoards, openLink, systemClock } from './link/index.js';
export {
  attend,
  type BoardPort,
  type Keyring,
  MemoryKeyring,
  openSession,
  type PinnedBoard,
  Session,
} from './session/index.js';
