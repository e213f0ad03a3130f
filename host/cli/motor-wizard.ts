/**
 * The questions of `motors add` on a terminal. Every answer is a flag too; every question may be skipped, and what is lost by skipping is
 * said afterwards by `motors show`.
 */
import { cancel, confirm, intro, isCancel, note, outro, select, text } from '@clack/prompts';
import type { MotorInput } from '../motors/index.js';
import { bearingOf } from './motor-input.js';

/** What a nameplate looks like, and which of its fields are asked for. */
export const nameplateDrawing = [
  '+----------------------------------------+',
  '|  3~ Mot.   IEC 100L            No 1234  |',
  '|  4 kW  <-- power      1480 min-1 <-- rpm|',
  '|  50 Hz <-- supply     8.4 A             |',
  '|  DE 6205-2Z  NDE 6205-2Z  <-- bearings  |',
  '+----------------------------------------+',
].join('\n');

/** Asks for what the flags left open. @returns undefined when the person left with Ctrl-C */
export async function askMotor(id: string, stated: Partial<MotorInput>): Promise<Partial<MotorInput> | undefined> {
  intro(`motor ${id}`);
  note(nameplateDrawing, 'Enter skips a question');
  const answers: Partial<MotorInput> = { ...stated };
  const nameplate = { ...stated.nameplate };
  for (const [key, message] of [
    ['kW', 'Rated power in kW'],
    ['rpm', 'Rated speed in r/min'],
    ['poles', 'Number of poles (4 at 50 Hz turn just below 1500 r/min)'],
    ['supplyHz', 'Supply frequency in Hz'],
  ] as const) {
    if (nameplate[key] !== undefined) continue;
    const value = await askNumber(message);
    if (value === 'left') return leave();
    if (value !== undefined) nameplate[key] = value;
  }
  answers.nameplate = nameplate;
  if (stated.drive === undefined) {
    const drive = await select({
      message: 'How is it fed?',
      options: [
        { value: 'direct', label: 'direct from the mains' },
        { value: 'vfd', label: 'by a frequency converter' },
        { value: 'unknown', label: 'I do not know' },
      ],
    });
    if (isCancel(drive)) return leave();
    answers.drive = drive as MotorInput['drive'];
  }
  if (stated.mounting === undefined) {
    const mounting = await select({
      message: 'How is the sensor mounted?',
      options: ['stud', 'glue', 'magnet', 'tape', 'hand', 'unknown'].map((value) => ({ value, label: value })),
    });
    if (isCancel(mounting)) return leave();
    answers.mounting = mounting as MotorInput['mounting'];
  }
  if (stated.bearings === undefined) {
    const bearings: NonNullable<MotorInput['bearings']> = [];
    for (const position of ['DE', 'NDE']) {
      const answer = await text({
        message: `Bearing at the ${position === 'DE' ? 'drive end' : 'other end'}: number, or n=9,d=7.94,D=39.04 in mm`,
        placeholder: '6205',
        validate: (value) => problemOf(value, position),
      });
      if (isCancel(answer)) return leave();
      if (answer) bearings.push(...bearingOf(`${position}=${answer}`));
    }
    answers.bearings = bearings;
  }
  const good = await confirm({ message: `Write ${id}?` });
  if (isCancel(good) || !good) return leave();
  outro('');
  return answers;
}

function problemOf(value: string | undefined, position: string): string | undefined {
  if (!value) return undefined;
  try {
    bearingOf(`${position}=${value}`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function askNumber(message: string): Promise<number | undefined | 'left'> {
  const answer = await text({
    message,
    validate: (value) => (!value || Number(value) > 0 ? undefined : 'a number above 0, or Enter to skip'),
  });
  if (isCancel(answer)) return 'left';
  return answer ? Number(answer) : undefined;
}

function leave(): undefined {
  cancel('nothing was written');
  return undefined;
}
