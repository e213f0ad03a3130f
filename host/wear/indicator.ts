/** Indicators in one form: one number with unit, validity and the capture it came from. */
import type { Capture } from '../capture/capture.js';
import { remarksWords } from './record-words.js';
import type { Indicator, ReasonCode, Remark } from './types.js';

type Given = Pick<Indicator, 'id' | 'unit' | 'channels'> & {
  value: number;
  ci95?: readonly [number, number];
  refused?: { code: ReasonCode; text: string };
  /** What the reader must know beside the number. */
  says?: readonly Remark[];
  params?: Record<string, unknown>;
};

/** A maker of indicators of one algorithm on one capture. A value that is no finite number is stored as null. */
export function indicatorMaker(capture: Capture, algorithm: string): (given: Given) => Indicator {
  return ({ id, unit, channels, value, ci95, refused, says, params }) => ({
    id,
    value: Number.isFinite(value) ? value : null,
    unit,
    ...(ci95 ? { ci95 } : {}),
    valid: refused ? { refused: refused.code, text: refused.text } : true,
    ...(says && says.length > 0 ? { note: remarksWords(says, 'en'), says: [...says] } : {}),
    captureId: capture.id,
    channels,
    algorithm,
    params: params ?? {},
    ...(capture.at === undefined ? {} : { at: capture.at }),
  });
}
