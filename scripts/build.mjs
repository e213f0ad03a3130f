// Build: every TypeScript file to one JavaScript file of the same path under dist/ (no bundle, so imports stay readable and lazy),
// the data files beside them, and the dashboard page as one bundle. Types are checked by `npm run typecheck`, not here: a newcomer's
// first start should not wait for the type checker.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

/** All files below `dir` that end in one of `ends`, in sorted order. */
function filesBelow(dir, ends) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .sort()
    .flatMap((name) => {
      const path = join(dir, name);
      if (statSync(path).isDirectory()) return filesBelow(path, ends);
      return ends.some((end) => name.endsWith(end)) ? [path] : [];
    });
}

const page = 'host/dashboard';
const sources = ['protocol', 'host', 'bench', 'examples']
  .flatMap((dir) => filesBelow(dir, ['.ts', '.tsx']))
  .filter((path) => !path.endsWith('.d.ts') && !path.startsWith(`${page}/`));

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: sources,
  outdir: 'dist',
  outbase: '.',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
});

for (const dir of ['boards', 'protocol', 'host', 'firmware/images']) {
  for (const path of filesBelow(dir, ['.json', '.cddl', '.hex', '.sig', '.yaml', '.css', '.html', '.svg'])) {
    const to = join('dist', path);
    mkdirSync(join(to, '..'), { recursive: true });
    cpSync(path, to);
  }
}

if (existsSync(join(page, 'main.tsx'))) {
  await build({
    entryPoints: [join(page, 'main.tsx')],
    outdir: join('dist', page, 'page'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}
