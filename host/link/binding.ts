import type { SerialPortStream } from '@serialport/stream';

/**
 * What stands behind a port: the machine's serial ports, or the emulated boards of host/emulate. @serialport/bindings-interface states its
 * types for `require` only; the stream's own types lead to them.
 */
export type BindingInterface = ConstructorParameters<typeof SerialPortStream>[0]['binding'];

/** One row of `BindingInterface.list`. */
export type PortInfo = Awaited<ReturnType<BindingInterface['list']>>[number];
