/** Progress on stderr: a bar on a terminal, elsewhere one line each tenth of the way. */
import type { Output } from './output.js';

export interface Step {
  /** What is done: `writing`. */
  label: string;
  done: number;
  total: number;
  bytesPerSecond: number;
  etaMs: number;
}

/** Shows one step after the other; `close` ends the last line. */
export class Progress {
  readonly #out: Output;
  #label = '';
  #tenth = -1;
  #open = false;

  constructor(out: Output) {
    this.#out = out;
  }

  show(step: Step): void {
    const tenth = Math.floor((10 * step.done) / step.total);
    if (step.label !== this.#label) {
      this.close();
      this.#label = step.label;
      this.#tenth = -1;
    }
    if (this.#out.bar(() => barOf(step))) {
      this.#open = true;
    } else if (tenth > this.#tenth && tenth > 0) {
      this.#tenth = tenth;
      this.#out.note(lineOf(step));
    }
  }

  close(): void {
    if (this.#open) this.#out.note('');
    this.#open = false;
  }
}

function lineOf({ label, done, total, bytesPerSecond, etaMs }: Step): string {
  const percent = `${Math.floor((100 * done) / total)} %`.padStart(5);
  const rest = done < total ? `   eta ${Math.ceil(etaMs / 1000)} s` : '';
  return `  ${label.padEnd(9)} ${percent}   ${kb(done)}/${kb(total)} KB   ${kb(bytesPerSecond)} KB/s${rest}`;
}

function barOf(step: Step): string {
  const filled = Math.floor((20 * step.done) / step.total);
  return `${lineOf(step)}   [${'#'.repeat(filled).padEnd(20, '-')}]`;
}

const kb = (bytes: number): string => (bytes / 1000).toFixed(1);
