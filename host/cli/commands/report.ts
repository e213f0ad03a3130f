/** `kizashi report MOTOR`: one HTML file that proves itself, and its print as PDF. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KizashiError } from '../../errors.js';
import { motorNamed } from '../../motors/index.js';
import { thin } from '../../store/index.js';
import { chromiumOf, japaneseFont } from '../doctor-checks.js';
import { openHistory } from '../motor-status.js';
import { version } from '../output.js';
import { captureOf, evidenceFacts, noCapture, type ReportFacts, rateOf, renderer } from '../report/facts.js';
import { renderReport } from '../report/page.js';
import { settingsOf } from '../settings.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

/** Points of a trend in print. */
const trendPoints = 300;

export const run: Run = async ({ args, options, out }) => {
  const folder = stateFolder(options);
  const { motor } = motorNamed(folder.motors, args[0]);
  const settings = settingsOf(options);
  const pdf = options.pdf === true;
  if (pdf) printable(settings.lang.value);
  const store = openHistory(folder.root);
  try {
    const stored = store?.captures(motor.id).find(({ file }) => file !== '');
    const assessments = store?.lastAssessments(motor.id).reverse() ?? [];
    if (!store || !stored || assessments[0]?.captureId !== stored.id)
      throw noCapture(motor.id, store !== undefined && assessments.length > 0);
    const evidence = readFileSync(join(folder.evidence, stored.file));
    const keys = (options.keys as string | undefined) ?? folder.publicKeys;
    const rate = rateOf(assessments, stored.fsHz);
    const name = basename(stored.file);
    const { capture } = captureOf(evidence, { motor, rate, evidence: { name } as ReportFacts['evidence'] }, keys);
    const facts: ReportFacts = {
      schema: 'kizashi-report/1',
      renderer,
      version: version(),
      lang: settings.lang.value,
      site: settings.site.value,
      motor,
      assessments,
      rate,
      trend: thin(store.trend(motor.id), trendPoints),
      evidence: evidenceFacts(capture, evidence, name, stored.at),
    };
    // what JSON keeps is what the page is made of, also when it is written again
    const kept = JSON.parse(JSON.stringify(facts)) as ReportFacts;
    const path = (options.out as string | undefined) ?? `${motor.id}-${String(stored.record).padStart(6, '0')}.html`;
    write(path, renderReport(kept, capture, evidence));
    const files = [path];
    if (pdf) files.push(print(path));
    for (const file of files) out.line(file);
    out.note(`check it: kizashi verify ${path} --keys ${keys}`);
    out.result({ files, motor: motor.id, record: stored.record, lang: facts.lang, keys });
    return 0;
  } finally {
    store?.close();
  }
};

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
