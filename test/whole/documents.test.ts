/** What the documents say exists: links, npm scripts, verbs, error codes. The commands themselves run in first-run and guides. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { tree } from '../../host/cli/tree.js';
import { errorTable } from '../../host/errors.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function documents(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    if (name === 'node_modules' || name === 'dist' || name.startsWith('.')) return [];
    const path = join(dir, name);
    if (statSync(path).isDirectory()) return documents(path);
    return name.endsWith('.md') ? [path] : [];
  });
}

const all = documents(root).map((path) => ({ path, name: relative(root, path), text: readFileSync(path, 'utf8') }));
const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);

t.test('every relative link leads somewhere', async (t) => {
  const broken = all.flatMap(({ path, name, text }) =>
    [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)/g)]
      .map((match) => match[1])
      .filter((target) => !existsSync(join(dirname(path), target)))
      .map((target) => `${name}: ${target}`),
  );
  t.same(broken, []);
  t.ok(all.length >= 4);
});

t.test('every npm script that is named exists', async (t) => {
  const unknown = all.flatMap(({ name, text }) =>
    [...text.matchAll(/npm run ([a-z][a-z0-9:-]*)/g)]
      .map((match) => match[1])
      .filter((script) => !scripts.includes(script) && !script.endsWith(':'))
      .map((script) => `${name}: ${script}`),
  );
  t.same(unknown, []);
});

t.test('every bench and fuzz script has its file', async (t) => {
  const { scripts: bodies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const missing = Object.entries(bodies).flatMap(([name, body]) =>
    [...body.matchAll(/\b((?:bench|scripts|examples)\/\S+\.(?:ts|mjs|sh))/g)]
      .map((match) => match[1])
      .filter((file) => !existsSync(join(root, file)))
      .map((file) => `${name}: ${file}`),
  );
  t.same(missing, []);
});

t.test('every verb that is shown at a prompt exists', async (t) => {
  const verbs = new Set(tree.flatMap(({ path }) => [path, path.split(' ')[0]]));
  const unknown = all.flatMap(({ name, text }) =>
    [...text.matchAll(/^(?:\$ )?kizashi ([a-z][a-z-]*)/gm)]
      .map((match) => match[1])
      .filter((verb) => verb !== 'help' && !verbs.has(verb))
      .map((verb) => `${name}: kizashi ${verb}`),
  );
  t.same(unknown, []);
});

t.test('every error code that is named is in the table', async (t) => {
  const unknown = all.flatMap(({ name, text }) =>
    [...text.matchAll(/\bKZ\d{4}\b/g)]
      .map((match) => match[0])
      .filter((code) => !(code in errorTable))
      .map((code) => `${name}: ${code}`),
  );
  t.same(unknown, []);
});
