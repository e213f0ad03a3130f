/**
 * Sketches that print. In: a port, lines of the Serial Plotter. Out: captures of source `text`, unsigned, with the measured rate and scatter.
 *
 *     tty ─▶ lines ─▶ TextSource.next ─▶ Capture ─▶ host/signal
 */
export { LineSplitter, type PlotterLine, readPlotterLine } from './plotter-lines.js';
export { openText, type TextCounters, type TextPort, TextSource } from './text-source.js';
