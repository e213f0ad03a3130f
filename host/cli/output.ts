/**
 * The two streams of a command. stdout carries the result and nothing else; stderr carries notes, progress, warnings, errors. With --json
 * the result is one object. Colour and cursor movement only where a terminal shows them.
 */
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { KizashiError } from '../errors.js';

export interface Streams {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

export interface OutputFlags {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  /** commander's name for --no-color. */
  color?: boolean;
}

export type Style = Parameters<typeof styleText>[0];

/** Version of the package, from the package.json beside the sources or beside dist/. */
export function version(): string {
  for (const up of ['../../package.json', '../../../package.json'])
    try {
      const text = readFileSync(new URL(up, import.meta.url), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {}
  return 'unknown';
}

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  private readonly plain: boolean;
  private readonly warned = new Set<string>();

  /** @param command name in the schema of the JSON result: `analyze` gives `kizashi/analyze/1` */
  constructor(
    readonly command: string,
    flags: OutputFlags = {},
    private readonly streams: Streams = process,
  ) {
    this.json = flags.json ?? false;
    this.quiet = flags.quiet ?? false;
    this.verbose = flags.verbose ?? false;
    const { CI, NO_COLOR, TERM } = process.env;
    this.plain = flags.color === false || Boolean(CI) || Boolean(NO_COLOR) || TERM === 'dumb';
  }

  /** A line of the result, for people; nothing with --json. */
  line(text = ''): void {
    if (!this.json) this.streams.stdout.write(`${text}\n`);
  }

  /** The result as one JSON object, only with --json. `major` rises with a change that breaks readers. */
  result(body: Record<string, unknown>, major = 1): void {
    if (!this.json) return;
    const head = { schema: `kizashi/${this.command}/${major}`, version: version() };
    this.streams.stdout.write(`${JSON.stringify({ ...head, ...body })}\n`);
  }

  /** Text for both modes that is a file of its own (generated Markdown, a key): written as it is. */
  raw(text: string): void {
    this.streams.stdout.write(text);
  }

  /** A hint on stderr. */
  note(text: string): void {
    if (!this.quiet) this.streams.stderr.write(`${text}\n`);
  }

  /** Redraws one line on a terminal; false where there is none, and nothing was written. */
  bar(text: () => string): boolean {
    const { stderr } = this.streams;
    if (this.quiet || this.json || this.plain || !stderr.isTTY) return false;
    stderr.write(`\r${text().slice(0, (stderr.columns ?? 80) - 1)}\u001b[K`);
    return true;
  }

  /** A line on stderr with --verbose. */
  debug(text: string | (() => string)): void {
    if (this.verbose) this.streams.stderr.write(`${typeof text === 'string' ? text : text()}\n`);
  }

  /** A warning on stderr, once per text. */
  warn(text: string): void {
    if (this.quiet || this.warned.has(text)) return;
    this.warned.add(text);
    this.streams.stderr.write(`${this.style('yellow', 'warning', 'stderr')}: ${text}\n`);
  }

  /** Three lines on stderr; with --json one object on stdout as well. */
  error(error: KizashiError): void {
    if (this.json) this.streams.stdout.write(`${JSON.stringify(errorObject(error))}\n`);
    else this.streams.stderr.write(this.errorText(error));
    if (this.verbose && error.stack) this.streams.stderr.write(`${error.stack}\n`);
  }

  private errorText(error: KizashiError): string {
    const head = this.style(['bold', 'red'], `error ${error.code}`, 'stderr');
    return `${head}: ${error.message}\n  why   ${error.why}\n  fix   ${error.fix}\n`;
  }

  /** Styled text; plain unless the stream is a terminal that wants colour. */
  style(format: Style, text: string, stream: keyof Streams = 'stdout'): string {
    return this.plain || !this.streams[stream].isTTY ? text : styleText(format, text, { validateStream: false });
  }

  get width(): number {
    return this.streams.stdout.columns ?? 100;
  }
}

/** The JSON form of an error. */
export function errorObject(error: KizashiError): Record<string, unknown> {
  const { code, exit, message, why, fix, context } = error;
  return {
    schema: 'kizashi/error/1',
    version: version(),
    error: { code, exit, message, why, fix, docs: `errors#${code}`, context },
  };
}

/** 3 to 4 significant digits, for people. */
export function digits(value: number, count = 4): string {
  if (!Number.isFinite(value)) return 'none';
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= count - 1 && size < 9) return value.toFixed(0);
  if (size < -4 || size >= 9) return value.toExponential(count - 1);
  return value.toFixed(Math.max(0, count - 1 - size));
}

/** Wraps whatever was thrown; a KizashiError stays as it is. */
export function asKizashiError(error: unknown): KizashiError | undefined {
  return error instanceof KizashiError ? error : undefined;
}
