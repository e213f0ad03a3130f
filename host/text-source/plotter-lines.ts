/**
 * Lines as the Arduino Serial Plotter reads them: fields split by space, tab or comma, each `label:value` or a bare number by position. A line
 * that is none of these is counted and skipped.
 */

export interface PlotterLine {
  labels: string[];
  values: number[];
}

const longestLine = 1024;

/** One line without its end; undefined where it is no line of numbers. Bare numbers are called c1, c2 … */
export function readPlotterLine(line: string): PlotterLine | undefined {
  const fields = line.trim().split(/[\s,]+/);
  const labels: string[] = [];
  const values: number[] = [];
  for (const [k, field] of fields.entries()) {
    const at = field.lastIndexOf(':');
    const text = field.slice(at + 1);
    const value = Number(text);
    const label = at < 0 ? `c${k + 1}` : field.slice(0, at);
    if (text === '' || !Number.isFinite(value) || label === '' || labels.includes(label)) return undefined;
    labels.push(label);
    values.push(value);
  }
  return values.length > 0 ? { labels, values } : undefined;
}

/** Bytes become lines; a line without end is dropped at 1 kB. */
export class LineSplitter {
  /** Lines that were too long. */
  overlong = 0;
  #rest = '';
  #skip = false;

  push(bytes: Uint8Array): string[] {
    const parts = (this.#rest + Buffer.from(bytes).toString('latin1')).split('\n');
    this.#rest = parts.pop() ?? '';
    if (this.#skip && parts.length > 0) {
      parts.shift();
      this.#skip = false;
    }
    if (this.#rest.length > longestLine) {
      this.#rest = '';
      if (!this.#skip) this.overlong++;
      this.#skip = true;
    }
    return parts.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
}
