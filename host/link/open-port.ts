import { SerialPortStream } from '@serialport/stream';
import { KizashiError } from '../errors.js';
import type { BindingInterface } from './binding.js';
import { type Clock, systemClock } from './clock.js';
import { openFailure } from './open-failure.js';

export interface OpenPortOptions {
  path: string;
  baud: number;
  /** The machine's own serial ports when absent; host/emulate passes its own. */
  binding?: BindingInterface;
  clock?: Clock;
  /** Time for the driver to open the port, in ms. */
  openMs?: number;
}

/** A vanished tty may never report its end (node-serialport issues 2043, 2323); after this the stream is dropped, in ms. */
const closeLimitMs = 1000;

/**
 * Opens a port for one owner. On an Uno that resets the board: opening asserts DTR. `hupcl` is off, so that closing does not do it again.
 * @throws KizashiError KZ0101 no such port, KZ0102 in use, KZ0103 not permitted, KZ0104 too slow, KZ0106 anything else
 */
export async function openPort(options: OpenPortOptions): Promise<SerialPortStream> {
  const clock = options.clock ?? systemClock;
  const binding = options.binding ?? (await import('serialport')).SerialPort.binding;
  const stream = new SerialPortStream({
    binding: binding as BindingInterface,
    path: options.path,
    baudRate: options.baud,
    autoOpen: false,
    lock: true,
    hupcl: false,
  });
  await new Promise<void>((resolve, reject) => {
    let late = false;
    const limit = clock.setTimer(options.openMs ?? 5000, () => {
      late = true;
      reject(new KizashiError('KZ0104', `${options.path} did not open in time`, { path: options.path }));
    });
    stream.open((error) => {
      clock.clear(limit);
      if (late) {
        stream.on('error', () => {});
        if (!error) stream.close(() => {});
      } else if (error) reject(openFailure(options.path, error));
      else resolve();
    });
  });
  return stream;
}

/** Lets go of a stream: nobody hears it any more, and the port is free when this resolves, at the latest after 1 s. */
export async function closePort(stream: SerialPortStream, clock: Clock): Promise<void> {
  stream.removeAllListeners();
  stream.on('error', () => {});
  if (!stream.isOpen) return;
  await new Promise<void>((resolve) => {
    const limit = clock.setTimer(closeLimitMs, () => {
      stream.destroy();
      resolve();
    });
    stream.close(() => {
      clock.clear(limit);
      resolve();
    });
  });
}
