/**
 * What a quarantined port said, and captures that did not prove themselves, kept for a person to look at: whole frames as on the wire, so
 * that any reader of kz1 reads the file. Never read back by the host itself.
 */
import { mkdirSync } from 'node:fs';
import { appendFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeFrame } from '../../protocol/index.js';

/** Most bytes of one file: an attacker must not fill the disk. */
const limit = 16 * 1024 * 1024;

export class QuarantineFile {
  readonly path: string;
  readonly #limit: number;
  #size?: number;
  #writing: Promise<void> = Promise.resolve();
  /** Items that no longer fitted. */
  dropped = 0;

  constructor(path: string, bytes = limit) {
    this.path = path;
    this.#limit = bytes;
  }

  /** Appends items; resolves when they are in the file or counted as dropped. */
  append(items: readonly Uint8Array[]): Promise<void> {
    this.#writing = this.#writing.then(() => this.#append(items));
    return this.#writing;
  }

  async #append(items: readonly Uint8Array[]): Promise<void> {
    if (this.#size === undefined) {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      this.#size = await stat(this.path).then(
        ({ size }) => size,
        () => 0,
      );
    }
    const frames: Uint8Array[] = [];
    for (const item of items) {
      const frame = encodeFrame(item);
      if (this.#size + frame.length > this.#limit) this.dropped++;
      else {
        frames.push(frame);
        this.#size += frame.length;
      }
    }
    if (frames.length === 0) return;
    try {
      await appendFile(this.path, Buffer.concat(frames), { mode: 0o600 });
    } catch {
      // a full disk must not stop the port; what is missing is counted
      this.dropped += frames.length;
    }
  }
}
