/**
 * `kizashi compare A B`: two captures side by side, each a file or `MOTOR[:RECORD]` of this site. What differs beyond chance is named; what
 * it means is the business of `analyze`, `check` and `report`.
 */
import { writeFileSync } from 'node:fs';
import { KizashiError } from '../../errors.js';
import { recordingLine } from '../assessment-report.js';
import {
  type BandPair,
  compareIndicators,
  compareSpectra,
  type IndicatorPair,
  type SpectrumPair,
  speedOf,
} from '../compare-captures.js';
import { type NamedCapture, namedCapture } from '../named-capture.js';
import { digits } from '../output.js';
import { BrailleCanvas, showsUtf8 } from '../scope/braille.js';
import { reasonText, statusStyle, statusWord } from '../status.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

/** Changed bands that are named; all of them with --json. */
const named = 8;
const plotRows = 5;
const gutter = 10;

export const run: Run = async ({ args, options, out }) => {
  const [a, b] = [await namedCapture(args[0], options), await namedCapture(args[1], options)];
  const sides = [a, b].map(({ recording, assessments }) => ({ capture: recording.capture, assessments }));
  const indicators = compareIndicators(a.assessments, b.assessments);
  const channel = (options.channel as string[] | undefined)?.[0];
  const spectrum = compareSpectra(sides[0], sides[1], { names: namesOf(a), ...(channel ? { channel } : {}) });
  for (const [letter, { recording, assessments }] of [
    ['A', a],
    ['B', b],
  ] as const) {
    out.line(`${letter}  ${recordingLine(recording)}`);
    for (const { health } of assessments)
      out.line(`   ${out.style(statusStyle(health), statusWord(health).padEnd(8))} ${reasonText(health)}`);
  }
  out.line();
  const head = ['INDICATOR', 'A', 'B', 'UNIT', 'B - A', ''];
  for (const line of tableLines(head, indicators.map(indicatorCells), [1, 2, 4])) out.line(line);
  out.line();
  for (const line of plot(spectrum, Math.min(out.width, 100))) out.line(line);
  for (const line of changeLines(spectrum)) out.line(line);
  const file = options.svg as string | undefined;
  if (file !== undefined) {
    const { comparisonChart } = await import('../report/charts.js');
    write(file, comparisonChart(spectrum, { a: a.recording.name, b: b.recording.name }));
    out.note(`  plot in ${file}`);
  }
  out.result({ a: facts(a), b: facts(b), indicators, spectrum, ...(file ? { svg: file } : {}) });
  return 0;
};

function facts({ recording, assessments }: NamedCapture): Record<string, unknown> {
  const { name, capture } = recording;
  const { id, fsHz, fsUncertainty, verdict, grade, at, evidence, attested } = capture;
  return {
    name,
    capture: id,
    at: at === undefined ? null : new Date(at).toISOString(),
    fsHz,
    fsUncertainty,
    verdict: verdict.kind,
    grade,
    record: evidence?.record ?? null,
    ...(attested ? { attested } : {}),
    speedHz: speedOf({ capture, assessments }) ?? null,
    health: assessments.map(({ kind, health }) => ({ kind, status: health.status, reason: health.reason })),
  };
}

function namesOf({ motor }: NamedCapture): { label: string; order: number }[] {
  const orders = motor.bearings[0]?.variants[0]?.orders;
  if (!orders) return [];
  return [
    { label: 'BPFO', order: orders.BPFO },
    { label: 'BPFI', order: orders.BPFI },
    { label: '2BSF', order: 2 * orders.BSF },
  ];
}

function indicatorCells({ id, a, b, unit, differenceDb, apart }: IndicatorPair): string[] {
  const number = (value: number | null): string => (value === null ? '-' : digits(value));
  const words = apart === null ? '' : apart ? 'intervals apart' : 'within the intervals';
  return [id, number(a), number(b), unit === '1' ? '' : unit.replace('m/s2', 'm/s²'), signedDb(differenceDb), words];
}

function signedDb(value: number | null): string {
  if (value === null) return '-';
  return `${value >= 0 ? '+' : ''}${value.toFixed(1)} dB`;
}

/** Both spectra on one scale, one above the other. */
function plot({ bands, unit, xUnit, dx, channel }: SpectrumPair, width: number): string[] {
  const top = Math.max(...bands.map(({ a, b }) => Math.max(a, b)));
  const last = bands.at(-1);
  const lines: string[] = [`  ${channel}, ${unit.replace('m/s2', 'm/s²')} RMS in bands of ${digits(dx, 2)} ${xUnit}`];
  for (const side of ['a', 'b'] as const) {
    const canvas = new BrailleCanvas(width - gutter - 1, plotRows);
    for (const [i, band] of bands.entries()) {
      const from = Math.floor((i * canvas.width) / bands.length);
      const to = Math.max(from + 1, Math.floor(((i + 1) * canvas.width) / bands.length));
      for (let x = from; x < to; x++) canvas.stroke(x, 0, (band[side] / (top || 1)) * (canvas.height - 1));
    }
    const label = (row: number): string =>
      row === 0 ? `${side.toUpperCase()} ${digits(top, 3)}` : row === plotRows - 1 ? '0' : '';
    lines.push(...canvas.lines(showsUtf8(process.env)).map((line, row) => `${label(row).padStart(gutter)} ${line}`));
  }
  const end = `${digits((last?.x ?? 0) + dx / 2, 3)} ${xUnit}`;
  return [...lines, `${' '.repeat(gutter)} 0${end.padStart(width - gutter - 2)}`];
}

function changeLines({ changed, scatterDb, xUnit, unit, bands }: SpectrumPair): string[] {
  const scatter = `scatter of a steady machine ±${digits(scatterDb, 2)} dB a band`;
  if (changed.length === 0) return [`  no band differs beyond chance (${scatter})`];
  const cells = ({ x, a, b, differenceDb, label }: BandPair): string[] => [
    `${digits(x)} ${xUnit}`,
    label ?? '',
    digits(a, 3),
    digits(b, 3),
    signedDb(differenceDb),
  ];
  const head = ['BAND', 'NAME', `A ${unit}`, `B ${unit}`, 'B - A'];
  return [
    `  ${changed.length} of ${bands.length} bands differ beyond chance (${scatter}); the largest:`,
    ...tableLines(head, changed.slice(0, named).map(cells), [0, 2, 3, 4]).map((line) => `  ${line}`),
  ];
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ1406', `cannot write ${path}: ${errno}`, { path, errno }, { cause: error });
  }
}
