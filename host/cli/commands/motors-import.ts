/** `kizashi motors import FILE`: motors of a YAML file or of a CSV list into the state folder; one that is wrong keeps none of the others out. */
import { extname } from 'node:path';
import Papa from 'papaparse';
import { KizashiError } from '../../errors.js';
import { addMotor, loadMotors, type MotorInput } from '../../motors/index.js';
import { readNamedFile } from '../file.js';
import { motorInput } from '../motor-input.js';
import { errorObject } from '../output.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

/** Columns of a list and the flag each stands for. */
const columns: Record<string, { option: string; number?: boolean; list?: boolean }> = {
  title: { option: 'title' },
  kw: { option: 'kw', number: true },
  rpm: { option: 'rpm', number: true },
  poles: { option: 'poles', number: true },
  supplyhz: { option: 'supplyHz', number: true },
  amps: { option: 'amps', number: true },
  drive: { option: 'drive' },
  mounting: { option: 'mounting' },
  foundation: { option: 'foundation' },
  bearing: { option: 'bearing', list: true },
  zone: { option: 'zone' },
  owner: { option: 'owner' },
  spare: { option: 'spare' },
  board: { option: 'board' },
};

export const run: Run = async ({ args, options, out }) => {
  const [path] = args;
  const folder = stateFolder(options).motors;
  const inputs = ['.yaml', '.yml'].includes(extname(path))
    ? loadMotors(path).map((motor) => (): MotorInput => motor)
    : listed(path);
  const added: string[] = [];
  const refused: { row: number; error: KizashiError }[] = [];
  for (const [i, input] of inputs.entries())
    try {
      added.push(addMotor(folder, input()));
    } catch (error) {
      if (!(error instanceof KizashiError)) throw error;
      refused.push({ row: i + 1, error });
      if (!out.json) out.error(error);
    }
  for (const file of added) out.line(file);
  out.note(`${added.length} added, ${refused.length} refused`);
  out.result({ files: added, refused: refused.map(({ row, error }) => ({ row, error: errorObject(error).error })) });
  return refused.length > 0 ? refused[0].error.exit : 0;
};

function listed(path: string): (() => MotorInput)[] {
  const text = Buffer.from(readNamedFile(path)).toString('utf8');
  const table = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: 'greedy' });
  const head = table.meta.fields ?? [];
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');
  const unknown = head.filter((name) => plain(name) !== 'id' && !(plain(name) in columns));
  if (!head.some((name) => plain(name) === 'id') || unknown.length > 0)
    throw new KizashiError(
      'KZ0701',
      `${path}:1:1: ${unknown.length > 0 ? `unknown column ${unknown.join(', ')}` : 'no column id'}`,
      { file: path, line: 1, columns: head },
      { why: `known columns are id, ${Object.keys(columns).join(', ')}`, fix: `correct line 1 of ${path}` },
    );
  return table.data.map((row) => () => {
    const options: Record<string, unknown> = {};
    let id = '';
    for (const [name, value] of Object.entries(row)) {
      if (typeof value !== 'string' || value.trim() === '') continue;
      if (plain(name) === 'id') id = value.trim();
      else {
        const { option, number, list } = columns[plain(name)];
        options[option] = number ? Number(value) : list ? value.split(';').map((part) => part.trim()) : value.trim();
      }
    }
    return { id, ...motorInput(options) };
  });
}
