/** A motor file from flags: what `motors add`, `motors edit` and `setup` write. Bearing and channel flags are small languages of their own. */
import { KizashiError } from '../errors.js';
import { type MotorInput, variantsOf } from '../motors/index.js';

type Options = Record<string, unknown>;
type Bearing = NonNullable<MotorInput['bearings']>[number];
type Channel = NonNullable<MotorInput['channels']>[number];

/** What the flags state; keys of flags that were not given are undefined. @throws KZ1401, KZ0703, KZ0751 */
export function motorInput(options: Options): Partial<MotorInput> {
  const number = (name: string): number | undefined => options[name] as number | undefined;
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const nameplate = {
    kW: number('kw'),
    rpm: number('rpm'),
    poles: number('poles'),
    supplyHz: number('supplyHz'),
    amps: number('amps'),
    shaftHeightMm: number('shaftHeight'),
  };
  const stated = Object.values(nameplate).some((value) => value !== undefined);
  return {
    name: text('title'),
    nameplate: stated ? nameplate : undefined,
    drive: text('drive') as MotorInput['drive'],
    machine: text('machine') as MotorInput['machine'],
    mounting: text('mounting') as MotorInput['mounting'],
    foundation: text('foundation') as MotorInput['foundation'],
    bearings: (options.bearing as string[] | undefined)?.flatMap(bearingOf),
    blades: number('blades'),
    zone: text('zone'),
    owner: text('owner'),
    spare: text('spare'),
    board: text('board'),
    channels: (options.wire as string[] | undefined)?.map(channelOf),
  };
}

/** Whether any flag states something of a motor. */
export function statesMotor(options: Options): boolean {
  return Object.values(motorInput(options)).some((value) => value !== undefined);
}

/** `DE=6205`, `6205`, `DE=n=9,d=7.94,D=39.04`, `unknown`. @throws KZ0703 no such bearing, KZ0751 impossible geometry */
export function bearingOf(text: string, index = 0): Bearing[] {
  const named = /^([A-Za-z][A-Za-z0-9 _-]{0,31})=(?!\d+,)(.+)$/.exec(text);
  const isPosition = named && !['n', 'd', 'D', 'angle'].includes(named[1]);
  const position = isPosition ? named[1] : index === 0 ? 'DE' : 'NDE';
  const what = (isPosition ? named[2] : text).trim();
  if (what.toLowerCase() === 'unknown') return [];
  // both forms are tried here, so that a bearing nobody knows is refused at the flag
  variantsOf(what);
  if (!what.includes('=')) return [{ position, designation: what }];
  const values = new Map(what.split(',').map((part) => part.split('=', 2).map((s) => s.trim()) as [string, string]));
  const contactDeg = values.has('angle') ? { contactDeg: Number(values.get('angle')) } : {};
  return [
    {
      position,
      geometry: {
        balls: Number(values.get('n')),
        ballMm: Number(values.get('d')),
        pitchMm: Number(values.get('D')),
        ...contactDeg,
      },
    },
  ];
}

/** `ax=A0:adxl1002`, with `axis=`, `phase=`, `gain=`, `pulses=` behind it: `i1=A1:sct-013-030,phase=A`, `n=8,pulses=2`. @throws KZ1401 */
export function channelOf(text: string): Channel {
  const [head, ...rest] = text.split(',').map((part) => part.trim());
  const match = /^([A-Za-z0-9._-]+)=([A-Za-z0-9]+)(?::([A-Za-z0-9-]+))?$/.exec(head);
  const fail = (why: string): never => {
    throw new KizashiError(
      'KZ1401',
      `--wire ${text}: ${why}`,
      { wire: text },
      { why, fix: '--wire ax=A0:adxl1002,axis=radial,gain=5' },
    );
  };
  if (!match) return fail('the form is CHANNEL=PIN[:SENSOR]');
  const [, id, pin, sensor] = match;
  const channel: Channel = { id, pin, ...(sensor === undefined ? {} : { sensor }) };
  for (const part of rest) {
    const [key, value] = part.split('=', 2);
    if (key === 'axis' || key === 'phase') Object.assign(channel, { [key]: value });
    else if (key === 'gain') channel.gain = Number(value);
    else if (key === 'pulses') channel.pulsesPerTurn = Number(value);
    else fail(`${key} is none of axis, phase, gain, pulses`);
  }
  return channel;
}
