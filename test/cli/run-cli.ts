/** Runs the command line in this process with captured streams, or as a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { main } from '../../host/cli/main.js';

export const entry = fileURLToPath(new URL('../../host/cli/kizashi.ts', import.meta.url));

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * In process: fast, same code path from argv to exit code. Parquet is written by a process of its own: the test runner's TypeScript loader
 * does not resolve the export pattern of the writer's package, Node itself does.
 */
export async function run(argv: string[], { tty = false } = {}): Promise<Ran> {
  if (argv.includes('parquet')) return spawnCli(argv, { cwd: process.cwd() });
  const text = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): NodeJS.WriteStream =>
    ({
      isTTY: tty,
      columns: 100,
      write(chunk: string) {
        text[name] += chunk;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await main(argv, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { code, ...text };
}

/** As its user runs it. `act` gets the child once it writes to `after`, for signals. */
export function spawnCli(
  argv: string[],
  options: {
    env?: Record<string, string>;
    script?: string;
    /** The checkout by default. */
    cwd?: string;
    act?: (child: ReturnType<typeof spawn>, text: string) => void;
  } = {},
): Promise<Ran> {
  const node = [
    '--import',
    new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href,
    ...(options.script === undefined ? [entry, ...argv] : ['--input-type=module', '-e', options.script, '--', ...argv]),
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, node, {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd ?? fileURLToPath(new URL('../..', import.meta.url)),
    });
    const ran = { code: -1, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      ran.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      ran.stderr += chunk;
      options.act?.(child, String(chunk));
    });
    child.on('close', (code, signal) => resolve({ ...ran, code: code ?? (signal ? 128 : -1) }));
  });
}

/** The one JSON object on stdout; throws when there is more or less. */
export function onlyJson(ran: Ran): Record<string, unknown> {
  const lines = ran.stdout.split('\n').filter((line) => line !== '');
  if (lines.length !== 1) throw new Error(`${lines.length} lines on stdout: ${ran.stdout.slice(0, 200)}`);
  return JSON.parse(lines[0]) as Record<string, unknown>;
}
