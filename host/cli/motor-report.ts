/** What a motor file tells the analysis, and what is lost by what it leaves out. */
import { type Motor, motorContext } from '../motors/index.js';
import { type BearingVariant, type MotorContext, severityScope } from '../wear/index.js';
import { digits, type Output } from './output.js';

/** The lines for people. @throws KZ0703, KZ0751, KZ0752 */
export function reportMotor(out: Output, motor: Motor): void {
  const context = motorContext(motor);
  out.line(`${out.style('bold', motor.id)}${motor.name ? `   ${motor.name}` : ''}`);
  for (const text of factsOf(motor, context)) out.line(`  ${text}`);
  for (const text of lostBy(motor)) out.line(`  lost     ${text}`);
  out.line();
}

/** The same as values. */
export function motorReport(motor: Motor): { motor: Motor; context: MotorContext; lost: string[] } {
  return { motor, context: motorContext(motor), lost: lostBy(motor) };
}

function factsOf({ nameplate, zone, owner }: Motor, context: MotorContext): string[] {
  const rpm = nameplate.rpm;
  const scope = rpm === undefined ? undefined : severityScope(context, rpm);
  const limits =
    scope && 'tables' in scope
      ? scope.tables.map(({ id, velocity }) => `${id}: ${velocity.join(' / ')} mm/s`).join('; ')
      : scope?.text;
  return [
    [
      nameplate.kW === undefined ? undefined : `${digits(nameplate.kW, 3)} kW`,
      rpm === undefined ? undefined : `${digits(rpm)} r/min`,
      context.foundation,
      `mounting ${context.mounting}`,
      `drive ${context.drive}`,
      zone === undefined ? undefined : `zone ${zone}`,
      owner === undefined ? undefined : `owner ${owner}`,
    ]
      .filter((text) => text !== undefined)
      .join('   '),
    ...(limits === undefined ? [] : [`limits   ${limits}`]),
    ...context.bearings.map(({ position, variants }) => `${position.padEnd(8)} ${bearingText(variants)}`),
  ];
}

function bearingText(variants: readonly BearingVariant[]): string {
  if (variants.length === 0) return 'unknown bearing: blind search only';
  const range = (name: 'BPFO' | 'BPFI'): string => {
    const orders = variants.map((variant) => variant.orders[name]).sort((a, b) => a - b);
    const [low, high] = [orders[0].toFixed(2), orders[orders.length - 1].toFixed(2)];
    return low === high ? `${low}x` : `${low}–${high}x`;
  };
  const count = variants.length === 1 ? '1 variant' : `${variants.length} variants`;
  return `${variants[0].designation} (${count})   BPFO ${range('BPFO')}   BPFI ${range('BPFI')}`;
}

/** What each missing field costs, in the order of how much. */
function lostBy({ nameplate, bearings, mounting, drive }: Motor): string[] {
  return [
    ...(nameplate.rpm === undefined ? ['rpm: the speed is searched without a band, and may not be found'] : []),
    ...(bearings.length === 0 ? ['bearings: no race or ball can be named, only impulses and unknown families'] : []),
    ...(nameplate.kW === undefined ? ['kW: no severity zone'] : []),
    ...(mounting === 'unknown' ? ['mounting: what the sensor cannot see is judged by its rate alone'] : []),
    ...(nameplate.poles === undefined ? ['poles: no slip, so no rotor bars'] : []),
    ...(drive === 'unknown' ? ['drive: lines of a frequency converter may be taken for faults of the stator'] : []),
  ];
}
