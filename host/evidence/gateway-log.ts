/**
 * The append-only log of a gateway in a folder, laid out as C2SP tlog-tiles: anybody who gets the folder reads it with other tools.
 *
 *     entry ─▶ tile/entries/000, tile/0/000, … (fsync) ─▶ checkpoint (signed, renamed, fsync) ─▶ proof of inclusion
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ProtocolError } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type Checkpoint, originOf, readCheckpoint, signCheckpoint, writeProof } from './checkpoint.js';
import type { GatewayKey } from './gateway-key.js';
import { consistencyProof, inclusionProof, leafHash, type NodeAt, nodeHash, rootOf } from './merkle-tree.js';

/** Hashes of a full tile; a tile's level covers eight levels of the tree (C2SP tlog-tiles). */
const width = 256;
const hashBytes = 32;
const longestEntry = 65_535;
/** How long another process may hold the log, in ms. */
const lockMs = 5000;
/** A lock of this age in ms is left over. */
const oldLockMs = 60_000;

/** 1234067 → `x001/x234/067`; `part` hashes of a tile that is not full. */
export function tilePath(level: number | 'entries', index: number, part = width): string {
  const groups = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  return `tile/${level}/${groups.join('/')}${part === width ? '' : `.p/${part}`}`;
}

/** Root over hashes that stand one after the other, a power of two of them. */
function fold(hashes: Uint8Array): Uint8Array {
  if (hashes.length === hashBytes) return new Uint8Array(hashes);
  const middle = hashes.length / 2;
  return nodeHash(fold(hashes.subarray(0, middle)), fold(hashes.subarray(middle)));
}

/** Items of a level in a log of so many entries. */
const countAt = (level: number, size: number): number => Math.floor(size / width ** level);

export class GatewayLog {
  readonly folder: string;
  readonly #key: GatewayKey;

  /** Opens or begins the log. @throws KZ0905 where what is stored is not what was signed */
  constructor(folder: string, key: GatewayKey) {
    this.folder = folder;
    this.#key = key;
    this.#settled(() => this.#rooted());
  }

  /** The newest head, after the root was computed from the tiles. */
  #rooted(): Checkpoint {
    const checkpoint = this.checkpoint();
    const { size, root } = checkpoint;
    if (!Buffer.from(rootOf(this.#nodeAt(size), size)).equals(root))
      this.#contradicts('its tiles do not give the root that was signed');
    return checkpoint;
  }

  /** Reads under one head: where another process appended meanwhile, partial tiles went with the older one, and it is read again. */
  #settled<T>(read: () => T): T {
    for (;;) {
      const { size } = this.checkpoint();
      try {
        return read();
      } catch (error) {
        if (this.checkpoint().size === size) throw error;
      }
    }
  }

  get origin(): string {
    return originOf(this.#key.key.bytes);
  }

  /** The newest signed head. @throws KZ0905 */
  checkpoint(): Checkpoint {
    const path = join(this.folder, 'checkpoint');
    if (!existsSync(path)) {
      if (existsSync(join(this.folder, 'tile'))) this.#contradicts('it has entries and no checkpoint');
      return { origin: this.origin, size: 0, root: rootOf(() => new Uint8Array(), 0) };
    }
    try {
      return readCheckpoint(readFileSync(path, 'utf8'), this.#key.key);
    } catch (error) {
      if (error instanceof ProtocolError) return this.#contradicts(error.message);
      throw error;
    }
  }

  #contradicts(why: string): never {
    throw new KizashiError('KZ0905', `the log in ${this.folder}: ${why}`, { folder: this.folder });
  }

  #tile(level: number | 'entries', index: number, size: number): Buffer {
    const count = countAt(level === 'entries' ? 0 : level, size);
    const part = Math.min(width, count - index * width);
    const path = join(this.folder, tilePath(level, index, part));
    try {
      return readFileSync(path);
    } catch (error) {
      return this.#contradicts(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }

  /** Hashes of complete subtrees from the tiles of a log of `size` entries. */
  #nodeAt(size: number): NodeAt {
    const kept = new Map<string, Buffer>();
    return (height, index) => {
      const level = Math.floor(height / 8);
      const many = 2 ** (height % 8);
      const first = index * many;
      const tileIndex = Math.floor(first / width);
      const name = `${level}/${tileIndex}`;
      const tile = kept.get(name) ?? this.#tile(level, tileIndex, size);
      kept.set(name, tile);
      const at = hashBytes * (first % width);
      if (at + hashBytes * many > tile.length) this.#contradicts(`tile ${name} is too short`);
      return fold(tile.subarray(at, at + hashBytes * many));
    };
  }

  /** What a full tile is in the level above. */
  #folded(level: number, index: number, size: number): Uint8Array {
    return fold(this.#tile(level, index, size));
  }

  /**
   * Appends an entry and signs the new head: both are on the disk when it returns.
   * @returns the entry's number and its proof of inclusion (C2SP tlog-proof)
   * @throws KZ0904 the disk or another process does not let go; KZ0905 as the constructor
   */
  append(entry: Uint8Array): { index: number; proof: string } {
    return this.appendAll([entry])[0];
  }

  /** Appends entries under one signed head. @throws as `append` */
  appendAll(entries: readonly Uint8Array[]): { index: number; proof: string }[] {
    const long = entries.find(({ length }) => length > longestEntry);
    if (long) throw new KizashiError('KZ0904', `an entry of ${long.length} bytes`, { bytes: long.length });
    if (entries.length === 0) return [];
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      return this.#locked(() => this.#append(entries));
    } catch (cause) {
      if (cause instanceof KizashiError) throw cause;
      const { message } = cause as Error;
      throw new KizashiError('KZ0904', `cannot append to ${this.folder}: ${message}`, {}, { cause });
    }
  }

  #append(entries: readonly Uint8Array[]): { index: number; proof: string }[] {
    // another process may have appended since
    const { size: before, root } = this.#rooted();
    // the first head is that of the empty log: entries without a head are then always a loss
    if (before === 0) this.#write('checkpoint', signCheckpoint({ origin: this.origin, size: 0, root }, this.#key.seed));
    const size = before + entries.length;
    const grown: string[] = [];
    const grow = (level: number | 'entries', items: readonly Uint8Array[]) => {
      const from = countAt(level === 'entries' ? 0 : level, before);
      for (let k = 0; k < items.length; ) {
        const index = Math.floor((from + k) / width);
        const held = from + k - index * width;
        const more = items.slice(k, k + width - held);
        const old = held === 0 ? new Uint8Array(0) : this.#tile(level, index, before);
        this.#write(tilePath(level, index, held + more.length), Buffer.concat([old, ...more]));
        if (held > 0) grown.push(tilePath(level, index, held));
        k += more.length;
      }
    };
    grow(
      'entries',
      entries.map((entry) => Buffer.concat([Uint8Array.of(entry.length >> 8, entry.length & 255), entry])),
    );
    grow(0, entries.map(leafHash));
    for (let level = 1; countAt(level, size) > countAt(level, before); level++) {
      const from = countAt(level, before);
      const many = countAt(level, size) - from;
      grow(
        level,
        Array.from({ length: many }, (_, k) => this.#folded(level - 1, from + k, size)),
      );
    }
    const nodeAt = this.#nodeAt(size);
    const checkpoint = signCheckpoint({ origin: this.origin, size, root: rootOf(nodeAt, size) }, this.#key.seed);
    this.#write('checkpoint', checkpoint);
    // partial tiles of the head before are no longer needed by anybody
    for (const path of grown) rmSync(join(this.folder, path), { force: true });
    return entries.map((_, k) => {
      const index = before + k;
      return { index, proof: writeProof({ index, hashes: inclusionProof(nodeAt, index, size), checkpoint }) };
    });
  }

  /** On the disk under its name, whole, or not at all. */
  #write(name: string, content: Uint8Array | string): void {
    const path = join(this.folder, name);
    const sync = (target: string, flags: string, body?: Uint8Array | string) => {
      const file = openSync(target, flags, 0o600);
      try {
        if (body !== undefined) writeFileSync(file, body);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    };
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    sync(`${path}.tmp`, 'w', content);
    renameSync(`${path}.tmp`, path);
    sync(dirname(path), 'r');
  }

  /** One process at a time; a lock whose process is gone is taken over. */
  #locked<T>(work: () => T): T {
    const path = join(this.folder, 'lock');
    const until = Date.now() + lockMs;
    for (;;) {
      try {
        writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const abandoned = this.#abandoned(path);
      if (abandoned !== undefined) this.#takeAway(path, abandoned);
      else if (Date.now() > until)
        throw new KizashiError('KZ0904', `another process holds the log in ${this.folder}`, { lock: path });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    try {
      return work();
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** What stands in a lock that nobody holds any more; undefined where somebody does. */
  #abandoned(path: string): string | undefined {
    try {
      const text = readFileSync(path, 'utf8');
      // an append takes less than a second: after a minute a process of that number is another one, a restart of the machine later
      if (Date.now() - statSync(path).mtimeMs > oldLockMs) return text;
      const pid = Number(text);
      if (pid > 0) {
        try {
          process.kill(pid, 0);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ESRCH') return text;
        }
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return undefined;
  }

  /** Removes a lock that nobody holds, and no other that came in its place meanwhile. */
  #takeAway(path: string, text: string): void {
    const aside = `${path}.${process.pid}`;
    try {
      renameSync(path, aside);
      if (readFileSync(aside, 'utf8') !== text) linkSync(aside, path);
    } catch (error) {
      if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    rmSync(aside, { force: true });
  }

  /** Entry by its number. @throws KZ0905 */
  entry(index: number): Uint8Array {
    return this.#settled(() => {
      const { size } = this.checkpoint();
      if (index < 0 || index >= size) throw new RangeError(`the log has ${size} entries`);
      const bundle = this.#tile('entries', Math.floor(index / width), size);
      return this.#entries(bundle)[index % width] ?? this.#contradicts(`entry ${index} is cut off`);
    });
  }

  #entries(bundle: Buffer): Uint8Array[] {
    const entries: Uint8Array[] = [];
    for (let at = 0; at < bundle.length; ) {
      const end = at + 2 + (bundle[at] << 8) + (bundle[at + 1] ?? 0);
      if (end > bundle.length) this.#contradicts('an entry is cut off');
      entries.push(new Uint8Array(bundle.subarray(at + 2, end)));
      at = end;
    }
    return entries;
  }

  /**
   * Reads everything again: each entry gives the hash in its tile, each tile the one above, all together the root that was signed.
   * @returns the number of entries
   * @throws KZ0905 at the first thing that does not fit
   */
  check(): number {
    return this.#settled(() => this.#check());
  }

  #check(): number {
    const { size, root } = this.checkpoint();
    const leaves: Uint8Array[] = [];
    for (let index = 0; index * width < size; index++) {
      const entries = this.#entries(this.#tile('entries', index, size));
      if (entries.length !== Math.min(width, size - index * width))
        this.#contradicts(`entries of tile ${index} are missing`);
      leaves.push(...entries.map(leafHash));
    }
    let nodes = leaves;
    for (let level = 0; nodes.length > 0; level++) {
      const kept = Math.ceil(nodes.length / width);
      for (let index = 0; index < kept; index++) {
        const expected = Buffer.concat(nodes.slice(index * width, (index + 1) * width));
        if (!this.#tile(level, index, size).equals(expected)) this.#contradicts(`tile ${level}/${index} is another`);
      }
      nodes = Array.from({ length: countAt(level + 1, size) }, (_, k) => this.#folded(level, k, size));
    }
    const plain: NodeAt = (height, index) =>
      height === 0 ? leaves[index] : nodeHash(plain(height - 1, 2 * index), plain(height - 1, 2 * index + 1));
    if (!Buffer.from(rootOf(plain, size)).equals(root))
      this.#contradicts('its entries do not give the root that was signed');
    return size;
  }

  /** That the log of now begins with the log of `older` entries (RFC 6962 section 2.1.2). */
  consistency(older: number): { checkpoint: Checkpoint; hashes: Uint8Array[] } {
    return this.#settled(() => {
      const checkpoint = this.checkpoint();
      return { checkpoint, hashes: consistencyProof(this.#nodeAt(checkpoint.size), older, checkpoint.size) };
    });
  }
}
