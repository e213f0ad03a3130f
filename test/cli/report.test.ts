/** kizashi check and report on the history of a site; verify on the report: every changed byte is found. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { chromiumOf, japaneseFont } from '../../host/cli/doctor-checks.js';
import { type ReportFacts, sha256 } from '../../host/cli/report/facts.js';
import { scriptJson } from '../../host/cli/report/page.js';
import { verifyReport } from '../../host/cli/report/verify.js';
import { Store } from '../../host/store/index.js';
import { onlyJson, run } from './run-cli.js';
import { makeSite } from './site.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE']) delete process.env[name];

const state = mkdtempSync(join(tmpdir(), 'kizashi-report-'));
t.teardown(() => rmSync(state, { recursive: true, force: true }));
t.setTimeout(120_000);
const at = ['--state', state];
const keys = join(state, 'pinned.json');
const motor = await makeSite(state, 2);

function factsIn(text: string): ReportFacts {
  return JSON.parse(/id="kizashi-facts">([^<]*)</.exec(text)?.[1] ?? '') as ReportFacts;
}

t.test('check: sentences, exit codes, one line for Nagios; silence is not health', async (t) => {
  const ran = await run(['check', ...at]);
  t.match(ran, { code: 0, stdout: /press-04 +\S+ .*verified E[\s\S]*0 normal {3}worst: /, stderr: /EMULATED/ });
  const json = onlyJson(await run(['check', motor, '--json', ...at]));
  t.match(json, {
    schema: 'kizashi/check/1',
    motors: [{ motor, verdict: 'verified', grade: 'E', reason: /\S/, findings: Array }],
  });
  const { word } = (json.motors as { word: string }[])[0];
  const expected = { now: 11, plan: 10, 'off-spec': 10 }[word] ?? 14;
  t.equal((await run(['check', '--exit-code', ...at])).code, expected, word);
  t.match(await run(['check', '--nagios', ...at]), {
    code: { 11: 2, 10: 1, 14: 3 }[expected],
    stdout:
      /^KIZASHI (WARNING|CRITICAL|UNKNOWN) - press-04 .* \| now=\d plan=\d off-spec=\d check=\d normal=\d grey=\d\n$/,
  });
  // the same history a day later: nothing valid came meanwhile
  const later = Date.now;
  Date.now = () => later() + 86_400_000;
  t.match(await run(['check', '--nagios', ...at]), {
    code: 3,
    stdout: /UNKNOWN - press-04 silent: no capture for 24 h; the last one said/,
  });
  t.match(await run(['check', '--exit-code', ...at]), { code: 14, stdout: /silent/ });
  Date.now = later;
  t.match(await run(['check', 'nobody', ...at]), { code: 4, stderr: /KZ1201/ });
  const empty = t.testdir();
  t.match(await run(['check', '--exit-code', '--state', empty]), { code: 14, stdout: /no motor is configured/ });
});

t.test('import: a recording becomes history, marked as unsigned, at the time that is stated', async (t) => {
  const dir = t.testdir();
  const there = ['--state', dir];
  const wav = fileURLToPath(new URL('../../examples/recordings/press-04.wav', import.meta.url));
  await run(['motors', 'add', 'm1', '--rpm', '1746', '--kw', '4', '--bearing', '6205', ...there]);
  t.match(await run(['import', wav, ...there]), { code: 2, stderr: /KZ1401: whose history is it: --motor NAME/ });
  t.match(await run(['import', wav, '--motor', 'm1', ...there]), {
    code: 2,
    stderr: /does not say when it was recorded/,
  });
  t.match(await run(['import', wav, '--motor', 'm1', '--at', 'yesterday', ...there]), {
    code: 2,
    stderr: /KZ1401.*yesterday/,
  });
  t.match(await run(['import', wav, '--motor', 'nobody', '--at', '2026-03-01T08:00:00Z', ...there]), {
    code: 4,
    stderr: /KZ1201/,
  });
  for (const day of ['01', '02', '03'])
    t.match(await run(['import', wav, '--motor', 'm1', '--at', `2026-03-${day}T08:00:00Z`, ...there]), {
      code: 0,
      stdout: new RegExp(
        `m1 +2026-03-${day}T08:00:00.000Z +unsigned recording\n +(plan|off-spec) +consistent with outer-race`,
      ),
    });
  const store = Store.open(dir);
  t.same(
    store.captures('m1').map(({ verdict, grade }) => ({ verdict, grade })),
    Array(3).fill({ verdict: 'unsigned', grade: 'none' }),
  );
  store.close();
  const state = onlyJson(await run(['check', 'm1', '--json', ...there])).motors as {
    reason: string;
    verdict: string;
  }[];
  t.match(state[0], { verdict: 'unsigned', reason: /no capture for \d+ d; the last one said: .*seen in 3 of 3/ });
  t.match(await run(['report', 'm1', ...there]), { code: 4, stderr: /KZ1203: the last capture of m1 has no evidence/ });
});

/** Three English words in a row that a reader sees, but for the motor's own name. */
function englishSentences(page: string): string[] {
  const seen = page.replace(/<(script|style|svg|code)\b[\s\S]*?<\/\1>/g, '').replace(/<[^>]*>/g, '\n');
  return [...(seen.replaceAll('hydraulic pump motor', '').match(/(?:\b[a-z]{3,}[ ,:;]+){2,}[a-z]{3,}/g) ?? [])];
}

t.test('report', async (t) => {
  const file = join(state, 'report.html');
  const first = await run(['report', motor, '--out', file, '--site', 'Werk <2>', ...at]);
  t.match(first, { code: 0, stdout: `${file}\n`, stderr: /kizashi verify/ });
  const text = readFileSync(file, 'utf8');

  t.test('it verifies, is self-contained and comes out the same twice', async (t) => {
    t.match(await run(['verify', file, '--keys', keys]), {
      code: 0,
      stdout: /^VALID.*report of record \d+.*EMULATED.*computed again.*every byte of the page/,
    });
    t.match(onlyJson(await run(['verify', file, '--keys', keys, '--json'])), {
      valid: true,
      files: [{ report: true, textCompared: true }],
    });
    await run(['report', motor, '--out', `${file}2`, '--site', 'Werk <2>', ...at]);
    t.equal(readFileSync(`${file}2`, 'utf8'), text);
    t.notMatch(text, /\b(?:src|href)=|@import|url\(/i, 'asks nothing of anybody');
    t.match(text, /default-src 'none'/);
    t.match(text, /Werk &lt;2&gt;/, 'what people typed is text, not markup');
    t.match(text, /EMULATED boards and motors/);
    t.ok((text.match(/<svg/g) ?? []).length >= 4, 'mark, trend, spectrum, envelope');
  });

  t.test('every changed byte is found: words, plots, facts, evidence', async (t) => {
    const bytes = readFileSync(file);
    const step = Math.floor(bytes.length / 24);
    for (let i = 7; i < bytes.length; i += step) {
      const changed = Uint8Array.from(bytes);
      changed[i] ^= 0x01;
      const verdict = verifyReport(changed, keys);
      t.equal(verdict.valid, false, `byte ${i}`);
    }
    t.equal(verifyReport(bytes, keys).valid, true);
    for (const [name, content] of [
      ['word', text.replace('verified</td>', 'Verified</td>')],
      ['appended', `${text}<p>and all is well</p>`],
      ['cut', text.slice(0, -20)],
      ['page without facts', '<!doctype html><p>hello</p>'],
    ]) {
      writeFileSync(join(state, 'changed.html'), content);
      t.match(
        await run(['verify', join(state, 'changed.html'), '--keys', keys]),
        { code: 8, stdout: /^INVALID/ },
        name,
      );
    }
  });

  t.test('a forger who writes the page again is found by the evidence', async (t) => {
    const forge = (change: (facts: ReportFacts) => void): string => {
      const facts = JSON.parse(/id="kizashi-facts">([^<]*)</.exec(text)?.[1] ?? '');
      change(facts);
      return text.replace(/(id="kizashi-facts">)[^<]*/, (_, head: string) => head + scriptJson(facts));
    };
    const verdictOf = (content: string) => verifyReport(Buffer.from(content), keys);
    t.match(
      verdictOf(
        forge((facts: ReportFacts) => {
          facts.assessments[0].indicators[0].value = 0.5;
        }),
      ),
      { valid: false, why: 'indicator' },
    );
    t.match(
      verdictOf(
        forge((facts: ReportFacts) => {
          facts.evidence.grade = 'A0';
        }),
      ),
      { valid: false, why: 'facts' },
    );
    t.match(
      verdictOf(
        forge((facts: ReportFacts) => {
          facts.rate.fsHz *= 1.02;
        }),
      ),
      { valid: false, text: /not the rate/ },
    );
    t.match(
      verdictOf(
        forge((facts: ReportFacts) => {
          facts.assessments[0].captureId = '00';
        }),
      ),
      { valid: false, why: 'facts' },
    );
    t.match(
      verdictOf(
        forge((facts: ReportFacts) => {
          facts.assessments = 7 as never;
        }),
      ),
      { valid: false },
    );
    t.match(
      verdictOf(
        forge((facts: ReportFacts) => {
          facts.renderer = 99;
        }),
      ),
      { valid: true, textCompared: false },
    );
    const none = join(state, 'none.json');
    writeFileSync(none, '{}');
    t.match(verifyReport(Buffer.from(text), none), { valid: false, why: 'unknown-key' });
  });

  t.test('in Japanese, and as PDF where there is a browser', async (t) => {
    const ja = join(state, 'ja.html');
    t.match(await run(['report', motor, '--lang', 'ja', '--out', ja, ...at]), { code: 0 });
    t.match(readFileSync(ja, 'utf8'), /<html lang="ja">[\s\S]*状態診断報告書/);
    t.same(englishSentences(readFileSync(ja, 'utf8')), []);
    const site = join(t.testdir(), 'site');
    t.match(await run(['report', '--all', '--lang', 'ja', '--out', site, ...at]), { code: 0 });
    t.same(englishSentences(readFileSync(join(site, 'fleet.html'), 'utf8')), []);
    t.match(await run(['verify', ja, '--keys', keys]), { code: 0, stdout: /^VALID/ });
    const before = process.env.KIZASHI_CHROMIUM;
    process.env.KIZASHI_CHROMIUM = '/nowhere/chromium';
    t.match(await run(['report', motor, '--pdf', '--out', ja, ...at]), { code: 2, stderr: /KZ1409/ });
    if (before === undefined) delete process.env.KIZASHI_CHROMIUM;
    if (!japaneseFont(process.env) && chromiumOf(process.env))
      t.match(await run(['report', motor, '--pdf', '--lang', 'ja', '--out', ja, ...at]), {
        code: 2,
        stderr: /KZ1409: no font[\s\S]*fonts-ipafont/,
      });
    if (!chromiumOf(process.env) || spawnSync(chromiumOf(process.env) as string, ['--version']).status !== 0) return;
    const pdf = await run(['report', motor, '--pdf', '--out', join(state, 'print.html'), ...at]);
    t.equal(pdf.code, 0);
    t.equal(readFileSync(join(state, 'print.pdf')).subarray(0, 5).toString('latin1'), '%PDF-');
  });

  t.test('of a time: on the last capture until then, with the points of that time', async (t) => {
    const store = Store.open(state);
    const [second, first] = store.captures(motor);
    store.close();
    const time = (ms: number) => new Date(ms).toISOString();
    const written = async (...argv: string[]) => {
      const out = join(t.testdir(), 'x.html');
      const ran = await run(['report', motor, '--out', out, '--json', ...argv, ...at]);
      const text = ran.code === 0 ? readFileSync(out, 'utf8') : '';
      return { ...ran, text, facts: text ? factsIn(text) : undefined };
    };
    const early = await written('--to', time(first.at));
    t.match(early.facts, { evidence: { record: first.record }, trend: [{ capture: first.id }] });
    t.equal(early.facts?.trend.length, 1);
    t.match(verifyReport(Buffer.from(early.text), keys), { valid: true, record: first.record });
    const late = await written('--from', time(first.at + 1));
    t.match(late.facts, { evidence: { record: second.record }, trend: [{ capture: second.id }] });
    const day = time(first.at).slice(0, 10);
    const whole = await written('--from', day, '--to', time(second.at).slice(0, 10));
    t.equal(whole.facts?.trend.length, 2, 'days are whole days');
    t.match(await written('--to', '2001-01-01'), { code: 4, stdout: /KZ1203/ });
    t.match(await written('--to', 'yesterday'), { code: 2, stdout: /KZ1401/ });
    t.match(await written('--from', '2026-01-02', '--to', '2026-01-01'), { code: 2, stdout: /is after/ });
  });

  t.test('of the site: a page, and a report of each motor that is not normal', async (t) => {
    const folder = join(t.testdir(), 'out');
    t.match(await run(['report', motor, '--all', ...at]), { code: 2, stderr: /two different reports/ });
    t.match(await run(['report', ...at]), { code: 2, stderr: /which motor/ });
    const ran = onlyJson(await run(['report', '--all', '--out', folder, '--site', 'Works <1>', '--json', ...at]));
    const [{ report }] = ran.motors as { report: { file: string; sha256: string } }[];
    t.match(ran, { motors: [{ motor }], files: [join(folder, 'fleet.html'), join(folder, report.file)] });
    const page = readFileSync(join(folder, 'fleet.html'), 'utf8');
    t.match(page, new RegExp(`<a href="${report.file}">[\\s\\S]*${report.sha256}`));
    t.match(page, /Works &lt;1&gt;[\s\S]*EMULATED/);
    t.notMatch(page, /<script|https?:\/\/(?!www\.w3\.org)/);
    const bytes = readFileSync(join(folder, report.file));
    t.equal(sha256(bytes), report.sha256);
    t.match(verifyReport(bytes, keys), { valid: true });
  });

  t.test('without a capture there is no report', async (t) => {
    const dir = t.testdir();
    await run(['motors', 'add', 'm1', '--rpm', '1480', '--state', dir]);
    t.match(await run(['report', 'm1', '--state', dir]), { code: 4, stderr: /KZ1203[\s\S]*kizashi collect m1/ });
    Store.open(dir).close();
    t.match(await run(['report', 'm1', '--state', dir]), { code: 4, stderr: /KZ1203/ });
    t.notOk(existsSync(join(dir, 'm1-000001.html')));
  });
});
