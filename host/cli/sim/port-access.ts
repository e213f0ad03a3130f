/**
 * What a command needs to reach boards: ports and the time that passes on them. With `--sim` (or a port `emu:…`) boards are emulated; their
 * flash and EEPROM stay in the state folder from one command to the next, so that flash, provision and collect follow each other as on a
 * desk. They begin as boards come from the shop: a bootloader and nothing else.
 */
import type { BindingInterface, Clock } from '../../link/index.js';
import { systemClock } from '../../link/index.js';
import { stateFolder } from '../state-folder.js';

export interface PortAccess {
  /** True: grade E, and no person who could press a button. */
  readonly emulated: boolean;
  /** The machine's own ports where absent. */
  readonly binding?: BindingInterface;
  readonly clock: Clock;
  /** Awaits work on ports. Time of emulated boards passes only meanwhile, as fast as the machine can. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Files, questions: the time of emulated boards stands still. */
  outside<T>(work: () => Promise<T>): Promise<T>;
  /** Puts emulated boards in step with the wall clock, for commands that follow. */
  pace(on: boolean): void;
  close(): Promise<void>;
}

/** The machine's own ports and time. */
export const realPorts: PortAccess = {
  emulated: false,
  clock: systemClock,
  during: (work) => work,
  outside: (work) => work(),
  pace: () => {},
  close: async () => {},
};

/** @param port argument of the command, where it has one */
export async function portAccess(options: Record<string, unknown>, port?: string): Promise<PortAccess> {
  if (options.sim !== true && !port?.startsWith('emu:')) return realPorts;
  const { emulatedBench } = await import('./emulated-bench.js');
  return emulatedBench(stateFolder(options).root, port?.startsWith('emu:') ? port.slice('emu:'.length) : undefined);
}
