/** The shape of the house (ARCHITECTURE.md): data flows one way, files stay readable, no path names a folder by a catch-all. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import at run time, and of what it may use the types only. */
const mayImport: Record<string, { values: string[]; types?: string[] }> = {
  protocol: { values: [] },
  'host/errors.ts': { values: [] },
  'host/link': { values: ['protocol'] },
  'host/session': { values: ['host/link', 'protocol'] },
  'host/flash': { values: ['host/link', 'protocol'] },
  'host/provision': { values: ['host/session', 'host/link', 'host/flash', 'protocol'] },
  'host/capture': { values: ['host/session', 'host/link', 'protocol'] },
  'host/signal': { values: [], types: ['host/capture'] },
  'host/wear': { values: ['host/signal'], types: ['host/capture'] },
  'host/motors': { values: [], types: ['host/wear', 'host/capture'] },
  'host/recordings': { values: ['host/capture', 'host/signal'] },
  'host/store': { values: ['host/capture', 'host/wear', 'protocol'] },
  'host/emulate': { values: ['host/link', 'host/signal', 'host/flash', 'protocol'], types: ['host/capture'] },
  'host/monitor': {
    values: [
      'host/link',
      'host/session',
      'host/flash',
      'host/provision',
      'host/capture',
      'host/signal',
      'host/wear',
      'host/motors',
      'host/store',
      'protocol',
    ],
  },
  'host/serve': { values: ['host/monitor', 'host/store', 'host/signal', 'host/wear', 'host/capture'] },
  'host/dashboard': { values: ['host/serve', 'host/wear'], types: ['host/monitor'] },
  'host/johnny-five': { values: ['host/session', 'host/link', 'host/provision', 'protocol'] },
  'host/firmata': { values: ['host/capture', 'host/johnny-five', 'host/link'] },
  'host/evidence': { values: ['host/capture', 'protocol'] },
  'host/text-source': { values: ['host/capture', 'host/link'] },
};

function filesBelow(dir: string): string[] {
  return readdirSync(dir)
    .sort()
    .flatMap((name) => {
      const path = join(dir, name);
      if (statSync(path).isDirectory()) return filesBelow(path);
      return /\.tsx?$/.test(name) ? [path] : [];
    });
}

/** The room a file stands in: `protocol`, `host/link`, `host/errors.ts`, … */
function room(path: string): string {
  const parts = relative(root, path).split('/');
  return parts[0] === 'host' ? `host/${parts[1]}` : parts[0];
}

interface Import {
  from: string;
  to: string;
  typesOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found: Import[] = [];
  const statement =
    /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/g;
  for (const match of text.matchAll(statement)) {
    const target = match[3] ?? match[4];
    found.push({ from: file, to: resolve(file, '..', target), typesOnly: match[2] !== undefined });
  }
  return found;
}

const sources = [join(root, 'protocol'), join(root, 'host')].flatMap(filesBelow);

t.test('no import runs upstream', async (t) => {
  const wrong: string[] = [];
  for (const { from, to, typesOnly } of sources.flatMap(importsOf)) {
    const here = room(from);
    const there = room(to.replace(/\.js$/, '.ts'));
    if (here === there || there === 'host/errors.ts' || here === 'host/cli' || here === 'host/index.ts') continue;
    const rule = mayImport[here];
    const allowed =
      rule !== undefined && (rule.values.includes(there) || (typesOnly && (rule.types ?? []).includes(there)));
    if (!allowed) wrong.push(`${relative(root, from)} -> ${there}${typesOnly ? ' (types)' : ''}`);
  }
  t.same(wrong, []);
  t.ok(sources.length > 10, 'there was something to check');
});

t.test('no circle between files', async (t) => {
  const edges = new Map<string, string[]>();
  for (const { from, to, typesOnly } of sources.flatMap(importsOf)) {
    if (typesOnly) continue;
    const target = to.replace(/\.js$/, '.ts');
    edges.set(from, [...(edges.get(from) ?? []), sources.includes(target) ? target : `${target}x`]);
  }
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].map((p) => relative(root, p)).join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  t.same(circles, []);
});

t.test('signal and wear are pure: no clock, no I/O, no engine-dependent arithmetic', async (t) => {
  const forbidden =
    /\bMath\.(sin|cos|tan|exp|log|log10|log2|pow|hypot|random|atan2?|asin|acos|sinh|cosh|tanh|cbrt|expm1|log1p)\b|\*\*|\bDate\b|\bperformance\b|\bsetTimeout\b|from 'node:(?!crypto)/;
  const found: string[] = [];
  for (const file of [join(root, 'host/signal'), join(root, 'host/wear')].flatMap(filesBelow)) {
    readFileSync(file, 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
      .split('\n')
      .forEach((line, index) => {
        const code = line
          .replace(/\/\/.*$/, '')
          .replace(/'(?:[^'\\]|\\.)*'/g, (text) => (line.includes('from ') ? text : "''"));
        if (forbidden.test(code)) found.push(`${relative(root, file)}:${index + 1} ${line.trim()}`);
      });
  }
  t.same(found, []);
});

t.test('files are readable in one sitting and named for what they hold', async (t) => {
  const all = ['protocol', 'host', 'bench', 'test'].map((dir) => join(root, dir)).flatMap(filesBelow);
  const long = all
    .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > 520);
  t.same(long, []);
  const vague = all.filter((file) =>
    /(^|\/)(utils?|helpers?|common|manager|misc)(\.|\/|-)/i.test(relative(root, file)),
  );
  t.same(vague, []);
});
