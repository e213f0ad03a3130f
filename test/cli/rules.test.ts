/** The rules of the command line (docs/errors.md, ux): clean stdout, one JSON object, exit codes, no colour without a terminal. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { errorPage } from '../../host/cli/error-page.js';
import { glossary } from '../../host/cli/glossary.js';
import { tree } from '../../host/cli/tree.js';
import { errorTable } from '../../host/errors.js';
import { entry, onlyJson, run, spawnCli } from './run-cli.js';

// the tests of colour must not inherit the wishes of the machine they run on
for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR']) delete process.env[name];

const escapeCode = '\u001b';

t.test('kizashi alone prints the doors, help all the tree, an unknown word its nearest', async (t) => {
  const alone = await run([]);
  t.match(alone, { code: 0, stdout: /What do you have\?/, stderr: '' });
  t.ok(alone.stdout.split('\n').length < 20, 'not forty commands');
  t.same(await run(['--help']), alone);
  const all = await run(['help', 'all']);
  t.equal(all.stdout.trim().split('\n').length, tree.length);
  t.match(await run(['analyse', 'x']), {
    code: 2,
    stdout: '',
    stderr:
      /error KZ1401: unknown command 'analyse'\n {2}why {3}the nearest name is analyze\n {2}fix {3}kizashi analyze\n/,
  });
  t.match(await run(['bearings']), { code: 2, stderr: /bearings needs a verb: show, list/ });
  t.match(await run(['help', 'nonsense']), { code: 2, stderr: /no command "nonsense"/ });
  t.match(await run(['explain', 'kurtosys']), { code: 4, stderr: /KZ1402[\s\S]*kizashi explain kurtosis/ });
  t.match(await run(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
});

t.test('every command: help, wrong use, in both forms', async (t) => {
  for (const { path, args } of tree) {
    const words = path.split(' ');
    const help = await run([...words, '--help']);
    t.match(help, { code: 0, stdout: /^Usage: kizashi/, stderr: '' }, `${path} --help`);
    t.match(onlyJson(await run([...words, '--help', '--json'])), { schema: 'kizashi/help/1', text: /Usage/ });
    const wrong = await run([...words, '--no-such-option']);
    t.match(
      wrong,
      { code: 2, stdout: '', stderr: /^error KZ1401: .+\n {2}why {3}.+\n {2}fix {3}.+\n$/ },
      `${path} wrong use`,
    );
    const wrongJson = await run([...words, '--no-such-option', '--json']);
    t.equal(wrongJson.code, 2);
    t.equal(wrongJson.stderr, '');
    t.match(onlyJson(wrongJson), {
      schema: 'kizashi/error/1',
      error: { code: 'KZ1401', exit: 2, why: String, fix: String, docs: 'errors#KZ1401' },
    });
    if (args.startsWith('<'))
      t.match(await run(words), { code: 2, stderr: /missing required argument/ }, `${path} without its argument`);
  }
});

t.test('results: text is clean, --json is one object with schema and version, nothing else on stdout', async (t) => {
  const commands = [
    ['explain', 'A0'],
    ['explain'],
    ['explain', 'exit', '9'].slice(0, 2),
    ['errors'],
    ['bearings', 'show', '6205', '--rpm', '1500'],
    ['bearings', 'list'],
  ];
  for (const argv of commands) {
    const text = await run(argv);
    if (text.code !== 0) continue;
    t.notMatch(text.stdout + text.stderr, escapeCode, `${argv.join(' ')}: no escape code without a terminal`);
    const json = onlyJson(await run([...argv, '--json']));
    const name = argv[0] === 'bearings' ? argv.slice(0, 2).join('-') : argv[0];
    t.match(json, { schema: `kizashi/${name}/1`, version: /^\d+\.\d+\.\d+$/ }, argv.join(' '));
  }
});

t.test('colour: on a terminal only, and not where it is unwanted', async (t) => {
  const coloured = await run(['explain', 'A0'], { tty: true });
  t.match(coloured.stdout, escapeCode);
  t.notMatch((await run(['explain', 'A0', '--no-color'], { tty: true })).stdout, escapeCode);
  for (const [name, value] of [
    ['NO_COLOR', '1'],
    ['CI', 'true'],
    ['TERM', 'dumb'],
  ] as const) {
    const before = process.env[name];
    process.env[name] = value;
    t.notMatch((await run(['explain', 'A0'], { tty: true })).stdout, escapeCode, name);
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
});

/** Packages that are loaded when a file is imported, dynamic imports left out. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const [, type, target] of readFileSync(file, 'utf8').matchAll(
    /(?:^|\n)(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/g,
  )) {
    if (type) continue;
    if (target.startsWith('.'))
      for (const name of packagesOf(resolve(dirname(file), target.replace(/\.js$/, '.ts')), seen)) packages.add(name);
    else if (!target.startsWith('node:')) packages.add(target);
  }
  return packages;
}

t.test('--help loads commander and no other package', async (t) => {
  t.same([...packagesOf(entry)], ['commander']);
});

t.test('errors: every thrown code has a row, every row a folder, every page the table', async (t) => {
  const here = fileURLToPath(new URL('../..', import.meta.url));
  t.equal(
    readFileSync(`${here}docs/errors.md`, 'utf8'),
    errorPage(),
    'docs/errors.md is current: kizashi errors --markdown > docs/errors.md',
  );
  const markdown = await run(['errors', '--markdown']);
  t.equal(markdown.stdout, errorPage());
  for (const [code, row] of Object.entries(errorTable)) {
    t.match(await run(['explain', code]), { code: 0, stdout: row.what }, code);
    t.ok([2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 70].includes(row.exit), `${code} exits ${row.exit}`);
    t.notMatch(`${row.what} ${row.why} ${row.fix}`, /please|invalid input/i);
  }
});

/** TypeScript below a folder of the project, as one text a file. */
function sourcesBelow(folder: string): string[] {
  const path = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  return readdirSync(path, { recursive: true })
    .map(String)
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(path, name), 'utf8'));
}

t.test('errors: what is thrown is in the table, what is in the table is thrown and provoked', async (t) => {
  const codes = (texts: string[]): Set<string> => new Set(texts.flatMap((text) => text.match(/\bKZ\d{4}\b/g) ?? []));
  const sources = sourcesBelow('host').filter((text) => !text.includes('export const errorTable'));
  const used = codes(sources);
  const rows = new Set(Object.keys(errorTable));
  t.same(
    [...used].filter((code) => !rows.has(code)),
    [],
    'no code without a row',
  );
  // motors (07), recordings (08) and command line (14) provoke every row of theirs
  const provoked = codes([
    ...sourcesBelow('test/cli'),
    ...sourcesBelow('test/motors'),
    ...sourcesBelow('test/recordings'),
    ...sourcesBelow('test/whole'),
  ]);
  const own = [...rows].filter((code) => ['07', '08', '14'].includes(code.slice(2, 4)));
  t.same(
    own.filter((code) => !used.has(code)),
    [],
    'no row without use',
  );
  t.same(
    own.filter((code) => !provoked.has(code)),
    [],
    'no row that no test provokes',
  );
});

t.test('every reason, grade and status of the types is explained', async (t) => {
  const types = readFileSync(new URL('../../host/wear/types.ts', import.meta.url), 'utf8');
  const capture = readFileSync(new URL('../../host/capture/capture.ts', import.meta.url), 'utf8');
  const members = (text: string, name: string): string[] =>
    [...(new RegExp(`export type ${name} =([^;]+);`).exec(text)?.[1] ?? '').matchAll(/'([^']+)'/g)].map((m) => m[1]);
  const words = new Set(glossary.flatMap(({ word, also }) => [word, ...(also ?? [])]));
  const wanted = [
    ...members(types, 'ReasonCode'),
    ...members(types, 'HealthStatus'),
    ...members(types, 'GreyKind'),
    ...members(capture, 'Grade'),
  ];
  t.ok(wanted.length > 30);
  for (const word of wanted) if (word !== 'grey') t.ok(words.has(word), word);
});

t.test('the last net: an exception nobody caught is exit 70 with a crash file', async (t) => {
  for (const script of [
    "await import('./host/cli/crash.ts'); setTimeout(() => { throw new Error('boom'); });",
    "await import('./host/cli/crash.ts'); Promise.reject(new Error('boom'));",
  ]) {
    const ran = await spawnCli([], { script });
    t.match(ran, {
      code: 70,
      stdout: '',
      stderr: /error KZ1499: a bug in kizashi: boom\n {2}why.*\n {2}fix {3}report it with (\S+)/,
    });
    const file = /report it with (\S+)/.exec(ran.stderr)?.[1] ?? '';
    t.ok(existsSync(file) && readFileSync(file, 'utf8').includes('Error: boom'), 'the crash file holds the stack');
    rmSync(file, { force: true });
  }
  const json = await spawnCli(['--json'], {
    script: "await import('./host/cli/crash.ts'); setTimeout(() => { throw new Error('boom'); });",
  });
  t.match(onlyJson(json), { error: { code: 'KZ1499', exit: 70 } });
  rmSync((onlyJson(json).error as { context: { file: string } }).context.file, { force: true });
});

t.test('the demo deletes nothing that it did not write', async (t) => {
  const dir = t.testdir({ 'thesis.txt': 'years of work' });
  t.match(await run(['demo', '--once', '--state', dir]), {
    code: errorTable.KZ1404.exit,
    stdout: '',
    stderr: /KZ1404: .*thesis\.txt/,
  });
  t.equal(readFileSync(join(dir, 'thesis.txt'), 'utf8'), 'years of work');
});

t.test('as a process: exit code, clean stdout, a closed pipe', async (t) => {
  const ran = await spawnCli(['explain', 'KZ0803', '--json']);
  t.equal(ran.code, 0);
  t.match(onlyJson(ran), { entries: [{ word: 'KZ0803' }] });
  t.match(await spawnCli(['analyze', '/nowhere.wav']), {
    code: 2,
    stdout: '',
    stderr: /^error KZ0801: cannot read \/nowhere.wav: ENOENT\n/,
  });
});
