/**
 * `kizashi report MOTOR`: one HTML file that proves itself, and its print as PDF. `--all`: a page of the site, with a report of each motor
 * that is not normal beside it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KizashiError } from '../../errors.js';
import { urgency } from '../../monitor/index.js';
import { type Motor, motorNamed, motorsOf } from '../../motors/index.js';
import { type Store, thin } from '../../store/index.js';
import { chromiumOf, japaneseFont } from '../doctor-checks.js';
import { openHistory, statusOf } from '../motor-status.js';
import { type Output, version } from '../output.js';
import { captureOf, evidenceFacts, noCapture, type ReportFacts, rateOf, renderer, sha256 } from '../report/facts.js';
import { type FleetRow, renderFleet } from '../report/fleet-page.js';
import { renderReport } from '../report/page.js';
import { settingsOf } from '../settings.js';
import { type StateFolder, stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

/** Points of a trend in print. */
const trendPoints = 300;

export const run: Run = async ({ args, options, out }) => {
  const folder = stateFolder(options);
  const settings = settingsOf(options);
  const all = options.all === true;
  if (all === (args[0] !== undefined))
    throw new KizashiError(
      'KZ1401',
      all ? 'a motor and --all are two different reports' : 'which motor?',
      { missing: 'motor' },
      { why: 'a report is of one motor, or of the site', fix: 'kizashi report MOTOR, or kizashi report --all' },
    );
  const span = spanOf(options);
  const pdf = options.pdf === true;
  if (pdf) printable(settings.lang.value);
  const keys = (options.keys as string | undefined) ?? folder.publicKeys;
  const writer = { folder, keys, span, lang: settings.lang.value, site: settings.site.value };
  const store = openHistory(folder.root);
  try {
    if (all) return fleetReport({ ...writer, store, pdf }, settings.interval.value, options, out);
    const { motor } = motorNamed(folder.motors, args[0]);
    if (!store) throw noCapture(motor.id, false);
    const { text, record } = motorReport(motor, store, writer);
    const path = (options.out as string | undefined) ?? `${motor.id}-${String(record).padStart(6, '0')}.html`;
    write(path, text);
    const files = [path];
    if (pdf) files.push(print(path));
    for (const file of files) out.line(file);
    out.note(`check it: kizashi verify ${path} --keys ${keys}`);
    out.result({ files, motor: motor.id, record, lang: writer.lang, keys });
    return 0;
  } finally {
    store?.close();
  }
};

interface Span {
  from: number;
  to: number;
}

interface Writer {
  folder: StateFolder;
  keys: string;
  span: Span;
  lang: ReportFacts['lang'];
  site: string;
}

/** On the last capture of the time that has evidence. @throws KZ1203 there is none */
function motorReport(
  motor: Motor,
  store: Store,
  { folder, keys, span, lang, site }: Writer,
): { text: string; record: number } {
  const inside = store.capturesUntil(motor.id, span.to).filter(({ at }) => at >= span.from);
  const stored = inside.findLast(({ file }) => file !== '');
  if (!stored || inside.at(-1)?.id !== stored.id) throw noCapture(motor.id, inside.length > 0);
  const assessments = store.assessmentsOf(motor.id, stored.at);
  const evidence = readFileSync(join(folder.evidence, stored.file));
  const rate = rateOf(assessments, stored.fsHz);
  const name = basename(stored.file);
  const { capture } = captureOf(evidence, { motor, rate, evidence: { name } as ReportFacts['evidence'] }, keys);
  const points = store.trend(motor.id).filter(({ at }) => at >= span.from && at <= span.to);
  const facts: ReportFacts = {
    schema: 'kizashi-report/1',
    renderer,
    version: version(),
    lang,
    site,
    motor,
    assessments,
    rate,
    trend: thin(points, trendPoints),
    evidence: evidenceFacts(capture, evidence, name, stored.at),
  };
  // what JSON keeps is what the page is made of, also when it is written again
  const kept = JSON.parse(JSON.stringify(facts)) as ReportFacts;
  return { text: renderReport(kept, capture, evidence), record: stored.record };
}

/** One page of the site, and beside it a report of each motor that is not normal and has evidence. */
function fleetReport(
  { store, pdf, ...writer }: Writer & { store: Store | undefined; pdf: boolean },
  intervalS: number,
  options: Record<string, unknown>,
  out: Output,
): number {
  const { folder, lang, site, keys, span } = writer;
  const into = (options.out as string | undefined) ?? '.';
  makeFolder(into);
  const now = Math.min(Date.now(), span.to);
  const rows = motorsOf(folder.motors)
    .map(({ motor }) => ({ motor, status: statusOf(motor, store, { now, intervalS }) }))
    .sort((a, b) => urgency(a.status.health.status) - urgency(b.status.health.status));
  const files: string[] = [];
  const listed = rows.map(({ motor, status }): FleetRow => {
    const row: FleetRow = { motor, status };
    if (!store || status.word === 'normal') return row;
    try {
      const { text, record } = motorReport(motor, store, writer);
      const file = `${motor.id}-${String(record).padStart(6, '0')}.html`;
      write(join(into, file), text);
      files.push(join(into, file));
      row.report = { file, sha256: sha256(Buffer.from(text)) };
    } catch (error) {
      if (!(error instanceof KizashiError) || error.code !== 'KZ1203') throw error;
    }
    return row;
  });
  const page = join(into, 'fleet.html');
  write(page, renderFleet(listed, { lang, site, version: version(), at: new Date(now).toISOString() }));
  const written = [page, ...files];
  if (pdf) written.push(...written.map(print));
  for (const file of written) out.line(file);
  out.note(`check the reports: kizashi verify ${join(into, '*-*.html')} --keys ${keys}`);
  out.result({
    files: written,
    lang,
    keys,
    motors: listed.map(({ motor, status, report }) => ({ motor: motor.id, word: status.word, report: report ?? null })),
  });
  return 0;
}

/** `--from` and `--to`, dates or times with a zone. @throws KZ1401 */
function spanOf(options: Record<string, unknown>): Span {
  const at = (flag: 'from' | 'to', fallback: number): number => {
    const text = options[flag] as string | undefined;
    if (text === undefined) return fallback;
    // a date alone is the day in UTC, both ends with it
    const day = /^\d{4}-\d\d-\d\d$/.test(text);
    const ms = Date.parse(day ? `${text}T${flag === 'from' ? '00:00:00.000' : '23:59:59.999'}Z` : text);
    if (Number.isFinite(ms) && (day || /(Z|[+-]\d\d:?\d\d)$/.test(text))) return ms;
    throw new KizashiError(
      'KZ1401',
      `--${flag} ${text} is no time`,
      { [flag]: text },
      { why: 'a date, or a time with its zone (ISO 8601)', fix: `--${flag} 2026-03-01, or 2026-03-01T08:00:00Z` },
    );
  };
  const span = { from: at('from', 0), to: at('to', Number.MAX_SAFE_INTEGER) };
  if (span.from <= span.to) return span;
  throw new KizashiError(
    'KZ1401',
    `--from ${options.from} is after --to ${options.to}`,
    { from: options.from, to: options.to },
    { why: 'no time lies between them', fix: 'swap them' },
  );
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ1406', `cannot make ${path}: ${errno}`, { path, errno }, { cause: error });
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ1406', `cannot write ${path}: ${errno}`, { path, errno }, { cause: error });
  }
}

/** Chromium prints boxes for a script without a font and exits 0, so both are looked for first. @throws KZ1409 */
function printable(lang: string): void {
  if (!chromiumOf(process.env))
    throw new KizashiError(
      'KZ1409',
      'no Chromium to print with',
      {},
      { fix: 'open the HTML file in a browser and print it' },
    );
  if (lang === 'ja' && !japaneseFont(process.env))
    throw new KizashiError(
      'KZ1409',
      'no font for Japanese',
      {},
      { why: 'fc-list :lang=ja is empty', fix: 'sudo apt-get install fonts-ipafont-gothic' },
    );
}

/** @returns path of the PDF. @throws KZ1409 */
function print(path: string): string {
  const pdf = resolve(`${path.replace(/\.html?$/, '')}.pdf`);
  const flags = [
    '--headless',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-pdf-header-footer',
    `--print-to-pdf=${pdf}`,
    pathToFileURL(resolve(path)).href,
  ];
  const program = chromiumOf(process.env) as string;
  const { status, stderr, error } = spawnSync(program, flags, { encoding: 'utf8', timeout: 60_000 });
  if (status === 0 && existsSync(pdf)) return pdf;
  throw new KizashiError(
    'KZ1409',
    `${program} did not print: ${error?.message ?? `exit ${status}`}`,
    { program, stderr: stderr?.slice(-500) },
    { why: 'the browser ended without a file', fix: `open ${path} in a browser and print it` },
  );
}
