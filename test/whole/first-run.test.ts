/**
 * The first run, as a newcomer has it: a clean clone, then the two commands at the top of the README. Nothing is shared with this checkout
 * but its committed state.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'kizashi-first-run-'));
const clone = join(home, 'kizashi');
const screenshots = join(root, 'test', 'screenshots');
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const noCheckout = existsSync(join(root, '.git')) ? false : 'no git checkout here: nothing to clone';
const environment = { ...process.env, CI: '1', TAP: undefined, NODE_OPTIONS: undefined } as NodeJS.ProcessEnv;

t.setTimeout(280_000);
t.teardown(() => rmSync(home, { recursive: true, force: true }));

interface DemoResult {
  schema: string;
  emulated: boolean;
  motors: {
    id: string;
    verdict: string;
    reason: string;
    correct: boolean;
    findings: {
      cause: string;
      p: number | null;
      seed: string;
      algorithm: string;
      words: string;
      orders: { found: number }[];
    }[];
    velocityRmsMmS: number;
    lineHz: number;
    captures: number;
    rejected: number;
    captureVerdict: string;
    grade: string;
    evidence: string[];
  }[];
  attacks: { carriedOut: { kind: string }[]; accepted: number; rejected: { reason: string; count: number }[] };
  keys: string;
  firstVerdictSeconds: number;
  seconds: number;
}

/** `npm start -- …` in the clone. */
function start(args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('npm', ['start', '--silent', '--', ...args], {
    cwd: clone,
    encoding: 'utf8',
    env: environment,
    maxBuffer: 1 << 28,
  });
}

function kizashi(args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(clone, 'dist/host/cli/kizashi.js'), ...args], {
    cwd: clone,
    encoding: 'utf8',
    env: environment,
  });
}

t.test('the two commands stand at the top of the README', async (t) => {
  const top = readFileSync(join(root, 'README.md'), 'utf8').split('\n').slice(0, 20).join('\n');
  t.match(top, /^npm start\b/m);
  t.match(top, /^npm test\b/m);
});

t.test('npm start -- --once --json on a clean clone', { skip: noCheckout }, async (t) => {
  execFileSync('git', ['clone', '--quiet', root, clone], { stdio: 'pipe' });
  const run = start(['--once', '--json']);
  t.equal(run.status, 0, run.stderr.slice(-3000));
  const lines = run.stdout.trim().split('\n');
  t.equal(lines.length, 1, 'one object and nothing else on stdout');
  const result = JSON.parse(lines[0]) as DemoResult;
  t.equal(result.schema, 'kizashi/demo/1');
  t.equal(result.emulated, true);
  const [press, fan, pump] = ['press-04', 'fan-01', 'pump-02'].map(
    (id) => result.motors.find((motor) => motor.id === id)!,
  );
  const outer = press.findings.find((finding) => finding.cause === 'bearing-outer');
  t.ok(outer, 'the defect of the outer race is named');
  t.ok(outer && outer.p !== null && outer.p <= 0.01, `p ${outer?.p}`);
  t.ok(outer && Math.abs(outer.orders[0].found - 3.57) < 0.05, `at BPFO: ${outer?.orders[0].found}`);
  t.match(outer?.seed, /^[0-9a-f]{32}$/);
  t.match(outer?.algorithm, /^kz-bearing\/\d+$/);
  t.same(fan.findings, [], 'the healthy motor raises nothing');
  t.ok(pump.findings.some((finding) => finding.cause === 'unbalance'));
  for (const motor of result.motors) {
    t.ok(motor.correct, `${motor.id}: ${motor.reason}`);
    t.equal(motor.captureVerdict, 'verified');
    t.equal(motor.grade, 'E', 'emulated is graded as emulated');
    t.equal(motor.evidence.length, motor.captures, 'evidence of every capture');
    t.ok(Math.abs(motor.lineHz - 50) < 0.1, `line frequency ${motor.lineHz}`);
  }
  t.ok(result.firstVerdictSeconds <= 30, `first verdict after ${result.firstVerdictSeconds} s`);

  const file = join(clone, 'kizashi-demo/evidence', readdirSync(join(clone, 'kizashi-demo/evidence'))[0]);
  const valid = kizashi(['verify', file, '--keys', result.keys, '--cross-check']);
  t.equal(valid.status, 0, valid.stderr);
  t.match(valid.stdout, /\bVALID\b/);
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  const changed = join(home, 'changed.kzev');
  writeFileSync(changed, bytes);
  const invalid = kizashi(['verify', changed, '--keys', result.keys]);
  t.equal(invalid.status, 8);
  t.match(invalid.stdout, /INVALID/);
  writeFileSync(join(home, 'no-keys.json'), '{}');
  t.equal(kizashi(['verify', file, '--keys', join(home, 'no-keys.json')]).status, 8, 'unknown keys prove nothing');
});

t.test(
  'npm start -- --attack: all that is done on the wire is refused, nothing honest is lost',
  { skip: noCheckout },
  async (t) => {
    const run = start(['--once', '--json', '--attack']);
    t.equal(run.status, 0, run.stderr.slice(-3000));
    const result = JSON.parse(run.stdout) as DemoResult;
    t.same(result.attacks.carriedOut.map((attack) => attack.kind).sort(), [
      'flip-bit',
      'forge-seal',
      'reorder',
      'replay',
      'swap',
    ]);
    t.equal(result.attacks.accepted, 0);
    const refused = result.attacks.rejected.reduce((sum, { count }) => sum + count, 0);
    t.ok(
      refused >= 5,
      `${refused} refused: ${result.attacks.rejected.map(({ reason, count }) => `${reason} ${count}`).join(', ')}`,
    );
    for (const motor of result.motors) {
      t.ok(motor.correct, `${motor.id}: ${motor.reason}`);
      t.equal(motor.captures, 3, 'every planned measurement was made');
    }
  },
);

t.test(
  'the page, in Chromium',
  { skip: noCheckout || (chromium ? false : 'no Chromium here: apt-get install chromium') },
  async (t) => {
    const { chromium: browserType } = await import('playwright-core');
    const { AxeBuilder } = await import('@axe-core/playwright');
    mkdirSync(screenshots, { recursive: true });
    const demo: ChildProcess = spawn(process.execPath, [join(clone, 'dist/host/cli/kizashi.js'), 'demo', '--attack'], {
      cwd: clone,
      env: environment,
    });
    t.teardown(() => demo.kill('SIGKILL'));
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      demo.stderr?.on('data', (chunk) => {
        said += chunk;
        const found = /page (http:\/\/127\.0\.0\.1:\d+\/)/.exec(said);
        if (found) resolve(found[1]);
      });
      demo.on('exit', (code) => reject(new Error(`demo ended with ${code}: ${said}`)));
    });
    const browser = await browserType.launch({
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    t.teardown(() => browser.close());
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('404')) trouble.push(message.text());
    });
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url());
    });

    await page.goto(url);
    t.equal(await page.locator('.emulated').textContent(), 'EMULATED', 'everything emulated says so');
    await page.locator('.attention li', { hasText: 'Press 04' }).first().waitFor({ timeout: 120_000 });
    await page.locator('.card', { hasText: 'outer-race' }).waitFor({ timeout: 120_000 });
    await page.locator('.card', { hasText: 'unbalance' }).waitFor({ timeout: 120_000 });
    await page.locator('.security', { hasText: 'refused on the wire' }).waitFor({ timeout: 60_000 });
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(screenshots, 'fleet.png') });
    const violations = (await new AxeBuilder({ page }).analyze()).violations.map(
      (v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 120)}`,
    );
    t.same(violations, [], 'axe finds nothing on the fleet page');

    await page.locator('.card', { hasText: 'Press 04' }).click();
    await page.locator('h1', { hasText: 'Press 04' }).waitFor();
    await page.locator('.marker-choice button[aria-pressed=true]', { hasText: 'BPFO' }).waitFor();
    await page.locator('canvas').nth(3).waitFor({ timeout: 30_000 });
    t.ok((await page.locator('canvas').count()) >= 4, 'trend, severity, spectrum and envelope are drawn');
    t.match(await page.locator('table').textContent(), /outer-race/);
    t.match(
      await page.locator('.motor').textContent(),
      /outer race of its 6205/,
      'the truth stands beside the verdict',
    );
    const evidence = await page.locator('a[download]').first().getAttribute('href');
    const bundle = await (await fetch(new URL(evidence ?? '', url))).arrayBuffer();
    t.ok(bundle.byteLength > 100_000, 'the evidence can be taken home');
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(screenshots, 'motor.png'), fullPage: true });
    const onMotor = (await new AxeBuilder({ page }).analyze()).violations.map(
      (v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 120)}`,
    );
    t.same(onMotor, [], 'axe finds nothing on the motor page');

    const captures = async (): Promise<number> =>
      Number(
        ((await (await fetch(`${url}api/v1/motors/fan-01`)).json()) as { motor: { captures: number } }).motor.captures,
      );
    const before = await captures();
    await page.locator('.language').click();
    await page.locator('h2', { hasText: '証拠' }).waitFor();
    await page.screenshot({ path: join(screenshots, 'motor-ja.png') });
    await page.goBack();
    for (let i = 0; i < 60 && (await captures()) <= before; i++) await page.waitForTimeout(500);
    t.ok((await captures()) > before, 'the fleet goes on being measured, live');
    t.same(trouble, [], 'no error in the page');
    t.same(foreign, [], 'nothing is asked of anybody else');

    const ended = new Promise<number | null>((resolve) => demo.on('exit', (code) => resolve(code)));
    demo.kill('SIGINT');
    t.equal(await ended, 130, 'Ctrl-C ends it within its time');
  },
);
