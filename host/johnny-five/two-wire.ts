/** The two-wire bus behind Johnny-Five's I2C members: one transaction at a time, continuous reads at the sampling interval. */
import { op } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { TimerHandle } from '../link/index.js';
import type { Session } from '../session/index.js';

/** Bytes one transaction may write or read (docs/protocol.md, bus). */
const mostBytes = 32;

export type Reply = (bytes: number[]) => void;

/** @throws KZ1502 where a transaction would be too long or the address none */
export function checkTransaction(address: number, written: number, read: number): void {
  if (!Number.isInteger(address) || address < 0 || address > 127)
    throw new KizashiError('KZ1502', `${address} is no address of the bus`, { address });
  if (written > mostBytes || read > mostBytes)
    throw new KizashiError('KZ1502', `a transaction has at most ${mostBytes} bytes each way`, {
      address,
      written,
      read,
      most: mostBytes,
    });
}

/** One transaction: write, then read behind a repeated start. @throws KZ0206 with code 5 where nobody answers, and as `Session.command` */
export async function transact(session: Session, address: number, write: number[], read: number): Promise<number[]> {
  const args = { bus: 0, address, write: Uint8Array.from(write), read };
  const ack = await session.command({ op: op.bus, args });
  return [...(ack.read ?? [])];
}

/** Reads again and again until `stop`; while the board captures it waits. */
export class RepeatedRead {
  #timer?: TimerHandle;
  #stopped = false;

  constructor(
    private readonly session: Session,
    private readonly read: () => Promise<void>,
    private readonly intervalMs: () => number,
  ) {
    void this.#turn();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.session.clock.clear(this.#timer);
  }

  async #turn(): Promise<void> {
    const { session } = this;
    if (session.state === 'idle' || session.state === 'commanding') await this.read();
    if (this.#stopped || !session.alive) return;
    this.#timer = session.clock.setTimer(this.intervalMs(), () => void this.#turn());
  }
}
