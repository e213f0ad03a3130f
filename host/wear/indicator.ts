/** Indicators in one form: one number with unit, validity and the capture it came from. */
import type { Capture } from '../capture/capture.js';
import type { Indicator, ReasonCode } from './types.js';

type Given = Pick<Indicator, 'id' | 'unit' | 'channels'> & {
  value: number;
  ci95?: readonly [number, number];
  refused?: { code: ReasonCode; text: string };
  note?: string;
  params?: Record<string, unknown>;
};

/** A maker of indicators of one algorithm on one capture. A value that is no finite number is stored as null. */
export function indicatorMaker(capture: Capture, algorithm: string): (given: Given) => Indicator {
  return ({ id, unit, channels, value, ci95, refused, note, params }) => ({
    id,
    value: Number.isFinite(value) ? value : null,
    unit,
    ...(ci95 ? { ci95 } : {}),
    valid: refused ? { refused: refused.code, text: refused.text } : true,
    ...(note ? { note } : {}),
    captureId: capture.id,
    channels,
    algorithm,
    params: params ?? {},
    ...(capture.at === undefined ? {} : { at: capture.at }),
  });
}
