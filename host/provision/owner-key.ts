/**
 * Where admin keys go. The gateway holds a recipient only (age v1, C2SP: X25519, HKDF-SHA-256, ChaCha20-Poly1305): each board's admin key
 * is encrypted to it the moment it is made and cannot be read here again. With `bench` the owner's identity lies beside it, under a
 * passphrase (scrypt): for one desk, and every record of the installation says so.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import { KizashiError } from '../errors.js';
import { writePrivate } from '../flash/index.js';
import { hex, unhex } from '../session/index.js';

const policyShape = z.strictObject({
  kind: z.enum(['recovery-key', 'bench']),
  /** `age1…` */
  recipient: z.string().startsWith('age1'),
});

export type OwnerPolicy = z.infer<typeof policyShape>;

const sealedShape = z.strictObject({
  kizashi: z.literal('admin-key/1'),
  cid: z.string(),
  admin: z.string().regex(/^[0-9a-f]{64}$/),
});

/** `recovery` in the state folder. */
export class OwnerKeys {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get benchIdentityFile(): string {
    return join(this.folder, 'bench-owner.age');
  }

  /** What `init` said; undefined before. @throws KZ0411 */
  policy(): OwnerPolicy | undefined {
    const path = join(this.folder, 'policy.json');
    if (!existsSync(path)) return undefined;
    try {
      return policyShape.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (cause) {
      throw new KizashiError('KZ0411', `${path} is damaged`, { path }, { cause });
    }
  }

  /** Admin keys go to this recipient from now on. @throws KZ0411 where it is no age recipient */
  async useRecipient(recipient: string): Promise<void> {
    await this.#encrypt(recipient, new Uint8Array(1));
    await this.#write('policy.json', `${JSON.stringify({ kind: 'recovery-key', recipient }, null, 2)}\n`);
  }

  /** Makes an owner's identity here, under a passphrase. @returns its recipient */
  async useBench(passphrase: string): Promise<string> {
    const { identity, recipient } = await makeIdentity();
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    await this.#write('bench-owner.age', await encrypter.encrypt(`${identity}\n`));
    await this.#write('policy.json', `${JSON.stringify({ kind: 'bench', recipient }, null, 2)}\n`);
    return recipient;
  }

  /**
   * Encrypts an admin key to the owner and has it on disk, read back, when it resolves.
   * @throws KZ0410 before `init`, KZ0411 where it cannot be written
   */
  async keep(admin: Uint8Array, cid: Uint8Array): Promise<void> {
    const policy = this.policy();
    if (!policy) throw new KizashiError('KZ0410', 'nobody said where the admin key of this board is to go', {});
    const sealed = await this.#encrypt(
      policy.recipient,
      new TextEncoder().encode(JSON.stringify({ kizashi: 'admin-key/1', cid: hex(cid), admin: hex(admin) })),
    );
    const path = await this.#write(`claim-${hex(cid)}.age`, sealed);
    if (hex(readFileSync(path)) !== hex(sealed)) {
      throw new KizashiError('KZ0411', `${path} reads back otherwise than it was written`, { path });
    }
  }

  /** Gives the file of a claim the name of the key that came of it. @returns its path, undefined where there is none */
  async nameAfter(kid: string, cid: Uint8Array): Promise<string | undefined> {
    const claim = join(this.folder, `claim-${hex(cid)}.age`);
    if (!existsSync(claim)) return undefined;
    return this.#write(`board-${kid}.age`, readFileSync(claim));
  }

  /** The recovery file of a board. */
  fileOf(kid: string): string {
    return join(this.folder, `board-${kid}.age`);
  }

  #encrypt(recipient: string, content: Uint8Array): Promise<Uint8Array> {
    const encrypter = new Encrypter();
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new KizashiError('KZ0411', `"${recipient}" is no public key of age`, { recipient }, { cause });
    }
    return encrypter.encrypt(content);
  }

  async #write(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      await writePrivate(path, content);
    } catch (cause) {
      throw new KizashiError('KZ0411', `${path} cannot be written: ${(cause as Error).message}`, { path }, { cause });
    }
    return path;
  }
}

/** A new owner's identity (`AGE-SECRET-KEY-1…`) and its public half. */
export async function makeIdentity(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The `AGE-SECRET-KEY-1…` line of an identity file; one under a passphrase is opened first. @throws KZ0412 */
export async function readIdentity(content: Uint8Array, passphrase: () => Promise<string>): Promise<string> {
  let text = new TextDecoder().decode(content);
  if (text.startsWith('age-encryption.org/v1')) {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(await passphrase());
    text = await decrypter.decrypt(content, 'text').catch((cause) => {
      throw new KizashiError('KZ0412', 'the passphrase is not that of the owner’s identity', {}, { cause });
    });
  }
  const line = text.split('\n').find((candidate) => candidate.startsWith('AGE-SECRET-KEY-1'));
  if (line) return line.trim();
  throw new KizashiError('KZ0412', 'the file holds no identity of age', {});
}

/** The admin key in a recovery file. @throws KZ0412 where the identity is another one, or the file is damaged */
export async function openRecovery(content: Uint8Array, identity: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
    const sealed = sealedShape.parse(JSON.parse(await decrypter.decrypt(content, 'text')));
    return unhex(sealed.admin)!;
  } catch (cause) {
    throw new KizashiError('KZ0412', 'the recovery file does not open with this identity', {}, { cause });
  }
}
