/** What a session must know of a board before it trusts a byte of it. host/provision keeps it in files; here it is an interface. */

/** Where the chain of signed records of a board stands (docs/protocol.md, records). */
export interface ChainHead {
  /** Number of the last signed record held here; 0 if none. */
  rec: number;
  /** `prev` that the next record must carry: 16 bytes. */
  prev: Uint8Array;
  /** Highest record number ever seen, signed or only used up. */
  used: number;
}

export interface PinnedBoard {
  /** First eight bytes of the public key, hex. */
  kid: string;
  pk: Uint8Array;
  /** K_pair. Two while a rotation is not yet proven by a hello. */
  pair: Uint8Array[];
  name: string;
  /** Zone of the site it was provisioned for. */
  zone?: string;
  /** Evidence grade that provisioning found; emulated boards have E. */
  grade: 'E' | 'A0' | 'A1' | 'B' | 'C';
  chain: ChainHead;
  /** Highest protocol version the board ever offered. */
  dmax: number;
  /** Firmware of the last identity. */
  fw: string;
  fwd: Uint8Array;
  /** Line rate that last worked. */
  baud?: number;
  /** The board's signed identity as it came from the wire: evidence files carry it. */
  identity: Uint8Array;
  /** Name of the key for people: `kz:xxxx-xxxx-xxxx-xxxx`, the head of its RFC 9679 thumbprint. */
  keyName: string;
  /** Set when the key must no longer be accepted for new records. */
  revoked?: string;
}

export interface Keyring {
  find(kid: string): PinnedBoard | undefined;
  /** Stores what changed; resolves when it is safe on disk. */
  save(board: PinnedBoard): Promise<void>;
}

/** A keyring that forgets at exit: tests, and fleets of emulated boards that are provisioned at each start. */
export class MemoryKeyring implements Keyring {
  readonly #boards = new Map<string, PinnedBoard>();

  find(kid: string): PinnedBoard | undefined {
    return this.#boards.get(kid);
  }

  save(board: PinnedBoard): Promise<void> {
    this.#boards.set(board.kid, board);
    return Promise.resolve();
  }

  all(): PinnedBoard[] {
    return [...this.#boards.values()];
  }
}
