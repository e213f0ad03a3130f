/** What a three-axis part feels that is screwed to a virtual motor: its own low pass, gravity along z. For parts that digitise by themselves. */
import { GRID_BLOCK, GRID_HZ, Grid } from '../rig/grid.js';
import { Path, type PathOptions, TwoPole } from '../rig/path.js';
import type { Rig } from '../rig/rig.js';

const G = 9.80665;

export interface RigAccelerationOptions extends Partial<Omit<PathOptions, 'direction'>> {
  rig: Rig;
  /** Corner of the part's two-pole low pass in Hz: half the output rate for an ADXL345 (data sheet, table 7), and soft. */
  bandwidthHz: number;
}

/** Acceleration in g along x, y, z at increasing instants of the rig's time in s. */
export function rigAcceleration(options: RigAccelerationOptions): (t: number) => [number, number, number] {
  const { rig } = options;
  const axis = (direction: 'x' | 'y' | 'z') => {
    const path = new Path(rig, { direction, mount: options.mount ?? rig.options.mount, neighbour: options.neighbour });
    const low = new TwoPole(options.bandwidthHz, Math.SQRT1_2);
    return new Grid(GRID_HZ, GRID_BLOCK, {
      fill(out, block) {
        path.fill(out, block);
        low.run(out);
      },
      restart() {
        path.restart();
        low.restart();
      },
    });
  };
  const [x, y, z] = [axis('x'), axis('y'), axis('z')];
  return (t) => [x.at(t) / G, y.at(t) / G, z.at(t) / G + 1];
}
