/**
 * What can be said about the firmware without running it: images are what the source gives, sizes keep their budgets, cppcheck finds
 * nothing in any image's configuration, a second compiler warns of nothing. Tools that are missing are named and skipped.
 *
 *   npm run firmware:check
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { images, measure } from './firmware-size.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const firmware = `${root}firmware/`;
let failed = 0;

function step(text, command, args, cwd = firmware) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error?.code === 'ENOENT') {
    console.log(`skipped  ${text}: ${command} is not installed`);
    return;
  }
  const said = `${stdout}${stderr}`.trim();
  const ok = status === 0;
  if (!ok) failed++;
  console.log(`${ok ? 'ok      ' : 'FAILED  '} ${text}${ok || said === '' ? '' : `\n${said}`}`);
}

if (spawnSync('avr-gcc', ['--version']).error) {
  console.log('skipped  everything: avr-gcc is not installed (Debian: gcc-avr binutils-avr avr-libc)');
  process.exit(0);
}
step('images are what the source gives', process.execPath, ['scripts/firmware-build.mjs', '--check'], root);
for (const name of Object.keys(images)) {
  const { holds, total } = measure(name);
  if (!holds) failed++;
  console.log(
    `${holds ? 'ok      ' : 'FAILED  '} ${name}: ${total.flash} B of flash, ${total.ram} B of variables (npm run firmware:size)`,
  );
}
const c = (folder) =>
  readdirSync(firmware + folder)
    .filter((file) => file.endsWith('.c'))
    .sort()
    .map((file) => `${folder}/${file}`);
const sources = [...c('core'), ...c('sensors'), ...c('ports/avr')];
for (const name of Object.keys(images)) {
  const chip = name === 'kz-mega' ? ['-D__AVR_ATmega2560__', '-D__AVR_MEGA__'] : ['-D__AVR_ATmega328P__'];
  const args = [
    '-q',
    '--std=c11',
    '--platform=avr8',
    '--enable=warning,performance,portability,style',
    '--inline-suppr',
  ];
  // members of records that only the wire or the hardware reads
  args.push(
    '--suppress=missingIncludeSystem',
    '--suppress=unusedStructMember',
    '--error-exitcode=1',
    '-D__AVR__',
    ...chip,
  );
  step(`cppcheck, ${name}`, 'cppcheck', [
    ...args,
    '-DF_CPU=16000000UL',
    `-Ibuild/${name}`,
    '-Icore',
    '-Isensors',
    '-Iports/avr',
    ...sources,
  ]);
}
// The core is plain C11: a compiler of today, with its warnings, must take it too.
for (const compiler of ['clang', 'gcc']) {
  const warnings = [
    '-Wall',
    '-Wextra',
    '-Wshadow',
    '-Wstrict-prototypes',
    '-Wundef',
    '-Werror',
    '-Wno-unused-parameter',
  ];
  step(`${compiler} takes the core without a warning`, compiler, [
    '-std=c11',
    '-fsyntax-only',
    ...warnings,
    '-Ibuild/kz-mega',
    '-Icore',
    '-Isensors',
    ...c('core'),
    ...c('sensors'),
  ]);
}
console.log(failed === 0 ? 'the firmware passes' : `${failed} of the checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
