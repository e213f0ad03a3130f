/**
 * The WebAssembly twin of the hot functions of host/signal: the same bits, two lanes at a time. Callers ask for `kernel()` and compute in
 * TypeScript where there is none (an engine without SIMD) or where it takes the length not.
 */
import { passesOf, radices } from '../stockham.js';
import { halfCircle } from '../twiddle.js';
import type { Window } from '../window.js';
import { KERNEL_WASM } from './image.js';

/** Functions of kernel.c; pointers are byte addresses. */
interface Exports {
  memory: WebAssembly.Memory;
  __heap_base: WebAssembly.Global;
  transform(plan: number, a: number, b: number, inverse: number): number;
  rfft(plan: number, x: number, a: number, b: number, cos: number, sin: number, out: number): void;
  welch(...args: number[]): number;
  magnitudes(...args: number[]): void;
  centred(...args: number[]): void;
  whiten(re: number, im: number, bins: number): void;
  envelope(...args: number[]): void;
  power(...args: number[]): void;
  median(x: number, n: number, half: number, sorted: number, out: number): void;
  moments(x: number, n: number, mean: number, out: number): void;
}

/** Memory at which everything laid out so far is given up, and longest complex transform taken. */
const LIMIT_BYTES = 96 * 1024 * 1024;
const MAX_COMPLEX = 1 << 20;
const PAGE = 65536;

export class Kernel {
  readonly #wasm: Exports;
  readonly #base: number;
  #top: number;
  #f64: Float64Array<ArrayBuffer>;
  readonly #taken = new Map<number, boolean>();
  readonly #plans = new Map<number, number>();
  readonly #circles = new Map<number, { cos: number; sin: number }>();
  readonly #windows = new Map<Window, number>();
  readonly #areas = new Map<string, { at: number; doubles: number }>();

  constructor(wasm: Exports) {
    this.#wasm = wasm;
    this.#base = (wasm.__heap_base.value + 15) & ~15;
    this.#top = this.#base;
    this.#f64 = new Float64Array(wasm.memory.buffer as ArrayBuffer);
  }

  /** Memory laid out at present. */
  get bytes(): number {
    return this.#top;
  }

  /** Complex length that the kernel transforms itself: the first pass is of radix 4 on pairs. */
  takes(n: number): boolean {
    let taken = this.#taken.get(n);
    if (taken === undefined) {
      taken = n >= 8 && n % 8 === 0 && n <= MAX_COMPLEX && radices(n) !== undefined;
      if (this.#taken.size > 1000) this.#taken.clear();
      this.#taken.set(n, taken);
    }
    return taken;
  }

  transform(n: number, inRe: Float64Array, inIm: Float64Array, outRe: Float64Array, outIm: Float64Array): void {
    this.#begin();
    const plan = this.#plan(n);
    const a = this.#area('a', 2 * n);
    const b = this.#area('b', 2 * n);
    this.#put(a, inRe);
    this.#put(a + 8 * n, inIm);
    const z = this.#wasm.transform(plan, a, b, 0) / 8;
    outRe.set(this.#f64.subarray(z, z + n));
    outIm.set(this.#f64.subarray(z + n, z + 2 * n));
  }

  /** Bins of an even number of samples whose half the kernel takes. */
  rfft(x: Float64Array, re: Float64Array, im: Float64Array): void {
    this.#begin();
    const n = x.length;
    const bins = n / 2 + 1;
    const at = this.#real(n);
    const from = this.#area('x', n);
    this.#put(from, x);
    this.#wasm.rfft(at.plan, from, at.a, at.b, at.cos, at.sin, at.out);
    const out = at.out / 8;
    re.set(this.#f64.subarray(out, out + bins));
    im.set(this.#f64.subarray(out + bins, out + 2 * bins));
  }

  /** Σ over segments of |X[k]|² into `values`; returns the number of segments. */
  welch(x: Float64Array, hop: number, window: Window, values: Float64Array): number {
    this.#begin();
    const length = window.values.length;
    const at = this.#real(length);
    const w = this.#window(window);
    const from = this.#area('x', x.length);
    const y = this.#area('y', length);
    const acc = this.#area('acc', values.length);
    this.#put(from, x);
    const { welch } = this.#wasm;
    const segments = welch(at.plan, from, x.length, length, hop, w, y, at.a, at.b, at.cos, at.sin, at.out, acc);
    values.set(this.#f64.subarray(acc / 8, acc / 8 + values.length));
    return segments;
  }

  /** |X[k]| of the windowed samples less their mean. */
  magnitudes(x: Float64Array, window: Window): Float64Array {
    this.#begin();
    const n = x.length;
    const at = this.#real(n);
    const w = this.#window(window);
    const from = this.#area('x', n);
    const y = this.#area('y', n);
    this.#put(from, x);
    this.#wasm.magnitudes(at.plan, from, w, y, at.a, at.b, at.cos, at.sin, at.out);
    return this.#f64.slice(at.out / 8, at.out / 8 + n / 2 + 1);
  }

  /**
   * Power of the spectrum of the squared envelope: mean removed, whitened if asked, bins outside [first, last] silenced, analytic, squared,
   * mean removed, windowed, transformed.
   */
  envelopePower(x: Float64Array, window: Window, whiten: boolean, keep?: readonly [number, number]): Float64Array {
    this.#begin();
    const n = x.length;
    const bins = n / 2 + 1;
    const real = this.#real(n);
    const { plan, a, b, cos, sin, out } = real;
    const w = this.#window(window);
    const from = this.#area('x', n);
    const y = this.#area('y', n);
    this.#put(from, x);
    this.#wasm.centred(plan, from, y, a, b, cos, sin, out);
    if (whiten) this.#wasm.whiten(out, out + 8 * bins, bins);
    if (keep !== undefined) {
      for (const part of [out / 8, out / 8 + bins]) {
        this.#f64.fill(0, part, part + Math.min(bins, keep[0]));
        this.#f64.fill(0, part + Math.min(bins, keep[1] + 1), part + bins);
      }
    }
    this.#wasm.envelope(plan, out, a, b, from, cos, sin, y);
    this.#wasm.power(plan, y, w, y, a, b, cos, sin, out);
    return this.#f64.slice(out / 8, out / 8 + bins);
  }

  /** Squared envelope: mean removed, whitened, analytic, squared. */
  whitenedEnvelope(x: Float64Array): Float64Array {
    this.#begin();
    const n = x.length;
    const bins = n / 2 + 1;
    const { plan, a, b, cos, sin, out } = this.#real(n);
    const from = this.#area('x', n);
    const y = this.#area('y', n);
    this.#put(from, x);
    this.#wasm.centred(plan, from, y, a, b, cos, sin, out);
    this.#wasm.whiten(out, out + 8 * bins, bins);
    this.#wasm.envelope(plan, out, a, b, from, cos, sin, y);
    return this.#f64.slice(y / 8, y / 8 + n);
  }

  median(x: Float64Array, half: number, firstWindow: Float64Array): Float64Array {
    this.#begin();
    const n = x.length;
    const from = this.#area('x', n);
    const sorted = this.#area('acc', firstWindow.length);
    const out = this.#area('y', n);
    this.#put(from, x);
    this.#put(sorted, firstWindow);
    this.#wasm.median(from, n, half, sorted, out);
    return this.#f64.slice(out / 8, out / 8 + n);
  }

  /** Σd², Σd³, Σd⁴, Σ|d|, Σ√|d|, max|d| about `mean`. */
  moments(x: Float64Array, mean: number, into: Float64Array): void {
    this.#begin();
    const from = this.#area('x', x.length);
    const out = this.#area('acc', 6);
    this.#put(from, x);
    this.#wasm.moments(from, x.length, mean, out);
    for (let i = 0; i < 6; i++) into[i] = this.#f64[out / 8 + i];
  }

  /** Plan, work and tables of a real transform of even length n. */
  #real(n: number): { plan: number; a: number; b: number; cos: number; sin: number; out: number } {
    const half = n / 2;
    // The finest table first: the coarser ones of the passes are read off it.
    const { cos, sin } = this.#circle(n);
    const plan = this.#plan(half);
    const a = this.#area('a', n);
    const b = this.#area('b', n);
    const out = this.#area('out', 2 * (half + 1));
    return { plan, a, b, cos, sin, out };
  }

  #begin(): void {
    if (this.#top < LIMIT_BYTES) return;
    this.#top = this.#base;
    this.#plans.clear();
    this.#circles.clear();
    this.#windows.clear();
    this.#areas.clear();
  }

  #allocate(doubles: number): number {
    const at = this.#top;
    this.#top += 8 * (doubles + (doubles & 1));
    const { memory } = this.#wasm;
    if (this.#top > memory.buffer.byteLength) {
      memory.grow(Math.ceil((this.#top - memory.buffer.byteLength) / PAGE));
      this.#f64 = new Float64Array(memory.buffer as ArrayBuffer);
    }
    return at;
  }

  #area(name: string, doubles: number): number {
    const known = this.#areas.get(name);
    if (known !== undefined && known.doubles >= doubles) return known.at;
    const at = this.#allocate(doubles);
    this.#areas.set(name, { at, doubles });
    return at;
  }

  #put(at: number, values: Float64Array): void {
    this.#f64.set(values, at / 8);
  }

  #plan(n: number): number {
    const known = this.#plans.get(n);
    if (known !== undefined) return known;
    const passes = passesOf(n);
    const tables = passes.map(({ twiddles }) => {
      const at = this.#allocate(twiddles.length);
      this.#put(at, twiddles);
      return at;
    });
    // struct plan { n, passes, pass* } then struct pass { radix, m, stride, w* }, all 32-bit
    const at = this.#allocate(2 + 2 * passes.length);
    const words = new Int32Array(this.#wasm.memory.buffer, at);
    words[0] = n;
    words[1] = passes.length;
    words[2] = at + 16;
    passes.forEach(({ radix, m, stride }, i) => {
      words.set([radix, m, stride, tables[i]], 4 + 4 * i);
    });
    this.#plans.set(n, at);
    return at;
  }

  #circle(n: number): { cos: number; sin: number } {
    const known = this.#circles.get(n);
    if (known !== undefined) return known;
    const table = halfCircle(n);
    const cos = this.#allocate(n / 2);
    const sin = this.#allocate(n / 2);
    this.#put(cos, table.cos);
    this.#put(sin, table.sin);
    const made = { cos, sin };
    this.#circles.set(n, made);
    return made;
  }

  #window(window: Window): number {
    const known = this.#windows.get(window);
    if (known !== undefined) return known;
    const at = this.#allocate(window.values.length);
    this.#put(at, window.values);
    this.#windows.set(window, at);
    return at;
  }
}

let made: Kernel | undefined;
let tried = false;
let wanted = true;

/** The kernel, or undefined where the engine has no WebAssembly with SIMD or `useKernel(false)` was said. */
export function kernel(): Kernel | undefined {
  if (!wanted) return undefined;
  if (!tried) {
    tried = true;
    try {
      const bytes = Uint8Array.from(atob(KERNEL_WASM), (c) => c.charCodeAt(0));
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
      made = new Kernel(exports as unknown as Exports);
    } catch {
      made = undefined;
    }
  }
  return made;
}

/** Switches the kernel off (the TypeScript reference computes) or on again. Results are the same; tests and the bench compare. */
export function useKernel(on: boolean): void {
  wanted = on;
}
