/** What a fitter's computer needs: doctor, udev rules, the systemd unit, wiring, completion. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { examine, thisMachine } from '../../host/cli/doctor-checks.js';
import { serviceUnit } from '../../host/cli/service-unit.js';
import { udevComplaints, udevRules } from '../../host/cli/udev-rules.js';
import { wiringPlan } from '../../host/cli/wiring-plan.js';
import { loadBoards } from '../../host/link/index.js';
import { sensorTable } from '../../host/motors/index.js';
import { onlyJson, run, spawnCli } from './run-cli.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE']) delete process.env[name];

t.test('doctor: each thing that can be wrong is found, with its fix', async (t) => {
  const base = t.testdir({
    state: { keys: { 'board-1.json': '{}' } },
    root: { dev: { ttyACM0: '' }, etc: { group: 'dialout:x:4242:kim\n' }, proc: { '77': { comm: 'ModemManager\n' } } },
  });
  const [state, fake] = [join(base, 'state'), join(base, 'root')];
  const machine = { ...thisMachine(), root: fake, ports: async () => [{ path: '/dev/ttyACM0', accessible: false }] };
  const found = async (change: object, port?: string) =>
    new Map((await examine({ ...machine, ...change }, state, port)).map((check) => [check.id, check]));

  chmodSync(state, 0o755);
  chmodSync(join(state, 'keys', 'board-1.json'), 0o644);
  const bad = await found({ nodeVersion: '18.20.0', now: 86_400_000, env: { ...process.env, PATH: '/nowhere' } });
  t.match(bad.get('node'), { level: 'fail', text: /18\.20\.0 is older than 20\.19/ });
  t.match(bad.get('state'), { level: 'fail', text: /0755/, fix: `chmod 700 ${state}` });
  t.match(bad.get('keys'), { level: 'fail', fix: /chmod 600/ });
  t.match(bad.get('clock'), { level: 'fail', text: /1970-01-02/ });
  t.match(bad.get('udevadm'), { level: 'warn', fix: /-v \/run\/udev/ });
  t.match(bad.get('chromium'), { level: 'warn', fix: /apt-get install chromium/ });
  t.match(bad.get('modemmanager'), { level: 'warn', fix: /udev install/ });

  chmodSync(state, 0o700);
  chmodSync(join(state, 'keys', 'board-1.json'), 0o600);
  mkdirSync(join(fake, 'etc/udev/rules.d'), { recursive: true });
  writeFileSync(join(fake, 'etc/udev/rules.d/61-kizashi.rules'), udevRules());
  const good = await found({});
  for (const id of ['node', 'state', 'disk', 'clock', 'modemmanager']) t.equal(good.get(id)?.level, 'ok', id);
  t.notOk(good.has('keys'));

  // the port: by its own mode, our user and our groups
  const device = join(fake, 'dev/ttyACM0');
  chmodSync(device, 0o660);
  const gid = Number(execFileSync('stat', ['-c', '%g', device], { encoding: 'utf8' }));
  writeFileSync(join(fake, 'etc/group'), `dialout:x:${gid}:kim\n`);
  const other = { user: 4000, groups: [4000], env: { ...process.env, USER: 'jo' } };
  t.match((await found(other, 'ttyACM0')).get('port'), {
    level: 'fail',
    text: '/dev/ttyACM0: you are not in group dialout',
    fix: 'sudo usermod -aG dialout jo, log in again',
  });
  const listed = { ...other, env: { ...process.env, USER: 'kim' } };
  t.match((await found(listed, '/dev/ttyACM0')).get('port'), { level: 'fail', fix: 'log out and in again' });
  t.match((await found({ ...other, groups: [gid] }, 'ttyACM0')).get('port'), { level: 'ok' });
  t.match((await found({}, 'ttyUSB9')).get('port'), {
    level: 'fail',
    text: /does not exist; there are \/dev\/ttyACM0/,
  });
  t.match((await found({ ports: async () => [] })).get('ports'), { level: 'warn' });
});

t.test('doctor as a command: exit code, report file, no udevadm in PATH', async (t) => {
  const state = t.testdir({ 'bin.txt': '' });
  chmodSync(state, 0o700);
  const report = join(state, 'report.json');
  const ran = await run(['doctor', '--state', state, '--report', report]);
  t.match(ran, { code: 0, stdout: /ok {4}node \d+[\s\S]*state directory 0700/ });
  t.match(JSON.parse(readFileSync(report, 'utf8')), { good: true, checks: Array });
  chmodSync(state, 0o777);
  t.match(onlyJson(await run(['doctor', '--state', state, '--json'])), { good: false });
  t.equal((await run(['doctor', '--state', state])).code, 1);
  t.match(await run(['doctor', '/dev/ttyNoSuch0', '--state', state]), {
    code: 1,
    stdout: /fail {2}\/dev\/ttyNoSuch0 does not exist/,
  });
  chmodSync(state, 0o700);
  const bare = await spawnCli(['doctor', '--state', state, '--json'], { env: { PATH: '/nowhere' } });
  t.match(
    (onlyJson(bare).checks as { id: string }[]).find(({ id }) => id === 'udevadm'),
    { level: 'warn' },
  );
  t.match(await run(['doctor', '--report', '/nowhere/x.json', '--state', state]), { code: 2, stderr: /KZ1406/ });
});

t.test('udev: the rules are sound, name every board, and are installed only when asked', async (t) => {
  const rules = udevRules();
  t.same(udevComplaints(rules), []);
  for (const { usb } of loadBoards())
    for (const { vid, pid } of usb)
      t.match(
        rules,
        new RegExp(`idVendor}=="${vid}"(?:(?!idProduct).)*\n|idVendor}=="${vid}".*idProduct}=="[^"]*${pid}`),
        `${vid}:${pid}`,
      );
  t.match(rules, /MODE="0660", GROUP="dialout".*ID_MM_DEVICE_IGNORE/);
  t.same(udevComplaints('SUBSYSTEM="tty", GOTO="x"\n').length > 0, true, 'a match that assigns');
  t.same(udevComplaints('SUBSYSTEM=="tty", MODE="0999"\n'), ['line 1: mode 0999']);
  t.same(udevComplaints('SUBSYSTEM=="tty", GOTO="x"\n'), ['no label x']);
  t.same(udevComplaints('MODE="0660"\n'), ['line 1: applies to every device']);

  const dir = t.testdir();
  t.match(await run(['udev', 'install', '--dir', dir]), {
    code: 2,
    stdout: '',
    stderr: /KZ1401: this changes the system: --yes/,
  });
  t.match(await run(['udev', 'install', '--dir', dir, '--dry-run']), {
    code: 0,
    stderr: /writes .*61-kizashi\.rules/,
  });
  t.notOk(existsSync(join(dir, '61-kizashi.rules')));
  t.match(await run(['udev', 'install', '--dir', dir, '--yes']), { code: 0, stdout: /written/ });
  t.equal(readFileSync(join(dir, '61-kizashi.rules'), 'utf8'), rules);
  t.match(onlyJson(await run(['udev', 'install', '--dir', dir, '--yes', '--json'])), { written: false });
  writeFileSync(join(dir, 'a-file'), '');
  t.match(await run(['udev', 'install', '--dir', join(dir, 'a-file'), '--yes']), {
    code: 5,
    stderr: /KZ1407[\s\S]*sudo kizashi/,
  });
  t.equal((await run(['udev', 'print'])).stdout, rules);
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
t.test('service: the unit is valid and hardened', async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'kizashi.service');
  const ran = await run(['service', 'install', '--dir', dir, '--yes']);
  t.match(ran, { code: 0 });
  t.match(readFileSync(path, 'utf8'), /ExecStart=\S+ \S+ serve --no-input\n/);
  t.match(
    serviceUnit({ node: '/usr/bin/node', entry: '/opt/a b/50%/k.js' }),
    /ExecStart=\/usr\/bin\/node "\/opt\/a b\/50%%\/k\.js" serve/,
  );
  t.test('systemd-analyze', { skip: analyze ? false : 'no systemd-analyze here' }, async (t) => {
    const unit = join(dir, 'kizashi-check.service');
    writeFileSync(unit, serviceUnit({ node: process.execPath, entry: '/opt/kizashi.js' }));
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    t.equal(
      verified.stderr
        .split('\n')
        .filter((line) => line.includes('kizashi-check'))
        .join('\n'),
      '',
    );
    const said = spawnSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' }).stdout;
    const score = Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
    t.ok(score <= 1.5, `exposure ${score}`);
  });
});

t.test(
  'wiring: every sensor on every board by every bus has pins that exist, and what would kill it is said',
  async (t) => {
    for (const sensor of sensorTable().values())
      for (const board of loadBoards())
        for (const bus of sensor.bus) {
          const plan = wiringPlan(sensor, board, { bus, rateHz: 8000 });
          const pins = new Set([...Object.keys(board.pins as object), '5V', '3V3', 'GND', 'bias']);
          t.same(
            plan.wires.filter((wire) => !pins.has(wire.board)),
            [],
            `${sensor.id} on ${board.id} by ${bus}`,
          );
          if (bus !== 'analog' && sensor.supplyV && sensor.supplyV[1] < 5)
            t.match(plan.notes.join('\n'), /level shifter/);
        }
    const ran = await run(['wiring', 'adxl345', 'uno']);
    t.match(ran, { code: 0, stdout: /SCL\/SCK \|-+\[1\]-+\| 13/ });
    t.match(ran.stdout, /3\.6 V at most/);
    t.ok(
      ran.stdout
        .split('\n')
        .filter((line) => /^ {2}[|+]/.test(line))
        .every((line) => line.length <= 79),
      'the drawing fits 80 columns',
    );
    // 1 / (2π · 10 nF · 3200 Hz) = 4974 Ω: 4.7 kΩ is the next of E12, and makes 3386 Hz
    t.match(await run(['wiring', 'adxl1002', 'uno']), {
      stdout: /4\.7 kΩ, 10 nF to GND \(low pass 3386 Hz\)[\s\S]*--wire ax=A0:adxl1002/,
    });
    t.match(await run(['wiring', 'sct-013-030', 'uno', '--pin', 'A1']), {
      stdout: /one conductor only[\s\S]*i1=A1:sct-013-030/,
    });
    t.match(await run(['wiring', 'adxl1002', 'uno', '--pin', 'A9']), { code: 2, stderr: /KZ1408.*A9/ });
    t.match(await run(['wiring', 'adxl1002', 'uno', '--bus', 'spi']), { code: 2, stderr: /KZ1408/ });
    t.match(await run(['wiring', 'adxl1002', 'unu']), { code: 4, stderr: /KZ1402[\s\S]*adxl1002 uno/ });
    t.match(await run(['wiring', 'tacho', 'mega']), {
      stdout: /OUT \|-+\[1\]-+\| 48[\s\S]*--wire n=48,pulses=1/,
    });
    t.match(await run(['wiring', 'mpu6050', 'nano']), {
      stdout: /INT \|-+\| 8[\s\S]*--image kz-uno-i2c[\s\S]*--wire ax=x:mpu6050/,
    });
    t.match(await run(['wiring', 'lis3dh', 'uno']), { stdout: /INT1 \|-+\| 8[\s\S]*--image kz-uno-lis/ });
    t.match(await run(['wiring', 'adxl', 'uno']), { code: 3, stderr: /KZ0752/ });
  },
);

t.test('completion: scripts that shells accept, and answers from the tree', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell'])
    t.match(await run(['completion', shell]), { code: 0, stdout: /kizashi/, stderr: '' }, shell);
  const script = (await run(['completion', 'bash'])).stdout;
  t.equal(spawnSync('bash', ['-n'], { input: script }).status, 0, 'bash parses it');
  t.match(await run(['completion', 'cmd']), { code: 2, stderr: /shells are bash/ });
  const answers = async (...words: string[]): Promise<string[]> =>
    (await run(['complete', '--', ...words])).stdout.split('\n').map((line) => line.split('\t')[0]);
  t.match(await answers('ver'), ['verify']);
  t.match(await answers('motors', ''), ['add', 'list', 'show', 'edit', 'import']);
  t.ok((await answers('analyze', '--mount')).includes('--mounting'));
  t.same((await answers('analyze', '--mounting', 'st')).slice(0, 1), ['stud']);
  t.ok((await answers('wiring', 'adxl')).includes('adxl1002'));
  t.ok((await answers('wiring', 'adxl1002', '')).includes('uno'));
  t.same(await answers('verify', 'x'), [':0', ''], 'files are the shell’s own');
});
