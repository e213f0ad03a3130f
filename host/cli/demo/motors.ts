/** The three motors of the demo: what their owner says of them, what is really wrong, and what the verdict must therefore be. */
import type { RigOptions } from '../../emulate/rig/rig.js';
import type { Motor } from '../../motors/index.js';
import type { FindingCause } from '../../wear/types.js';

export interface DemoMotor {
  motor: Motor;
  rig: RigOptions;
  line: string;
  /** In words, shown beside the verdict. */
  truth: string;
  /** Cause that must be found, or null where nothing may be. */
  expected: FindingCause | null;
  /** Relative error of the board's resonator: an Uno R3 is good to ±0.5 %. */
  clockError: number;
}

/** The accelerometer's output is amplified five times: at 10 bits a step is then 0.24 m/s², and ±98 m/s² fit. */
export const amplifier = 5;
/** Corner of the anti-alias filter in Hz, 0.4 of the sampling rate. */
export const filterHz = 3200;
export const accelerometer = 'adxl1002';
export const clamp = 'sct-013-030';

const channels: Motor['channels'] = [
  { id: 'ax', sensor: accelerometer, axis: 'radial' },
  { id: 'i1', sensor: clamp, phase: 'A' },
];
const nameplate = { kW: 4, rpm: 1480, poles: 4, supplyHz: 50 };
const rigPlate = { kw: 4, rpm: 1480, poles: 4, hz: 50 };
const owned = { drive: 'direct', mounting: 'stud', foundation: 'rigid', zone: 'hall-1', owner: 'maintenance' } as const;

export const demoMotors: DemoMotor[] = [
  {
    motor: {
      id: 'press-04',
      name: 'Press 04, hydraulic pump motor',
      nameplate,
      ...owned,
      bearings: [{ position: 'DE', designation: '6205' }],
      board: 'uno0',
      channels,
      spare: '6205-2RS',
    },
    line: 'line-1',
    rig: {
      seed: 4,
      name: 'press-04',
      nameplate: rigPlate,
      load: 0.7,
      wander: { sigma: 0.0005, tauS: 20 },
      bearing: {
        designation: '6205',
        slip: 0.005,
        fault: 'outer',
        resonances: [{ hz: 2400, zeta: 0.05 }],
        severity: [
          [0, 1.5],
          [60, 9],
          [240, 14],
        ],
      },
    },
    truth: 'a growing defect on the outer race of its 6205',
    expected: 'bearing-outer',
    clockError: 0.0021,
  },
  {
    motor: {
      id: 'fan-01',
      name: 'Fan 01, extraction',
      nameplate,
      ...owned,
      bearings: [{ position: 'DE', designation: '6205' }],
      board: 'uno1',
      channels,
    },
    line: 'line-1',
    rig: {
      seed: 1,
      name: 'fan-01',
      nameplate: rigPlate,
      load: 0.55,
      background: { radial: 0.12, axial: 0.1 },
      wander: { sigma: 0.0005, tauS: 20 },
      bearing: { designation: '6205', hum: 0.05 },
    },
    truth: 'healthy',
    expected: null,
    clockError: -0.0013,
  },
  {
    motor: {
      id: 'pump-02',
      name: 'Pump 02, cooling water',
      nameplate,
      ...owned,
      bearings: [{ position: 'DE', designation: '6205' }],
      board: 'uno2',
      channels,
    },
    line: 'line-2',
    rig: {
      seed: 2,
      name: 'pump-02',
      nameplate: rigPlate,
      load: 0.8,
      wander: { sigma: 0.0005, tauS: 20 },
      shaft: { unbalance: 3.2 },
      bearing: { designation: '6205', hum: 0.05 },
    },
    truth: 'unbalanced: 3.2 mm/s at the shaft speed',
    expected: 'unbalance',
    clockError: 0.0034,
  },
];
