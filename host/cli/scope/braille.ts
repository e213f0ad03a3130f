/**
 * A canvas of braille dots: two columns and four rows in each character cell (Unicode, Braille Patterns, U+2800). Where the terminal has no
 * UTF-8 each cell is `#` or empty.
 */

/** Bits of a cell: left column from the top, right column from the top (Unicode 15, chapter 21.1). */
const bits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

export class BrailleCanvas {
  readonly columns: number;
  readonly rows: number;
  readonly #cells: Uint8Array;

  /** @param columns width in cells @param rows height in cells */
  constructor(columns: number, rows: number) {
    this.columns = Math.max(1, Math.floor(columns));
    this.rows = Math.max(1, Math.floor(rows));
    this.#cells = new Uint8Array(this.columns * this.rows);
  }

  /** Width in dots. */
  get width(): number {
    return this.columns * 2;
  }

  /** Height in dots. */
  get height(): number {
    return this.rows * 4;
  }

  /** Sets a dot; (0, 0) is the lower left one. Dots outside are left out. */
  dot(x: number, y: number): void {
    if (!(x >= 0 && x < this.width && y >= 0 && y < this.height)) return;
    const top = this.height - 1 - Math.floor(y);
    const cell = (top >> 2) * this.columns + (Math.floor(x) >> 1);
    this.#cells[cell] |= bits[Math.floor(x) & 1][top & 3];
  }

  /** A vertical stroke of dots, both ends included. */
  stroke(x: number, fromY: number, toY: number): void {
    const [low, high] = fromY <= toY ? [fromY, toY] : [toY, fromY];
    for (let y = Math.max(0, Math.floor(low)); y <= Math.min(this.height - 1, Math.floor(high)); y++) this.dot(x, y);
  }

  /** One text a row of cells. */
  lines(utf8: boolean): string[] {
    return Array.from({ length: this.rows }, (_, row) =>
      Array.from(this.#cells.subarray(row * this.columns, (row + 1) * this.columns), (cell) =>
        utf8 ? String.fromCodePoint(0x2800 + cell) : cell === 0 ? ' ' : '#',
      ).join(''),
    );
  }
}

/** Whether the terminal says that it shows UTF-8 (POSIX locale variables in their order). */
export function showsUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return /utf-?8/i.test(locale);
}
