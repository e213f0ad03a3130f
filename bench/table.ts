/**
 * The one form of all benches: a table for people on a terminal, and with `--json` one object `{bench, machine, rows}`. A row names what it
 * is compared with; a bare number without a reference says nothing on another machine.
 */
import { cpus, totalmem } from 'node:os';

export interface BenchRow {
  row: string;
  value: number;
  unit: string;
  /** What it is held against, with its own figure where it was measured in this run. */
  reference: string;
  /** The goal in words, empty where the row only informs. */
  goal: string;
  /** Whether the goal holds; null where there is none. */
  holds: boolean | null;
}

export interface BenchResult {
  bench: string;
  machine: string;
  rows: BenchRow[];
}

/** Processor, cores, memory and Node: what a reader needs to judge a figure. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}

/** Prints the result; the exit code is 1 when a goal does not hold, so that a script can ask. */
export function report(bench: string, rows: BenchRow[]): BenchResult {
  const result: BenchResult = { bench, machine: machine(), rows };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    const cells = [['row', 'value', 'unit', 'reference', 'goal', 'holds']];
    for (const r of rows) {
      const holds = r.holds === null ? '' : r.holds ? 'yes' : 'NO';
      cells.push([r.row, String(Number(r.value.toPrecision(4))), r.unit, r.reference, r.goal, holds]);
    }
    const widths = cells[0].map((_, i) => Math.max(...cells.map((line) => line[i].length)));
    process.stdout.write(`${bench}: ${result.machine}\n`);
    for (const line of cells)
      process.stdout.write(
        `${line
          .map((cell, i) => cell.padEnd(widths[i]))
          .join('  ')
          .trimEnd()}\n`,
      );
  }
  if (rows.some((r) => r.holds === false)) process.exitCode = 1;
  return result;
}

/** Median of a non-empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const mid = sorted.length >> 1;
  return sorted.length % 2 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2;
}

/**
 * CPU seconds of two pieces of work, run in turn so that a noisy machine hurts both alike. Returns the medians and the median of the ratios.
 */
export function paired(runs: number, a: () => void, b: () => void): { a: number; b: number; ratio: number } {
  const cpu = (work: () => void): number => {
    const from = process.cpuUsage();
    work();
    const used = process.cpuUsage(from);
    return (used.user + used.system) / 1e6;
  };
  a();
  b();
  const as: number[] = [];
  const bs: number[] = [];
  for (let i = 0; i < runs; i++) {
    as.push(cpu(a));
    bs.push(cpu(b));
  }
  return { a: median(as), b: median(bs), ratio: median(as.map((value, i) => value / bs[i])) };
}
