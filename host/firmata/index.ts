/**
 * Boards that run StandardFirmata. In: their port. Out: captures of source `firmata`, unsigned, for screening.
 *
 *     tty ─▶ openFirmata ─▶ FirmataBoard.current, .vibrationBurst ─▶ Capture ─▶ host/signal
 */
export { type CurrentPlan, FirmataBoard, type FirmataPort, openFirmata } from './firmata-board.js';
export { checkInterval } from './interval.js';
