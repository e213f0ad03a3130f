/**
 * In: files of others (WAV, CSV, Klipper, MAT, NPY, recordings index). Out: captures, source `recording`, verdict `unsigned`, grade `none`.
 *
 *   bytes ─▶ format by content ─▶ reader ─▶ SI units, measured rate, gap-free spans ─▶ Capture
 */
export { type FeatureRows, readFeatureRows } from './csv-recording.js';
export { attestedText, csvFacts, csvLines } from './csv-write.js';
export {
  findRecordings,
  type IndexChannel,
  type IndexGeometry,
  type IndexRecord,
  parseIndex,
  type RecordingsIndex,
  type RecordTable,
  readIndex,
  readLabelColumn,
  readRecord,
  readRecordTable,
  readSnapshots,
} from './index-reader.js';
export { detectFormat, readBytes, readRecordings } from './read.js';
export type { ReadOptions, Recording, RecordingFacts, RecordingFormat } from './recording.js';
export { wavBytes } from './wav-write.js';
