/** A capture and a motor into assessments, whichever quantities it carries. */
import type { Capture } from '../capture/capture.js';
import { KizashiError } from '../errors.js';
import { type Assessment, assessCurrent, assessVibration, type MotorContext } from '../wear/index.js';

/**
 * Everything that can be said about a recording: vibration and current channels each on their own.
 * @throws KZ0806 neither kind is in it
 */
export function assessCapture(capture: Capture, motor: MotorContext): Assessment[] {
  const has = (quantity: string): boolean => capture.channels.some((channel) => channel.quantity === quantity);
  const found = [
    ...(has('acceleration') ? [assessVibration(capture, motor)] : []),
    ...(has('current') ? [assessCurrent(capture, motor)] : []),
  ];
  if (found.length === 0)
    throw new KizashiError(
      'KZ0806',
      'no channel of acceleration or current',
      { channels: capture.channels.map(({ id, quantity }) => `${id}: ${quantity}`) },
      {
        why: `the channels are ${capture.channels.map(({ id, quantity }) => `${id} (${quantity})`).join(', ')}`,
        fix: has('voltage')
          ? 'say which sensor is wired to which pin: --motor FILE, its channels'
          : '--units g, or --units A',
      },
    );
  return found;
}
