/** How a timer counts: waveform generation modes (ATmega328P datasheet, tables of WGM0 and WGM1) and the arithmetic of their periods. */
export interface Counting {
  /** Highest value of a period: a number, OCRnA or ICRn. */
  top: number | 'ocra' | 'icr';
  /** Counts up and down. */
  dual: boolean;
  pwm: boolean;
  /** COM = 1 toggles OCnA. */
  toggles: boolean;
  /** TOV at TOP (fast PWM), at BOTTOM (dual slope), or at MAX (normal, CTC). */
  overflowAtTop: boolean;
  /** When a written OCR takes effect. */
  buffered: 'none' | 'bottom' | 'top';
}

const normal = (top: Counting['top']): Counting => ({
  top,
  dual: false,
  pwm: false,
  toggles: true,
  overflowAtTop: false,
  buffered: 'none',
});
const fast = (top: Counting['top']): Counting => ({
  top,
  dual: false,
  pwm: true,
  toggles: typeof top !== 'number',
  overflowAtTop: true,
  buffered: 'bottom',
});
const phase = (top: Counting['top'], frequency = false): Counting => ({
  top,
  dual: true,
  pwm: true,
  toggles: typeof top !== 'number',
  overflowAtTop: false,
  buffered: frequency ? 'bottom' : 'top',
});

/** Reserved modes count as normal. */
const modes8: Counting[] = [
  normal(0xff),
  phase(0xff),
  normal('ocra'),
  fast(0xff),
  normal(0xff),
  phase('ocra'),
  normal(0xff),
  fast('ocra'),
];
const modes16: Counting[] = [
  normal(0xffff),
  phase(0xff),
  phase(0x1ff),
  phase(0x3ff),
  normal('ocra'),
  fast(0xff),
  fast(0x1ff),
  fast(0x3ff),
  phase('icr', true),
  phase('ocra', true),
  phase('icr'),
  phase('ocra'),
  normal('icr'),
  normal(0xffff),
  fast('icr'),
  fast('ocra'),
];

export function countingMode(bits: 8 | 16, wgm: number): Counting {
  return bits === 8 ? modes8[wgm & 7]! : modes16[wgm & 15]!;
}

/**
 * A count within its period. "Ticks to" functions answer how many ticks from now something happens, at least 1. Comparing happens when the
 * count leaves a value; a write to TCNT blocks the compare of the next tick.
 */
export class Position {
  count = 0;
  down = false;
  blocked = false;

  constructor(readonly max: number) {}

  write(value: number): void {
    this.count = value;
    this.blocked = true;
  }

  /** Ticks until the count leaves `value`. */
  ticksToLeave(value: number, top: number, dual: boolean): number {
    if (dual) {
      if (value > top || top === 0) return Infinity;
      const period = 2 * top;
      const at = this.down ? period - this.count : this.count;
      const first = (value - at + period) % period;
      const second = (period - value - at + period) % period;
      let ticks = Math.min(first, second) + 1;
      if (ticks === 1 && this.blocked) ticks = (first === second ? period : Math.max(first, second)) + 1;
      return ticks;
    }
    const { count, max } = this;
    let ticks: number;
    if (value >= count && (value <= top || count > top)) ticks = value - count + 1;
    else if (value > top) return Infinity;
    else ticks = (count <= top ? top : max) - count + 1 + value + 1;
    if (ticks === 1 && this.blocked) ticks += value <= top ? (count <= top ? top : max) + 1 : Infinity;
    return ticks;
  }

  /** Whether a dual-slope count rises with the last of the next `ticks` ticks: the slope may turn before it. */
  risesAfter(ticks: number, top: number): boolean {
    const position = this.down ? 2 * top - this.count : this.count;
    return (position + ticks - 1) % (2 * top) < top;
  }

  ticksToOverflow(top: number, dual: boolean, atTop: boolean): number {
    if (dual) return top === 0 ? 1 : this.ticksToLeave(0, top, true);
    if (atTop && this.count <= top) return top - this.count + 1;
    if (this.count > top || top === this.max) return this.max - this.count + 1;
    return Infinity;
  }

  /** Ticks until buffered compare values take effect. */
  ticksToUpdate(top: number, dual: boolean, at: 'bottom' | 'top'): number {
    if (!dual) return (this.count <= top ? top : this.max) - this.count + 1;
    if (top === 0) return 1;
    const period = 2 * top;
    const position = this.down ? period - this.count : this.count;
    const ticks = ((at === 'top' ? top : 0) - position + period) % period;
    return ticks === 0 ? period : ticks;
  }

  move(ticks: number, top: number, dual: boolean): void {
    this.blocked = false;
    if (dual) {
      if (top === 0) {
        this.count = 0;
        this.down = false;
        return;
      }
      const period = 2 * top;
      const position = ((this.down ? period - this.count : Math.min(this.count, top)) + ticks) % period;
      this.down = position >= top;
      this.count = position > top ? period - position : position;
      return;
    }
    const next = this.count + ticks;
    if (this.count <= top) this.count = next % (top + 1);
    else if (next <= this.max) this.count = next;
    else this.count = (next - this.max - 1) % (top + 1);
  }
}
