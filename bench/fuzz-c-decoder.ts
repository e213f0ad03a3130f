/**
 * The firmware's core as a decoder in WebAssembly (firmware/fuzz/decoder.c): two boards, one with an identity and in a session, one with a
 * claim only. What they accept, what they count a refusal as, and what they read.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { blake2s } from '../protocol/index.js';

const fuzz = fileURLToPath(new URL('../firmware/fuzz/', import.meta.url));
const wasm = fileURLToPath(new URL('../firmware/build/fuzz/decoder.wasm', import.meta.url));

export type Verdict = 'accepted' | 'cbor' | 'shape' | 'other';
const verdicts: readonly Verdict[] = ['accepted', 'cbor', 'shape', 'other'];

/** Longest body a board of this kind takes. */
export const boardBody = 160;

interface Exports {
  memory: WebAssembly.Memory;
  body(): number;
  reply(): number;
  values(): number;
  replyLength(): number;
  boot(known: number): number;
  judge(n: number): number;
  judgeStop(n: number, rec: number): number;
  fault(n: number): number;
  item(n: number): number;
  command(n: number): number;
  provision(n: number): number;
  admin(n: number, number: number): number;
}

/** Whether clang can build for WebAssembly here, or the decoder is built. */
export function decoderPresent(): boolean {
  return (
    existsSync(wasm) ||
    (spawnSync('clang', ['--version']).status === 0 && spawnSync('wasm-ld', ['--version']).status === 0)
  );
}

/** Builds what is out of date. @throws Error with the compiler's words */
export function buildDecoder(): void {
  const make = spawnSync('make', ['-s', '-C', fuzz, 'wasm'], { encoding: 'utf8' });
  if (make.status !== 0) throw new Error(make.stderr || String(make.error));
}

class Board {
  readonly wasm: Exports;
  readonly #body: Uint8Array;

  constructor(module: WebAssembly.Module, known: boolean) {
    this.wasm = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.wasm.boot(known ? 1 : 0);
    this.#body = new Uint8Array(this.wasm.memory.buffer, this.wasm.body(), 256);
  }

  put(body: Uint8Array): number {
    this.#body.set(body);
    return body.length;
  }

  values(n: number): Buffer {
    return Buffer.from(new Uint8Array(this.wasm.memory.buffer, this.wasm.values(), n));
  }
}

export class CDecoder {
  readonly #known: Board;
  readonly #blank: Board;

  constructor() {
    const module = new WebAssembly.Module(readFileSync(wasm));
    this.#known = new Board(module, true);
    this.#blank = new Board(module, false);
  }

  /** What the board's own counters say: the fault it met first. */
  counted(body: Uint8Array): Verdict {
    const { wasm: c } = this.#known;
    const n = this.#known.put(body);
    // a stop is looked at in a capture only; `rec` and lock that never fit
    if (body[0] === 0x83 && body[1] === 18) return verdicts[c.judgeStop(n, 0) % 3];
    const first = verdicts[c.judge(n)];
    if (body[0] !== 0xd1 || first === 'accepted') return first;
    const second = verdicts[this.#blank.wasm.judge(this.#blank.put(body))];
    return second === 'accepted' ? second : first;
  }

  /** Which of the two faults a refused body is by the rule of docs/protocol.md. */
  fault(body: Uint8Array): Verdict {
    return verdicts[this.#known.wasm.fault(this.#known.put(body))];
  }

  /** Whether the bytes are one item of the CBOR profile. */
  isItem(body: Uint8Array): boolean {
    return this.#known.wasm.item(this.#known.put(body)) === 1;
  }

  /** The last answer on the line, as bytes. */
  reply(): Uint8Array {
    const { wasm: c } = this.#known;
    return new Uint8Array(c.memory.buffer, c.reply(), c.replyLength()).slice();
  }

  /** Numbers and byte strings of a command, in the order of the grammar. */
  command(body: Uint8Array): Buffer {
    const n = this.#known.wasm.command(this.#known.put(body));
    return this.#known.values(n);
  }

  /** `dr` and `hr` of a provisioning. */
  provision(body: Uint8Array): Buffer {
    const n = this.#blank.wasm.provision(this.#blank.put(body));
    return this.#blank.values(n);
  }

  /** 'rotate' with its `hr`, or 'wipe'; undefined where the board did not take it under that number. */
  admin(body: Uint8Array, number: number): { rule: 'rotate'; hr: Buffer } | { rule: 'wipe' } | undefined {
    const job = this.#known.wasm.admin(this.#known.put(body), number);
    return job === 3 ? { rule: 'rotate', hr: this.#known.values(32) } : job === 4 ? { rule: 'wipe' } : undefined;
  }

  /** Whether this stop ends the capture of that record and key. */
  stops(body: Uint8Array, rec: number, key: Uint8Array): boolean {
    const { wasm: c } = this.#known;
    new Uint8Array(c.memory.buffer, c.values(), 32).set(blake2s(key).subarray(0, 16));
    return verdicts[c.judgeStop(this.#known.put(body), rec)] === 'other';
  }
}
