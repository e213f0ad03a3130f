/**
 * Boards that run StandardFirmata. In: their port. Out: captures of source `firmata`, unsigned, for screening.
 *
 *     tty ─▶ openFirmata ─▶ FirmataBoard.current, .vibrationBurst ─▶ Capture ─▶ host/signal
 *
 * And the other way round: a board of kizashi as a Firmata board on TCP (bridge.ts).
 */
export { type FirmataBridge, serveFirmata } from './bridge.js';
export { type CurrentPlan, FirmataBoard, type FirmataPort, openFirmata } from './firmata-board.js';
export { checkInterval } from './interval.js';
