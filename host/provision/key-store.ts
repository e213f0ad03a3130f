/**
 * The gateway's keys in files: one a board, mode 0600, replaced atomically. It holds K_pair and public keys; neither device seeds nor admin
 * keys are ever in it, so that a stolen gateway cannot sign captures nor take boards over.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { pinKey } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { writePrivate } from '../flash/index.js';
import { hex, type Keyring, MemoryKeyring, type PinnedBoard } from '../session/index.js';

const bytes = (length?: number) =>
  z
    .string()
    .regex(length === undefined ? /^([0-9a-f]{2})*$/ : new RegExp(`^[0-9a-f]{${2 * length}}$`))
    .transform((text) => new Uint8Array(Buffer.from(text, 'hex')));

const boardFile = z.strictObject({
  kid: z.string().regex(/^[0-9a-f]{16}$/),
  pk: bytes(32),
  pair: z.array(bytes(32)).min(1).max(2),
  name: z.string().min(1),
  zone: z.string().optional(),
  grade: z.enum(['E', 'A0', 'A1', 'B', 'C']),
  chain: z.strictObject({ rec: z.number().int().min(0), prev: bytes(16), used: z.number().int().min(0) }),
  dmax: z.number().int().min(0),
  fw: z.string(),
  fwd: bytes(16),
  baud: z.number().int().positive().optional(),
  identity: bytes(),
  keyName: z.string(),
  revoked: z.string().optional(),
});

const pendingFile = z.strictObject({ cid: bytes(4), hr: bytes(32), dr: bytes(16), pair: bytes(32) });

/** Provisioning that was begun and not finished: lets a power cut be resumed. */
export interface Pending {
  cid: Uint8Array;
  hr: Uint8Array;
  dr: Uint8Array;
  /** K_pair. */
  pair: Uint8Array;
}

/** What provisioning needs of a key store. */
export interface ProvisionStore extends Keyring {
  all(): PinnedBoard[];
  savePending(pending: Pending): Promise<void>;
  pending(): Pending[];
  deletePending(cid: Uint8Array): void;
}

/** A store that forgets at exit, for fleets of emulated boards that are provisioned at each start. */
export class MemoryKeyStore extends MemoryKeyring implements ProvisionStore {
  readonly #pending = new Map<string, Pending>();

  savePending(pending: Pending): Promise<void> {
    this.#pending.set(hex(pending.cid), pending);
    return Promise.resolve();
  }

  pending(): Pending[] {
    return [...this.#pending.values()];
  }

  deletePending(cid: Uint8Array): void {
    this.#pending.delete(hex(cid));
  }
}

function toJson(value: unknown): string {
  const plain = (_: string, member: unknown) => (member instanceof Uint8Array ? hex(member) : member);
  return `${JSON.stringify(value, plain, 2)}\n`;
}

export class KeyStore implements ProvisionStore {
  readonly directory: string;
  readonly #boards = new Map<string, PinnedBoard>();
  readonly #saving = new Map<string, Promise<void>>();

  /** Opens the store in a folder, which is made when it is missing. @throws KZ0408 for a damaged file or one that others may read */
  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      if (!/^board-[0-9a-f]{16}\.json$/.test(name)) continue;
      const board = this.#read(name, boardFile) as PinnedBoard;
      if (name !== `board-${board.kid}.json` || hex(board.pk.subarray(0, 8)) !== board.kid) {
        throw new KizashiError('KZ0408', `${join(directory, name)} does not belong to its key`, { name });
      }
      try {
        pinKey(board.pk);
      } catch (cause) {
        throw new KizashiError('KZ0408', `${join(directory, name)}: ${(cause as Error).message}`, { name }, { cause });
      }
      this.#boards.set(board.kid, board);
    }
  }

  find(kid: string): PinnedBoard | undefined {
    return this.#boards.get(kid);
  }

  /** All boards, also revoked ones. */
  all(): PinnedBoard[] {
    return [...this.#boards.values()];
  }

  /** Public keys in the form `verifyEvidence` takes. */
  publicKeys(): Record<string, { pk: string; name: string; grade: string; revoked?: string }> {
    return Object.fromEntries(
      this.all().map(({ kid, pk, name, grade, revoked }) => [kid, { pk: hex(pk), name, grade, revoked }]),
    );
  }

  /** @throws KZ0409 */
  async save(board: PinnedBoard): Promise<void> {
    this.#boards.set(board.kid, board);
    const json = toJson(board);
    // one write after the other, each with what was known when it was asked for
    const before = this.#saving.get(board.kid) ?? Promise.resolve();
    const write = before
      .catch(() => {})
      .then(() => writePrivate(join(this.directory, `board-${board.kid}.json`), json));
    this.#saving.set(board.kid, write);
    await write.catch((cause: Error) => {
      throw new KizashiError('KZ0409', `${this.directory} cannot be written: ${cause.message}`, {}, { cause });
    });
  }

  async savePending(pending: Pending): Promise<void> {
    await writePrivate(join(this.directory, `pending-${hex(pending.cid)}.json`), toJson(pending));
  }

  pending(): Pending[] {
    return readdirSync(this.directory)
      .filter((name) => /^pending-[0-9a-f]{8}\.json$/.test(name))
      .map((name) => this.#read(name, pendingFile));
  }

  deletePending(cid: Uint8Array): void {
    rmSync(join(this.directory, `pending-${hex(cid)}.json`), { force: true });
  }

  #read<T>(name: string, shape: z.ZodType<T>): T {
    const path = join(this.directory, name);
    const fail = (why: string, cause?: unknown): never => {
      throw new KizashiError('KZ0408', `${path}: ${why}`, { path }, { cause });
    };
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) fail('others may read it');
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(path, 'utf8'));
    } catch (cause) {
      return fail('not JSON', cause);
    }
    const parsed = shape.safeParse(json);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    return fail(`${issue.path.join('.')}: ${issue.message}`);
  }
}
