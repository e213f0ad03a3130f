/**
 * A continuous signal kept as samples on a fine grid, made block by block as somebody asks for it, read in between by a cubic through four
 * points (−81 dB at 4 kHz on the 102.4 kHz grid).
 */
import { KizashiError } from '../../errors.js';

/** Grid of vibration and of sensors, Hz; blocks of 10 ms. */
export const GRID_HZ = 102400;
export const GRID_BLOCK = 1024;
/** Grid of currents, Hz: nothing above 2 kHz lives there; blocks of 10 ms too. */
export const CURRENT_HZ = 12800;
export const CURRENT_BLOCK = 128;

/** Blocks kept: readers of one signal may be 100 ms apart. */
const KEPT = 16;
/** Blocks made ahead of the first one asked for, so that filters have settled. */
const WARM_UP = 3;

export interface GridSource {
  /** Fills `out` with the samples of block `block` (instants (block·length + j)/rate); called with consecutive numbers. */
  fill(out: Float64Array, block: number): void;
  /** Forget what came before: the next block does not follow the last one. */
  restart?(): void;
}

export class Grid {
  readonly rateHz: number;
  readonly #source: GridSource;
  readonly #length: number;
  readonly #mask: number;
  readonly #ring: Float64Array;
  readonly #blocks: Float64Array[] = [];
  /** Blocks [first, next) are in the ring. */
  #first = 0;
  #next = 0;

  constructor(rateHz: number, length: number, source: GridSource) {
    this.rateHz = rateHz;
    this.#source = source;
    this.#length = length;
    this.#ring = new Float64Array(KEPT * length);
    this.#mask = KEPT * length - 1;
    for (let i = 0; i < KEPT; i++) this.#blocks.push(this.#ring.subarray(i * length, (i + 1) * length));
  }

  /** Value at `t` seconds, t >= 0. Instants may go back by 100 ms, not more. */
  at(t: number): number {
    const place = t * this.rateHz;
    let at = Math.floor(place);
    if (at < 1) at = 1;
    if (at + 2 >= this.#next * this.#length) this.#reach(at + 2);
    if (at - 1 < this.#first * this.#length) this.#tooLate(t);
    const u = place - at;
    const ring = this.#ring;
    const mask = this.#mask;
    const m1 = u - 1;
    const m2 = u - 2;
    const p1 = u + 1;
    const outer = u * m1;
    const inner = p1 * m2;
    return (
      (outer * (p1 * ring[(at + 2) & mask] - m2 * ring[(at - 1) & mask])) / 6 +
      (inner * (m1 * ring[at & mask] - u * ring[(at + 1) & mask])) / 2
    );
  }

  /** Samples of one block; valid until 16 further ones have been made. */
  block(block: number): Float64Array {
    if (block >= this.#next) this.#reach((block + 1) * this.#length - 1);
    if (block < this.#first) this.#tooLate((block * this.#length) / this.rateHz);
    return this.#blocks[block % KEPT];
  }

  #reach(index: number): void {
    const wanted = Math.floor(index / this.#length);
    if (this.#next === 0 || wanted > this.#next + KEPT) {
      this.#source.restart?.();
      this.#first = this.#next = Math.max(0, wanted - WARM_UP);
    }
    while (this.#next <= wanted) {
      const out = this.#blocks[this.#next % KEPT];
      out.fill(0);
      this.#source.fill(out, this.#next);
      this.#next++;
      if (this.#next - this.#first > KEPT) this.#first = this.#next - KEPT;
    }
  }

  #tooLate(t: number): never {
    throw new KizashiError(
      'KZ1150',
      `the rig was asked for ${t} s and is already at ${(this.#next * this.#length) / this.rateHz} s`,
      { t },
    );
  }
}
