/**
 * A text table as a recording: units from the header, rate from the time column. Reads Klipper's raw accelerometer files (first line
 * `#time,accel_x,accel_y,accel_z`, seconds and mm/s²), Serial Plotter logs and what spreadsheets and loggers write.
 */
import { KizashiError } from '../errors.js';
import { decodeText, readTable, type Table, type TableColumn } from './csv-table.js';
import { buildCapture, type ReadOptions, type Recording, type RecordingFormat } from './recording.js';
import { gapless } from './spans.js';
import { looksLikeTime, type TimeAxis, timeAxis, timeUnit } from './time-axis.js';
import { channelOf, parseColumnName, quantityOfName, type Scale, unitFromFlag, unitFromText } from './units.js';

const klipperHeader = '#time,accel_x,accel_y,accel_z';

interface Time {
  column: TableColumn;
  seconds: Float64Array;
  resolutionS: number;
  /** Wall clock of the first row, for columns of dates. */
  at?: number;
}

/**
 * @throws KZ0803 no rate, KZ0804 uneven, KZ0806 no channel, KZ0808 no numbers, KZ0811 unit of a flag, KZ0805, KZ0814, KZ0815
 */
export function readCsv(bytes: Uint8Array, name: string, options: ReadOptions = {}): Recording {
  const text = decodeText(bytes);
  const table = readTable(text, name);
  const format: RecordingFormat = /^\ufeff?#time,accel_x,accel_y,accel_z\r?\n/.test(text.slice(0, 40))
    ? 'klipper'
    : 'csv';
  const notes = noteSkipped(table);
  const time = timeColumn(table, format, notes);
  const channels = signalColumns(table, time, format, options, name);

  let axis: TimeAxis | undefined;
  if (options.rateHz === undefined && time) axis = timeAxis(time.seconds, time.resolutionS, name, notes);
  if (options.rateHz === undefined && !axis)
    throw new KizashiError(
      'KZ0803',
      `${name}: no time column, the sample rate is not known`,
      { columns: table.columns.map((c) => c.name), rows: table.rows },
      { why: `the columns are ${table.columns.map((c) => c.name).join(', ')}` },
    );
  const { columns, spans } = gapless(
    channels.map(({ column }) => column.values),
    axis?.breaks,
  );
  const capture = buildCapture({
    name,
    fsHz: options.rateHz ?? axis?.rateHz ?? Number.NaN,
    fsUncertainty: axis?.uncertainty ?? 5e-5,
    channels: channels.map(({ id, scale }, i) => ({
      ...channelOf(id, columns[i], scale),
      ...(format === 'klipper' ? { sensor: 'adxl345' } : {}),
    })),
    spans,
    notes: format === 'klipper' ? [...notes, 'Klipper file: sensor ADXL345 assumed'] : notes,
    ...(time?.at === undefined ? {} : { at: time.at }),
  });
  const rpm = rpmColumn(table);
  return {
    name,
    capture,
    facts: {
      format,
      rateFrom: options.rateHz !== undefined ? '--rate' : `time column ${time?.column.name}`,
      unitFrom: unitFrom(channels, options, format),
      ...(rpm ? { rpm: rpm.value, rpmFrom: `column ${rpm.name}` } : {}),
      skipped: table.skipped,
    },
  };
}

/** A logger's table as it is: every numeric column with its name, for feature streams (one row a second or slower). */
export function readColumns(bytes: Uint8Array, name: string): Table {
  return readTable(decodeText(bytes), name);
}

export interface FeatureRows {
  id: string;
  fsHz: number;
  at?: number;
  columns: { id: string; values: Float64Array }[];
  /** Columns left out because their names say that somebody judged the rows. */
  labels: string[];
}

const labelName = /^(anomaly|changepoint|labels?|target|class|fault)$/i;

/**
 * A logger's table as feature rows: every numeric column but time, counters and labels.
 * @throws KZ0803 no rate, KZ0804 uneven, KZ0806 no column left or none of that name, KZ0808 no numbers
 */
export function readFeatureRows(bytes: Uint8Array, name: string, options: ReadOptions = {}): FeatureRows {
  const table = readTable(decodeText(bytes), name);
  const notes: string[] = [];
  const time = timeColumn(table, 'csv', notes);
  const axis = options.rateHz === undefined && time ? timeAxis(time.seconds, time.resolutionS, name, notes) : undefined;
  const fsHz = options.rateHz ?? axis?.rateHz;
  if (fsHz === undefined)
    throw new KizashiError('KZ0803', `${name}: no time column, the rate of its rows is not known`);
  const numeric = table.columns.filter((column) => !column.texts && column !== time?.column);
  const labels = numeric.filter((column) => labelName.test(column.name));
  const chosen = numeric.filter(
    (column) =>
      !labels.includes(column) &&
      !isCounter(column.values) &&
      (options.channels === undefined || options.channels.includes(column.name)),
  );
  if (chosen.length === 0)
    throw new KizashiError('KZ0806', `${name}: no column of numbers to judge`, { have: numeric.map((c) => c.name) });
  const { columns } = gapless(chosen.map(({ values }) => values));
  return {
    id: name,
    fsHz,
    ...(time?.at === undefined ? {} : { at: time.at }),
    columns: chosen.map((column, i) => ({ id: column.name, values: columns[i] })),
    labels: labels.map((column) => column.name),
  };
}

function noteSkipped(table: Table): string[] {
  const { comment: _, ...refused } = table.skipped;
  const count = Object.values(refused).reduce((sum, n) => sum + n, 0);
  if (count === 0) return [];
  return [`${count} of ${table.rows} lines left out, spans split there; ${table.firstSkipped}`];
}

function timeColumn(table: Table, format: RecordingFormat, notes: string[]): Time | undefined {
  for (const [c, column] of table.columns.entries()) {
    const unit = timeUnit(column.name);
    if (!unit) continue;
    if (column.texts) {
      const wall = Float64Array.from(column.texts, (text) => Date.parse(text.trim()));
      if (!Number.isFinite(wall[0])) continue;
      const fraction = /\.(\d+)/.exec(column.texts[0])?.[1].length ?? 0;
      return {
        column,
        seconds: wall.map((ms) => (ms - wall[0]) / 1000),
        resolutionS: 10 ** -Math.min(3, fraction),
        at: wall[0],
      };
    }
    if (!unit.stated && format !== 'klipper') notes.push(`column ${column.name} states no unit: seconds assumed`);
    return {
      column,
      seconds: scaled(column.values, unit.seconds),
      resolutionS: unit.seconds * 10 ** -table.decimals[c],
    };
  }
  const first = table.columns[0];
  if (table.columns.length > 1 && !first.texts && !table.hasHeader && looksLikeTime(first.values)) {
    notes.push('the first column rises in equal steps: taken as time in seconds');
    return { column: first, seconds: first.values, resolutionS: 10 ** -table.decimals[0] };
  }
  return undefined;
}

function scaled(values: Float64Array, factor: number): Float64Array {
  return factor === 1 ? values : values.map((x) => x * factor);
}

interface Signal {
  id: string;
  column: TableColumn;
  scale: Scale | 'relative' | undefined;
}

function signalColumns(
  table: Table,
  time: Time | undefined,
  format: RecordingFormat,
  options: ReadOptions,
  name: string,
): Signal[] {
  const flag = options.units === undefined ? undefined : unitFromFlag(options.units);
  const names = table.columns.map((column) => column.name);
  const numeric = table.columns.filter((column) => !column.texts && column !== time?.column);
  const signals = numeric.map((column) => {
    const { id, scale } = isPhaseSuffix(column.name, names) ? { id: column.name } : parseColumnName(column.name);
    return { id, column, scale: flag ?? (format === 'klipper' ? unitFromText('mm/s2') : scale) };
  });
  const unique = new Set(signals.map(({ id }) => id)).size === signals.length;
  const named = unique ? signals : signals.map((signal) => ({ ...signal, id: signal.column.name }));
  const wanted = options.channels;
  const chosen = named.filter(({ id, column }) =>
    wanted
      ? wanted.includes(id) || wanted.includes(column.name)
      : quantityOfName(id) !== 'other' && !isCounter(column.values),
  );
  if (chosen.length === 0) {
    const have = named.map(({ id }) => id);
    throw new KizashiError(
      'KZ0806',
      `${name}: no channel${wanted ? ` ${wanted.join(', ')}` : ' among the columns'}`,
      { have },
      have.length > 0 ? { why: `the columns are ${have.join(', ')}`, fix: `--channel ${have[0]}` } : {},
    );
  }
  return chosen;
}

/** `i_a, i_b, i_c` and `i_u, i_v, i_w` are phases, not amperes and volts. */
function isPhaseSuffix(name: string, names: readonly string[]): boolean {
  const match = /^(.*_)([av])$/i.exec(name);
  if (!match) return false;
  const sibling = match[2].toLowerCase() === 'a' ? 'b' : 'u';
  return names.some((other) => other.toLowerCase() === `${match[1]}${sibling}`.toLowerCase());
}

/** A running number is no signal. */
function isCounter(values: Float64Array): boolean {
  for (let i = 1; i < values.length; i++) if (!(values[i] - values[i - 1] === 1)) return false;
  return values.length > 1;
}

function rpmColumn(table: Table): { name: string; value: number } | undefined {
  const column = table.columns.find(({ name, texts }) => !texts && /rpm/i.test(name));
  if (!column) return undefined;
  const sorted = column.values.filter((x) => Number.isFinite(x)).sort();
  const value = sorted[sorted.length >> 1];
  return value > 0 ? { name: column.name, value } : undefined;
}

function unitFrom(channels: readonly Signal[], options: ReadOptions, format: RecordingFormat): string {
  if (options.units !== undefined) return '--units';
  if (format === 'klipper') return `header ${klipperHeader}`;
  return channels.some(({ scale }) => scale !== undefined && scale !== 'relative') ? 'header' : 'not stated';
}
