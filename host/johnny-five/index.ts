/**
 * Johnny-Five. In: an attended port of a board whose image offers general pins. Out: `Kizashi`, an IO plugin for `new five.Board({io})`.
 * johnny-five itself is never imported here.
 *
 *     five.Board({io}) ─▶ Kizashi ─▶ host/session ─▶ board
 */
export { type IoPin, MODES } from './board-pins.js';
export { Kizashi, type KizashiOptions } from './kizashi.js';
