/**
 * What was refused on a port, by cause, and when the port must no longer be trusted. Counters outlive sessions and reconnects, so that
 * three false MACs in a row are three, whoever restarts the session in between.
 */

/** Names are those of docs/protocol.md, "what each bad input gets". */
export type RefusalCause =
  | 'mac'
  | 'foreign'
  | 'revoked'
  | 'rollback'
  | 'downgrade'
  | 'challenge'
  | 'timing'
  | 'digest'
  | 'order'
  | 'prev'
  | 'signature'
  | 'verifier'
  | 'seal-timeout'
  | 'lost'
  /** A message nobody asked for, or one for an earlier greeting: dropped. */
  | 'stray';

export interface Quarantine {
  cause: RefusalCause;
  text: string;
  /** Host wall clock, ms since 1970. */
  at: number;
}

/** Causes that quarantine at once, and how many in a row it takes for the others. */
const quarantineAfter: Partial<Record<RefusalCause, number>> = {
  foreign: 1,
  revoked: 1,
  rollback: 1,
  downgrade: 1,
  verifier: 1,
  mac: 3,
  signature: 2,
};

export class PortTrust {
  readonly counters: Partial<Record<RefusalCause, number>> = {};
  readonly #inRow: Partial<Record<RefusalCause, number>> = {};
  /** Captures in a row in which the line lost something. */
  lossyInRow = 0;
  #quarantine?: Quarantine;
  #verified = 0;

  /** Set: no command is sent and nothing is passed on until a person decides. */
  get quarantine(): Quarantine | undefined {
    return this.#quarantine;
  }

  /** Signatures found right. */
  get verified(): number {
    return this.#verified;
  }

  count(cause: RefusalCause): number {
    return this.counters[cause] ?? 0;
  }

  /** Counts a refusal. Returns the quarantine if this one begins it. */
  refuse(cause: RefusalCause, text: string, at: number): Quarantine | undefined {
    this.counters[cause] = this.count(cause) + 1;
    this.#inRow[cause] = (this.#inRow[cause] ?? 0) + 1;
    const limit = quarantineAfter[cause];
    if (limit === undefined || this.#inRow[cause] < limit || this.#quarantine) return undefined;
    this.#quarantine = { cause, text, at };
    return this.#quarantine;
  }

  /**
   * A good one ends the row. For `mac` that is a right acknowledgement: a right hello alone would let somebody forge acknowledgements for
   * ever, one a session.
   */
  good(cause: 'mac' | 'signature'): void {
    this.#inRow[cause] = 0;
    if (cause === 'signature') this.#verified++;
  }

  /** The decision of a person to trust the port again. */
  lift(): void {
    this.#quarantine = undefined;
    for (const cause of Object.keys(this.#inRow) as RefusalCause[]) this.#inRow[cause] = 0;
  }
}
