/** The page of `kizashi report --all`: every motor with its mark and sentence, worst first; no script, no request. */
import { html, raw } from 'hono/html';
import type { Motor } from '../../motors/index.js';
import type { MotorStatus } from '../motor-status.js';
import { css, marks } from './page.js';
import { reportEn, reportJa } from './words.js';

export interface FleetRow {
  motor: Motor;
  status: MotorStatus;
  /** The motor's own report, which proves itself, beside this page. */
  report?: { file: string; sha256: string };
}

export interface FleetFacts {
  lang: 'en' | 'ja';
  site: string;
  version: string;
  /** ISO 8601. */
  at: string;
}

export function renderFleet(rows: readonly FleetRow[], { lang, site, version, at }: FleetFacts): string {
  const words = lang === 'ja' ? reportJa : reportEn;
  const counts = new Map<string, number>();
  const wordOf = ({ health }: MotorStatus): string =>
    health.status === 'grey' && health.grey ? words.page.grey[health.grey] : words.page.status[health.status];
  for (const { status } of rows) counts.set(wordOf(status), (counts.get(wordOf(status)) ?? 0) + 1);
  const head = [words.page.verdict, words.page.grade, 'SHA-256'];
  const line = ({ motor, status, report }: FleetRow) => {
    const name = motor.name ?? motor.id;
    const when = status.at === null ? '' : new Date(status.at).toISOString();
    return html`<tr><td>${raw(marks[status.health.status])}</td><td>${report ? html`<a href="${report.file}">${name}</a>` : name}</td>
<td><strong>${wordOf(status)}</strong>: ${lang === 'ja' ? words.why(status.explained) : status.reason}<br><span class="note">${when}</span></td>
<td>${words.page.verdicts[status.verdict as keyof typeof words.page.verdicts] ?? status.verdict}</td><td>${status.grade}</td><td><code>${report?.sha256 ?? ''}</code></td></tr>`;
  };
  const page = html`<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><title>${site}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width"><style>${raw(css)}</style></head><body>
<h1>${site}</h1>
${rows.some(({ status }) => status.grade === 'E') ? html`<p class="emulated">${words.emulated}</p>` : ''}
<p class="note">${at} · kizashi ${version}</p>
<p>${[...counts].map(([word, count]) => `${word} ${count}`).join(' · ')}</p>
<table><tr><th></th><th></th><th></th>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr>
${rows.map(line)}</table>
<section><h2>${words.howToVerify}</h2><p><code>kizashi verify REPORT.html --keys KEYS.json</code></p></section>
</body></html>
`;
  return String(page);
}
