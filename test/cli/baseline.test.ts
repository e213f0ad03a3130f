/** baseline start, status, reset: what is learned of a motor, by the commands of its owner, while a monitor of another process runs. */
import t from 'tap';
import { unsignedCapture } from '../../host/capture/index.js';
import { startFleet } from '../../host/cli/demo/fleet.js';
import { demoMotors } from '../../host/cli/demo/motors.js';
import { systemClock } from '../../host/link/index.js';
import { Monitor } from '../../host/monitor/index.js';
import { Store } from '../../host/store/index.js';
import { onlyJson, run } from './run-cli.js';

t.setTimeout(120_000);

t.test('a reset in the middle: learned anew, taken up by the running monitor, and recomputed from there', async (t) => {
  const folder = t.testdir();
  const [demo] = demoMotors;
  const motor = demo.motor.id;
  const site = { motors: [demo], folder, version: '0.0.0', captureSeconds: 4, intervalSeconds: 15, seed: 20 };
  const fleet = await startFleet(site);
  const take = async (captures: number) => {
    for (let k = 0; k < captures; k++) await fleet.world.until(fleet.monitor.capture(motor), 600);
  };
  const cli = (...argv: string[]) => run(['baseline', ...argv, '--state', folder]);
  t.match(await cli('status', motor), { code: 0, stdout: /nothing learned yet/ });
  t.match(await cli('reset', motor, '--yes', '--reason', 'x'), { code: 2, stderr: /nothing is learned/ });
  t.match(await cli('start', motor, '--captures', '3'), { code: 2, stderr: /--captures 3 is out of range/ });
  t.match(await cli('start', motor, '--hours', '-1'), { code: 2, stderr: /out of range/ });
  t.match(await cli('start', 'nobody'), { code: 4, stderr: /KZ1201/ });
  const started = await cli('start', motor, '--captures', '40', '--hours', '2', '--json');
  t.match(onlyJson(started), { schema: 'kizashi/baseline-start/1', motor, captures: 40, hours: 2 });
  await take(2);
  t.match(await cli('status'), {
    code: 0,
    stdout: /press-04 +vibration +rpm\d+ +learning 2\/40, [\d.]+ of 2 h; not admitted: 2/,
  });
  t.match(await cli('start', motor), { code: 2, stderr: /learned already from 2 captures/ });

  t.match(await cli('reset', motor, '--dry-run'), { code: 0, stdout: /would forget what 2 captures taught/ });
  t.match(await cli('reset', motor, '--yes'), { code: 2, stderr: /--reason/ });
  t.match(await cli('reset', motor, '--reason', 'x'), { code: 2, stderr: /--yes/ });
  t.match(onlyJson(await cli('status', '--json')), { motors: [{ regimes: [{ captures: 2 }, { captures: 2 }] }] });
  const reset = await cli('reset', motor, '--yes', '--reason', 'bearing changed', '--json');
  t.match(onlyJson(reset), { motor, reason: 'bearing changed', forgotten: [{ captures: 2 }, { captures: 2 }] });
  await take(2);
  t.match(onlyJson(await cli('status', motor, '--json')), {
    motors: [
      {
        regimes: [
          { kind: 'vibration', state: 'learning', captures: 2, need: 40, needHours: 2 },
          { kind: 'current', captures: 2 },
        ],
        since: { vibration: { text: 'bearing changed' }, current: { text: 'bearing changed' } },
      },
    ],
  });
  await fleet.close();

  const [first, last] = [2, 5].map((record) => `${motor}:${record}`);
  const compared = onlyJson(await run(['compare', first, motor, '--state', folder, '--json']));
  t.match(compared, {
    a: { record: 2, grade: 'E', verdict: 'verified' },
    b: { record: 5 },
    spectrum: { xUnit: 'orders' },
  });
  t.match(onlyJson(await run(['compare', first, last, '--state', folder, '--json'])), { b: compared.b });
  t.match(await run(['compare', first, `${motor}:99`, '--state', folder]), {
    code: 4,
    stderr: /KZ0903.*no record 99.*\n.*holds 2, 3, 4, 5/,
  });

  const store = Store.open(folder);
  t.equal(store.captures(motor).length, 4, 'captures stay');
  const [newest, , before] = store.captures(motor);
  store.close();
  for (const [{ file }, replayed] of [
    [newest, 1],
    [before, 1],
  ] as const) {
    const argv = [
      'verify',
      `${folder}/evidence/${file}`,
      '--recompute',
      '--state',
      folder,
      '--keys',
      `${folder}/pinned.json`,
    ];
    const files = onlyJson(await run([...argv, '--json'])).files as {
      recomputed: { findings: { identical: boolean }[] };
    }[];
    t.match(files, [{ valid: true, recomputed: { motor, replayed } }], file);
    t.ok(files[0].recomputed.findings.length > 0 && files[0].recomputed.findings.every(({ identical }) => identical));
  }
});

t.test('a complete baseline: medians with units, and how far the last capture lies off', async (t) => {
  const folder = t.testdir();
  const add = ['motors', 'add', 'fan', '--rpm', '1480', '--kw', '4', '--state', folder];
  t.equal((await run(add)).code, 0);
  t.equal((await run(['baseline', 'start', 'fan', '--captures', '20', '--hours', '0', '--state', folder])).code, 0);
  const store = Store.open(folder);
  const monitor = new Monitor({ site: 's', version: '0', clock: systemClock, store, evidenceFolder: folder });
  let n = 0;
  let random = 7;
  const noise = () => {
    let sum = 0;
    for (let k = 0; k < 12; k++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      sum += random / 2 ** 32;
    }
    return sum - 6;
  };
  monitor.add({
    id: 'fan',
    name: 'fan',
    zone: '',
    line: '',
    board: 'recording',
    emulated: false,
    context: { drive: 'direct', mounting: 'stud', bearings: [] },
    intervalMs: 60_000,
    measure: async () => {
      const level = n++ < 24 ? 0.2 : 0.4;
      // noise, and a line of the shaft: what shows no line at all is not seen running
      const shaft = (i: number) => 0.8 * Math.sin((2 * Math.PI * 24.67 * i) / 4096);
      const samples = Float64Array.from({ length: 4096 }, noise).map((value, i) => level * (value + shaft(i)));
      const channels = [{ id: 'ax', quantity: 'acceleration', unit: 'm/s2', samples } as const];
      const at = 1_700_000_000_000 + n * 3_600_000;
      const capture = unsignedCapture('text', channels, { hz: 4096, uncertainty: 1e-5 }, at, []);
      return { ok: true, record: 0, capture, items: { data: [], marks: [] }, tries: 1 } as never;
    },
  });
  monitor.on('trouble', (_, error) => {
    throw error;
  });
  for (let k = 0; k < 26; k++) await monitor.capture('fan');
  monitor.stop();
  store.close();
  const { motors } = onlyJson(await run(['baseline', 'status', 'fan', '--state', folder, '--json'])) as {
    motors: {
      regimes: { state: string; baseline: { indicator: string; median: number; unit: string; lastZ: number }[] }[];
    }[];
  };
  const [regime] = motors[0].regimes;
  t.equal(regime.state, 'complete');
  const rms = regime.baseline.find(({ indicator }) => indicator === 'rmsAcceleration.ax');
  t.ok(rms && Math.abs(rms.median - 0.2 * Math.sqrt(1.32)) < 0.02, `${rms?.median}`);
  t.match(rms?.unit, /m\/s/);
  t.ok(rms && rms.lastZ > 3, `twice the level: ${rms?.lastZ} sigma`);
  const text = (await run(['baseline', 'status', 'fan', '--state', folder])).stdout;
  t.match(
    text,
    /complete, learned from 20 captures of 26[\s\S]*rmsAcceleration\.ax +0\.\d+ m\/s\S+ +x\/÷ 1\.\d+ +\+\d/,
  );
});
