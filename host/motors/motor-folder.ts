/**
 * The motors of a site: one YAML file a motor in one folder, written for people: the wizard's words stand beside the keys, and an edit
 * keeps every comment. The JSON Schema beside them makes editors complete and check.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, parseDocument, type Scalar, YAMLMap } from 'yaml';
import { z } from 'zod';
import { KizashiError } from '../errors.js';
import { type Motor, motorContext, motorSchema } from './motor.js';
import { loadMotors, parseMotors } from './motor-file.js';

const schemaName = 'motor.schema.json';
const head = ` yaml-language-server: $schema=${schemaName}`;

/** What each key is, for who opens the file. */
const words: Record<string, string> = {
  nameplate: ' as printed on the motor',
  'nameplate.kW': ' rated power: severity zones need it',
  'nameplate.rpm': ' rated speed in r/min',
  'nameplate.poles': ' number of poles, not pairs',
  'nameplate.supplyHz': ' supply frequency in Hz',
  'nameplate.amps': ' rated current in A',
  drive: ' direct, vfd, unknown',
  mounting: ' of the sensor: stud, glue, magnet, tape, hand, unknown',
  foundation: ' of the motor: rigid, flexible',
  bearings: ' position and designation or geometry; empty: searched blind',
  board: ' name of the board, as provisioned',
  channels: ' what hangs on which pin',
};

export interface MotorFile {
  file: string;
  /** @throws KZ0701, KZ0702 */
  load: () => Motor[];
}

/** Motor files of a folder in the order of their names; a folder that does not exist has none. */
export function motorFiles(folder: string): MotorFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => ({ file: join(folder, name), load: () => loadMotors(join(folder, name)) }));
}

/** All motors of a folder with the file of each. @throws KZ0701, KZ0702 */
export function motorsOf(folder: string): { motor: Motor; file: string }[] {
  return motorFiles(folder).flatMap(({ file, load }) => load().map((motor) => ({ motor, file })));
}

/** @throws KZ1201 when the folder has no motor of that id */
export function motorNamed(folder: string, id: string): { motor: Motor; file: string } {
  const all = motorsOf(folder);
  const found = all.find(({ motor }) => motor.id === id);
  if (found) return found;
  const known = all.map(({ motor }) => motor.id);
  throw new KizashiError(
    'KZ1201',
    `no motor "${id}" in ${folder}`,
    { id, known },
    {
      why: known.length > 0 ? `configured are ${known.join(', ')}` : 'no motor is configured yet',
      fix: known.length > 0 ? `kizashi motors show ${known[0]}` : `kizashi motors add ${id}`,
    },
  );
}

/** What a motor file may hold, as it is written: defaults and numbers as the person stated them. */
export type MotorInput = z.input<typeof motorSchema>;

/** The text of a new motor file. @throws KZ0701 when it is not valid, KZ0703, KZ0751, KZ0752 when a part does not exist */
export function motorText(input: MotorInput): string {
  const document = parseDocument('{}');
  document.contents = null;
  document.contents = document.createNode(pruned(input)) as never;
  document.commentBefore = head;
  comment(document);
  const text = document.toString({ lineWidth: 120 });
  motorContext(parseMotors(text, `${input.id}.yaml`)[0]);
  return text;
}

/** A value without its undefined members, so that only what was stated is written. */
function pruned<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function comment(document: Document): void {
  for (const [path, text] of Object.entries(words)) {
    const keys = path.split('.');
    const parent = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true);
    if (!isMap(parent)) continue;
    const pair = parent.items.find(({ key }) => String((key as Scalar).value) === keys[keys.length - 1]);
    if (!pair) continue;
    const value = pair.value as Scalar | YAMLMap | null;
    if (value && 'items' in value) (pair.key as Scalar).commentBefore = text;
    else if (value) value.comment = text;
  }
}

/** Writes a new motor. @throws KZ0705 one of that id exists, and what `motorText` throws */
export function addMotor(folder: string, input: MotorInput): string {
  const text = motorText(input);
  const file = join(folder, `${input.id}.yaml`);
  if (existsSync(file) || motorsOf(folder).some(({ motor }) => motor.id === input.id))
    throw new KizashiError(
      'KZ0705',
      `motor ${input.id} is configured already`,
      { id: input.id, file },
      { fix: `kizashi motors edit ${input.id}` },
    );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeSchema(folder);
  replaceFile(file, text);
  return file;
}

/**
 * Changes keys of a motor file and keeps the rest of its text: comments, order, other motors. A value of undefined leaves its key alone.
 * @throws KZ1201, KZ0701; nothing is written then
 */
export function editMotor(folder: string, id: string, changes: Partial<MotorInput>): string {
  const { file } = motorNamed(folder, id);
  const document = parseDocument(readFileSync(file, 'utf8'));
  const motors = loadMotors(file);
  const many = isMap(document.contents) && document.contents.has('motors');
  const base = many ? ['motors', motors.findIndex((motor) => motor.id === id)] : [];
  for (const [key, value] of Object.entries(pruned(changes))) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      if (!document.hasIn([...base, key])) document.setIn([...base, key], new YAMLMap());
      for (const [inner, stated] of Object.entries(value)) document.setIn([...base, key, inner], stated);
    } else document.setIn([...base, key], Array.isArray(value) ? document.createNode(value) : value);
  }
  const text = document.toString({ lineWidth: 120 });
  for (const motor of parseMotors(text, file)) motorContext(motor);
  replaceFile(file, text);
  return file;
}

/** JSON Schema beside the motor files. */
function writeSchema(folder: string): void {
  const schema = z.toJSONSchema(motorSchema, { io: 'input' });
  writeFileSync(join(folder, schemaName), `${JSON.stringify(schema, null, 2)}\n`, { mode: 0o600 });
}

/** The whole file or the old one: a power cut leaves no half of it. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
