/**
 * Settings and where each came from: flag, then KIZASHI_*, then the first configuration file found. The schema is the list of keys; every
 * key has a flag and a variable of its name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { KizashiError } from '../errors.js';

export const settingsSchema = z.strictObject({
  state: z.string().min(1).optional().describe('folder of keys, motors, history and captures'),
  site: z.string().min(1).max(64).optional().describe('name of the site on every page and report'),
  http: z.int().min(0).max(65535).optional().describe('port of the page on loopback; 0 takes a free one'),
  interval: z.number().min(10).max(86_400).optional().describe('seconds from one capture of a motor to the next'),
  rate: z.number().min(10).max(100_000).optional().describe('samples a second of each channel'),
  seconds: z.number().min(0.1).max(60).optional().describe('length of a capture in seconds'),
  lang: z.enum(['en', 'ja']).optional().describe('language of reports'),
});

type File = z.infer<typeof settingsSchema>;
export type SettingKey = keyof File;

export interface Setting<T> {
  value: T;
  /** `--rate`, `KIZASHI_RATE`, a file with its line, or `default`. */
  from: string;
}

export interface Settings {
  state: Setting<string | undefined>;
  site: Setting<string>;
  http: Setting<number>;
  interval: Setting<number>;
  rate: Setting<number>;
  seconds: Setting<number>;
  lang: Setting<'en' | 'ja'>;
}

const defaults: Required<Omit<File, 'state'>> = {
  site: hostname(),
  http: 8080,
  interval: 60,
  rate: 8000,
  // ten seconds and a little: velocity is averaged over at least ten
  seconds: 10.24,
  lang: 'en',
};

/** Configuration files in the order in which they are looked for. */
export function settingsPaths(): string[] {
  return [
    'kizashi.yaml',
    join(envPaths('kizashi', { suffix: '' }).config, 'kizashi.yaml'),
    '/etc/kizashi/kizashi.yaml',
  ];
}

/** The file that counts: `--config`, `KIZASHI_CONFIG`, else the first that exists. */
export function settingsFile(options: Record<string, unknown>): string | undefined {
  return typeof options.config === 'string' ? options.config : settingsPaths().find((path) => existsSync(path));
}

/** @throws KZ0704 with line, column and key; KZ0702 when a named file cannot be read */
export function settingsOf(options: Record<string, unknown>): Settings {
  const path = settingsFile(options);
  const file = path === undefined ? undefined : readSettings(path);
  const one = (key: SettingKey): Setting<unknown> => {
    const fallback = key === 'state' ? undefined : defaults[key];
    const variable = `KIZASHI_${key.toUpperCase()}`;
    const stated = process.env[variable];
    const flag = options[key];
    // commander puts a variable where the flag would be
    if (flag !== undefined && String(flag) !== stated)
      return { value: checked(key, flag, `--${key}`), from: `--${key}` };
    if (stated !== undefined && stated !== '') {
      const numeric = typeof fallback === 'number';
      return { value: checked(key, numeric ? Number(stated) : stated, variable), from: variable };
    }
    const line = file?.lines.get(key);
    if (file && line !== undefined) return { value: file.values[key], from: `${path}:${line}` };
    return { value: fallback, from: 'default' };
  };
  const keys = Object.keys(settingsSchema.shape) as SettingKey[];
  return Object.fromEntries(keys.map((key) => [key, one(key)])) as unknown as Settings;
}

function checked(key: SettingKey, value: unknown, from: string): unknown {
  const parsed = settingsSchema.shape[key].safeParse(value);
  if (parsed.success) return parsed.data;
  throw new KizashiError(
    'KZ1401',
    `${from} ${String(value)}: ${parsed.error.issues[0].message}`,
    { key, value },
    { why: `${key} is the ${settingsSchema.shape[key].description}`, fix: 'kizashi config schema' },
  );
}

/** A configuration file, with the line of each key. @throws KZ0704, KZ0702 */
export function readSettings(path: string): { values: File; lines: Map<string, number> } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ0702', `cannot read ${path}: ${errno}`, { path, errno }, { cause: error });
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true });
  const at = (offset: number | undefined): { line: number; col: number } => counter.linePos(offset ?? 0);
  const complain = (key: string, words: string, offset?: number): never => {
    const { line, col } = at(offset);
    throw new KizashiError(
      'KZ0704',
      `${path}:${line}:${col}: ${key ? `${key}: ` : ''}${words}`,
      { file: path, line, column: col, key },
      { why: words, fix: `correct line ${line} of ${path}` },
    );
  };
  const [syntax] = document.errors;
  if (syntax) complain('', syntax.message.split('\n')[0].replace(/ at line.*$/, ''), syntax.pos[0]);
  const content = (document.toJS() ?? {}) as Record<string, unknown>;
  if (typeof content !== 'object' || Array.isArray(content)) complain('', 'keys and values are expected');
  const offsets = new Map<string, number>();
  const items = (document.contents as { items?: { key: Node & { value: unknown } }[] } | null)?.items ?? [];
  for (const { key } of items) offsets.set(String(key.value), key.range?.[0] ?? 0);
  const parsed = settingsSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const known = Object.keys(settingsSchema.shape);
    const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : String(issue.path[0] ?? '');
    const words =
      issue.code === 'unrecognized_keys' ? `${key} is not known; known are ${known.join(', ')}` : issue.message;
    complain(key, words, offsets.get(key));
  }
  return {
    values: parsed.data as File,
    lines: new Map([...offsets].map(([key, offset]) => [key, at(offset).line])),
  };
}
