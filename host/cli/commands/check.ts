/**
 * `kizashi check [MOTOR]`: the state of the site from its history. `--exit-code` answers as `git diff` does; `--nagios` with one line and
 * that world's codes: 0 good, 1 plan or off-spec, 2 now, 3 check or grey.
 */
import { urgency } from '../../monitor/index.js';
import { motorNamed, motorsOf } from '../../motors/index.js';
import { ageText, type MotorStatus, openHistory, statusOf } from '../motor-status.js';
import { settingsOf } from '../settings.js';
import { stateFolder } from '../state-folder.js';
import { exitOfHealth, statusStyle } from '../status.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

const letters: Record<string, string> = { now: 'F', plan: 'M', 'off-spec': 'S', check: 'C', normal: '' };

export const run: Run = async ({ args, options, out }) => {
  const { motors: folder, root } = stateFolder(options);
  const named = args[0] as string | undefined;
  const motors = named === undefined ? motorsOf(folder).map(({ motor }) => motor) : [motorNamed(folder, named).motor];
  const intervalS = settingsOf(options).interval.value;
  const store = openHistory(root);
  let rows: MotorStatus[];
  try {
    rows = motors
      .map((motor) => statusOf(motor, store, { now: Date.now(), intervalS }))
      .sort((a, b) => urgency(a.health.status) - urgency(b.health.status));
  } finally {
    store?.close();
  }
  if (options.nagios === true) {
    if (out.json) out.result({ nagios: nagiosLine(rows), motors: rows.map(rowObject) });
    else out.line(nagiosLine(rows));
    return nagiosExit(rows);
  }
  const normal = rows.filter(({ word }) => word === 'normal');
  const shown = named === undefined ? rows.filter(({ word }) => word !== 'normal') : rows;
  const table = shown.map((row) => [
    row.motor,
    out.style(statusStyle(row.health), row.word),
    letters[row.word] ?? '-',
    row.reason,
    `${row.verdict}${row.grade === '-' ? '' : ` ${row.grade}`}`,
    ageText(row.ageS),
  ]);
  if (table.length > 0)
    for (const line of tableLines(['MOTOR', 'STATE', '', 'WHY', 'DATA', 'AGE'], table)) out.line(line);
  if (named === undefined)
    out.line(`${normal.length} normal${rows.length > 0 ? `   worst: ${rows[0].word}` : ', no motor is configured'}`);
  if (rows.some(({ grade }) => grade === 'E')) out.note('grade E: EMULATED, never evidence');
  out.result({ worst: rows[0]?.word ?? null, motors: rows.map(rowObject) });
  return options.exitCode === true ? exitOfHealth(rows.map(({ health }) => health)) : 0;
};

function rowObject({ motor, word, health, reason, verdict, grade, at, ageS, assessments }: MotorStatus): object {
  const findings = assessments.flatMap((assessment) => assessment.findings);
  return {
    motor,
    word,
    status: health.status,
    grey: health.grey ?? null,
    reason,
    verdict,
    grade,
    at: at === null ? null : new Date(at).toISOString(),
    ageS,
    findings: findings.map(({ id, cause, level, words, p, severityDb }) => ({
      id,
      cause,
      level,
      words,
      p,
      severityDb,
    })),
  };
}

/** The plugin's line: text, then `label=value` performance data (Monitoring Plugins guidelines 2.6). */
function nagiosLine(rows: readonly MotorStatus[]): string {
  const word = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'][nagiosExit(rows)];
  const [worst] = rows;
  const count = (wanted: string): number => rows.filter((row) => row.word === wanted).length;
  const text = worst === undefined ? 'no motor is configured' : `${worst.motor} ${worst.word}: ${worst.reason}`;
  const data = ['now', 'plan', 'off-spec', 'check', 'normal'].map((name) => `${name}=${count(name)}`);
  const grey = rows.filter(({ health }) => health.status === 'grey').length;
  return `KIZASHI ${word} - ${text.replaceAll('|', '/')} | ${[...data, `grey=${grey}`].join(' ')}`;
}

function nagiosExit(rows: readonly MotorStatus[]): number {
  return { 0: 0, 10: 1, 11: 2, 14: 3 }[exitOfHealth(rows.map(({ health }) => health))] ?? 3;
}
