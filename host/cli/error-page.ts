/** docs/errors.md from the table of errors and the exit codes, so that page and program cannot differ. */
import { type ErrorCode, type ErrorRow, errorTable } from '../errors.js';

export const exitCodes: [code: string, meaning: string][] = [
  ['0', 'done'],
  ['1', 'the question was answered with no: a check fails, a recomputation differs'],
  ['2', 'wrong use, or could not run at all'],
  ['3', 'configuration missing or invalid (line, column, key)'],
  ['4', 'no board, port, motor or bearing of that name'],
  ['5', 'port busy or no permission'],
  ['6', 'the board does not answer, runs other firmware, is foreign or quarantined'],
  ['7', 'flash or read-back mismatch'],
  ['8', 'signature, key, chain or proof failed: `verify` gives 0 only when every file is valid'],
  ['9', 'data unusable: too short, clipped, unknown unit or rate'],
  ['10', 'worst finding is plan or off-spec; only with `--exit-code`'],
  ['11', 'worst finding is now; only with `--exit-code`'],
  ['12', 'network, broker, hub'],
  ['13', 'refused by policy: role, zone, grade, recovery key'],
  ['14', 'no verdict (check or grey); only with `--exit-code`, so that silence never reads as health'],
  ['70', 'a bug: an exception nobody expected; the path of a crash file is printed'],
  ['130', 'interrupted'],
];

/** Folders by the band of a code (host/errors.ts). */
export const bands: Record<string, string> = {
  '01': 'Ports and links',
  '02': 'Sessions',
  '03': 'Flashing',
  '04': 'Provisioning',
  '05': 'Captures and evidence',
  '06': 'Signal and wear',
  '07': 'Motors and configuration',
  '08': 'Recordings',
  '09': 'Store and log',
  '10': 'Monitor',
  '11': 'Emulation',
  '12': 'Server',
  '13': 'Publishing',
  '14': 'Command line',
};

export interface ErrorEntry extends ErrorRow {
  code: ErrorCode;
}

/** Every row in the order of its code. */
export function errorEntries(): ErrorEntry[] {
  return (Object.keys(errorTable) as ErrorCode[]).sort().map((code) => ({ code, ...errorTable[code] }));
}

/** The page, as `kizashi errors --markdown` prints it. */
export function errorPage(): string {
  const lines = [
    '# Errors and exit codes',
    '',
    'Made by `kizashi errors --markdown` from the table in `host/errors.ts`; do not edit it here.',
    '',
    'Every message has three parts: what failed, why most likely (measured where it can be measured), and one thing that fixes it. `kizashi',
    'explain CODE` prints the same.',
    '',
    '## Exit codes',
    '',
    ...tableOf([['code', 'meaning'], ...exitCodes]),
  ];
  const entries = errorEntries();
  for (const [band, title] of Object.entries(bands)) {
    const rows = entries.filter(({ code }) => code.slice(2, 4) === band);
    if (rows.length === 0) continue;
    lines.push('', `## ${title}`, '');
    for (const { code, exit, what, why, fix } of rows)
      lines.push(`### ${code}`, '', `${what} (exit ${exit}).`, '', `- why: ${why}`, `- fix: ${fix}`, '');
    lines.pop();
  }
  return `${lines.join('\n')}\n`;
}

/** A Markdown table with its columns padded, as formatters write it. */
function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, c) => Math.max(3, ...rows.map((row) => row[c].length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`;
  return [line(rows[0]), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)];
}
