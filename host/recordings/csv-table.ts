/**
 * Text tables: bytes in, named numeric columns out, every line that is no row of numbers counted with its reason. The delimiter is sniffed
 * here, because papaparse takes `,` in a file of `;` and decimal commas and finds no error in it.
 */
import Papa from 'papaparse';
import { KizashiError } from '../errors.js';

export interface TableColumn {
  name: string;
  /** NaN where the line was refused. */
  values: Float64Array;
  /** The cells as text, only for columns that are no numbers (dates, states). */
  texts?: string[];
}

export interface Table {
  columns: TableColumn[];
  rows: number;
  delimiter: string;
  decimalComma: boolean;
  hasHeader: boolean;
  /** Lines left out, by reason. */
  skipped: Record<string, number>;
  /** The first refused line, in words. */
  firstSkipped?: string;
  /** Largest number of decimals seen in each column: the resolution of a time stamp. */
  decimals: number[];
}

const candidates = [';', '\t', ',', '|', ' '];

export interface Dialect {
  delimiter: string;
  decimalComma: boolean;
}

/** The delimiter that gives the same count of fields above one on all of the first lines. */
function sniffDialect(lines: readonly string[]): Dialect {
  for (const delimiter of candidates) {
    const counts = lines.map((line) => split(line, delimiter).length);
    const count = counts[counts.length - 1];
    // the first line may be a header of another make; a decimal comma makes `,` counts agree too, so `;` and tab are tried first
    if (!(count > 1 && counts.slice(1).every((c) => c === count) && (counts[0] === count || counts.length > 2)))
      continue;
    const decimalComma =
      delimiter !== ',' &&
      lines.some((line) => split(line, delimiter).some((f) => /^[-+]?\d+,\d+(e[-+]?\d+)?$/i.test(f)));
    return { delimiter, decimalComma };
  }
  // ragged lines: the delimiter that occurs most often, so that the bad lines are named instead of the whole file
  const most = candidates
    .map((delimiter) => ({ delimiter, lines: lines.filter((line) => split(line, delimiter).length > 1).length }))
    .sort((a, b) => b.lines - a.lines)[0];
  const delimiter = most && most.lines > lines.length / 2 ? most.delimiter : '\n';
  const single = delimiter === '\n' && lines.some((line) => /^[-+]?\d+,\d+$/.test(line.trim()));
  return { delimiter, decimalComma: single };
}

function split(line: string, delimiter: string): string[] {
  const trimmed = line.trim();
  const fields = delimiter === ' ' ? trimmed.split(/ +/) : trimmed.split(delimiter).map((f) => f.trim());
  if (fields.length > 1 && fields[fields.length - 1] === '') fields.pop();
  return fields;
}

/** UTF-8 or UTF-16 by its byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  const mark = bytes.length >= 2 ? (bytes[0] << 8) | bytes[1] : 0;
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/**
 * @throws KZ0808 no line of numbers; the message names the first line and what stands there
 */
export function readTable(text: string, name: string): Table {
  const preamble = leadingComments(text);
  const body = text.slice(preamble.length);
  const sample = body
    .slice(0, 65536)
    .split(/\r\n|\n|\r/, 400)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .slice(0, 20);
  // the last line of a long sample may be cut
  if (sample.length > 1 && body.length > 65536 && sample.length < 20) sample.pop();
  const { delimiter, decimalComma } = sniffDialect(sample);
  const reader = new RowReader(decimalComma, preamble.lines + 1, preamble.header, delimiter);
  const source = delimiter === ' ' ? body.replace(/[ \t]+/g, ' ').replace(/^ | $/gm, '') : body;
  Papa.parse<string[]>(source, {
    delimiter: delimiter === '\n' ? '\u001f' : delimiter,
    step: ({ data }) => reader.take(data),
  });
  const table = reader.finish();
  if (table.rows === 0 || table.columns.every(({ texts }) => texts !== undefined)) {
    const first = sample[0]?.slice(0, 60) ?? '';
    throw new KizashiError(
      'KZ0808',
      `${name}: no rows of numbers${first ? `; line ${preamble.lines + 1} reads "${first}"` : ', the file is empty'}`,
      { line: preamble.lines + 1, delimiter },
    );
  }
  return { ...table, delimiter, decimalComma };
}

/** Comment lines before the table. A comment that names columns (`#time,accel_x,…`) is the header. */
function leadingComments(text: string): { length: number; lines: number; header?: string } {
  let length = text.startsWith('\ufeff') ? 1 : 0;
  let lines = 0;
  let header: string | undefined;
  for (;;) {
    const line = /^(#[^\r\n]*)?(\r\n|\n|\r)/.exec(text.slice(length, length + 4096));
    if (!line) break;
    if (line[1] !== undefined) header = line[1].slice(1).trim();
    length += line[0].length;
    lines++;
  }
  const named = header !== undefined && /[,;\t]/.test(header) ? header : undefined;
  return { length, lines, ...(named === undefined ? {} : { header: named }) };
}

/** Collects rows into columns; knows header, labels (`ax:1.2`), ragged lines and text columns. */
class RowReader {
  private names: string[] | undefined;
  private hasHeader = false;
  private columns: number[][] = [];
  private texts: string[][] = [];
  private numeric: number[] = [];
  private decimals: number[] = [];
  private skipped: Record<string, number> = {};
  private firstSkipped: string | undefined;
  private rows = 0;
  /** Line of the file each row stands on. */
  private lineOf: number[] = [];

  constructor(
    private readonly decimalComma: boolean,
    private line: number,
    header: string | undefined,
    delimiter: string,
  ) {
    if (header !== undefined) this.begin(split(header, delimiter), true);
  }

  take(cells: string[]): void {
    const line = this.line++;
    if (cells.length > 1 && cells[cells.length - 1].trim() === '') cells.pop();
    if (cells.length === 1 && cells[0].trim() === '') return;
    if (cells[0].startsWith('#')) {
      this.count('comment');
      return;
    }
    const labelled = cells.every((cell) => /^\s*[A-Za-z_][^\s:]*:\s*[-+.\d]\S*\s*$/.test(cell));
    if (labelled) cells = this.takeLabels(cells);
    if (!this.names) {
      const header = !cells.some((cell) => this.number(cell) !== undefined);
      this.begin(header ? cells.map((cell) => cell.trim()) : cells.map((_, i) => `c${i + 1}`), header);
      if (header) return;
    }
    const width = this.columns.length;
    this.rows++;
    this.lineOf.push(line);
    if (cells.length !== width) {
      this.refuse(line, `${cells.length} fields, ${width} are expected`, 'wrong number of fields');
      for (let c = 0; c < width; c++) this.push(c, Number.NaN, '');
      return;
    }
    for (let c = 0; c < width; c++) {
      const value = this.number(cells[c]);
      if (value !== undefined) this.numeric[c]++;
      this.push(c, value ?? Number.NaN, cells[c]);
    }
    this.noteDecimals(cells);
  }

  /** Serial Plotter lines: the labels of the first line name the columns. */
  private takeLabels(cells: string[]): string[] {
    const pairs = cells.map((cell) => cell.trim().split(/:\s*/, 2));
    if (!this.names)
      this.begin(
        pairs.map(([label]) => label),
        true,
      );
    return pairs.map(([, value]) => value);
  }

  private begin(names: string[], hasHeader: boolean): void {
    this.names = names;
    this.hasHeader = hasHeader;
    this.columns = names.map(() => []);
    this.texts = names.map(() => []);
    this.numeric = names.map(() => 0);
    this.decimals = names.map(() => 0);
  }

  private push(c: number, value: number, text: string): void {
    this.columns[c].push(value);
    // texts are kept for a column only as long as it may still be one of dates or words
    if (this.numeric[c] <= this.rows / 2) this.texts[c].push(text);
  }

  private noteDecimals(cells: string[]): void {
    if (this.rows > 200) return;
    cells.forEach((cell, c) => {
      const digits = /[.,](\d+)(?:e([-+]?\d+))?\s*$/i.exec(cell);
      if (digits) this.decimals[c] = Math.max(this.decimals[c], digits[1].length - Number(digits[2] ?? 0));
    });
  }

  private number(cell: string): number | undefined {
    const bare = cell.trim();
    if (bare === '') return undefined;
    const value = Number(this.decimalComma ? bare.replace(',', '.') : bare);
    return Number.isFinite(value) ? value : undefined;
  }

  private count(reason: string): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  private refuse(line: number, words: string, reason: string): void {
    this.count(reason);
    this.firstSkipped ??= `line ${line}: ${words}`;
  }

  finish(): Omit<Table, 'delimiter' | 'decimalComma'> {
    const names = this.names ?? [];
    const isText = names.map((_, c) => this.numeric[c] <= this.rows / 2);
    for (let i = 0; i < this.rows; i++) {
      const bad = names.findIndex((_, c) => !isText[c] && Number.isNaN(this.columns[c][i]));
      const ragged = bad >= 0 && names.every((_, c) => Number.isNaN(this.columns[c][i]));
      if (bad >= 0 && !ragged) this.refuse(this.lineOf[i], `no number in column ${names[bad]}`, 'not a number');
    }
    return {
      columns: names.map((name, c) => ({
        name,
        values: Float64Array.from(this.columns[c]),
        ...(isText[c] ? { texts: this.texts[c] } : {}),
      })),
      rows: this.rows,
      hasHeader: this.hasHeader,
      skipped: this.skipped,
      decimals: this.decimals,
      ...(this.firstSkipped === undefined ? {} : { firstSkipped: this.firstSkipped }),
    };
  }
}
