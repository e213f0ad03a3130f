/**
 * Facts and capture to one HTML file: no script, no request, no clock, no random id. The same facts and the same evidence give the same
 * bytes, so that a changed word is found by writing the page again.
 */
import { html, raw } from 'hono/html';
import type { Capture } from '../../capture/capture.js';
import { pictureOf, worstHealth } from '../../monitor/index.js';
import type { Assessment, Health } from '../../wear/types.js';
import { pText } from '../assessment-report.js';
import { digits } from '../output.js';
import { spectrumChart, trendChart } from './charts.js';
import { markerOrders, type ReportFacts, sha256 } from './facts.js';
import { type ReportWords, reportEn, reportJa } from './words.js';

type Html = ReturnType<typeof html>;

export const css = `:root{color:#222;background:#fff;font:14px/1.45 system-ui,"Noto Sans CJK JP","IPAexGothic","IPAGothic",sans-serif}
body{max-width:760px;margin:24px auto;padding:0 16px}h1{font-size:20px}h2{font-size:15px;border-bottom:1px solid #bfc2c5;margin-top:28px;break-after:avoid}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}td,th{text-align:left;padding:3px 8px 3px 0;vertical-align:top;border-bottom:1px solid #e6e7e9}
th{font-weight:600;color:#4d5257}svg{max-width:100%;height:auto}.verdict{font-size:17px}.verdict svg{vertical-align:-5px;margin-right:8px}
.emulated{border:2px solid #222;padding:4px 8px;font-weight:700}.note{color:#4d5257}code{overflow-wrap:anywhere}
html:lang(ja) body{line-break:strict}@media print{body{margin:0;max-width:none}section{break-inside:avoid}}@page{margin:16mm}`;

/** Shape, colour and letter together; print and colour blindness leave the shape and the letter. */
export const marks: Record<Health['status'], string> = {
  failure: mark('<path d="M2 2h20v20H2z" fill="#b3001b" stroke="#1a1a1a"/>', 'F', 17, '#fff'),
  'maintenance-required': mark('<path d="M12 1l11 21H1z" fill="#f0a000" stroke="#1a1a1a"/>', 'M', 20, '#1a1a1a'),
  'out-of-specification': mark('<path d="M12 23L1 2h22z" fill="#1857a8" stroke="#1a1a1a"/>', 'S', 13, '#fff'),
  'check-function': mark('<path d="M12 1l11 11-11 11L1 12z" fill="#6a3d9a" stroke="#1a1a1a"/>', 'C', 17, '#fff'),
  grey: mark('<circle cx="12" cy="12" r="10" fill="none" stroke="#1a1a1a" stroke-width="2"/>', '', 17, '#1a1a1a'),
  good: mark('<path d="M5 20V9h14v11z" fill="#5c6268" stroke="#1a1a1a"/>', '', 17, '#fff'),
};

function mark(shape: string, letter: string, y: number, ink: string): string {
  const text = letter
    ? `<text x="12" y="${y}" text-anchor="middle" font-size="12" font-weight="700" fill="${ink}">${letter}</text>`
    : '';
  return `<svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">${shape}${text}</svg>`;
}

/** JSON that can stand in a script element: `<` never appears. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** The whole file. */
export function renderReport(facts: ReportFacts, capture: Capture, evidence: Uint8Array): string {
  const words = facts.lang === 'ja' ? reportJa : reportEn;
  const json = scriptJson(facts);
  const title = words.title(facts.motor.name ?? facts.motor.id);
  const page = html`<!doctype html>
<html lang="${facts.lang}"><head><meta charset="utf-8"><title>${title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width"><style>${raw(css)}</style></head><body>
${body(facts, capture, words, title, sha256(Buffer.from(json)))}
<script type="application/json" id="kizashi-facts">${raw(json)}</script>
<script type="application/vnd.kizashi.kzev;base64" id="kizashi-evidence">${raw(Buffer.from(evidence).toString('base64'))}</script>
</body></html>
`;
  return String(page);
}

function body(facts: ReportFacts, capture: Capture, words: ReportWords, title: string, digest: string): Html {
  const { motor, assessments, evidence, site, version } = facts;
  const health = worstHealth(assessments.map((one) => one.health));
  const findings = assessments.flatMap((one) => one.findings);
  const word =
    health.status === 'grey' && health.grey ? words.page.grey[health.grey] : words.page.status[health.status];
  const unseen = assessments.flatMap((one) => one.unseen).map(words.unseen);
  // What is not judged is said in the reader's language; the sensor's own sentences are English.
  const blind = [
    ...new Set(facts.lang === 'ja' ? unseen : [...health.blind, ...findings.flatMap((one) => one.blind), ...unseen]),
  ];
  const sentence = words.why({ ...health, unseen: assessments.flatMap((one) => one.unseen) });
  const rows = (pairs: [string, string | undefined][]): Html =>
    html`<table>${pairs.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value ?? words.unknown}</td></tr>`)}</table>`;
  const { nameplate } = motor;
  const unit = (value: number | undefined, name: string): string | undefined =>
    value === undefined ? undefined : `${digits(value, 3)} ${name}`;
  return html`<h1>${title}</h1>
${evidence.grade === 'E' ? html`<p class="emulated">${words.emulated}</p>` : ''}
<p class="note">${site} · ${evidence.at} · kizashi ${version}</p>
<section><p class="verdict">${raw(marks[health.status])}<strong>${word}</strong>: ${sentence}</p></section>
<section><h2>${words.whatToDo}</h2><p>${words.todo[health.status]}</p>${motor.spare ? html`<p>${words.spare}: ${motor.spare}</p>` : ''}</section>
<section><h2>${words.seen}</h2>${blind.length > 0 ? html`<ul>${blind.map((text) => html`<li>${text}</li>`)}</ul>` : html`<p>${words.seesAll}</p>`}</section>
${trendSection(facts, words)}
${chartSection(facts, capture, words)}
<section><h2>${words.page.findings}</h2>${
    findings.length === 0
      ? html`<p>${words.page.noFindings}</p>`
      : html`<table><tr>${[words.page.finding, words.page.severity, words.page.order, words.page.pValue, words.persistence].map((name) => html`<th scope="col">${name}</th>`)}</tr>
${findings.map((finding) => html`<tr><td>${words.finding(finding)}</td><td>${finding.severityDb === null ? '' : `${digits(finding.severityDb, 3)} dB`}</td><td>${finding.orders[0] ? `${digits(finding.orders[0].found, 4)}x` : ''}</td><td>${pText(finding)}</td><td>${finding.persistence.k}/${finding.persistence.m}</td></tr>`)}</table><p class="note">${words.gatewayWord}</p>`
  }</section>
<section><h2>${words.numbers}</h2>${indicatorTable(assessments, words)}</section>
<section><h2>${words.nameplate}</h2>${rows([
    ['id', motor.id],
    ['kW', unit(nameplate.kW, 'kW')],
    ['r/min', unit(nameplate.rpm, 'r/min')],
    ['Hz', unit(nameplate.supplyHz, 'Hz')],
    [
      words.rows.bearings,
      motor.bearings
        .map((b) => `${b.position} ${b.designation ?? (b.geometry ? 'by geometry' : '')}`.trim())
        .join(', ') || undefined,
    ],
    [words.rows.mounting, motor.mounting],
    [words.rows.drive, motor.drive],
    [
      words.wiring,
      motor.channels
        ?.map((c) => `${c.id}: ${c.pin ?? ''} ${c.sensor ?? ''}${c.gain ? ` x ${c.gain}` : ''}`.trim())
        .join(', '),
    ],
  ])}</section>
<section><h2>${words.page.evidence}</h2>${rows([
    [words.page.verdict, words.page.verdicts.verified],
    [words.page.grade, evidence.grade],
    [words.page.key, evidence.kid],
    [words.rows.record, String(evidence.record)],
    [words.rows.losses, `${evidence.holes}, ${evidence.lost}`],
    [words.rows.rate, `${digits(facts.rate.fsHz, 7)} Hz ±${digits(facts.rate.fsUncertainty * 1e6, 2)} ppm`],
    [words.rows.evidenceDigest, evidence.sha256],
    [words.rows.factsDigest, digest],
    [
      words.page.algorithm,
      [...new Set(findings.map((f) => `${f.algorithm} ${f.kernel} ${f.seed}`.trim()))].join('; ') || '-',
    ],
  ])}</section>
<section><h2>${words.howToVerify}</h2><p><code>${words.howToVerifyText}</code></p></section>`;
}

function trendSection(facts: ReportFacts, words: ReportWords): Html {
  const velocity = facts.assessments
    .flatMap((one) => one.indicators)
    .find(({ id, params }) => id.startsWith('rmsVelocity') && Array.isArray(params.limits));
  const limits = Array.isArray(velocity?.params.limits) ? velocity.params.limits.map(Number) : [];
  const charts = [
    trendChart(facts.trend, { title: words.page.velocityTrend, unit: 'mm/s', key: 'velocityRmsMmS', limits }),
    trendChart(facts.trend, { title: words.page.bearingTrend, unit: 'dB', key: 'bearingDb', limits: [] }),
  ];
  const names = [words.page.velocityTrend, words.page.bearingTrend];
  return html`<section><h2>${words.trend}</h2>${charts.map((svg, i) => (svg ? html`<p>${names[i]}</p>${raw(svg)}` : ''))}${velocity?.note ? html`<p class="note">${words.note(velocity)}</p>` : ''}<p class="note">${words.trendNote}</p></section>`;
}

function chartSection(facts: ReportFacts, capture: Capture, words: ReportWords): Html {
  const speedHz = facts.assessments.find(({ speed }) => speed)?.speed?.frHz ?? null;
  const spectrum = pictureOf(facts.motor.id, capture, 'spectrum', speedHz);
  const envelope = pictureOf(facts.motor.id, capture, 'envelope', speedHz);
  if (!spectrum || !envelope) return html``;
  const shaft = speedHz === null ? [] : [{ label: '1x', hz: speedHz }];
  const families =
    speedHz === null ? [] : markerOrders(facts.motor).map(({ label, order }) => ({ label, hz: order * speedHz }));
  const toHz = Math.min(1000, capture.fsHz / 2);
  return html`<section><h2>${words.charts}</h2><p>${words.page.spectrum}</p>${raw(spectrumChart(spectrum, { title: words.page.spectrum, unit: 'm/s² RMS', toHz, markers: shaft }))}
<p>${words.page.envelope}</p>${raw(spectrumChart(envelope, { title: words.page.envelope, unit: '', toHz: Math.min(500, toHz), markers: [...shaft, ...families] }))}</section>`;
}

function indicatorTable(assessments: readonly Assessment[], words: ReportWords): Html {
  const all = assessments.flatMap((one) => one.indicators);
  const valid = all.filter(({ valid, value }) => valid === true && value !== null);
  const refused = new Map<string, string[]>();
  for (const { id, valid } of all) {
    if (valid === true) continue;
    const why = words.refusal(valid);
    refused.set(why, [...(refused.get(why) ?? []), id]);
  }
  return html`<table>${valid.map((one) => ({ ...one, note: words.note(one) })).map(({ id, value, unit, note }) => html`<tr><th scope="row">${id}</th><td>${digits(value ?? 0, 4)} ${unit === '1' ? '' : unit}</td><td class="note">${note}</td></tr>`)}</table>
${refused.size > 0 ? html`<p>${words.notSaid}</p><ul>${[...refused].map(([why, ids]) => html`<li>${why} (${[...new Set(ids)].join(', ')})</li>`)}</ul>` : ''}`;
}
