/** Motor files: YAML in, motors out, every complaint with its line and column. A file holds one motor, or a list under `motors:`. */
import { readFileSync } from 'node:fs';
import { type Document, isMap, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { KizashiError } from '../errors.js';
import { type Motor, motorSchema } from './motor.js';

/** @throws KZ0702 not readable, KZ0701 not valid */
export function loadMotors(path: string): Motor[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError('KZ0702', `cannot read ${path}: ${errno}`, { path, errno }, { cause: error });
  }
  return parseMotors(text, path);
}

/** @throws KZ0701 with line, column and key of the first complaint */
export function parseMotors(text: string, name: string): Motor[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const syntax = document.errors[0];
  if (syntax)
    throw complaint(name, lines.linePos(syntax.pos[0]), '', syntax.message.split('\n')[0].replace(/ at line.*$/, ''));
  const many = isMap(document.contents) && document.contents.has('motors');
  const content = document.toJS() as unknown;
  if (many) {
    const extra = Object.keys(content as object).find((key) => key !== 'motors');
    if (extra)
      throw complaint(name, position(document, lines, [extra], true), extra, 'only motors may stand beside motors');
  }
  const list = many ? (content as { motors: unknown }).motors : [content];
  if (!Array.isArray(list) || list.length === 0)
    throw complaint(name, position(document, lines, many ? ['motors'] : []), 'motors', 'a list of motors is expected');
  const seen = new Set<string>();
  return list.map((item: unknown, i) => {
    const base = many ? ['motors', i] : [];
    const parsed = motorSchema.safeParse(item);
    if (!parsed.success) throw issueComplaint(name, document, lines, base, parsed.error.issues[0]);
    const motor = parsed.data;
    if (seen.has(motor.id))
      throw complaint(
        name,
        position(document, lines, [...base, 'id']),
        `${base.join('.')}.id`,
        `${motor.id} occurs twice`,
      );
    seen.add(motor.id);
    return motor;
  });
}

type Path = (string | number)[];

function issueComplaint(
  name: string,
  document: Document,
  lines: LineCounter,
  base: Path,
  issue: z.core.$ZodIssue,
): KizashiError {
  const path = [...base, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0];
    const allowed = keysAt(issue.path as Path);
    const near = allowed.find((k) => k.toLowerCase() === key.toLowerCase() || k.startsWith(key.slice(0, 2)));
    const words = `${key} is not known${near ? `, ${near} is` : `; known are ${allowed.join(', ')}`}`;
    return complaint(name, position(document, lines, [...path, key], true), [...path, key].join('.'), words);
  }
  return complaint(name, position(document, lines, path), path.join('.'), issue.message);
}

/** Keys the schema knows at a path; arrays are passed through. */
function keysAt(path: Path): string[] {
  let schema: unknown = motorSchema;
  for (const step of ['', ...path]) {
    if (typeof step === 'number') {
      schema = (unwrap(schema) as { element?: unknown }).element;
      continue;
    }
    if (step !== '') schema = (unwrap(schema) as { shape?: Record<string, unknown> }).shape?.[step];
  }
  return Object.keys((unwrap(schema) as { shape?: object } | undefined)?.shape ?? {});
}

/** The schema under optional() and default(). */
function unwrap(schema: unknown): unknown {
  let inner = schema as { unwrap?: () => unknown; element?: unknown; shape?: unknown } | undefined;
  while (inner?.unwrap && inner.element === undefined && inner.shape === undefined)
    inner = inner.unwrap() as typeof inner;
  return inner;
}

function position(document: Document, lines: LineCounter, path: Path, atKey = false): { line: number; col: number } {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length);
    if (atKey && length === path.length && length > 0) {
      const parent = document.getIn(part.slice(0, -1), true);
      const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === String(part[length - 1])) : undefined;
      const range = (pair?.key as Node | undefined)?.range;
      if (range) return lines.linePos(range[0]);
    }
    const node = (length === 0 ? document.contents : document.getIn(part, true)) as Node | undefined;
    if (node?.range) return lines.linePos(node.range[0]);
  }
  return { line: 1, col: 1 };
}

function complaint(name: string, at: { line: number; col: number }, key: string, words: string): KizashiError {
  return new KizashiError(
    'KZ0701',
    `${name}:${at.line}:${at.col}: ${key ? `${key}: ` : ''}${words}`,
    { file: name, line: at.line, column: at.col, key },
    { why: words, fix: `correct line ${at.line} of ${name}` },
  );
}
